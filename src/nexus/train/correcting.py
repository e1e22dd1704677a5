"""Working memory learned from what people said, and which of it most other evidence speaks against.

Beside the corrections the core's own answers on other boards are learned again, so that little is
forgotten. The core is only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from jaxtyping import Float

from nexus.nn.lora import Adaptation
from nexus.reason.boards import BoardReasoner
from nexus.reason.corrections import DOUBTED, LEAST, Weighed, boards_of, judged, thing
from nexus.train.adapt import Pace, fast_adapt
from nexus.worlds.puzzles import Puzzle, Puzzles

REPLAYED: Final = 400
"""Boards on which the core's own answers are learned again."""
SHARE: Final = 1 / 3
"""Share of what is learned from that is corrections."""
PACE: Final = Pace(steps=150, working=0.003, answer=0.003, before=6)
"""A gentle pace: at the usual one the core's answers on other boards are lost (see LOG.md)."""
FOLDS: Final = 3
TRUSTED: Final = 0.6
"""Share of the corrections it did not learn from that a memory must answer alike to be heard."""
UNLIKELY: Final = 0.05
"""Probability of the person's answer below which a memory contradicts a correction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """What corrections teach: examples, and which corrections they come from."""

    examples: Puzzles
    """One board for each thing whose answer stands."""
    used: tuple[str, ...]
    """Ids of the corrections that say so."""
    doubted: tuple[str, ...]
    """Ids of those that most others speak against; nothing is learned from them."""


def taught(weighed: Sequence[Weighed], puzzle: Puzzle) -> Taught:
    """Return what weighed corrections of boards teach; nothing of other tasks is taken."""
    mine = [w for w in weighed if w.correction.task == puzzle.name and w.correction.board]
    stands = [w.correction for w in mine if w.state == "standing"]
    return Taught(
        examples=boards_of(list({thing(c): c for c in stands}.values()), puzzle),
        used=tuple(c.id for c in stands),
        doubted=tuple(w.correction.id for w in mine if w.state in DOUBTED),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A reasoner to be corrected, and what it must not forget."""

    boards: BoardReasoner
    puzzle: Puzzle
    replay: Puzzles
    """Other boards, with the core's own answers."""
    seed: int
    pace: Pace


def bench(boards: BoardReasoner, puzzle: Puzzle, *, cycles: int, seed: int) -> Bench:
    """Return a bench with what the core answers to boards of split train after ``cycles``."""
    data = puzzle.sample(seed, "train", np.arange(REPLAYED))
    said = probability(boards, data, cycles=cycles).argmax(-1)
    replay = replace(data, solution=said)
    return Bench(boards=boards, puzzle=puzzle, replay=replay, seed=seed, pace=PACE)


def learn(bench: Bench, corrected: Puzzles) -> Adaptation:
    """Return the working memory that answers as ``corrected``, and elsewhere as the core does.

    Corrections are repeated until they are ``SHARE`` of all that is learned from.
    """
    rounds = max(1, round(SHARE / (1 - SHARE) * len(bench.replay) / len(corrected)))
    examples = joined(*[corrected] * rounds, bench.replay)
    return fast_adapt(bench.boards, examples, seed=bench.seed, pace=bench.pace)


def joined(first: Puzzles, *others: Puzzles) -> Puzzles:
    """Return all these boards as one."""
    every = (first, *others)
    return replace(
        first,
        given=np.concatenate([p.given for p in every]),
        solution=np.concatenate([p.solution for p in every]),
        asked=np.concatenate([p.asked for p in every]),
        band=np.concatenate([p.band for p in every]),
        index=np.concatenate([p.index for p in every]),
    )


def probability(
    boards: BoardReasoner, data: Puzzles, *, cycles: int, task: Adaptation | None = None
) -> Float[np.ndarray, "n cell answer"]:
    """Return the probability of each answer of each cell after the last cycle."""
    heat, found = boards.reasoner.temperature, list[np.ndarray]()
    for start in range(0, len(data), 256):
        given = torch.from_numpy(data.given[start : start + 256])
        said = boards.solve(given, cycles=cycles, task=task)[-1]
        found.append((said.answer / heat).softmax(-1).double().numpy())
    return np.concatenate(found)


def contradicted(bench: Bench, weighed: Sequence[Weighed]) -> dict[str, str]:
    """Return, by id, what speaks against corrections: a memory learned from the others.

    Things are dealt into folds, and each fold is answered by a memory that learned from the other
    folds alone. What it finds unlikely counts only where it can judge: it must give most of the
    corrections it did not see the answer that people gave.
    """
    puzzle = bench.puzzle
    mine = judged(puzzle, weighed)
    if len(mine) < LEAST:
        return {}
    data, fold = boards_of(mine, puzzle), np.arange(len(mine)) % FOLDS
    says, likely = data.solution.copy(), np.zeros(len(mine))
    for held in range(FOLDS):
        rest, out = (data.take(np.flatnonzero(part)) for part in (fold != held, fold == held))
        memory = learn(bench, rest)
        chance = probability(bench.boards, out, cycles=bench.pace.cycles, task=memory)
        says[fold == held] = chance.argmax(-1)
        told = np.take_along_axis(chance, out.solution[..., None], -1)[..., 0]
        likely[fold == held] = np.where(out.asked, told, 1.0).min(-1)
    alike = ((says == data.solution) | ~data.asked).all(-1)
    if alike.mean() < TRUSTED:
        return {}
    words = "a memory learned from the other corrections gives this answer"
    return {
        c.id: f"{words} little chance (p = {p:.2f})"
        for c, same, p in zip(mine, alike.tolist(), likely.tolist(), strict=True)
        if not same and p < UNLIKELY
    }
