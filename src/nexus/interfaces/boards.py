"""A person's board as symbols, or one sentence on why it cannot be one; and back to text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.errors import InputError
from nexus.interfaces.text_files import read_small
from nexus.interfaces.tiles import fact_lines, read_facts
from nexus.worlds.puzzles import Khop, Maze, Puzzle, Sudoku, answers
from nexus.worlds.puzzles.maze import FLOOR, GOAL, START, WALL
from nexus.worlds.puzzles.maze import SIDE as MAZE_SIDE
from nexus.worlds.puzzles.sudoku.solver import SIDE as SUDOKU_SIDE
from nexus.worlds.puzzles.sudoku.solver import solutions

MOST_BYTES: Final = 10_000
"""Largest file that is read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A puzzle as people write it."""

    puzzle: Puzzle
    side: int = 0
    """Rows, and cells a row; 0 for facts, which are told in words."""
    letters: Mapping[str, int] = field(default_factory=dict[str, int])
    """Symbol of each character; the first of several is the one that is printed."""
    meaning: str
    """What the characters mean, in words."""
    padded: int | None = None
    """A board smaller by a ring is taken too, within a ring of this symbol."""

    def print_symbol(self, symbol: int) -> str:
        """Return the character of a symbol."""
        return next(letter for letter, s in self.letters.items() if s == symbol)


@dataclass(frozen=True, kw_only=True, slots=True)
class Posed:
    """A board as a question: what is asked, and what is known of its answers without thinking."""

    given: Int64[np.ndarray, " cell"]
    asked: Bool[np.ndarray, " cell"]
    """Cells the answer is about."""
    fixed: Int64[np.ndarray, " cell"]
    """What an answer holds where nothing is asked."""
    cause: str
    """Why there is no single answer: contradictory, unsolvable or ambiguous; empty if there is."""
    reason: str
    """The same in plain words."""


TASKS: Final[Mapping[str, Task]] = {
    "sudoku6": Task(
        puzzle=Sudoku(),
        side=SUDOKU_SIDE,
        letters={".": 0, "0": 0, **{str(digit): digit for digit in range(1, 7)}},
        meaning="1 to 6 for a digit that is given, . or 0 for a blank",
    ),
    "maze": Task(
        puzzle=Maze(),
        side=MAZE_SIDE,
        letters={".": FLOOR, "#": WALL, "S": START, "G": GOAL},
        meaning="# for a wall, . for floor, S for the start, G for the goal",
        padded=WALL,
    ),
    "khop": Task(puzzle=Khop(), meaning="facts about tiles, and what is asked"),
}
"""What a person can have solved, by name."""


def task_of(name: str, text: str) -> Task:
    """Return a task, with the names that ``text`` gives its tiles if it has any.

    Raises:
        InputError: there is no such task, or the text cannot be read.
    """
    if name not in TASKS:
        raise InputError(f"there is no task {name!r}", hint="one of " + ", ".join(TASKS))
    task = TASKS[name]
    if isinstance(task.puzzle, Khop) and text:
        return replace(task, puzzle=Khop(tiles=read_facts(text, task.puzzle).tiles))
    return task


def read_board(text: str, task: Task) -> Int64[np.ndarray, " cell"]:
    """Return the board that ``text`` says row by row, whitespace ignored; or in facts.

    Raises:
        InputError: it has another size or holds other characters than the task's.
    """
    if isinstance(task.puzzle, Khop):
        return read_facts(text, task.puzzle).board
    side, rows = task.side, [line for line in map(_bare, text.splitlines()) if line]
    cells = "".join(rows)
    if not cells:
        raise InputError("the board is empty", hint=f"{task.meaning}, row by row")
    sides = (side, side - 2) if task.padded is not None else (side,)
    along = next((s for s in sides if s * s == len(cells)), 0)
    if not along:
        sizes = " or ".join(f"{s} rows of {s}" for s in sides)
        raise InputError(
            f"the board has {len(cells)} cells, not {' or '.join(str(s * s) for s in sides)}",
            hint=f"{task.puzzle.name} is {sizes}: {task.meaning}",
        )
    if len(rows) == along and (odd := [r for r in rows if len(r) != along]):
        raise InputError(
            f"row {rows.index(odd[0]) + 1} of the board has {len(odd[0])} cells, not {along}",
            hint="every row has as many cells as there are rows",
        )
    for at, letter in enumerate(cells):
        if letter not in task.letters:
            raise InputError(
                f"row {at // along + 1} column {at % along + 1} of the board holds {letter!r}",
                hint=task.meaning,
            )
    board = np.array([task.letters[letter] for letter in cells], dtype=np.int64)
    ring = (side - along) // 2
    return np.pad(board.reshape(along, along), ring, constant_values=task.padded or 0).reshape(-1)


def _bare(line: str) -> str:
    return "".join(line.split())


def read_board_file(path: Path) -> str:
    """Return the text of a board in a file.

    Raises:
        InputError: there is no such file, it cannot be read, or it is no small text.
    """
    return read_small(
        path, MOST_BYTES, less="a board is a few rows", plain="write the board as plain text"
    )


def pose(given: Int64[np.ndarray, " cell"], task: Task) -> Posed:
    """Return a board with what is known of its answers: that there is one, or why there is not."""
    puzzle = task.puzzle
    cause, reason = "", puzzle.contradiction(given)
    if isinstance(puzzle, Maze):
        if reason:
            cause = "ambiguous" if _passable(puzzle, given) else "contradictory"
        fixed = np.zeros_like(given)
    elif isinstance(puzzle, Khop):
        fixed = np.zeros_like(given)
        cause = "contradictory" if reason else ""
        if not reason and puzzle.way(given) is None:
            cause, reason = "unsolvable", puzzle.violations(given, fixed)[0]
    else:
        found = [] if reason else solutions(given.tolist(), 2)
        fixed = given
        if reason:
            cause = "contradictory"
        elif not found:
            cause, reason = "unsolvable", "no two givens clash, and yet no board fits them all"
        elif len(found) > 1:
            cause, reason = "ambiguous", _two_answers(found)
    asked = answers.asked(puzzle, given)
    return Posed(given=given, asked=asked, fixed=fixed, cause=cause, reason=reason)


def _passable(maze: Maze, given: Int64[np.ndarray, " cell"]) -> bool:
    try:
        return bool(maze.way(given))
    except InputError:
        return False


def _two_answers(found: Sequence[Sequence[int]]) -> str:
    """Return how two solutions differ first."""
    one, other = found[:2]
    at = next(c for c, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    place = f"row {at // SUDOKU_SIDE + 1} column {at % SUDOKU_SIDE + 1}"
    return f"more than one board fits: {place} may be {one[at]} or {other[at]}"


def solution(given: Sequence[int], task: Task) -> tuple[int, ...]:
    """Return the one right answer of a board that has one; empty for others."""
    board = np.array(given, dtype=np.int64)
    if pose(board, task).cause:
        return ()
    if isinstance(task.puzzle, Maze):
        way = set(task.puzzle.way(board))
        return tuple(int(cell in way) for cell in range(len(board)))
    if isinstance(task.puzzle, Khop):
        comes_to = task.puzzle.way(board) or 0
        return tuple(comes_to * (given == task.puzzle.symbols - 1) for given in board.tolist())
    return tuple(solutions(board.tolist(), 1)[0])


def board_lines(given: Sequence[int], answer: Sequence[int], task: Task) -> list[str]:
    """Return a board as rows of text, with its answer drawn in; an empty answer draws none."""
    side = task.side
    if isinstance(task.puzzle, Khop):
        said = answers.written(task.puzzle, answer) if answer else ""
        return fact_lines(np.array(given, dtype=np.int64), said, task.puzzle)
    if isinstance(task.puzzle, Maze):
        marked = answer or [0] * len(given)
        letters = [
            "*" if mark and symbol == FLOOR else task.print_symbol(symbol)
            for symbol, mark in zip(given, marked, strict=True)
        ]
        return ["".join(letters[row * side : (row + 1) * side]) for row in range(side)]
    letters = [task.print_symbol(symbol) for symbol in answer or given]
    lines = list[str]()
    for row in range(side):
        if row and row % 2 == 0:
            lines.append("------+------")
        cells = letters[row * side : (row + 1) * side]
        lines.append(f"{' '.join(cells[:3])} | {' '.join(cells[3:])}")
    return lines
