"""What stands beside the reasoner: other nets of as many parameters, taught on the same boards.

Each maps boards to the logits of every cell's answer, in one pass and without recursion.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from nexus.config import PhaseConfig, Recipe
from nexus.nn.seeding import seeded
from nexus.reason.boards import BoardReasoner, Related
from nexus.reason.reasoner import Stack
from nexus.suites.thoughts import TOGETHER
from nexus.train.frozen import FrozenPhase
from nexus.train.phase import Losses
from nexus.train.reasoner import BoardBatch, BoardPhase
from nexus.worlds.puzzles import Puzzle, Puzzles

Solver: TypeAlias = Callable[[Int[Tensor, "batch cell"]], Int[Tensor, "batch cell"]]
"""What is said of each cell of some boards."""


class Flat(nn.Module):
    """A plain pre-norm transformer over the cells: its layers are used once, or ``times`` over."""

    def __init__(
        self,
        puzzle: Puzzle,
        *,
        width: int,
        heads: int,
        depth: int,
        times: int = 1,
        related: bool = True,
    ) -> None:
        super().__init__()
        self.times = times
        self.related = Related(puzzle if related else None)
        self.symbol = nn.Embedding(puzzle.symbols, width)
        self.place = nn.Parameter(0.02 * torch.randn(puzzle.cells, width))
        # The reasoner's own blocks, so that nothing differs but how often they are used.
        self.layers = Stack(width, heads, depth, kinds=self.related.kinds)
        self.answer = nn.Linear(width, puzzle.answers)

    def forward(self, given: Int[Tensor, "batch cell"]) -> Float[Tensor, "batch cell answer"]:
        """Return the logits of every cell's answer."""
        x, relations = self.symbol(given) + self.place, self.related(given)
        known = None if relations is None else relations.float()
        for _ in range(self.times):
            x = self.layers(x, None, known)
        return self.answer(x)


class Recurrent(nn.Module):
    """Two layers of gated recurrent units that read the cells in both directions."""

    def __init__(self, puzzle: Puzzle, *, width: int) -> None:
        super().__init__()
        self.symbol = nn.Embedding(puzzle.symbols, width)
        self.place = nn.Parameter(0.02 * torch.randn(puzzle.cells, width))
        self.units = nn.GRU(width, width // 2, 2, batch_first=True, bidirectional=True)
        self.answer = nn.Linear(width, puzzle.answers)

    def forward(self, given: Int[Tensor, "batch cell"]) -> Float[Tensor, "batch cell answer"]:
        """Return the logits of every cell's answer."""
        return self.answer(self.units(self.symbol(given) + self.place)[0])


def flat(
    recipe: Recipe,
    puzzle: Puzzle,
    like: nn.Module,
    *,
    depth: int = 0,
    times: int = 1,
    related: bool = True,
) -> nn.Module:
    """Return the transformer of ``depth`` layers that is as large as ``like``.

    If not said otherwise it is as deep as the reasoner's two stacks.
    """
    config = recipe.reasoner
    depth = depth or config.working_depth + config.core_depth

    def make(width: int) -> Flat:
        return Flat(
            puzzle, width=width, heads=config.heads, depth=depth, times=times, related=related
        )

    with seeded(recipe.seed, "flat", puzzle.name):
        return sized(make, like=like, step=config.heads)


def recurrent(recipe: Recipe, puzzle: Puzzle, like: nn.Module) -> nn.Module:
    """Return the recurrent net that is as large as ``like``."""
    with seeded(recipe.seed, "recurrent", puzzle.name):
        return sized(lambda width: Recurrent(puzzle, width=width), like=like, step=2)


def sized(make: Callable[[int], nn.Module], *, like: nn.Module, step: int) -> nn.Module:
    """Return the module with the number of parameters nearest to that of ``like``.

    Widths are multiples of ``step``; a wider module must be a larger one.
    """
    wanted, width = parameters(like), step
    with torch.device("meta"):
        while parameters(make(width + step)) < wanted:
            width += step
        sizes = {w: parameters(make(w)) for w in (width, width + step)}
    return make(min(sizes, key=lambda w: abs(sizes[w] - wanted)))


def parameters(module: nn.Module) -> int:
    """Return how many numbers of a module learn."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


class _Learner(nn.Module):
    """A rival with its loss."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, batch: BoardBatch) -> Losses:
        """Return the cross-entropy of the cells that are asked."""
        logits, asked = self.net(batch.given), batch.asked
        loss = functional.cross_entropy(logits[asked], batch.solution[asked])
        right = ((logits.argmax(-1) == batch.solution) | ~asked).all(-1)
        return Losses(total=loss, parts={"answer": loss.detach(), "exact": right.float().mean()})


class RivalPhase(FrozenPhase):
    """Teaches a rival the boards of ``batches``, in their order and guises.

    ``batches`` should be of one segment: a rival sees new boards at every step.
    """

    metric = "answer"

    def __init__(self, name: str, net: nn.Module, batches: BoardPhase, config: PhaseConfig) -> None:
        super().__init__(name, _Learner(net), config, seed=batches.seed)
        self.batches = batches

    def batch(self, step: int, rank: int, world: int) -> BoardBatch:
        """Return the boards of this step."""
        return self.batches.batch(step, rank, world)


def likeliest(net: nn.Module) -> Solver:
    """Return what a rival says: the likeliest answer of each cell."""
    return lambda given: net(given).argmax(-1)


def thinking(boards: BoardReasoner, *, cycles: int) -> Solver:
    """Return what the reasoner says after so many cycles."""
    return lambda given: boards.solve(given, cycles=cycles)[-1].answer.argmax(-1)


@torch.no_grad()
def solved(solver: Solver, data: Puzzles) -> Bool[np.ndarray, " board"]:
    """Return which boards are answered right in every cell that is asked."""
    given = torch.from_numpy(data.given)
    said = torch.cat([solver(some) for some in given.split(TOGETHER)]).numpy()
    return ((said == data.solution) | ~data.asked).all(1)
