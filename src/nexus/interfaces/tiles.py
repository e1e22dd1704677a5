"""A person's facts about tiles as a k-hop board, and back: "a is b flipped; a is ? b"."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.base.errors import InputError
from nexus.worlds.puzzles import Khop, answers
from nexus.worlds.puzzles.khop import FACTS, TILES

LONGEST: Final = 2000
"""Most characters of facts and question."""
FORM: Final = 'such as "a is b turned left; b is c flipped; a is ? c"'
_NAME: Final = r"([^\W_]{1,20})"
_FACT: Final = re.compile(rf"{_NAME} is {_NAME} (\w.*)", re.IGNORECASE)
_QUESTION: Final = re.compile(rf"{_NAME} is (?:\? {_NAME}|{_NAME} (?:how ?)?\?)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Facts and a question as a board, and what its tiles are called."""

    board: Int64[np.ndarray, " cell"]
    tiles: tuple[str, ...]
    """The name of tile 1, 2, ..., in the order in which they are first named."""


def read_facts(text: str, puzzle: Khop) -> Told:
    """Return the board that ``text`` tells, its parts set off by ; . or line ends.

    Raises:
        InputError: a part is neither fact nor question, they are too many, or not one question.
    """
    if len(text) > LONGEST:
        raise InputError(f"the facts have {len(text)} characters, the limit is {LONGEST}")
    said = [" ".join(part.split()) for part in re.split(r"[;.\n]", text)]
    said = [part for part in said if part]
    questions = [part for part in said if "?" in part]
    if len(questions) != 1:
        raise InputError(f"there are {len(questions)} questions, not one", hint=FORM)
    facts = [_fact(part, puzzle) for part in said if "?" not in part]
    if len(facts) > FACTS:
        raise InputError(f"there are {len(facts)} facts", hint=f"at most {FACTS}")
    match = _QUESTION.fullmatch(questions[0])
    if match is None:
        raise InputError(f"{questions[0]!r} is no question", hint=FORM)
    asked = [name.lower() for name in match.groups() if name]
    named = [name for a, _, b in facts for name in (a, b)]
    number = {name: at for at, name in enumerate(dict.fromkeys([*named, *asked]), start=1)}
    if len(number) > TILES:
        raise InputError(f"there are {len(number)} tiles", hint=f"at most {TILES}")
    board = np.zeros(puzzle.cells, dtype=np.int64)
    for place, (a, relation, b) in enumerate(facts):
        board[3 * place : 3 * place + 3] = number[a], 1 + TILES + relation, number[b]
    board[-3:] = number[asked[0]], puzzle.symbols - 1, number[asked[1]]
    return Told(board=board, tiles=tuple(number))


def _fact(part: str, puzzle: Khop) -> tuple[str, int, str]:
    match = _FACT.fullmatch(part)
    if match is None:
        raise InputError(f"{part!r} is no fact", hint=FORM)
    a, b, how = (group.lower() for group in match.groups())
    return a, answers.read(puzzle, how)[puzzle.asks], b


def fact_lines(board: Int64[np.ndarray, " cell"], answer: str, puzzle: Khop) -> list[str]:
    """Return a board as one line a fact, and the question; answered, if ``answer`` is not empty."""
    facts, (a, b) = puzzle.facts(board)
    one, other = puzzle.tiles[a - 1], puzzle.tiles[b - 1]
    asked = f"{one} is {other} {answer}" if answer else f"{one} is ? {other}"
    return [*(puzzle.told(*fact) for fact in facts.values()), "", asked]
