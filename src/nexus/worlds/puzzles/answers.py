"""Answers to boards as text: what a log keeps of them, and back."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.errors import InputError
from nexus.worlds.puzzles.khop import Khop
from nexus.worlds.puzzles.maze import WALL, Maze
from nexus.worlds.puzzles.puzzle import Puzzle


def asked(puzzle: Puzzle, given: Int64[np.ndarray, "*n cell"]) -> Bool[np.ndarray, "*n cell"]:
    """Return which cells of boards an answer is about."""
    if isinstance(puzzle, Khop):
        return given == puzzle.symbols - 1
    return given != WALL if isinstance(puzzle, Maze) else given == 0


def written(puzzle: Puzzle, cells: Sequence[int]) -> str:
    """Return the answer of every cell as text: the relation that is asked for, or all symbols."""
    if isinstance(puzzle, Khop):
        return puzzle.rules.relations[cells[puzzle.asks]]
    return "".join(map(str, cells))


def read(puzzle: Puzzle, text: str) -> list[int]:
    """Return the answer of every cell from what ``written`` made of it.

    Raises:
        InputError: it is no answer to this puzzle.
    """
    if isinstance(puzzle, Khop):
        name = " ".join(text.lower().split())
        if name not in puzzle.rules.relations:
            raise InputError(
                f"{text[:60]!r} is not how a tile can be another",
                hint="one of: " + ", ".join(puzzle.rules.relations),
            )
        cells = [0] * puzzle.cells
        cells[puzzle.asks] = puzzle.rules.relations.index(name)
        return cells
    known = {str(symbol): symbol for symbol in range(puzzle.answers)}
    if len(text) != puzzle.cells or not known.keys() >= set(text):
        raise InputError(
            f"{text[:60]!r} is no answer to {puzzle.name}",
            hint=f"{puzzle.cells} digits below {puzzle.answers}",
        )
    return [known[symbol] for symbol in text]
