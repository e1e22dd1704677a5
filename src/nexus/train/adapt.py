"""Fast adaptation: one task's change to working memory, learned from few examples in seconds.

What everything shares stays as it is: only the factors of an ``Adaptation`` learn, and dropping
that value restores the reasoner exactly. Learning everything anew is ``train.reasoner``.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from nexus.nn.lora import Adaptation, Kind, adaptation
from nexus.nn.seeding import stream
from nexus.reason.boards import BoardReasoner
from nexus.train.reasoner import BoardBatch, board_loss
from nexus.worlds.puzzles import Puzzles

BATCH: Final = 32
LEARNED: Final = 2
"""Cycles that are learned from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast, and from which cycles, is learned."""

    steps: int = 60
    working: float = 0.001
    """Learning rate of the thought itself: usually it may change only with care."""
    answer: float = 0.05
    """Learning rate of how answers are put, which may change at once."""
    before: int = 8
    """Most cycles before those that are learned from."""

    @property
    def cycles(self) -> int:
        """Return the longest thought that is learned from, in cycles."""
        return self.before + LEARNED


USUAL: Final = Pace()


def fast_adapt(
    boards: BoardReasoner,
    examples: Puzzles,
    *,
    seed: int,
    kind: Kind = "lora",
    pace: Pace = USUAL,
) -> Adaptation:
    """Return the adaptation that answers boards as ``examples`` are answered.

    Adam with rates that fall linearly to nothing. Each step begins after a random number of cycles
    thought as adapted so far: learned from its first cycles alone, a long thought falls apart (no
    board of 1,000 right after 48 cycles, all of them this way). The reasoner is only read.
    """
    task = adaptation(boards.reasoner.adaptable, kind=kind, generator=stream(seed, "adapt"))
    factors = list(task.parameters())
    rates = {"working": pace.working, "answer": pace.answer}
    optimizer = torch.optim.Adam(
        [
            {"params": [f for name, f in task.factors.items() if name.startswith(part)], "lr": rate}
            for part, rate in rates.items()
        ]
    )
    for step in range(1, pace.steps + 1):
        for group, rate in zip(optimizer.param_groups, rates.values(), strict=True):
            group["lr"] = rate * (1 - (step - 1) / pace.steps)
        draw = stream(seed, "adapt", step)
        batch = _some(examples, torch.randperm(len(examples), generator=draw)[:BATCH])
        before = int(torch.randint(pace.before + 1, (), generator=draw))
        inputs = boards.inputs(batch.given)
        with torch.no_grad():
            begun = list(boards.reasoner.think(inputs, None, task, cycles=before))
        mind = begun[-1][0] if begun else None
        thought = boards.reasoner.think(inputs, mind, task, cycles=LEARNED)
        told = [board_loss(said, batch).total for _, said in thought]
        optimizer.zero_grad()
        torch.stack(told).mean().backward(inputs=factors)
        optimizer.step()
    return task.detach()


def _some(data: Puzzles, rows: Tensor) -> BoardBatch:
    given, solution, asked = (
        torch.from_numpy(part)[rows] for part in (data.given, data.solution, data.asked)
    )
    return BoardBatch(given=given, solution=solution, asked=asked, first=True)
