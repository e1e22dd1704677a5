"""Texts and questions, from files or strings, to conclusions."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nexus.base.device import set_threads
from nexus.base.errors import CheckpointError, InputError
from nexus.decide.proving import Asked, Conclusion, conclude
from nexus.interfaces.proof_picture import proof_picture
from nexus.interfaces.service import runs
from nexus.interfaces.text_files import decoded, read_small
from nexus.logic.engines.budget import Budget
from nexus.logic.theory import World
from nexus.nn.thinking import load_to_think
from nexus.reason.sentences.reading import Reading, SentenceParser
from nexus.review.approved import Approved
from nexus.review.rules import approved_rules
from nexus.store.files import write_atomically
from nexus.store.runs import Run
from nexus.train.parts import Parts
from nexus.train.sentence_parser import NAME
from nexus.worlds.tabletop import Tabletop

MOST: Final = 1_000_000
"""Most bytes of a text, and of a line of a batch."""
QUESTION: Final = 2_000
"""Most characters of a question."""


def parser_of(folder: Path) -> SentenceParser:
    """Return the parser of sentences of the run at ``folder``.

    Raises:
        CheckpointError: it has none.
        LedgerError: the record of what may think there is damaged.
    """
    approved, recipe = Approved.open(folder), runs.recipe_of(folder)
    if NAME not in approved.artefacts:
        raise CheckpointError(
            f"{folder} has no parser of sentences", hint="nexus train parser trains one"
        )
    set_threads()
    network = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).sentences()
    load_to_think(network, approved.artefact(NAME), source=NAME)
    config = recipe.sentences
    return SentenceParser(network, certain=config.certain, heard=config.heard)


def find_parser(run: str) -> SentenceParser:
    """Return the parser of the named run, or of the newest that has one.

    Raises:
        CheckpointError: there is no such run, or none with a parser.
    """
    return parser_of(able(run))


def able(run: str) -> Path:
    """Return the folder of the named run, or of the newest that has a parser."""
    if run:
        return runs.find(run)
    folders = [path.parent for path in sorted(runs.RUNS.glob("*/run.json"))]
    able = [Run.open(x) for x in folders if NAME in Approved.open(x).artefacts]
    if not able:
        raise CheckpointError(
            f"no run in {runs.RUNS} has a parser of sentences",
            hint="nexus train parser trains one",
        )
    return max(able, key=lambda x: x.info.created).folder


def parse_text(text: str, *, run: str = "") -> list[Reading]:
    """Return a reading of each sentence of a text.

    Raises:
        InputError: the text is too long, or none.
        CheckpointError: there is no parser.
    """
    bearable("the text", text, MOST)
    return find_parser(run).read_text(text)


def prove_all(
    asked: Sequence[Asked], *, run: str = "", budget: Budget | None = None, rules: bool = False
) -> Iterator[Conclusion]:
    """Yield what comes of each question; with ``rules``, by the run's approved ones too.

    Raises:
        InputError: a text or a question is too long, or no text.
        CheckpointError: there is no parser.
        LedgerError: there are rules that nobody approved.
    """
    for one in asked:
        bearable("the text", one.context, MOST)
        bearable("the question", one.question, QUESTION)
    folder = able(run)
    beside = approved_rules(Approved.open(folder)) if rules else ()
    return conclude(parser_of(folder), asked, budget, beside)


def bearable(what: str, text: str, most: int) -> None:
    """Raise if a text is too long, or none.

    Raises:
        InputError: it is.
    """
    if len(text) > most:
        raise InputError(f"{what} has {len(text)} characters", hint=f"at most {most} are read")
    if any("\ud800" <= x <= "\udfff" for x in text):
        raise InputError(f"{what} has half a character", hint="plain text in UTF-8 is read")


def draw(conclusion: Conclusion, path: Path) -> bool:
    """Draw the proofs of a conclusion at ``path``; return whether there was one to draw.

    Raises:
        StorageError: the disk refused.
    """
    picture = proof_picture(conclusion)
    if picture:
        write_atomically(path, picture.encode())
    return bool(picture)


def read_text_file(path: Path) -> str:
    """Return the text in a file, or what comes in on stdin where the path is "-".

    Raises:
        InputError: there is no such file, it cannot be read, or it is no text of a bearable size.
    """
    less, plain = "ask about less at a time", "plain text in UTF-8 is read"
    if str(path) != "-":
        return read_small(path, MOST, less=less, plain=plain)
    try:
        data = sys.stdin.buffer.read(MOST + 1)
    except (OSError, ValueError) as error:  # closed to us
        raise InputError(f"cannot read {str(path)!r}: {error}", hint="check the path") from None
    return decoded(path, data, MOST, less=less, plain=plain)


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Questions of a file, with what else each line says."""

    asked: tuple[Asked, ...]
    names: tuple[Any, ...]
    """The ``id`` of each line, or its number from 1."""


def read_batch(path: Path, world: World) -> Batch:
    """Return the questions of a file of JSON lines; a line may name its own ``world`` and ``id``.

    Raises:
        InputError: there is no such file, or a line is no object with a context and a question.
    """
    asked, names = list[Asked](), list[Any]()
    for number, values in read_lines(path, "an object with context and question, both text"):
        asked.append(_asked(values, world, f"line {number} of {path}"))
        names.append(values.get("id", number))
    return Batch(asked=tuple(asked), names=tuple(names))


def read_lines(path: Path, hint: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line of a file that is not empty.

    Raises:
        InputError: there is no such file, or a line is no object; ``hint`` says what it should be.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(MOST + 1), b""), start=1):
                if line.strip():
                    yield number, _object(line, f"line {number} of {path}", hint)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {str(path)!r}: {error}", hint="check the path") from None


def _object(line: bytes, where: str, hint: str) -> dict[str, Any]:
    if len(line) > MOST:
        raise InputError(f"{where} has more than {MOST} bytes", hint="ask about less at a time")
    try:
        values: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError(f"{where} is no JSON", hint=hint) from None
    if not isinstance(values, dict):
        raise InputError(f"{where} is no object", hint=hint)
    return values  # pyright: ignore[reportUnknownVariableType]


def _asked(values: dict[str, Any], world: World, where: str) -> Asked:
    named = values.get("world", world.value)
    for name in ("context", "question"):
        if not isinstance(values.get(name), str):
            raise InputError(f"{where} has no {name}", hint="context and question are texts")
    if named not in tuple(World):
        raise InputError(f"{where}: {named!r} is no world", hint="open or closed")
    return Asked(context=values["context"], question=values["question"], world=World(named))
