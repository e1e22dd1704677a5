"""The shadow report of a board reasoner: a candidate thinks beside the base, and decides nothing.

Both are loaded from bytes into a process of their own, frozen; no file of a run is opened.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int

from nexus.base.errors import CheckpointError, DataError
from nexus.base.proposals import Flip, ShadowReport
from nexus.base.randomness import key
from nexus.config import Recipe
from nexus.evaluate.shadow import Paired, report
from nexus.evaluate.weight_diff import weight_diff
from nexus.nn.weights import load_module, module_bytes
from nexus.reason.boards import BoardReasoner
from nexus.store.objects import sha256
from nexus.suites.thoughts import think
from nexus.train.parts import Parts
from nexus.worlds import puzzles
from nexus.worlds.puzzles import Khop, Maze, Puzzle, Puzzles, of_band
from nexus.worlds.tabletop import Tabletop


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How much is looked at."""

    asked: int
    """Boards of split val, over its bands."""
    frozen: int
    """Boards of the frozen set, over all bands."""
    cycles: int | None = None
    """Cycles a board is thought about; by default as many as the recipe thinks."""


COUNTS: Final[Mapping[str, Counts]] = {
    "sudoku6": Counts(asked=600, frozen=900),
    "khop": Counts(asked=450, frozen=900),
    "maze": Counts(asked=180, frozen=450),
}
"""What ``tiny`` looks at within two minutes: 39, 55 and 66 CPU-seconds, by the cost of a fifth."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """What is known of a world that has changed."""

    revealed: Puzzles | None = None
    """Examples answered as the world now answers; the candidate has not learned from them."""
    changed: frozenset[str] = frozenset()
    """Tags whose old answers are no longer right, such as ``rule:3x5``: boards that carry one are
    not asked about by the old rules."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """The boards both are asked about."""

    puzzle: Puzzle
    asked: tuple[Puzzles, ...]
    frozen: Puzzles
    cycles: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What one reasoner says of some boards."""

    answer: Int[np.ndarray, "board cell"]
    right: Bool[np.ndarray, " board"]
    sure: Float[np.ndarray, " board"]
    """Confidence that the whole board is right; 0 where that is no number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What one reasoner says of a panel."""

    asked: tuple[Looked, ...]
    frozen: Looked


def shadow(
    base: bytes,
    candidate: bytes,
    recipe: Recipe,
    task: str,
    *,
    change_id: str,
    drift: Drift | None = None,
    counts: Counts | None = None,
    manifests: tuple[str, str] | None = None,
) -> ShadowReport:
    """Return the shadow report of a candidate, measured in a process of its own.

    Args:
        base: the reasoner of ``task`` that thinks now, as safetensors.
        candidate: the one that is proposed.
        recipe: what both are built from.
        task: which puzzle.
        change_id: of the proposal.
        drift: what is known of a changed world.
        counts: how much is looked at.
        manifests: hashes the report is to name as base and candidate; by default of the bytes.

    Raises:
        CheckpointError: either is no such reasoner, or the candidate holds what is not finite.
        ConfigError: there is no such puzzle.
    """
    names = manifests or (sha256(base), sha256(candidate))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(
            _shadow, base, candidate, recipe, task, change_id, drift, counts, names
        ).result()


def _shadow(
    base: bytes,
    candidate: bytes,
    recipe: Recipe,
    task: str,
    change_id: str,
    drift: Drift | None,
    counts: Counts | None,
    names: tuple[str, str],
) -> ShadowReport:
    began = time.process_time()
    weight_diff(base, candidate)  # refuse at once what cannot be compared
    asked = panel(recipe, task, drift=drift, counts=counts)
    return compare(
        base,
        candidate,
        asked,
        view(base, recipe, asked),
        view(candidate, recipe, asked),
        change_id=change_id,
        names=names,
        began=began,
    )


def compare(
    base: bytes,
    candidate: bytes,
    asked: Panel,
    was: View,
    now: View,
    *,
    change_id: str,
    names: tuple[str, str],
    began: float,
) -> ShadowReport:
    """Return the report on a candidate from what it and the base say of a panel.

    ``names`` are those of base and candidate; ``began`` is the process time at which it was begun.
    """
    return report(
        _paired(asked.puzzle, asked.asked, was.asked, now.asked),
        _paired(asked.puzzle, (asked.frozen,), (was.frozen,), (now.frozen,)),
        change_id=change_id,
        base=names[0],
        candidate=names[1],
        layers=weight_diff(base, candidate),
        cpu_s=time.process_time() - began,
    )


def panel(
    recipe: Recipe,
    task: str,
    *,
    drift: Drift | None = None,
    counts: Counts | None = None,
    bands: tuple[str, ...] | None = None,
) -> Panel:
    """Return what is asked: new boards of split val, revealed ones, and the frozen set.

    The frozen set has every band (or ``bands``), also those nobody trains on, and a seed that no
    suite measures by; it is the same for every candidate.

    Raises:
        ConfigError: there is no such puzzle or band.
        DataError: what has changed leaves no board to ask about.
    """
    puzzle, drift = puzzles.get(task), drift or Drift()
    counts = counts or COUNTS[task]
    seed = key(recipe.seed, "shadow")
    trained = puzzle.splits["val"]
    frozen = bands or tuple(puzzle.bands[b] for b in puzzle.splits["test"])
    boards = puzzle.sample(seed, "val", np.arange(counts.asked - counts.asked % len(trained)))
    each = counts.frozen // len(frozen)
    index = np.concatenate([of_band(puzzle, "test", band, each) for band in frozen])
    return Panel(
        puzzle=puzzle,
        asked=(
            _unchanged(puzzle, boards, drift.changed),
            *((drift.revealed,) if drift.revealed is not None and len(drift.revealed) else ()),
        ),
        frozen=_unchanged(puzzle, puzzle.sample(seed, "test", index), drift.changed),
        cycles=counts.cycles or recipe.reasoner.think,
    )


def _unchanged(puzzle: Puzzle, data: Puzzles, changed: frozenset[str]) -> Puzzles:
    """Return the boards that carry no changed tag.

    Raises:
        DataError: there is none.
    """
    kept = [i for i, tags in enumerate(tags_of(puzzle, data)) if not tags & changed]
    if not kept:
        raise DataError(
            f"none of {len(data)} boards of {puzzle.name} is free of what is said to have changed",
            hint="name only the rules that have",
        )
    return data.take(kept)


def load(data: bytes, recipe: Recipe, puzzle: Puzzle) -> BoardReasoner:
    """Return a reasoner from its bytes, frozen.

    Raises:
        CheckpointError: they are not those of a reasoner of this recipe and puzzle.
    """
    boards = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(puzzle)
    load_module(boards, data, source=f"the reasoner of {puzzle.name}")
    return boards.eval().requires_grad_(False)


def view(data: bytes, recipe: Recipe, asked: Panel) -> View:
    """Return what the reasoner in ``data`` says of a panel; it is only read.

    Raises:
        CheckpointError: it is no reasoner of this recipe and puzzle, or thinking changed it.
    """
    boards = load(data, recipe, asked.puzzle)
    found = View(
        asked=tuple(look(boards, some, cycles=asked.cycles) for some in asked.asked),
        frozen=look(boards, asked.frozen, cycles=asked.cycles),
    )
    if module_bytes(boards) != data:
        raise CheckpointError(
            "thinking changed the weights that think", hint="report this: it must never happen"
        )
    return found


def look(boards: BoardReasoner, data: Puzzles, *, cycles: int) -> Looked:
    """Return what a reasoner says of boards."""
    thoughts = think(boards, data, cycles=cycles)
    sure = 1 / (1 + np.exp(np.clip(thoughts.doubt, -30, 30)))
    return Looked(answer=thoughts.answer, right=thoughts.right, sure=np.nan_to_num(sure, nan=0.0))


def tags_of(puzzle: Puzzle, data: Puzzles) -> tuple[frozenset[str], ...]:
    """Return the slices each board belongs to: its band, its split, and the rules its chain uses.

    ``rule:3x5`` is what a chain that came to relation 3 comes to after relation 5. Split val, of
    which most boards are, is no slice.
    """
    own = frozenset({data.split} - {"val", "test"})
    about = puzzle.tags(data) if isinstance(puzzle, Khop) else [frozenset[str]()] * len(data)
    return tuple(
        own
        | ({puzzle.bands[band]} if band >= 0 else frozenset[str]())
        | {tag for tag in tags if tag.startswith("rule:")}
        for band, tags in zip(data.band.tolist(), about, strict=True)
    )


def _paired(
    puzzle: Puzzle, data: tuple[Puzzles, ...], was: tuple[Looked, ...], now: tuple[Looked, ...]
) -> Paired:
    where = [(part, row) for part, some in enumerate(data) for row in range(len(some))]

    def flip(at: int) -> Flip:
        part, row = where[at]
        return flipped(puzzle, data[part].take([row]), was[part].answer[row], now[part].answer[row])

    return Paired(
        base=np.concatenate([looked.right for looked in was]),
        candidate=np.concatenate([looked.right for looked in now]),
        tags=tuple(tags for some in data for tags in tags_of(puzzle, some)),
        base_sure=np.concatenate([looked.sure for looked in was]),
        candidate_sure=np.concatenate([looked.sure for looked in now]),
        flip=flip,
    )


def flipped(
    puzzle: Puzzle,
    one: Puzzles,
    was: Int[np.ndarray, " cell"],
    now: Int[np.ndarray, " cell"],
) -> Flip:
    """Return one board that two answer differently, in words: what it is, and where they part."""
    place = f"{one.split} {int(one.index[0])}"
    cell = int(np.flatnonzero(one.asked[0] & (was != now))[0])
    symbols = (int(one.solution[0, cell]), int(was[cell]), int(now[cell]))
    if isinstance(puzzle, Khop):
        name = puzzle.rules.relations
        chain = ", then ".join(name[r] for r in puzzle.chain(one.given[0]))
        right, base, candidate = (name[symbol] for symbol in symbols)
        return Flip(example=f"{chain} ({place})", right=right, base=base, candidate=candidate)
    side = int(puzzle.cells**0.5)
    words = ("not on the way", "on the way") if isinstance(puzzle, Maze) else ()
    right, base, candidate = (words[s] if words else str(s) for s in symbols)
    return Flip(
        example=f"row {cell // side + 1} column {cell % side + 1} of board {place}",
        right=right,
        base=base,
        candidate=candidate,
    )
