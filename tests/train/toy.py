"""A tiny real phase, and a command that trains it: what the tests kill, interrupt and resume."""

import sys
from collections.abc import Mapping
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
    ) -> None:
        self.name, self.steps = name, steps
        self.module = Regression()
        self.config = PhaseConfig(optimizer=optimizer, rate=3e-3)  # pyright: ignore[reportArgumentType]
        self.average = {n: p.detach().clone() for n, p in self.module.named_parameters()}
        self.push = torch.tensor(0)
        self.collapses, self.push_heals = collapses, push_heals

    def batch(self, step: int, rank: int, world: int) -> dict[str, Tensor]:
        x = torch.randn(22, 5, generator=stream(3, self.name, "x", step))
        weight = torch.randn(5, 2, generator=stream(3, self.name, "function"))
        y = torch.sin(x @ weight)
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
    """Says each step on standard output, so that a test can choose one to strike at."""

    def advance(self, step: int, values: Mapping[str, float]) -> None:  # noqa: ARG002
        sys.stdout.write(f"{step}\n")
        sys.stdout.flush()


def main() -> int:
    """Train as a command would, ``toy.py RUN OPTIMIZER [COLLAPSE ...]``; say how it ended."""
    torch.set_num_threads(1)
    folder, optimizer, *collapses = sys.argv[1:]
    toy = Toy(optimizer=optimizer, collapses=tuple(map(int, collapses)))
    with joined(), interruptible() as stop:
        outcome = run_phase(toy, open_run(Path(folder)), SETTINGS, progress=Steps(), stop=stop)
    sys.stdout.write(f"{outcome.weights} {outcome.message}\n")
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
