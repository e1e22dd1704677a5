"""Boards outside the bands: almost finished, without a solution, and with several.

Each comes with the number of its solutions, counted by the exact solver: what an honest reasoner
must notice before it answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.base.randomness import key
from nexus.worlds.dice import Dice, dice
from nexus.worlds.puzzles.puzzle import Puzzles
from nexus.worlds.puzzles.sudoku import Sudoku, puzzles
from nexus.worlds.puzzles.sudoku.digging import dig
from nexus.worlds.puzzles.sudoku.solver import CELLS, PEERS, SIDE, solutions

MOST: Final = 100
"""Where counting solutions stops."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Boards with the number of their solutions."""

    puzzles: Puzzles
    """Where a board has not exactly one solution, nothing is asked and ``solution`` is all 0."""
    solutions: Int64[np.ndarray, " n"]
    """How many each has, counted up to ``MOST``."""

    def __len__(self) -> int:
        return len(self.solutions)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proper:
    """A board with one solution, about to be changed."""

    given: list[int]
    solution: list[int]
    die: Dice


def one_blank(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Counted:
    """Return full grids with one cell blanked: a reasoner that is done must stay done."""
    return _made("one blank", _one_blank, seed, split, index)


def clashing(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Counted:
    """Return boards without a solution that say why: one given repeats another it sees."""
    return _made("clashing", _clashing, seed, split, index)


def dead_end(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Counted:
    """Return boards without a solution in which no two givens clash: it takes a search to see."""
    return _made("dead end", _dead_end, seed, split, index)


def ambiguous(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Counted:
    """Return boards with several solutions: one given short of those where each is needed."""
    return _made("ambiguous", _ambiguous, seed, split, index)


def _one_blank(proper: _Proper) -> list[int]:
    grid = proper.solution.copy()
    grid[proper.die.roll(CELLS)] = 0
    return grid


def _clashing(proper: _Proper) -> list[int]:
    given = proper.given.copy()
    pairs = [(c, p) for c in range(CELLS) if given[c] for p in PEERS[c] if given[p]]
    cell, other = proper.die.pick(pairs)
    given[cell] = given[other]
    return given


def _dead_end(proper: _Proper) -> list[int]:
    """Change one given; some boards of few givens need one more before any change tells."""
    given = proper.given.copy()
    blank = [c for c in proper.die.shuffled(CELLS) if not given[c]]
    while not (found := _changed(given, proper.die)):
        cell = blank.pop()
        given[cell] = proper.solution[cell]
    return found


def _changed(given: list[int], die: Dice) -> list[int]:
    """Return the board with one given changed so that it clashes nowhere and nothing solves it."""
    for at in die.shuffled(CELLS * SIDE):
        cell, digit = at // SIDE, at % SIDE + 1
        if not given[cell] or digit in (given[cell], *(given[p] for p in PEERS[cell])):
            continue
        changed = given.copy()
        changed[cell] = digit
        if not solutions(changed, 1):
            return changed
    return []


def _ambiguous(proper: _Proper) -> list[int]:
    needed = dig(proper.given, proper.die.shuffled(CELLS), 0)
    needed[proper.die.pick([c for c in range(CELLS) if needed[c]])] = 0
    return needed


def _made(
    kind: str,
    change: Callable[[_Proper], list[int]],
    seed: int,
    split: str,
    index: Int64[np.ndarray, " n"],
) -> Counted:
    """Return the boards of a split, changed, with their solutions counted."""
    proper = Sudoku().sample(seed, split, index)
    boards = zip(
        proper.given.tolist(),
        proper.solution.tolist(),
        dice(key(seed, Sudoku.name, split, kind), proper.index),
        strict=True,
    )
    given = [change(_Proper(given=g, solution=s, die=die)) for g, s, [die] in boards]
    found = [solutions(board, MOST) for board in given]
    made = puzzles(
        given,
        [each[0] if len(each) == 1 else [0] * CELLS for each in found],
        band=np.full(len(proper), -1, dtype=np.int64),
        index=proper.index,
        seed=seed,
        split=split,
    )
    count = np.array([len(each) for each in found], dtype=np.int64)
    made.asked[count != 1] = False
    return Counted(puzzles=made, solutions=count)
