"""Slow learning: what turned out is worked into a copy of the core, and what it knew is kept.

A batch is half lessons (what has changed) and half replay (what has not, as the core itself answers
it), each time in another guise, thought about for so many segments as the core will later think:
taught on short thoughts alone, its long ones drift. Elastic weight consolidation holds what matters
for replay: ``ewc / 2 * sum(F (w - w0)^2)`` with the diagonal F of the squared gradients of the
copied core's loss (arXiv:1612.00796, eq. 3). The core itself is only read; see ``candidates``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from nexus.base.errors import ConfigError, DataError, TrainingError
from nexus.base.randomness import integers, key
from nexus.config import PhaseConfig
from nexus.reason.boards import BoardReasoner
from nexus.train.optimizer import build
from nexus.train.reasoner import BoardBatch, Learner
from nexus.worlds.puzzles import Puzzle, Puzzles

FISHER: Final = 4
"""Batches of replay from which the Fisher information is estimated, each thought about to the end
as batches that are learned from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Consolidation:
    """How a copy is taught."""

    steps: int = 240
    batch: int = 64
    """Boards a step."""
    lessons: float = 0.4
    """Share of them that are lessons; the rest is replay."""
    segments: int = 12
    """Steps in a row about the same boards, each of as many cycles as the core was taught with."""
    rate: float = 1e-3
    """Highest learning rate, of AdamW; it rises over 10 steps and falls to nothing."""
    ewc: float = 0.0
    """Weight of the penalty for moving what matters."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "segments"):
            if (value := getattr(self, name)) < 1:
                raise ConfigError(f"consolidation.{name} must be at least 1, got {value}")
        if not 0.0 < self.lessons <= 1.0:
            raise ConfigError(f"consolidation.lessons must lie in (0, 1], got {self.lessons}")
        if self.rate <= 0.0 or self.ewc < 0.0:
            raise ConfigError(
                f"consolidation.rate must be above 0 and ewc at least 0,"
                f" got {self.rate} and {self.ewc}"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Lessons:
    """What a copy is taught: boards with the answers wanted."""

    taught: Puzzles
    """What has changed."""
    replay: Puzzles
    """What has not."""


class Teaching:
    """A copy that is being taught: its learner, one optimiser for all steps, and what holds it."""

    def __init__(
        self, boards: BoardReasoner, puzzle: Puzzle, replay: Puzzles, how: Consolidation
    ) -> None:
        boards.requires_grad_(True).train()
        self.how, self.learner = how, Learner(boards)
        config = PhaseConfig(rate=how.rate, optimizer="adamw", weight_decay=0.0)
        self.optimizer = build(self.learner, config)
        self.anchor = anchor(self.learner, puzzle, replay, how) if how.ewc else {}
        self.taken = 0

    def step(self, batch: BoardBatch, rate: float) -> None:
        """Learn from a few more cycles about ``batch``; the rate rises over 10 steps to ``rate``.

        Raises:
            TrainingError: the loss is not finite.
        """
        loss = self.learner(batch).total
        for name, weight in self.learner.named_parameters():
            if name in self.anchor:
                home, fisher = self.anchor[name]
                loss = loss + self.how.ewc / 2 * (fisher * (weight - home).square()).sum()
        self.taken += 1
        if not loss.isfinite():
            raise TrainingError(
                f"consolidation diverged at step {self.taken}",
                hint=f"lower the rate {self.how.rate:g}",
            )
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learner.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * min(1.0, self.taken / 10)
        self.optimizer.step()


def consolidate(
    boards: BoardReasoner, puzzle: Puzzle, lessons: Lessons, how: Consolidation
) -> None:
    """Teach ``boards``, a copy made for this, until it answers as the lessons do.

    Raises:
        DataError: there is no lesson, or no replay where some is asked for.
        TrainingError: ``boards`` is no copy, but was loaded to think; or the loss is not finite.
    """
    new = max(1, round(how.batch * how.lessons))
    parts = {"taught": (lessons.taught, new), "replay": (lessons.replay, how.batch - new)}
    for name, (data, count) in parts.items():
        if count and not len(data):
            raise DataError(f"nothing to learn from: no board is {name}")
    teaching = Teaching(boards, puzzle, lessons.replay, how)
    batch = drawn(puzzle, parts, how, turn=0)
    for step in range(how.steps):
        turn, segment = divmod(step, how.segments)
        if not segment:
            batch = drawn(puzzle, parts, how, turn=turn)
        teaching.step(replace(batch, first=not segment), how.rate * (1 - step / how.steps))
    boards.eval().requires_grad_(False)


def drawn(
    puzzle: Puzzle, parts: Mapping[str, tuple[Puzzles, int]], how: Consolidation, *, turn: int
) -> BoardBatch:
    """Return boards drawn with replacement, in guises of this turn, as many of each part as said.

    What is drawn is a function of the seed, the name of the part and the turn.
    """
    shown = list[Puzzles]()
    for name, (data, count) in parts.items():
        if count:
            at = np.array([turn])
            [rows] = integers(key(how.seed, "consolidate", name), at, count, len(data))
            some = replace(data.take(rows), index=np.arange(count))
            shown.append(puzzle.relabel(some, key(how.seed, "guise", name, turn)))
    given, solution, asked = (
        torch.from_numpy(np.concatenate([getattr(some, part) for some in shown]))
        for part in ("given", "solution", "asked")
    )
    return BoardBatch(given=given, solution=solution, asked=asked, first=True)


def anchor(
    learner: Learner, puzzle: Puzzle, replay: Puzzles, how: Consolidation
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return for each parameter where it starts and how much it matters for replay (mean 1).

    Boards are thought about for as many segments as they are taught with, so that what matters
    for long thoughts is held, too.
    """
    matters = {n: torch.zeros_like(p) for n, p in learner.named_parameters() if p.requires_grad}
    for turn in range(FISHER):
        batch = drawn(puzzle, {"fisher": (replay, how.batch // 4 or 1)}, how, turn=turn)
        for segment in range(how.segments):
            learner.zero_grad()
            learner(replace(batch, first=not segment)).total.backward()
            for name, weight in learner.named_parameters():
                if weight.grad is not None:
                    matters[name] += weight.grad.square()
    learner.zero_grad()
    mean = torch.cat([f.flatten() for f in matters.values()]).mean().clamp(min=1e-12)
    weights = dict(learner.named_parameters())
    return {name: (weights[name].detach().clone(), f / mean) for name, f in matters.items()}
