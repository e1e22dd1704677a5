"""Run by test_distributed.py: every loss of the global batch, under real DDP, at four world sizes.

    python ranks.py FOLDER

writes ``FOLDER/<world>-<rank>.npz`` with the loss and the gradient of each case. World 0 is one
process that joined no group: the reference.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from nexus.nn.attention import mlp
from nexus.nn.distributed import rank, world_size
from nexus.nn.projector import Standardise
from nexus.nn.seeding import seeded, stream
from nexus.nn.sigreg import sigreg
from nexus.nn.vicreg import vicreg
from nexus.predict.objectives import contrastive, distance

ROWS, WIDTH, JOINT = 23, 5, 7  # 23 rows never split evenly


@dataclass(frozen=True, kw_only=True, slots=True)
class Outputs:
    image: Tensor
    text: Tensor
    temperature: Tensor
    keep: Tensor
    text_id: Tensor


class Towers(nn.Module):
    """Two small encoders, one with a synchronised projector, and a learned temperature."""

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Linear(WIDTH, JOINT)
        self.text = nn.Sequential(mlp(WIDTH, 11, JOINT), Standardise(JOINT))
        self.temperature = nn.Parameter(torch.tensor(0.3))

    def forward(self, x: Tensor, ids: Tensor) -> Outputs:
        image, text = self.image(x), self.text(x.flip(1))
        return Outputs(
            image=image, text=text, temperature=self.temperature, keep=ids > 2, text_id=ids
        )


class Case(nn.Module):
    """One loss of the towers, computed inside ``forward`` so that DDP sees what it uses."""

    def __init__(self, towers: Towers, loss_of: Callable[[Outputs], Tensor]) -> None:
        super().__init__()
        self.towers, self.loss_of = towers, loss_of

    def forward(self, x: Tensor, ids: Tensor) -> Tensor:
        return self.loss_of(self.towers(x, ids))


LOSSES: dict[str, Callable[[Outputs], Tensor]] = {
    "sigreg": lambda o: sigreg(o.image, stream(0, "slices", 3), slices=13),
    "sigreg-projected": lambda o: sigreg(o.text, stream(0, "slices", 3), slices=13),
    "vicreg": lambda o: vicreg(0.3 * o.image),
    "contrastive": lambda o: contrastive(o.image, o.text, o.temperature),
    "contrastive-duplicates": lambda o: contrastive(
        o.image, o.text, o.temperature, text_id=o.text_id
    ),
    "distance-kept": lambda o: distance(o.image, o.text, "smooth_l1", o.keep),
}


def measure(folder: Path, world: int) -> None:
    """Write the loss and gradient of every case on this rank's share of one fixed batch."""
    found: dict[str, np.ndarray] = {}
    for dtype in (torch.float64, torch.float32):
        g = stream(0, "batch")
        x = torch.randn(ROWS, WIDTH, generator=g, dtype=torch.float64).to(dtype)
        ids = torch.randint(0, 9, (ROWS,), generator=g)
        with seeded(0, "towers"):
            towers = Towers().to(dtype)
        for name, loss_of in LOSSES.items():
            towers.zero_grad()
            case = Case(towers, loss_of)
            model = DistributedDataParallel(case, find_unused_parameters=True) if world else case
            loss = model(*(part.tensor_split(world_size())[rank()] for part in (x, ids)))
            loss.backward()
            grads = [p.grad.flatten() for p in towers.parameters() if p.grad is not None]
            label = f"{name}/{str(dtype).removeprefix('torch.')}"
            found[f"{label}/loss"] = loss.detach().numpy()
            found[f"{label}/grad"] = torch.cat(grads).numpy()
        running = [b.flatten() for b in towers.buffers()]
        found[f"running/{str(dtype).removeprefix('torch.')}/grad"] = torch.cat(running).numpy()
    np.savez(folder / f"{world}-{rank()}.npz", **found)


def work(process: int, folder: Path) -> None:
    """Take part in worlds 4, 2 and 1, and be the reference, as far as this process belongs."""
    torch.set_num_threads(1)
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    for world in (4, 2, 1):
        if process < world:
            meet = f"file://{folder}/meet-{world}"
            dist.init_process_group("gloo", init_method=meet, rank=process, world_size=world)
            measure(folder, world)
            dist.destroy_process_group()
    if process == 0:
        measure(folder, 0)


if __name__ == "__main__":
    # Forked before any tensor work started a thread: four imports of torch would cost 20 seconds.
    multiprocessing.start_processes(work, (Path(sys.argv[1]),), nprocs=4, start_method="fork")
