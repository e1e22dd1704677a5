"""Weights <-> bytes: safetensors only; equal weights give equal bytes; no load is half done."""

import hashlib
from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from nexus.base.errors import CheckpointError


def to_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """Return ``tensors`` in the safetensors format; tied tensors are written once per name.

    Deterministic: the format orders by type and name, and no metadata is written (the library
    orders metadata at random).
    """
    # Fresh memory for each: the format refuses tensors that share storage.
    plain = {
        name: tensors[name].detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name in sorted(tensors)
    }
    return save(plain)


def from_bytes(data: bytes, *, source: str) -> dict[str, Tensor]:
    """Return the tensors in ``data``; ``source`` names the file in errors.

    Raises:
        CheckpointError: these are not the bytes of a safetensors file.
    """
    try:
        tensors = load(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(
            f"{source} is damaged: {error}", hint="delete it and run the same command again"
        ) from error
    # Views into ``data`` may be unaligned, and kernels may round by alignment.
    return {name: tensor.clone() for name, tensor in tensors.items()}


def module_bytes(module: nn.Module) -> bytes:
    """Return every parameter and persistent buffer of ``module`` as safetensors bytes."""
    return to_bytes(module.state_dict())


def load_module(module: nn.Module, data: bytes, *, source: str) -> None:
    """Copy ``data`` into ``module``: every key, shape and type must match, or nothing is copied.

    Raises:
        CheckpointError: says which keys are missing, unexpected or of another shape or type.
    """
    load_tensors(module, from_bytes(data, source=source), source=source)


def load_tensors(module: nn.Module, tensors: Mapping[str, Tensor], *, source: str) -> None:
    """Copy ``tensors`` into ``module``, as strictly as ``load_module``."""
    mine = module.state_dict()
    wrong = [
        f"{key} is {_kind(tensors[key])}, expected {_kind(mine[key])}"
        for key in sorted(mine.keys() & tensors.keys())
        if _kind(tensors[key]) != _kind(mine[key])
    ]
    faults = {
        "missing": sorted(mine.keys() - tensors.keys()),
        "unexpected": sorted(tensors.keys() - mine.keys()),
        "mismatched": wrong,
    }
    if found := "; ".join(f"{what}: {_few(keys)}" for what, keys in faults.items() if keys):
        raise CheckpointError(
            f"{source} does not fit this {type(module).__name__}: {found}",
            hint="use the recipe the checkpoint was trained with, or train again",
        )
    module.load_state_dict(dict(tensors), strict=True)


def hash_of(module: nn.Module) -> str:
    """Return the SHA-256 of ``module``'s weights: equal if and only if every bit is equal."""
    return hashlib.sha256(module_bytes(module)).hexdigest()


def _kind(tensor: Tensor) -> str:
    """Return type and shape for comparison and for people: ``float32[3, 5]``."""
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


def _few(names: list[str], limit: int = 5) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
