"""Fast adaptation: one task's change to working memory, learned from few examples in seconds.

What everything shares stays as it is: only the factors of an ``Adaptation`` learn, and dropping
that value restores the reasoner exactly. Learning everything anew is ``train.reasoner``.
"""

from typing import Final

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from nexus.nn.lora import Adaptation, Kind, adaptation
from nexus.nn.seeding import stream
from nexus.reason.boards import BoardReasoner
from nexus.train.reasoner import BoardBatch, board_loss
from nexus.worlds.puzzles import Puzzles

STEPS: Final = 120
BATCH: Final = 64
RATE: Final = 0.02


def fast_adapt(
    boards: BoardReasoner,
    examples: Puzzles,
    *,
    seed: int,
    kind: Kind = "lora",
    steps: int = STEPS,
) -> Adaptation:
    """Return the adaptation that answers boards as ``examples`` are answered.

    Adam with a rate that falls linearly to nothing. The reasoner is only read.
    """
    task = adaptation(boards.reasoner.adaptable, kind=kind, generator=stream(seed, "adapt"))
    factors = list(task.parameters())
    optimizer = torch.optim.Adam(factors, lr=RATE)
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = RATE * (1 - (step - 1) / steps)
        batch = _some(examples, torch.randperm(len(examples), generator=stream(seed, "rows", step)))
        thought = boards.reasoner.think(boards.inputs(batch.given), task=task)
        told = [board_loss(said, batch).total for _, said in thought]
        optimizer.zero_grad()
        torch.stack(told).mean().backward(inputs=factors)
        optimizer.step()
    return task.detach()


def right(
    boards: BoardReasoner, data: Puzzles, *, cycles: int, task: Adaptation | None = None
) -> Bool[np.ndarray, " board"]:
    """Return which boards are answered as ``data`` says in every cell asked."""
    batch = _some(data, torch.arange(len(data)), most=len(data))
    said = boards.solve(batch.given, cycles=cycles, task=task)[-1]
    return ((said.answer.argmax(-1) == batch.solution) | ~batch.asked).all(-1).numpy()


def _some(data: Puzzles, order: Tensor, most: int = BATCH) -> BoardBatch:
    rows = order[:most]
    given, solution, asked = (
        torch.from_numpy(part)[rows] for part in (data.given, data.solution, data.asked)
    )
    return BoardBatch(given=given, solution=solution, asked=asked, first=True)
