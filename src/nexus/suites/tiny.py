"""The tiny recursive model of the PyPI package ``tiny-recursive-model``, on our boards.

Its recursion, deep supervision, halting and averaged weights are its own, and its own ``Trainer``
teaches it (TRM, arXiv:2510.04871). Four things are not, all in its favour. The optimiser, its rates
over time and the clipping of gradients are the recipe's: the package's AdamW at 1e-4 / (batch *
steps) moves nothing within minutes. The matrices of its blocks, the mixer's too, follow Muon as the
reasoner's do. Averages over thousands of steps lag a short training, so the better of averaged and
last weights on held-out boards counts. And it thinks to the end when it is judged.
"""

import io
import math
import time
import warnings
from collections.abc import Generator, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import TensorDataset

from nexus.base.errors import ConfigError
from nexus.config import PhaseConfig, Recipe
from nexus.nn.seeding import seeded
from nexus.reason.boards import Related
from nexus.reason.reasoner import Stack
from nexus.suites.rivals import Solver, sized, solved
from nexus.train.optimizer import build
from nexus.train.reasoner import BoardPhase
from nexus.train.schedule import Schedule
from nexus.worlds.puzzles import Puzzle, Puzzles

Kind = Literal["mixer", "attention", "related"]
"""Its network: the package's token mixer, attention, or attention that knows the relations."""
DEPTH = 2
"""Layers of its network, as in the paper."""
PARTS: Final = 1000
"""Parts of its time by which its rates fall."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """A tiny model after its training."""

    solver: Solver
    steps: int
    """Batches it saw; each was thought about in up to twelve steps of the optimiser."""
    cpu_s: float


class Network(nn.Module):
    """The blocks of the reasoner as the package's network.

    Places enter here, for the package knows symbols only, and so do the relations of the boards
    that were embedded last: all that the reasoner is told.
    """

    def __init__(self, puzzle: Puzzle, *, width: int, heads: int, related: bool) -> None:
        super().__init__()
        self.related = Related(puzzle if related else None)
        self.place = nn.Parameter(0.02 * torch.randn(puzzle.cells, width))
        self.layers = Stack(width, heads, DEPTH, kinds=self.related.kinds)
        self.relations: Tensor | None = None

    def look(self, given: Int[Tensor, "batch cell"]) -> None:
        """Take in the boards that are thought about from now on."""
        relations = self.related(given)
        self.relations = None if relations is None else relations.float()

    def forward(self, x: Float[Tensor, "batch cell width"]) -> Float[Tensor, "batch cell width"]:
        """Return the next state."""
        return self.layers(x + self.place, None, self.relations)


class Mixer(nn.Module):
    """The package's token mixer, its blocks in a list: what is in a list is for Muon to move."""

    def __init__(self, mixer: Iterable[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(mixer)

    def forward(self, x: Float[Tensor, "batch cell width"]) -> Float[Tensor, "batch cell width"]:
        """Return the next state."""
        for block in self.blocks:
            x = block(x)
        return x


class Clocked:
    """The recipe's schedule, its steps counted in CPU-seconds; the warm-up in steps."""

    def __init__(self, optimizer: Optimizer, config: PhaseConfig, *, cpu_s: float) -> None:
        self.optimizer = optimizer
        self.peaks = [group["lr"] for group in optimizer.param_groups]
        self.up = Schedule(steps=1 << 30, warmup=config.warmup)
        self.down = Schedule(steps=PARTS, decay_from=config.decay_from)
        self.began, self.cpu_s, self.taken = time.process_time(), cpu_s, 0
        self.step()

    def step(self) -> None:
        """Set the rates of the next step of the optimiser."""
        self.taken += 1
        spent = (time.process_time() - self.began) / self.cpu_s
        part = min(PARTS, 1 + int(PARTS * spent))
        factor = self.up.factor(self.taken) * self.down.factor(part)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = factor * peak


def tiny(recipe: Recipe, puzzle: Puzzle, like: nn.Module, *, kind: Kind) -> Any:
    """Return a ``TinyRecursiveModel`` as large as ``like``, untrained.

    Raises:
        ConfigError: the package is not installed.
    """
    package, heads = _package(), recipe.reasoner.heads

    def make(width: int) -> nn.Module:
        network = (
            Mixer(package.MLPMixer1D(dim=width, depth=DEPTH, seq_len=puzzle.cells))
            if kind == "mixer"
            else Network(puzzle, width=width, heads=heads, related=kind == "related")
        )
        tokens = max(puzzle.symbols, puzzle.answers)
        return package.TinyRecursiveModel(dim=width, num_tokens=tokens, network=network)

    with seeded(recipe.seed, "tiny", kind, puzzle.name):
        model: Any = sized(make, like=like, step=heads)
    if kind == "related":
        network: Network = model.network

        def look(_: nn.Module, given: tuple[Tensor]) -> None:
            network.look(given[0])

        # The package embeds boards whenever it begins, or goes on, to think about some.
        model.input_embed.register_forward_pre_hook(look)
    return model


def teach(
    model: Any, batches: BoardPhase, held_out: Puzzles, *, recipe: Recipe, cpu_s: float
) -> Taught:
    """Train a tiny model for ``cpu_s`` CPU-seconds on the boards of ``batches``.

    It is stopped by the clock, and its rates fall by it: how long a batch takes depends on how
    early its boards halt. Every cell must have a ``solution``, asked or not.
    """
    config, steps, last = batches.config, 0, dict[str, Tensor]()
    began = time.process_time()

    def lessons() -> Generator[tuple[Int[Tensor, "batch cell"], Int[Tensor, "batch cell"]]]:
        nonlocal steps
        while time.process_time() < began + cpu_s:
            steps += 1
            batch = batches.batch(steps, 0, 1)
            yield batch.given, batch.solution
        last.update({name: x.clone() for name, x in model.state_dict().items()})

    optimizer, learning = build(model, config), [p for p in model.parameters() if p.requires_grad]
    most = config.clip * config.batch or math.inf  # its loss is a sum over boards, ours a mean

    def clip(*_: object) -> None:
        nn.utils.clip_grad_norm_(learning, most)

    optimizer.register_step_pre_hook(clip)
    clocked = Clocked(optimizer, config, cpu_s=cpu_s)
    with seeded(recipe.seed, "tiny trainer"), redirect_stdout(io.StringIO()):
        trainer = _package().Trainer(
            model,
            TensorDataset(torch.zeros(1)),  # lessons take its place
            optim=optimizer,
            batch_size=config.batch,
            epochs=1,
            warmup_steps=1,
            cpu=True,
        )
        trainer.dataloader, trainer.scheduler = lessons(), clocked
        trainer()
    spent = time.process_time() - began
    average = {name: x.clone() for name, x in model.state_dict().items()}
    solver = _solver(model.eval(), steps=recipe.reasoner.think)
    shares = list[float]()
    for state in (average, last):
        model.load_state_dict(state)
        shares.append(float(np.mean(solved(solver, held_out))))
    if shares[0] >= shares[1]:
        model.load_state_dict(average)
    return Taught(solver=solver, steps=steps, cpu_s=spent)


def _solver(model: Any, *, steps: int) -> Solver:
    """Return what the model says after all of ``steps`` steps: none halts before."""
    never = 2.0
    return lambda given: model.predict(given, never, steps)[0]


def _package() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # what it imports uses torch.jit
            import tiny_recursive_model
    except ImportError:
        raise ConfigError(
            "tiny-recursive-model is not installed", hint="pip install 'nexus-jepa[dev]'"
        ) from None
    return tiny_recursive_model
