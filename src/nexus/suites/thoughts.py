"""Boards thought about once, for every figure that needs what was said of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nexus.config import Recipe
from nexus.nn.lora import Adaptation
from nexus.nn.thinking import load_to_think
from nexus.reason.boards import BoardReasoner, doubt
from nexus.review.approved import Approved
from nexus.train.parts import Parts
from nexus.train.puzzles import artefact
from nexus.worlds import puzzles
from nexus.worlds.puzzles import Puzzles
from nexus.worlds.tabletop import Tabletop

TOGETHER = 256
"""Boards thought about in one batch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thoughts:
    """What a reasoner makes of boards after its last cycle."""

    data: Puzzles
    probability: Float[np.ndarray, "board cell answer"]
    """Calibrated, cell by cell."""
    halt: Float[np.ndarray, " board"]
    """Log-odds, by its own account, that the whole board is right."""
    latent: Float[Tensor, "board width"]
    """Mean state of the core over the cells."""

    def __len__(self) -> int:
        return len(self.data)

    @property
    def answer(self) -> Int[np.ndarray, "board cell"]:
        """The likeliest symbol of each cell."""
        return self.probability.argmax(-1)

    @property
    def right(self) -> Bool[np.ndarray, " board"]:
        """Which boards are answered right in every cell that is asked."""
        return ((self.answer == self.data.solution) | ~self.data.asked).all(1)

    @property
    def doubt(self) -> Float[np.ndarray, " board"]:
        """Log-odds of being wrong; an open cell is one not given, whether or not it is asked."""
        open_cell = self.data.asked if self.data.asked.any() else self.data.given == 0
        return doubt(self.probability, self.halt, open_cell)


def load(folder: Path, recipe: Recipe, task: str) -> BoardReasoner:
    """Return the trained reasoner of a task.

    Raises:
        CheckpointError: it is not trained there, or a file is damaged.
    """
    parts = Parts(recipe=recipe, world=Tabletop(), vocabulary=1)
    boards, name = parts.boards(puzzles.get(task)), artefact(task)
    load_to_think(boards, Approved.open(folder).artefact(name), source=name)
    return boards


def think(boards: BoardReasoner, data: Puzzles, *, cycles: int) -> Thoughts:
    """Return what a reasoner makes of boards."""
    probability: list[Tensor] = []
    halt: list[Tensor] = []
    latent: list[Tensor] = []
    for start in range(0, len(data), TOGETHER):
        given = torch.from_numpy(data.given[start : start + TOGETHER])
        with torch.no_grad():
            *_, (mind, said) = boards.reasoner.think(boards.inputs(given), cycles=cycles)
        probability.append((said.answer / boards.reasoner.temperature).softmax(-1))
        halt.append(said.halt)
        latent.append(mind.slow.mean(1))
    return Thoughts(
        data=data,
        probability=torch.cat(probability).double().numpy(),
        halt=torch.cat(halt).double().numpy(),
        latent=torch.cat(latent),
    )


def exact(
    boards: BoardReasoner, data: Puzzles, *, cycles: int, task: Adaptation | None = None
) -> Bool[np.ndarray, "cycle board"]:
    """Return which boards are answered right after 1, 2, ... ``cycles`` cycles."""
    found: list[Tensor] = []
    for start in range(0, len(data), TOGETHER):
        some = data.take(slice(start, start + TOGETHER))
        solution, asked = torch.from_numpy(some.solution), torch.from_numpy(some.asked)
        said = boards.solve(torch.from_numpy(some.given), cycles=cycles, task=task)
        found.append(
            torch.stack([((s.answer.argmax(-1) == solution) | ~asked).all(-1) for s in said])
        )
    return torch.cat(found, dim=1).numpy()
