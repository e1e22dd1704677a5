"""6 x 6 Sudoku: boxes two rows high and three columns wide, and exactly one solution."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.randomness import integers, key, uniform
from nexus.worlds.dice import dice
from nexus.worlds.puzzles.puzzle import Puzzles, band_of, board
from nexus.worlds.puzzles.sudoku import grids
from nexus.worlds.puzzles.sudoku.digging import board_with
from nexus.worlds.puzzles.sudoku.solver import BOX, CELLS, COLUMN, ROW, SIDE, UNITS, solutions

__all__ = ["GIVENS", "Sudoku", "puzzles", "solutions"]

GIVENS: Final = ((8, 11), (12, 15), (16, 20))
"""Fewest and most givens of each band; no board with fewer than eight has one solution."""


class Sudoku:
    """The puzzle; it holds no state. A symbol is a digit or 0, and 0 is never a right answer."""

    name = "sudoku6"
    version = 1
    symbols = SIDE + 1
    answers = SIDE + 1
    cells = CELLS
    bands = tuple(f"{fewest}-{most} givens" for fewest, most in GIVENS)
    kinds: tuple[str, ...] = ("row", "column", "box")
    named = True
    splits: Mapping[str, tuple[int, ...]] = dict.fromkeys(grids.SPLITS, tuple(range(len(GIVENS))))

    def relations(self) -> Bool[np.ndarray, "kind cell cell"]:
        """Return which cells share a row, a column or a box; a cell shares them with itself."""
        unit = np.array([ROW, COLUMN, BOX])
        return unit[:, :, None] == unit[:, None, :]

    def sample(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Puzzles:
        """Return the puzzles of ``split`` with these indices, each with one solution."""
        band = band_of(self, split, index)
        index = np.asarray(index, dtype=np.int64).reshape(-1)
        given, solution = list[list[int]](), list[list[int]]()
        for b, [die] in zip(
            band.tolist(), dice(key(seed, self.name, split, "board"), index), strict=True
        ):
            fewest, most = GIVENS[b]
            grid = grids.draw(split, die)
            given.append(board_with(grid, fewest, most, die))
            solution.append(grid)
        return puzzles(given, solution, band=band, index=index, seed=seed, split=split)

    def violations(
        self, given: Int64[np.ndarray, " cell"], answer: Int64[np.ndarray, " cell"]
    ) -> list[str]:
        """Return what is wrong with an answer: changed givens, blanks, digits that come twice."""
        told = board(self, "board", given, self.symbols)
        said = board(self, "answer", answer, self.answers)
        wrong = list[str]()
        for c, (digit, other) in enumerate(zip(told, said, strict=True)):
            if not other:
                wrong.append(f"{_cell(c)} is blank")
            elif digit and digit != other:
                wrong.append(f"{_cell(c)} is given as {digit}, not {other}")
        return wrong + _twice(said)

    def contradiction(self, given: Int64[np.ndarray, " cell"]) -> str:
        """Return which givens repeat a digit and in which cells, or "".

        Such as "5 twice in row 2 (row 2 column 1 and row 2 column 3)".
        """
        return "; ".join(_twice(board(self, "board", given, self.symbols), places=True))

    def explained(self, puzzles: Puzzles) -> Puzzles:
        """Return the puzzles as they are: every answer is asked already."""
        return puzzles

    def relabel(self, puzzles: Puzzles, stream: int) -> Puzzles:
        """Return the puzzles with digits, bands, rows, stacks and columns permuted."""
        n = len(puzzles)
        guise = grids.guises()[
            integers(key(stream, "cells"), puzzles.index, 1, len(grids.guises()))[:, 0]
        ]
        renamed = np.zeros((n, SIDE + 1), dtype=np.int64)
        renamed[:, 1:] = 1 + np.argsort(uniform(key(stream, "digits"), puzzles.index, SIDE), axis=1)
        rows = np.arange(n)[:, None]
        return replace(
            puzzles,
            given=renamed[rows, puzzles.given[rows, guise]],
            solution=renamed[rows, puzzles.solution[rows, guise]],
            asked=puzzles.asked[rows, guise],
        )


def puzzles(
    given: Sequence[Sequence[int]],
    solution: Sequence[Sequence[int]],
    *,
    band: Int64[np.ndarray, " n"],
    index: Int64[np.ndarray, " n"],
    seed: int,
    split: str,
) -> Puzzles:
    """Return boards side by side; every blank is asked for."""
    boards = np.array(given, dtype=np.int64).reshape(-1, CELLS)
    return Puzzles(
        given=boards,
        solution=np.array(solution, dtype=np.int64).reshape(-1, CELLS),
        asked=boards == 0,
        band=band,
        index=index,
        seed=seed,
        split=split,
    )


def _cell(c: int) -> str:
    return f"row {ROW[c] + 1} column {COLUMN[c] + 1}"


def _twice(cells: Sequence[int], *, places: bool = False) -> list[str]:
    """Return every digit that comes more than once in a row, column or box, with its places."""
    often = {2: "twice"}
    found = list[str]()
    for name, unit in UNITS:
        at = defaultdict[int, list[int]](list)
        for c in unit:
            at[cells[c]].append(c)
        for digit, where in sorted(at.items()):
            if digit and len(where) > 1:
                named = f" ({' and '.join(map(_cell, where))})" if places else ""
                times = often.get(len(where), f"{len(where)} times")
                found.append(f"{digit} {times} in {name}{named}")
    return found
