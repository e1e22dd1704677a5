"""The tiny recursive model of the PyPI package ``tiny-recursive-model``, on our boards.

Its recursion, deep supervision, halting and averaged weights are its own, and its own ``Trainer``
teaches it (TRM, arXiv:2510.04871). Three things are not, all in its favour. The optimiser and its
warm-up are the recipe's: the package's AdamW at 1e-4 / (batch * steps) moves nothing within
minutes. Averages over thousands of steps lag a short training, so the better of averaged and last
weights on held-out boards counts. And it thinks to the end when it is judged.
"""

import io
import time
import warnings
from collections.abc import Generator
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from nexus.base.errors import ConfigError
from nexus.config import Recipe
from nexus.nn.seeding import seeded
from nexus.reason.reasoner import Stack
from nexus.suites.rivals import Solver, sized, solved
from nexus.train.optimizer import build
from nexus.train.reasoner import BoardPhase
from nexus.worlds.puzzles import Puzzle, Puzzles

Kind = Literal["mixer", "attention", "related"]
"""Its network: the package's token mixer, attention, or attention that knows the relations."""
DEPTH = 2
"""Layers of its network, as in the paper."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """A tiny model after its training."""

    solver: Solver
    steps: int
    """Batches it saw; each was thought about in up to twelve steps of the optimiser."""
    cpu_s: float


class Network(nn.Module):
    """The blocks of the reasoner as the package's network.

    Places enter here, for the package knows symbols only.
    """

    related: Tensor

    def __init__(self, puzzle: Puzzle, *, width: int, heads: int, related: bool) -> None:
        super().__init__()
        relations = torch.from_numpy(puzzle.relations()[: None if related else 0])
        self.place = nn.Parameter(0.02 * torch.randn(puzzle.cells, width))
        self.layers = Stack(width, heads, DEPTH, kinds=len(relations))
        self.register_buffer("related", relations.float(), persistent=False)

    def forward(self, x: Float[Tensor, "batch cell width"]) -> Float[Tensor, "batch cell width"]:
        """Return the next state."""
        relations = self.related if len(self.related) else None
        return self.layers(x + self.place, None, relations)


def tiny(recipe: Recipe, puzzle: Puzzle, like: nn.Module, *, kind: Kind) -> Any:
    """Return a ``TinyRecursiveModel`` as large as ``like``, untrained.

    Raises:
        ConfigError: the package is not installed.
    """
    package, heads = _package(), recipe.reasoner.heads

    def make(width: int) -> nn.Module:
        network = (
            package.MLPMixer1D(dim=width, depth=DEPTH, seq_len=puzzle.cells)
            if kind == "mixer"
            else Network(puzzle, width=width, heads=heads, related=kind == "related")
        )
        tokens = max(puzzle.symbols, puzzle.answers)
        return package.TinyRecursiveModel(dim=width, num_tokens=tokens, network=network)

    with seeded(recipe.seed, "tiny", kind, puzzle.name):
        return sized(make, like=like, step=heads)


def teach(
    model: Any, batches: BoardPhase, held_out: Puzzles, *, recipe: Recipe, cpu_s: float
) -> Taught:
    """Train a tiny model for ``cpu_s`` CPU-seconds on the boards of ``batches``.

    It is stopped by the clock: how long a batch takes depends on how early its boards halt, and
    its schedule does not end. Every cell must have a ``solution``, asked or not.
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

    with seeded(recipe.seed, "tiny trainer"), redirect_stdout(io.StringIO()):
        trainer = _package().Trainer(
            model,
            TensorDataset(torch.zeros(1)),  # lessons take its place
            optim=build(model, config),
            batch_size=config.batch,
            epochs=1,
            warmup_steps=max(1, config.warmup),
            cpu=True,
        )
        trainer.dataloader = lessons()
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
