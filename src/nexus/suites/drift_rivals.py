"""What simpler ways of learning make of the outcomes that ours learns from, at equal effort."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.randomness import key
from nexus.config import Recipe
from nexus.nn.weights import load_module
from nexus.reason.boards import BoardReasoner
from nexus.suites.drifting import CYCLES, LENGTH, Change, Stream, drawn_change
from nexus.suites.thoughts import think
from nexus.train.consolidation import Consolidation, Lessons, Teaching, consolidate, drawn
from nexus.train.parts import Parts
from nexus.worlds.puzzles import Khop, Puzzles
from nexus.worlds.tabletop import Tabletop

FEW: Final = 150
"""Examples of each kind on which rivals are measured."""
PARTS: Final = 4
"""Times at which always fine-tuning is measured."""
AT_ONCE: Final = 32
"""Boards of a step of always fine-tuning: guises of what has turned out since the last turn."""
WEIGHTS: Final = (0.1, 1.0, 10.0)
"""Weights of EWC that are tried on split val."""
OUTCOMES: Final = 120
"""Outcomes that EWC learns from there; as many boards again say what is right of each weight."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Which examples after the update one core answers rightly."""

    right_new: Bool[np.ndarray, " n"]
    """Of those that go through the changed rule."""
    right_old: Bool[np.ndarray, " m"]
    """Of the rest."""

    @property
    def new(self) -> float:
        """Share right of the changed rule."""
        return float(self.right_new.mean())

    @property
    def old(self) -> float:
        """Share right of the rest."""
        return float(self.right_old.mean())


@dataclass(frozen=True, kw_only=True, slots=True)
class Tested:
    """Later examples that nobody learns from: with the new rule, and without."""

    new: Int64[np.ndarray, " n"]
    old: Int64[np.ndarray, " m"]

    def few(self) -> "Tested":
        """Return those on which rivals are measured."""
        return Tested(new=self.new[:FEW], old=self.old[:FEW])


def scores_of(boards: BoardReasoner, lived: Stream, change: Change, tested: Tested) -> Scores:
    """Return what a core answers rightly of examples of the changed rule and of others."""
    right_new, right_old = (
        think(boards, lived.revealed(rows, change), cycles=CYCLES).right
        for rows in (tested.new, tested.old)
    )
    return Scores(right_new=right_new, right_old=right_old)


def rivals_of(
    weights: bytes,
    lived: Stream,
    change: Change,
    now: int,
    known_rows: Int64[np.ndarray, " n"],
    how: Consolidation,
    recipe: Recipe,
    tested: Tested,
    *,
    ewc: float,
) -> dict[str, tuple[tuple[int, Scores], ...]]:
    """Return what simpler ways reach with as many board-steps: they learn what was revealed, as is.

    ``always`` learns from outcomes soon after they turn out; ``ewc`` and ``replay`` learn from
    those since the change when ours does: held by EWC of that weight, or beside replay. Replay is
    what the core said before the change, with the steps on the way by the known rules, as ours is.
    """
    few, revealed = tested.few(), lived.revealed(known_rows, change)
    past = lived.data.take(slice(0, change.at))
    answered = replace(past, solution=np.where(past.asked, lived.answer[: change.at], 0))
    replay = lived.known.explained(answered)
    found = dict[str, tuple[tuple[int, Scores], ...]]()
    for name, other in {"ewc": replace(how, lessons=1.0, ewc=ewc), "replay": how}.items():
        boards = _copy(weights, lived.known, recipe)
        consolidate(boards, lived.known, Lessons(taught=revealed, replay=replay), other)
        found[name] = ((now - change.at, scores_of(boards, lived, change, few)),)
    found["always"] = always(weights, lived, change, how, recipe, few)
    return found


def always(
    weights: bytes,
    lived: Stream,
    change: Change,
    how: Consolidation,
    recipe: Recipe,
    tested: Tested,
) -> tuple[tuple[int, Scores], ...]:
    """Return what fine-tuning on all outcomes since the change scores as the stream goes on.

    With one optimiser for the whole of it, at one rate, and each batch thought about for as long as
    the core thinks: a turn is as many steps about guises of the outcomes since the turn before. As
    many board-steps as ours has are spread over all outcomes.
    """
    boards, rows = _copy(weights, lived.known, recipe), lived.shown()
    rows = rows[rows >= change.at]
    each = replace(how, lessons=1.0, batch=AT_ONCE)
    teaching = Teaching(boards, lived.known, lived.data, each)
    turns = min(len(rows), max(PARTS, round(how.steps * how.batch / AT_ONCE / how.segments)))
    last = {round((part + 1) * turns / PARTS) - 1 for part in range(PARTS)}
    scored = list[tuple[int, Scores]]()
    for turn, some in enumerate(np.array_split(rows, turns)):
        taught = {"taught": (lived.revealed(some, change), AT_ONCE)}
        batch = drawn(lived.known, taught, each, turn=turn)
        for segment in range(each.segments):
            teaching.step(replace(batch, first=not segment), each.rate)
        if turn in last:
            boards.eval()
            scored.append((int(some[-1]) - change.at, scores_of(boards, lived, change, tested)))
            boards.train()
    return tuple(scored)


def ewc_weight(weights: bytes, known: Khop, how: Consolidation, recipe: Recipe) -> float:
    """Return which of ``WEIGHTS`` does best by half as many steps on split val, of another change.

    Best is what the changed rule and all others come to together.
    """
    change, seed = drawn_change(known, how.seed, LENGTH), key(how.seed, "drift", "ewc")
    data = known.sample(seed, "val", np.arange(20 * OUTCOMES))
    has = np.array([change.tag in tags for tags in known.tags(data)])
    truth = change.world(known).answered(data)
    unseen = np.arange(len(data)) >= OUTCOMES
    replay = known.explained(data.take(np.flatnonzero(unseen & ~has)[OUTCOMES:]))
    shown = [np.flatnonzero(unseen & rows)[:OUTCOMES] for rows in (has, ~has)]
    short = replace(how, lessons=1.0, steps=max(1, how.steps // 2))
    reached = dict[float, float]()
    for weight in WEIGHTS:
        boards = _copy(weights, known, recipe)
        lessons = Lessons(taught=truth.take(slice(0, OUTCOMES)), replay=replay)
        consolidate(boards, known, lessons, replace(short, ewc=weight))
        reached[weight] = sum(_right(boards, truth.take(rows), recipe) for rows in shown)
    return max(reached, key=lambda weight: reached[weight])


def _right(boards: BoardReasoner, data: Puzzles, recipe: Recipe) -> float:
    return float(think(boards, data, cycles=recipe.reasoner.think).right.mean())


def _copy(weights: bytes, known: Khop, recipe: Recipe) -> BoardReasoner:
    boards = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(known)
    load_module(boards, weights, source="the core")
    return boards
