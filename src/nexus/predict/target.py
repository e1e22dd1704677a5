"""The slow teacher a JEPA predicts: an exponential moving average of its encoder."""

from copy import deepcopy
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from nexus.base.errors import ConfigError

ModuleT = TypeVar("ModuleT", bound=nn.Module)


class EmaTarget(nn.Module, Generic[ModuleT]):
    """Frozen copy of an encoder that drifts after it: ``mine <- d * mine + (1 - d) * theirs``.

    The target encoder of I-JEPA (arXiv:2301.08243, section 3). It takes no gradient, is always in
    eval mode, and starts as an exact copy. Buffers are copied: averaging a running statistic is
    meaningless.
    """

    encoder: ModuleT

    def __init__(self, online: ModuleT) -> None:
        super().__init__()
        self.encoder = deepcopy(online).requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "EmaTarget[ModuleT]":  # noqa: ARG002
        """Stay in eval mode: a teacher has no training mode."""
        super().train(False)
        return self

    @torch.no_grad()
    def follow(self, online: ModuleT, *, decay: float) -> None:
        """Take one step towards ``online``; ``decay`` 1.0 stands still, 0.0 copies."""
        if not 0.0 <= decay <= 1.0:
            raise ConfigError(f"predict.ema decay must lie in [0, 1], got {decay}")
        for mine, theirs in zip(self.encoder.parameters(), online.parameters(), strict=True):
            mine.lerp_(theirs, 1.0 - decay)
        for copy, buffer in zip(self.encoder.buffers(), online.buffers(), strict=True):
            copy.copy_(buffer)

    @torch.no_grad()
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Encode without gradient; the stop-gradient of the JEPA loss lives here."""
        return self.encoder(*args, **kwargs)
