"""A reasoner one part of which says noise: whether what follows ever listened to it."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor, nn

from nexus.nn.seeding import stream
from nexus.reason.boards import BoardReasoner

Part = Literal["symbol", "working", "core"]
"""The latents of symbols, the working memory, the abstract core."""


@contextmanager
def spoilt(boards: BoardReasoner, part: Part, *, seed: int) -> Generator[None]:
    """Let one part say noise of the mean and scale of what it would say, channel by channel."""
    module: nn.Module = boards.symbol if part == "symbol" else getattr(boards.reasoner, part)
    draw = stream(seed, "spoilt", part)

    def noise(_module: nn.Module, _given: object, said: Tensor) -> Tensor:
        mean, scale = said.mean((0, 1)), said.std((0, 1))
        return mean + scale * torch.randn(said.shape, generator=draw)

    hook = module.register_forward_hook(noise)
    try:
        yield
    finally:
        hook.remove()
