"""Sums over every process, with gradients that stay right under gradient averaging.

The rule that makes a loss with batch statistics exact at any world size: every process computes
the *same* loss of the *global* batch through ``all_reduce_sum``, and DistributedDataParallel
averages the gradients. With ``S = sum_r s_r`` and ``g = dL/dS``, the adjoint of a sum over W
processes sums the W equal cotangents, so process r holds ``W g ds_r``; the average over
processes is ``g sum_r ds_r``, the gradient one process would have had. An all-reduce that autograd
does not see, or one whose backward is the identity, gives 1/W of it.
"""

from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Bool, Float, Shaped
from torch import Tensor


def world_size() -> int:
    """Return the number of processes training together; 1 when none were joined."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Return which of them this one is; 0 when none were joined."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


class _AllReduceSum(torch.autograd.Function):
    """Sum over processes; its adjoint is the same sum, of the cotangents."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ARG004
        total = x.contiguous().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> Tensor:  # noqa: ARG004
        total = cotangents[0].contiguous().clone()
        dist.all_reduce(total)
        return total


def all_reduce_sum(x: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
    """Return the sum of ``x`` over all processes, differentiably.

    Every process must call this the same number of times, and backward must reach every call in
    the same order: use it for losses that all processes compute alike.
    """
    return x if world_size() == 1 else _AllReduceSum.apply(x)  # pyright: ignore[reportReturnType]


def gather_rows(x: Shaped[Tensor, "batch *rest"]) -> Shaped[Tensor, "total *rest"]:
    """Return the rows of all processes in rank order, differentiably.

    Batches may differ in size. Each process puts its rows in their place among zeros and the
    places are summed: twice the traffic of an all-gather, and exact.
    """
    if world_size() == 1:
        return x
    sizes = torch.zeros(world_size(), dtype=torch.long, device=x.device)
    sizes[rank()] = len(x)
    counts: list[int] = all_reduce_sum(sizes).tolist()
    before, after = sum(counts[: rank()]), sum(counts[rank() + 1 :])
    rest = x.shape[1:]
    return all_reduce_sum(torch.cat([x.new_zeros(before, *rest), x, x.new_zeros(after, *rest)]))


def global_mean(
    values: Float[Tensor, "*shape"], keep: Bool[Tensor, "*shape"] | None = None
) -> Float[Tensor, ""]:
    """Return the mean over every entry of every process, or over those with ``keep``.

    Nothing kept anywhere gives 0, with a zero gradient.
    """
    kept = torch.ones_like(values) if keep is None else keep.to(values.dtype)
    total, count = all_reduce_sum(torch.stack([(values * kept).sum(), kept.sum()])).unbind()
    return total / count.clamp(min=1)
