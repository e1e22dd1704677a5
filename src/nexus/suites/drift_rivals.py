"""What simpler ways of learning make of the outcomes that ours learns from, at equal effort."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.config import Recipe
from nexus.nn.weights import load_module
from nexus.reason.boards import BoardReasoner
from nexus.suites.drifting import CYCLES, Change, Stream
from nexus.suites.thoughts import exact
from nexus.train.consolidation import Consolidation, Lessons, consolidate
from nexus.train.parts import Parts
from nexus.worlds.tabletop import Tabletop

FEW: Final = 150
"""Examples of each kind on which rivals are measured."""
PARTS: Final = 4
"""Times at which always fine-tuning is measured."""
GUISES: Final = 16
"""Guises in which always fine-tuning sees an outcome."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Shares right of one core on the same examples after the update."""

    new: float
    """Of those that go through the changed rule."""
    old: float
    """Of the rest."""


def scores_of(
    boards: BoardReasoner,
    lived: Stream,
    change: Change,
    new: Int64[np.ndarray, " n"],
    old: Int64[np.ndarray, " m"],
) -> Scores:
    """Return what a core reaches on examples of the changed rule and on others."""
    right = [
        float(exact(boards, lived.revealed(rows, change), cycles=CYCLES)[-1].mean())
        for rows in (new, old)
    ]
    return Scores(new=right[0], old=right[1])


def rivals_of(
    weights: bytes,
    lived: Stream,
    change: Change,
    now: int,
    known_rows: Int64[np.ndarray, " n"],
    how: Consolidation,
    recipe: Recipe,
    tested: tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " m"]],
) -> dict[str, tuple[tuple[int, Scores], ...]]:
    """Return what simpler ways reach with as many board-steps: they learn what was revealed, as is.

    ``always`` learns from each outcome when it turns out; ``plain``, ``ewc`` and ``replay`` learn
    from those since the change when ours does: from them alone, held by EWC, beside replay.
    """
    few = tuple(rows[:FEW] for rows in tested)

    def fresh() -> BoardReasoner:
        boards = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(lived.known)
        load_module(boards, weights, source="the core")
        return boards

    revealed = lived.revealed(known_rows, change)
    past = lived.data.take(slice(0, change.at))
    answered = replace(past, solution=np.where(past.asked, lived.answer[: change.at], 0))
    found = dict[str, tuple[tuple[int, Scores], ...]]()
    for name, other in {
        "ewc": replace(how, lessons=1.0, ewc=1.0),
        "replay": how,
    }.items():
        boards = fresh()
        consolidate(boards, lived.known, Lessons(taught=revealed, replay=answered), other)
        found[name] = ((now - change.at, scores_of(boards, lived, change, *few)),)
    boards, rows = fresh(), lived.shown()
    rows = rows[rows >= change.at]
    # As many board-steps as ours has, spread over all outcomes: each in GUISES guises.
    steps = max(1, round(how.steps * how.batch / GUISES / len(rows)))
    each = replace(how, lessons=1.0, batch=GUISES, steps=steps, segments=steps)
    scored = list[tuple[int, Scores]]()
    for part in np.array_split(rows, PARTS):
        for row in part.tolist():
            one = Lessons(taught=lived.revealed(np.array([row]), change), replay=past)
            consolidate(boards, lived.known, one, replace(each, seed=row))
        scored.append((int(part[-1]) - change.at, scores_of(boards, lived, change, *few)))
    found["always"] = tuple(scored)
    return found
