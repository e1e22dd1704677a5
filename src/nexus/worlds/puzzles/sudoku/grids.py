"""The full 6 x 6 grids, and the symmetries that turn one into another.

There are 28,200,960 grids. The symmetries permute the digits (720), the three bands of two rows and
the rows within them (48), and the two stacks of three columns and the columns within them (72);
transposing is none of them, for it turns the boxes round. They leave 49 classes. Each class belongs
to one split, so no guise of a training puzzle is ever a puzzle of another split.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, permutations, product
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.worlds.dice import Dice
from nexus.worlds.puzzles.sudoku.solver import CELLS, SIDE

CLASSES: Final = (
    ("456123 214365 365214 531642", 432),
    ("456123 214365 365214 532641", 864),
    ("456123 214365 365214 541632", 144),
    ("456123 214365 365241 532614", 1728),
    ("456123 214365 365241 541632", 1728),
    ("456123 214365 635241 362514", 864),
    ("456123 214635 365241 541362", 864),
    ("456123 214635 635214 341562", 288),
    ("456123 214635 635214 342561", 864),
    ("456123 214635 635241 341562", 1728),
    ("456123 214635 635241 362514", 1728),
    ("456123 231564 564231 312645", 48),
    ("456123 231564 564231 315642", 432),
    ("456123 231564 564312 312645", 576),
    ("456123 231564 645312 312645", 144),
    ("456123 231645 564312 312564", 48),
    ("456123 231645 564312 315264", 432),
    ("456123 231645 645231 312564", 48),
    ("456123 231645 645231 314562", 432),
    ("456123 234561 561234 315642", 144),
    ("456123 234561 561234 345612", 144),
    ("456123 234561 561342 342615", 1728),
    ("456123 234561 615342 342615", 432),
    ("456123 234615 561342 315264", 288),
    ("456132 214365 635214 362541", 1728),
    ("456132 214365 635241 361524", 3456),
    ("456132 214563 635214 341625", 1728),
    ("456132 214563 635241 341625", 288),
    ("456132 214563 635241 342615", 864),
    ("456132 215364 364521 542613", 1728),
    ("456132 215364 634521 342615", 864),
    ("456132 215364 634521 361245", 288),
    ("456132 215643 364215 542361", 1728),
    ("456132 215643 364521 531264", 1728),
    ("456132 215643 634215 342561", 864),
    ("456132 215643 634215 361524", 288),
    ("456132 231564 564213 312645", 288),
    ("456132 231564 564213 345621", 864),
    ("456132 231564 564321 312645", 288),
    ("456132 231564 564321 342615", 864),
    ("456132 231564 645213 312645", 288),
    ("456132 231564 645213 314625", 864),
    ("456132 231564 645321 312645", 288),
    ("456132 231564 645321 364215", 864),
    ("456132 235641 641523 364215", 1728),
    ("456231 214563 365124 531642", 864),
    ("456231 231564 564312 312645", 96),
    ("456231 231645 564123 312564", 96),
    ("456231 231645 645312 312564", 96),
)
"""Rows 2 to 5 of the least grid of each class whose first row is 123456 (the last row follows), and
how many grids with that first row are of the class: one in 720 of all that are."""

SPLITS: Final = ("train", "val", "test")
_TURNS: Final = ("train", "train", "test", "train", "train", "val", "train")
SPLIT_OF: Final = tuple(_TURNS[k % len(_TURNS)] for k in range(len(CLASSES)))
"""The split of each class: 35 are for training, 7 for validation and 7 for the test."""


def _orders(groups: int, size: int) -> list[list[int]]:
    """Return every order of ``groups * size`` lines that keeps groups together."""
    inside = list(permutations(range(size)))
    return [
        [group * size + line for group, lines in zip(outer, inner, strict=True) for line in lines]
        for outer in permutations(range(groups))
        for inner in product(inside, repeat=groups)
    ]


ROW_ORDERS: Final = _orders(3, 2)
COLUMN_ORDERS: Final = _orders(2, 3)


@lru_cache(maxsize=1)
def guises() -> Int64[np.ndarray, "guise cell"]:
    """Return, for each of the 3,456 symmetries that move cells, where each cell comes from."""
    rows, columns = np.array(ROW_ORDERS), np.array(COLUMN_ORDERS)
    return (rows[:, None, :, None] * SIDE + columns[None, :, None, :]).reshape(-1, CELLS)


def least(number: int) -> list[int]:
    """Return the grid that stands for a class."""
    rows = [list(range(1, SIDE + 1)), *(list(map(int, row)) for row in CLASSES[number][0].split())]
    last = [21 - sum(column) for column in zip(*rows, strict=True)]  # 1 + 2 + ... + 6 = 21
    return [digit for row in (*rows, last) for digit in row]


def class_of(grid: Sequence[int]) -> int:
    """Return the number of the class a full grid belongs to."""
    return _numbers()[int(codes(grid).min())]


def codes(grid: Sequence[int]) -> Int64[np.ndarray, " guise"]:
    """Return a number for each guise of a grid, its digits renamed so that 123456 comes first.

    The number is rows 2 to 5 in base 6, below 6 ** 24 < 2 ** 63, so the least number is the least
    grid, and two grids have numbers in common if and only if they are of one class.
    """
    seen = np.asarray(grid, dtype=np.int64)[guises()] - 1
    renamed = np.take_along_axis(np.argsort(seen[:, :SIDE], axis=1), seen[:, SIDE:-SIDE], axis=1)
    return renamed @ (SIDE ** np.arange(23, -1, -1, dtype=np.int64))


@lru_cache(maxsize=1)
def _numbers() -> dict[int, int]:
    return {int(codes(least(number)).min()): number for number in range(len(CLASSES))}


def draw(split: str, die: Dice) -> list[int]:
    """Return a full grid of a split, each as likely: a class by its size, then any symmetry."""
    numbers, until = _sizes(split)
    source = least(numbers[bisect_right(until, die.roll(until[-1]))])
    rows, columns = die.pick(ROW_ORDERS), die.pick(COLUMN_ORDERS)
    digits = die.shuffled(SIDE)
    return [digits[source[r * SIDE + c] - 1] + 1 for r in rows for c in columns]


@lru_cache(maxsize=len(SPLITS))
def _sizes(split: str) -> tuple[list[int], list[int]]:
    """Return the classes of a split and the running sum of their sizes."""
    numbers = [number for number, name in enumerate(SPLIT_OF) if name == split]
    return numbers, list(accumulate(CLASSES[number][1] for number in numbers))
