"""Canonical English of planning: one sentence for every fact, goal and word of one's own.

Things are called by their names alone: what they are is said by the relation, or by a fact.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nexus.logic import english
from nexus.logic.relations import RELATION
from nexus.logic.theory import Literal, Sign

_FACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "on": "block {0} is on block {1}",
        "on_table": "block {0} is on the table",
        "clear": "block {0} is clear",
        "holding": "block {0} is in the hand",
        "hand_empty": "the hand is empty",
        "at": "{0} is at {1}",
        "inside": "{0} is inside {1}",
        "in_city": "{0} is in city {1}",
    }
)
_MEANS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "on": "to be on",
        "on_table": "to be on the table",
        "clear": "to be clear",
        "holding": "to be in the hand",
        "hand_empty": "that the hand is empty",
        "at": "to be at",
        "inside": "to be inside",
        "in_city": "to be in the city",
    }
)


def related(literal: Literal) -> bool:
    """Return whether a literal speaks of a relation of planning, or has no argument."""
    return literal.atom[0].startswith(RELATION) or len(literal.atom) == 1


def fact(literal: Literal) -> str:
    """Return what a literal says, as part of a sentence.

    >>> fact(Literal(("p__on", "red", "b"), Sign.DENIED))
    'block red is not on block b'

    Raises:
        LanguageError: English has no simple words for its atom.
    """
    name, *arguments = literal.atom
    spelt = [x.replace("_", " ") for x in arguments]
    if not arguments and not name.startswith(RELATION):
        word = name.replace("_", " ")
        return f"there is {'no ' if literal.sign is Sign.DENIED else ''}{word}"
    if name.startswith(RELATION):
        said = _FACTS[name.removeprefix(RELATION)].format(*spelt)
    else:
        things = dict(zip(arguments, spelt, strict=True))
        text = english.sentence(literal, things)
        return text[0].lower() + text[1:-1]
    return said.replace(" is ", " is not ", 1) if literal.sign is Sign.DENIED else said


def stated(literal: Literal) -> str:
    """Return the sentence of what is so.

    Raises:
        LanguageError: see ``fact``.
    """
    return english.finished(fact(literal))


def wanted(literal: Literal) -> str:
    """Return the sentence of what is to be so in the end.

    Raises:
        LanguageError: see ``fact``.
    """
    return english.finished(f"the goal is that {fact(literal)}")


def meant(literal: Literal) -> str:
    """Return the sentence that says what a word means, of ``p__on(crave)``.

    >>> meant(Literal(("p__on", "crave")))
    'To crave means to be on.'
    """
    name, word = literal.atom[0].removeprefix(RELATION), literal.atom[1].replace("_", " ")
    what = _MEANS.get(name, f"to {name.replace('_', ' ')}")
    if name == "hand_empty":
        return english.finished(f"{word} means {what}")
    verb = word if name not in ("on_table", "clear", "holding") else f"be {word}"
    return english.finished(f"to {verb} means {what}")
