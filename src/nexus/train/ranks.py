"""Several processes, one training: join them, average their gradients, agree on what to do."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from nexus.nn.distributed import world_size
from nexus.train.phase import Losses


@contextmanager
def joined() -> Generator[None]:
    """Join the processes ``torchrun`` started for the length of the block; alone, do nothing."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


class Replica(nn.Module):
    """A phase's module that averages its gradients over the processes, if there are several."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        # A step may leave a term out, and with it the parameters only that term uses.
        together = world_size() > 1
        inner = _Flat(module)
        self.inner = (
            DistributedDataParallel(inner, find_unused_parameters=True) if together else inner
        )

    def forward(self, batch: object) -> Losses:
        """Return the losses of ``batch``."""
        total, parts = self.inner(batch)
        return Losses(total=total, parts=parts)


class _Flat(nn.Module):
    """Losses as a plain tuple: DistributedDataParallel looks for tensors in nothing else."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, batch: object) -> tuple[Tensor, dict[str, Tensor]]:
        losses: Losses = self.module(batch)
        return losses.total, {name: part.detach() for name, part in losses.parts.items()}


def agree(flag: bool) -> bool:
    """Return True everywhere if ``flag`` is True anywhere: what one does, all do."""
    if world_size() == 1:
        return flag
    votes = torch.tensor(float(flag), device=_device())
    dist.all_reduce(votes, dist.ReduceOp.MAX)
    return bool(votes)


def averaged(values: Mapping[str, float]) -> dict[str, float]:
    """Return the mean of each value over the processes."""
    if world_size() == 1 or not values:
        return dict(values)
    together = torch.tensor(list(values.values()), dtype=torch.float64, device=_device())
    dist.all_reduce(together)
    return dict(zip(values, (together / world_size()).tolist(), strict=True))


def _device() -> str:
    """Return where the group's messages must live."""
    return "cuda" if dist.get_backend() == "nccl" else "cpu"


def wait() -> None:
    """Return when every process has come here."""
    if world_size() > 1:
        dist.barrier()
