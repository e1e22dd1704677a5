"""Boards from full grids: taking digits away while the solution stays the only one."""

from collections.abc import Sequence
from typing import Final

from nexus.worlds.dice import Dice
from nexus.worlds.puzzles.sudoku.solver import CELLS, PEERS, SIDE, is_unique

_EVERY: Final = (1 << (SIDE + 1)) - 1


def dig(grid: Sequence[int], order: Sequence[int], least: int) -> list[int]:
    """Return ``grid`` with cells blanked in this order, skipping those that must stay.

    Stops at ``least`` givens; with fewer than eight it ends where every given is needed. Nearly all
    boards end at 9 to 12, so no search is needed for hard ones.
    """
    given = list(grid)
    count = len(given) - given.count(0)
    for c in order:
        if count <= least:
            break
        if not (digit := given[c]):
            continue
        given[c] = 0
        if _forced(given, c, digit) or is_unique(given):
            count -= 1
        else:
            given[c] = digit
    return given


def _forced(given: Sequence[int], c: int, digit: int) -> bool:
    """Return whether the givens that see cell ``c`` leave it nothing but ``digit``."""
    seen = 1 | 1 << digit
    for p in PEERS[c]:
        seen |= 1 << given[p]
    return seen == _EVERY


def board_with(grid: Sequence[int], fewest: int, most: int, die: Dice) -> list[int]:
    """Return a uniquely solvable board of ``grid`` with ``fewest`` to ``most`` givens.

    How many is thrown first; where digging ends above that but within ``most``, so be it.
    """
    least = fewest + die.roll(most - fewest + 1)
    while True:
        given = dig(grid, die.shuffled(CELLS), least)
        if len(given) - given.count(0) <= most:
            return given
