"""Problems in PDDL files or in plain English: read, planned for, and what was found checked."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nexus.base.errors import InputError
from nexus.decide.planning import PlannedText, Planning, plan_texts, planned
from nexus.interfaces.service import proving
from nexus.interfaces.text_files import read_small
from nexus.logic.pddl_files import LONGEST, read
from nexus.logic.plans import Budget


def plan_files(domain: Path, problem: Path, budget: Budget) -> Planning:
    """Return what planning comes to for a domain and a problem in PDDL files.

    Raises:
        InputError: a file is not there, cannot be read, or is no text of a bearable size.
        LanguageError: it is not PDDL, or says what cannot be planned for.
    """
    return planned(read(_text(domain), _text(problem)), budget)


def plan_told(
    texts: Sequence[str], budget: Budget, *, domain: str = "", run: str = ""
) -> Iterator[PlannedText]:
    """Yield what planning comes to for each problem told in plain English.

    Raises:
        InputError: a text is too long, or no text.
        CheckpointError: there is no parser.
    """
    for text in texts:
        proving.bearable("the problem", text, proving.MOST)
    return plan_texts(proving.find_parser(run), texts, budget, domain)


def read_problems(path: Path) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Return the ids and the texts of a file of JSON lines, each with ``problem`` (and ``id``).

    Raises:
        InputError: there is no such file, or a line is no object with a problem.
    """
    names, texts = list[Any](), list[str]()
    for number, values in proving.read_lines(path, "an object with problem, a text"):
        if not isinstance(values.get("problem"), str):
            raise InputError(
                f"line {number} of {path} has no problem", hint="a text is planned for"
            )
        names.append(values.get("id", number))
        texts.append(values["problem"])
    return tuple(names), tuple(texts)


def _text(path: Path) -> str:
    return read_small(path, LONGEST, less="plan for less at a time", plain="PDDL is plain text")
