"""Teaching the reasoner by deep supervision: after every cycle it is told what was right to say.

Each batch is thought about for ``segments`` steps of the optimiser in a row; the state goes on, its
history does not (HRM, arXiv:2506.21734, section 2). The state between two steps is part of what a
checkpoint keeps, so an interrupted run goes on bit by bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn
from torch.nn import functional

from nexus.base.randomness import key
from nexus.config import PhaseConfig
from nexus.nn.seeding import stream
from nexus.reason.boards import BoardReasoner
from nexus.reason.reasoner import Mind, Said
from nexus.train.frozen import FrozenPhase
from nexus.train.phase import Losses
from nexus.worlds.puzzles.puzzle import Puzzle, Puzzles

ALONE = 0.25
"""Weight of what the working memory, and the core, would answer alone."""
HALT = 0.2
"""Weight of knowing whether the answer is right yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardBatch:
    """Boards, their answers, and whether they are thought about for the first time."""

    given: Int[Tensor, "batch cell"]
    solution: Int[Tensor, "batch cell"]
    asked: Bool[Tensor, "batch cell"]
    first: bool


def board_loss(said: Said, batch: BoardBatch) -> Losses:
    """Return the loss of what is said about a batch: the answer, each part alone, and halting."""
    asked, target = batch.asked, batch.solution[batch.asked]
    answer, fast, slow = (
        functional.cross_entropy(logits[asked], target)
        for logits in (said.answer, said.fast, said.slow)
    )
    right = ((said.answer.argmax(-1) == batch.solution) | ~asked).all(-1)
    halt = functional.binary_cross_entropy_with_logits(said.halt, right.to(said.halt.dtype))
    return Losses(
        total=answer + ALONE * (fast + slow) + HALT * halt,
        parts={"answer": answer.detach(), "halt": halt.detach(), "exact": right.float().mean()},
    )


class Learner(nn.Module):
    """The reasoner with its loss, and the state its last batch was left in."""

    def __init__(self, boards: BoardReasoner) -> None:
        super().__init__()
        self.boards = boards
        self.mind: Mind | None = None

    def forward(self, batch: BoardBatch) -> Losses:
        """Return the mean loss after each of a few more cycles about a batch.

        The parts are those of the last cycle.
        """
        inputs, mind = self.boards.inputs(batch.given), None if batch.first else self.mind
        thought = list(self.boards.reasoner.think(inputs, mind))
        self.mind = thought[-1][0].detach()
        told = [board_loss(said, batch) for _, said in thought if said.answer.requires_grad]
        told = told or [board_loss(thought[-1][1], batch)]
        total = torch.stack([losses.total for losses in told]).mean()
        return Losses(total=total, parts=told[-1].parts)


class BoardPhase(FrozenPhase):
    """Teaches a reasoner one puzzle; each epoch shows every board in another guise.

    It is told the steps on the way as well as the answers.
    """

    metric = "answer"

    def __init__(
        self,
        name: str,
        boards: BoardReasoner,
        puzzle: Puzzle,
        data: Puzzles,
        config: PhaseConfig,
        *,
        segments: int,
        seed: int,
    ) -> None:
        self.learner = Learner(boards)
        super().__init__(name, self.learner, config, seed=seed)
        self.puzzle, self.data, self.segments = puzzle, data, segments

    def batch(self, step: int, rank: int, world: int) -> BoardBatch:
        """Return the boards of this step, the same for ``segments`` steps in a row."""
        turn, size = (step - 1) // self.segments, self.config.batch
        epoch, start = divmod(turn * size, len(self.data) - len(self.data) % size)
        order = torch.randperm(len(self.data), generator=stream(self.seed, self.name, epoch))
        rows = order[start : start + size][rank::world].numpy()
        shown = self.puzzle.relabel(self.data.take(rows), key(self.seed, self.name, epoch))
        shown = self.puzzle.explained(shown)
        return BoardBatch(
            given=torch.from_numpy(shown.given),
            solution=torch.from_numpy(shown.solution),
            asked=torch.from_numpy(shown.asked),
            first=(step - 1) % self.segments == 0,
        )

    def state(self) -> Mapping[str, Tensor]:
        """Return the state in which the last batch was left."""
        mind = self.learner.mind
        return {} if mind is None else {"fast": mind.fast, "slow": mind.slow}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take that back."""
        self.learner.mind = Mind(fast=state["fast"], slow=state["slow"]) if state else None
