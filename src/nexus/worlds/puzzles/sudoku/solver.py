"""The exact solver: every solution of a 6 x 6 board, up to a limit."""

from collections.abc import Sequence
from typing import Final

SIDE: Final = 6
CELLS: Final = SIDE * SIDE
ROW: Final = tuple(c // SIDE for c in range(CELLS))
COLUMN: Final = tuple(c % SIDE for c in range(CELLS))
BOX: Final = tuple(c // 12 * 2 + c % SIDE // 3 for c in range(CELLS))
"""Boxes are two rows high and three columns wide, numbered as one reads."""

UNITS: Final = tuple(
    (f"{kind} {number + 1}", tuple(c for c in range(CELLS) if of[c] == number))
    for kind, of in (("row", ROW), ("column", COLUMN), ("box", BOX))
    for number in range(SIDE)
)
"""Name and cells of everything that holds each digit once."""
PEERS: Final = tuple(
    tuple(
        p
        for p in range(CELLS)
        if p != c and (ROW[p] == ROW[c] or COLUMN[p] == COLUMN[c] or BOX[p] == BOX[c])
    )
    for c in range(CELLS)
)
"""The cells that may not hold the same digit as cell ``c``."""

_ALL: Final = (1 << SIDE) - 1
_COUNT: Final = tuple(mask.bit_count() for mask in range(1 << SIDE))
_WHERE: Final = tuple((ROW[c], SIDE + COLUMN[c], 2 * SIDE + BOX[c]) for c in range(CELLS))


def solutions(given: Sequence[int], limit: int) -> list[list[int]]:
    """Return up to ``limit`` solutions of a board; 0 is blank.

    Backtracking over the blank cell with the fewest digits left. What is left of each row, column
    and box is a bit mask, so a cell's digits are three ANDs.
    """
    free = [_ALL] * (3 * SIDE)
    cells, blank = list(given), list[int]()
    for c, digit in enumerate(cells):
        if not digit:
            blank.append(c)
            continue
        bit = 1 << (digit - 1)
        for unit in _WHERE[c]:
            if not free[unit] & bit:
                return []
            free[unit] ^= bit
    found: list[list[int]] = []
    _fill(cells, blank, free, found, limit)
    return found


def is_unique(given: Sequence[int]) -> bool:
    """Return whether the board has exactly one solution."""
    return len(solutions(given, 2)) == 1


def _fill(
    cells: list[int], blank: list[int], free: list[int], found: list[list[int]], limit: int
) -> None:
    if not blank:
        found.append(cells.copy())
        return
    fewest, at, left = SIDE + 1, 0, 0
    for i, c in enumerate(blank):
        row, column, box = _WHERE[c]
        mask = free[row] & free[column] & free[box]
        if _COUNT[mask] < fewest:
            fewest, at, left = _COUNT[mask], i, mask
            if fewest < 2:
                break
    c, blank[at] = blank[at], blank[-1]
    blank.pop()
    row, column, box = _WHERE[c]
    while left and len(found) < limit:
        bit = left & -left
        left ^= bit
        free[row] ^= bit
        free[column] ^= bit
        free[box] ^= bit
        cells[c] = bit.bit_length()
        _fill(cells, blank, free, found, limit)
        free[row] ^= bit
        free[column] ^= bit
        free[box] ^= bit
    cells[c] = 0
    blank.append(c)
    blank[at], blank[-1] = blank[-1], blank[at]
