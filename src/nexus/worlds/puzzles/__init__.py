"""Puzzles with exact answers: what the slow reasoner is trained on and judged by."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final

from nexus.base.errors import ConfigError
from nexus.worlds.puzzles import answers
from nexus.worlds.puzzles.cached import cached
from nexus.worlds.puzzles.khop import Khop, small
from nexus.worlds.puzzles.maze import Maze
from nexus.worlds.puzzles.puzzle import Puzzle, Puzzles, of_band
from nexus.worlds.puzzles.sudoku import Sudoku

__all__ = [
    "NAMES",
    "Khop",
    "Maze",
    "Puzzle",
    "Puzzles",
    "Sudoku",
    "answers",
    "cached",
    "get",
    "of_band",
]

_ALL: Final[Mapping[str, Callable[[], Puzzle]]] = {
    "sudoku6": Sudoku,
    "khop": Khop,
    "maze": Maze,
    "khop-small": small,
}
NAMES: Final = ("sudoku6", "khop", "maze")
"""Those a reasoner is judged by; the small one is for what must be quick."""


def get(name: str) -> Puzzle:
    """Return the puzzle of this name.

    Raises:
        ConfigError: there is none.
    """
    if name not in _ALL:
        near = get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "one of " + ", ".join(NAMES)
        raise ConfigError(f"there is no puzzle {name!r}", hint=hint)
    return _ALL[name]()
