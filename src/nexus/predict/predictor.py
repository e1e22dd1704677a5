"""The JEPA predictor: hidden latents from visible ones, told where the hidden ones are."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from nexus.nn.attention import CrossBlock


class LatentPredictor(nn.Module):
    """Predict the target encoder's latents at given positions (I-JEPA, arXiv:2301.08243, section 3).

    Each hidden position starts as a mask token plus its position and reads the visible latents;
    optionally it reads a second context too (the other modality), which is cross-modal prediction.
    """

    def __init__(
        self, *, source: int, width: int, depth: int, heads: int, position: Float[Tensor, "place width"]
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
        other: Float[Tensor, "batch more source"] | None = None,
    ) -> Float[Tensor, "batch hidden source"]:
        """Return predictions at ``target`` positions from latents at ``context`` positions."""
        memory = self.enter(visible) + self.position[context]
        if other is not None:
            memory = torch.cat([memory, self.enter(other)], dim=1)
        x = self.mask + self.position[target]
        for block in self.blocks:
            x = block(x, memory)
        return self.leave(self.norm(x))
