"""A tiny real phase, and a process that trains it: what the tests kill, interrupt and resume."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch import Tensor, nn

from nexus.config import PhaseConfig
from nexus.nn.seeding import seeded, stream
from nexus.store.runs import Run
from nexus.train.interrupt import interruptible
from nexus.train.loop import run_phase
from nexus.train.optimizer import build
from nexus.train.phase import Losses, Silent
from nexus.train.ranks import joined
from nexus.train.trainer import LoopSettings

SETTINGS = LoopSettings(
    warmup=7, decay_from=0.5, clip=1.0, log_every=5, gauge_every=11, checkpoint_every=13
)


class Regression(nn.Module):
    """Learns a fixed random function; every third step a second term uses a layer of its own."""

    def __init__(self) -> None:
        super().__init__()
        with seeded(3, "regression"):
            self.blocks = nn.ModuleList([nn.Linear(5, 17), nn.Linear(17, 17)])
            self.out, self.extra = nn.Linear(17, 2), nn.Linear(17, 2)

    def forward(self, batch: Mapping[str, Tensor]) -> Losses:
        hidden = batch["x"]
        for block in self.blocks:
            hidden = torch.tanh(block(hidden))
        error = (self.out(hidden) - batch["y"]).square().mean()
        if not bool(batch["both"]):
            return Losses(total=error, parts={"error": error.detach()})
        second = (self.extra(hidden) - batch["y"].flip(1)).square().mean()
        parts = {"error": error.detach(), "second": second.detach()}
        return Losses(total=error + 0.5 * second, parts=parts)


class Toy:
    """Regression with state of its own (a moving average) and a collapse that can be ordered."""

    metric = "average_norm"

    def __init__(
        self,
        name: str = "toy",
        steps: int = 97,
        *,
        optimizer: str = "muon",
        collapses: tuple[int, ...] = (),
        push_heals: bool = True,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.name, self.steps = name, steps
        self.module, self.dtype = Regression().to(dtype), dtype
        self.config = PhaseConfig(optimizer=optimizer, rate=3e-3)  # pyright: ignore[reportArgumentType]
        self.average = {n: p.detach().clone() for n, p in self.module.named_parameters()}
        self.push = torch.tensor(0)
        self.collapses, self.push_heals = collapses, push_heals

    def batch(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        x = torch.randn(22, 5, generator=stream(3, self.name, "x", step))
        weight = torch.randn(5, 2, generator=stream(3, self.name, "function"))
        x, y = x.to(self.dtype), torch.sin(x @ weight).to(self.dtype)
        both = torch.tensor(step % 3 == 0)
        return {"x": x[rank::world], "y": y[rank::world], "both": both}

    def optimizer(self) -> torch.optim.Optimizer:
        return build(self.module, self.config)

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        noise = torch.randn((), generator=stream(3, self.name, "after", step))
        for name, parameter in self.module.named_parameters():
            self.average[name].lerp_(parameter, 0.1 + 0.01 * float(noise.tanh()))

    def gauges(self, step: int) -> dict[str, float]:
        self.module.eval()
        norm = sum(float(p.square().sum()) for p in self.average.values())
        collapsing = any(step >= at for at in self.collapses[int(self.push) :])
        return {"average_norm": norm, "alarm": float(collapsing)}

    def on_alarm(self, step: int) -> None:  # noqa: ARG002
        if self.push_heals:
            self.push = self.push + 1

    def state(self) -> dict[str, Tensor]:
        return {**{f"average.{n}": p for n, p in self.average.items()}, "push": self.push}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.push = state["push"]
        self.average = {n: state[f"average.{n}"].clone() for n in self.average}


def open_run(folder: Path) -> Run:
    """Return the toy's run in ``folder``."""
    return Run.create(folder, recipe="", config_hash="toy", seed=3)


class Steps(Silent):
    """Reports each step, so that a test can choose one to strike at."""

    def __init__(self, report: Connection) -> None:
        self.report = report

    def advance(self, step: int, values: Mapping[str, float]) -> None:  # noqa: ARG002
        self.report.send(step)


def train(
    folder: Path, report: Connection, dtype: torch.dtype, environment: Mapping[str, str]
) -> None:
    """Train as a command would, in a process of its own; report each step, then the outcome."""
    os.environ.update(environment)
    torch.set_num_threads(1)
    quiet = replace(SETTINGS, tensorboard=False)
    with joined(), interruptible() as stop:
        outcome = run_phase(
            Toy(dtype=dtype), open_run(folder), quiet, progress=Steps(report), stop=stop
        )
    report.send(outcome)
    sys.exit(outcome.exit_code)
