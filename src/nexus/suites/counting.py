"""What a training step costs, counted without doing it: operations, bytes moved, bytes kept.

Tensors with a shape and no data (PyTorch's fake tensors) go through the real module. So a batch
that would take a CPU minutes is counted in seconds and at its own size: nothing is extrapolated.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeCopyMode, FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

T = TypeVar("T")
_aten: Final = torch.ops.aten
_FREE: Final = (_aten._unsafe_view.default, torch.ops.prim.device.default)
"""Not called views, but they touch no data; the second only asks where a tensor is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one run of a function asks of a machine."""

    flops: float
    """Of matrix products and attention; a multiply and an add are two."""
    moved: float
    """Bytes every operation reads and writes, as if no cache kept anything between two of them."""
    kept: float = 0.0
    """Bytes of activations that backward needs, each storage once, weights aside."""


def cost(run: Callable[[], Tensor | None], weights: Iterable[Tensor] = ()) -> Cost:
    """Return what ``run`` costs, and its backward if it returns a loss.

    ``weights`` are not counted among the activations kept.
    """
    known = {StorageWeakRef(w.untyped_storage()) for w in weights}
    kept: dict[StorageWeakRef, int] = {}

    def keep(x: Tensor) -> Tensor:
        storage = x.untyped_storage()
        if (name := StorageWeakRef(storage)) not in known:
            kept[name] = storage.nbytes()
        return x

    with flop_counter() as flops, _Traffic() as traffic:
        with saved_tensors_hooks(keep, lambda x: x):
            loss = run()
        if loss is not None:
            loss.backward()
    return Cost(flops=flops.get_total_flops(), moved=traffic.bytes, kept=sum(kept.values()))


def flop_counter() -> FlopCounterMode:
    """Return PyTorch's counter, which by itself counts nothing for the CPU's fused attention.

    As on a GPU, its backward makes the scores a second time: five products for the forward's two.
    """
    return FlopCounterMode(
        display=False,
        custom_mapping={
            _aten._scaled_dot_product_flash_attention_for_cpu: _attention,
            _aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward,
        },
    )


def without_data(thing: T) -> tuple[FakeTensorMode, T]:
    """Return a copy whose tensors have no data, and the scope in which alone it may be used."""
    mode = FakeTensorMode()
    with FakeCopyMode(mode):
        return mode, deepcopy(thing)


def held(module: nn.Module) -> list[Tensor]:
    """Return every tensor a module holds."""
    return [*module.parameters(), *module.buffers()]


def size(tensors: Iterable[Tensor]) -> int:
    """Return the bytes of tensors."""
    return sum(x.nbytes for x in tensors)


def _attention(query: torch.Size, key: torch.Size, value: torch.Size, *_: Any, **__: Any) -> int:
    return sdpa_flop_count(query, key, value)


def _attention_backward(
    gradient: torch.Size, query: torch.Size, key: torch.Size, value: torch.Size, *_: Any, **__: Any
) -> int:
    return sdpa_backward_flop_count(gradient, query, key, value)


class _Traffic(TorchDispatchMode):
    """Adds up the bytes of what every operation reads and writes; a view moves none."""

    bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        del types
        done = func(*args, **(kwargs or {}))
        if not func.is_view and func not in _FREE:
            self.bytes += sum(map(_touched, tree_leaves((args, kwargs, done))))
        return done


def _touched(x: Any) -> int:
    """Return the bytes behind a tensor: those of one row, where rows repeat it."""
    return min(x.nbytes, x.untyped_storage().nbytes()) if isinstance(x, Tensor) else 0
