"""The JEPA predictor: hidden latents from visible ones, told where the hidden ones are."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from nexus.nn.attention import CrossBlock


class LatentPredictor(nn.Module):
    """Predict the target encoder's latents at given places (I-JEPA, arXiv:2301.08243, section 3).

    Each hidden position starts as a mask token plus its position and reads the visible latents.
    """

    position: Tensor

    def __init__(
        self,
        *,
        source: int,
        width: int,
        depth: int,
        heads: int,
        position: Float[Tensor, "place width"],
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(source, width)
        self.mask = nn.Parameter(torch.zeros(width))
        self.register_buffer("position", position, persistent=False)
        self.blocks = nn.ModuleList(CrossBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, source)

    def forward(
        self,
        visible: Float[Tensor, "batch kept source"],
        context: Int[Tensor, "batch kept"],
        target: Int[Tensor, "batch hidden"],
        keep: Bool[Tensor, "batch kept"] | None = None,
    ) -> Float[Tensor, "batch hidden source"]:
        """Return predictions at ``target`` positions from latents at ``context`` positions.

        ``keep`` is True where a context latent may be read; by default all may.
        """
        memory = self.enter(visible) + self.position[context]
        x = self.mask + self.position[target]
        for block in self.blocks:
            x = block(x, memory, keep=keep)
        return self.leave(self.norm(x))
