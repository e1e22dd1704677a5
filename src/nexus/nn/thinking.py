"""What thinks does not learn: its weights are refused by every optimiser of this process.

Weights that were approved may be thought with, and copied from their bytes by a candidate build;
the tensors that think are never moved by a gradient step. They are marked where they are loaded,
and PyTorch asks before every step of any optimiser.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from nexus.base.errors import TrainingError
from nexus.nn.weights import load_module

_MARK = "_nexus_thinks"


def load_to_think(module: nn.Module, data: bytes, *, source: str) -> None:
    """Copy ``data`` into ``module``, which from then on thinks, and learns no more.

    Raises:
        CheckpointError: the bytes do not fit; see ``load_module``.
    """
    load_module(module, data, source=source)
    module.eval().requires_grad_(False)
    for parameter in module.parameters():
        setattr(parameter, _MARK, source)
    _watch()


def refuse_thinking(tensors: Iterable[Tensor]) -> None:
    """Refuse tensors that think.

    Raises:
        TrainingError: one of them does; its source is named.
    """
    for tensor in tensors:
        if (source := getattr(tensor, _MARK, None)) is not None:
            raise TrainingError(
                f"{source} thinks, and an optimiser was to change it",
                hint="build a candidate from its bytes: nexus.train.consolidation",
            )


@cache
def _watch() -> None:
    """Have every optimiser's step asked about, once for this process."""
    register_optimizer_step_pre_hook(_before_step)


def _before_step(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    del args, kwargs
    refuse_thinking(tensor for group in optimizer.param_groups for tensor in group["params"])
