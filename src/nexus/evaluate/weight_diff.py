"""How far each tensor of a candidate is from the base's, before anyone asks what it does."""

from typing import Final

import torch
from torch import Tensor

from nexus.base.errors import CheckpointError
from nexus.base.proposals import LayerDiff
from nexus.nn.weights import from_bytes

SHOWN: Final = 3
"""Singular values kept of each difference, the largest ones."""


def weight_diff(base: bytes, candidate: bytes) -> tuple[LayerDiff, ...]:
    """Return the difference of every tensor of two safetensors byte strings, in order of name.

    Raises:
        CheckpointError: either is damaged, they differ in names, shapes or types, or a number of
            the candidate is not finite.
    """
    old, new = from_bytes(base, source="the base"), from_bytes(candidate, source="the candidate")
    if odd := sorted(old.keys() ^ new.keys()):
        whose = "the base" if odd[0] in old else "the candidate"
        raise CheckpointError(
            f"{len(odd)} tensors are in one of base and candidate only, first {odd[0]!r} in "
            f"{whose}",
            hint="build the candidate from a copy of the base, by the same recipe",
        )
    for name, was in old.items():
        now = new[name]
        if (was.shape, was.dtype) != (now.shape, now.dtype):
            raise CheckpointError(
                f"tensor {name!r} is {now.dtype} {list(now.shape)} in the candidate, "
                f"{was.dtype} {list(was.shape)} in the base",
                hint="build the candidate from a copy of the base, by the same recipe",
            )
        if not torch.isfinite(now).all():
            raise CheckpointError(
                f"tensor {name!r} of the candidate holds numbers that are not finite",
                hint="its training diverged: lower the rate and build it again",
            )
    return tuple(layer_diff(name, old[name], new[name]) for name in sorted(old))


def layer_diff(name: str, base: Tensor, candidate: Tensor) -> LayerDiff:
    """Return how one tensor differs; of more than two axes, all but the last count as rows."""
    was, now = base.double(), candidate.double()
    change = now - was
    size, norm = float(was.norm()), float(change.norm())
    singular = (
        torch.linalg.svdvals(change.reshape(-1, change.shape[-1]))
        if change.dim() > 1
        else change.new_zeros(0)
    )
    return LayerDiff(
        name=name,
        norm=norm,
        # Measured against the numbers' least unit where the base is nothing but zeros.
        relative=norm / size if size else norm / torch.finfo(torch.float32).eps,
        singular=tuple(float(value) for value in singular[:SHOWN]),
        effective_rank=effective_rank(singular) if singular.numel() else float(norm > 0),
    )


def effective_rank(singular: Tensor) -> float:
    """Return the exponential of the entropy of singular values that sum to 1; 0 if all are 0.

    Between 1 and their number (Roy and Vetterli, EUSIPCO 2007).
    """
    total = float(singular.sum())
    if not total:
        return 0.0
    share = singular / total
    return float(torch.special.entr(share).sum().exp())
