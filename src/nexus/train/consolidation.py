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

FISHER: Final = 16
"""Batches of replay from which the Fisher information is estimated."""


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
    boards.requires_grad_(True).train()
    learner = Learner(boards)
    config = PhaseConfig(rate=how.rate, optimizer="adamw", weight_decay=0.0)
    optimizer = build(learner, config)
    anchor = _anchor(learner, puzzle, lessons.replay, how) if how.ewc else {}
    batch = _batch(puzzle, parts, how, turn=0)
    for step in range(how.steps):
        turn, segment = divmod(step, how.segments)
        if not segment:
            batch = _batch(puzzle, parts, how, turn=turn)
        loss = learner(replace(batch, first=not segment)).total
        for name, weight in learner.named_parameters():
            if name in anchor:
                home, fisher = anchor[name]
                loss = loss + how.ewc / 2 * (fisher * (weight - home).square()).sum()
        if not loss.isfinite():
            raise TrainingError(
                f"consolidation diverged at step {step + 1}", hint=f"lower the rate {how.rate:g}"
            )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = how.rate * (1 - step / how.steps) * min(1.0, (step + 1) / 10)
        optimizer.step()
    boards.eval().requires_grad_(False)


def _batch(
    puzzle: Puzzle, parts: Mapping[str, tuple[Puzzles, int]], how: Consolidation, *, turn: int
) -> BoardBatch:
    """Return boards drawn with replacement, in guises of this turn."""
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


def _anchor(
    learner: Learner, puzzle: Puzzle, replay: Puzzles, how: Consolidation
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return for each parameter where it starts and how much it matters for replay (mean 1)."""
    matters = {n: torch.zeros_like(p) for n, p in learner.named_parameters() if p.requires_grad}
    for turn in range(FISHER):
        drawn = _batch(puzzle, {"fisher": (replay, how.batch // 4 or 1)}, how, turn=turn)
        learner.zero_grad()
        learner(drawn).total.backward()
        for name, weight in learner.named_parameters():
            if weight.grad is not None:
                matters[name] += weight.grad.square()
    learner.zero_grad()
    mean = torch.cat([f.flatten() for f in matters.values()]).mean().clamp(min=1e-12)
    weights = dict(learner.named_parameters())
    return {name: (weights[name].detach().clone(), f / mean) for name, f in matters.items()}
