"""A person's answer, checked against what was thought about, in the words of a thought's own."""

import re
from collections.abc import Set
from typing import Final

import numpy as np

from nexus.base.errors import InputError
from nexus.interfaces.boards import TASKS, Task, task_of
from nexus.store.traces import Trace
from nexus.worlds.puzzles import Khop, Maze, answers
from nexus.worlds.puzzles.maze import FLOOR, GOAL, START

LONGEST: Final = 1000
"""Most characters of an answer."""
LONGEST_WHY: Final = 300
LONGEST_NAME: Final = 64
_CELL: Final = re.compile(r"r(\d)c(\d)=(\d)", re.IGNORECASE)
_CELLS: Final = "36 digits row by row, . as it was; or cells such as r1c2=5 r4c3=1"


def read_answer(text: str, trace: Trace, words: Set[str]) -> str:
    """Return what a person wants a thought to have answered.

    ``words`` are the answers that a question about a picture may have.

    Raises:
        InputError: what was thought about cannot be answered so.
    """
    if not text.strip() or len(text) > LONGEST:
        raise InputError(f"an answer has 1 to {LONGEST} characters, not {len(text.strip())}")
    if not trace.board:
        word = text.strip().lower()
        if word not in words:
            known = "one of: " + ", ".join(sorted(words))
            raise InputError(f"{text[:60]!r} answers no question about pictures", hint=known)
        return word
    if trace.task not in TASKS:
        raise InputError(f"thoughts about {trace.task} cannot be corrected")
    task = task_of(trace.task, trace.text)
    if isinstance(task.puzzle, Khop):
        return answers.written(task.puzzle, answers.read(task.puzzle, text))
    if isinstance(task.puzzle, Maze):
        return _path(text, trace, task)
    return _digits(text, trace, task)


def refused(trace: Trace, answer: str) -> str:
    """Return why the exact checker refuses this answer to a board; empty where it does not.

    That is no reason to drop it: whoever gives it may want another answer than the usual one.
    """
    if not trace.board:
        return ""
    task = task_of(trace.task, trace.text)
    board, cells = np.array(trace.board), np.array(answers.read(task.puzzle, answer))
    if isinstance(task.puzzle, Khop) and task.puzzle.way(board) is None:
        return ""  # nothing is right there
    return "; ".join(task.puzzle.violations(board, cells)[:2])


def checked_words(what: str, text: str, most: int) -> str:
    """Return a person's words on one line.

    Raises:
        InputError: they are too long, or hold what cannot be printed.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InputError(f"the {what} is not UTF-8 text", hint="use a UTF-8 terminal")
    words = " ".join(text.split())
    if len(words) > most:
        raise InputError(f"the {what} has {len(words)} characters", hint=f"at most {most}")
    if not words.isprintable():
        raise InputError(f"the {what} holds control characters", hint="type it again")
    return words


def _digits(text: str, trace: Trace, task: Task) -> str:
    """Return a whole board of digits; cells left out are as the thought had them."""
    cells = [*(trace.cycles[-1].board if trace.cycles else trace.board)]
    found = dict[int, int]()
    whole = "".join(text.split())
    if "=" in text:
        for part in re.split(r"[\s,;]+", text.strip()):
            match = _CELL.fullmatch(part)
            if match is None or not all(1 <= int(n) <= task.side for n in match.groups()):
                raise InputError(f"{part[:20]!r} is no cell of this board", hint=_CELLS)
            row, column, digit = map(int, match.groups())
            found[(row - 1) * task.side + column - 1] = digit
    elif len(whole) == len(cells) and all(letter in task.letters for letter in whole):
        found = {at: task.letters[letter] for at, letter in enumerate(whole) if letter not in ".0"}
    else:
        raise InputError(f"{text[:60]!r} is no answer to a board of digits", hint=_CELLS)
    for at, digit in found.items():
        if trace.board[at] not in (0, digit):
            raise InputError(f"{_place(at, task)} is given as {trace.board[at]}, not {digit}")
        cells[at] = digit
    if 0 in cells:
        raise InputError(f"{_place(cells.index(0), task)} has no answer", hint=_CELLS)
    return answers.written(task.puzzle, cells)


def _path(text: str, trace: Trace, task: Task) -> str:
    """Return the cells of a way drawn into its maze with stars; S and G are on it."""
    letters = "".join(text.split())
    drawn = {"*": -1, **task.letters}
    given = trace.board
    if any(letter not in drawn for letter in letters):
        raise InputError("an answer to a maze is the maze with the way drawn in *")
    if len(letters) == (task.side - 2) ** 2:
        rows = [letters[at : at + task.side - 2] for at in range(0, len(letters), task.side - 2)]
        ring = "#" * task.side
        letters = "".join([ring, *(f"#{row}#" for row in rows), ring])
    if len(letters) != len(given):
        raise InputError(f"the drawn maze has {len(letters)} cells, not {len(given)}")
    for at, (letter, symbol) in enumerate(zip(letters, given, strict=True)):
        if drawn[letter] not in (symbol, -1) or (letter == "*" and symbol != FLOOR):
            raise InputError(
                f"{_place(at, task)} is {task.print_symbol(symbol)!r}, not {letter!r}",
                hint="change nothing but floor into *",
            )
    ends = (START, GOAL)
    marks = [letter == "*" or s in ends for letter, s in zip(letters, given, strict=True)]
    return answers.written(task.puzzle, [int(mark) for mark in marks])


def _place(at: int, task: Task) -> str:
    return f"row {at // task.side + 1} column {at % task.side + 1}"
