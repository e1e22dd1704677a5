"""What an action changes, imagined: patch latents before it to patch latents after it."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from nexus.nn.attention import Block, CrossBlock
from nexus.nn.positions import sincos_1d
from nexus.nn.records import Imagination


class LatentDynamics(nn.Module):
    """Patches read the action's symbols, then each other; what they gather is added to them.

    The last projection starts at zero, so an untrained model imagines that nothing changes: that is
    the floor it is compared with.
    """

    position: Tensor

    def __init__(self, *, width: int, depth: int, heads: int, symbols: int, longest: int) -> None:
        super().__init__()
        self.table = nn.Embedding(symbols + 1, width)  # symbol 0 pads
        self.register_buffer("position", sincos_1d(longest, width), persistent=False)
        self.read = nn.ModuleList(CrossBlock(width, heads) for _ in range(depth))
        self.mix = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.change = nn.Linear(width, width)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)

    def forward(
        self, picture: Float[Tensor, "batch patch width"], action: Int[Tensor, "batch symbol"]
    ) -> Float[Tensor, "batch patch width"]:
        """Return the patch latents expected after one action; symbol 0 pads the action."""
        words = self.table(action) + self.position[: action.shape[1]]
        keep: Bool[Tensor, "batch symbol"] = action != 0
        x = picture
        for read, mix in zip(self.read, self.mix, strict=True):
            x = mix(read(x, words, keep=keep))
        return picture + self.change(x)

    def imagine(
        self,
        picture: Float[Tensor, "batch patch width"],
        actions: Sequence[Int[Tensor, "batch symbol"]],
    ) -> Imagination:
        """Roll out: apply the actions one after another, keeping every step."""
        steps: list[Tensor] = []
        for action in actions:
            picture = self(picture, action)
            steps.append(picture)
        return Imagination(steps=torch.stack(steps))
