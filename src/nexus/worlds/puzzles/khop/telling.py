"""Facts and questions about tiles in words, with a name for each tile."""

from collections.abc import Sequence
from typing import Final

from nexus.worlds.dice import Dice

NAMES: Final = tuple(
    (a + b + c + d).capitalize()
    for a in "bdfgklmnprtvz"
    for b in "aeiou"
    for c in "dfklmnrstvz"
    for d in "aiou"
)
"""2,860 names that mean nothing; which tile has which is thrown for each puzzle."""

FACTS: Final = (
    "{a} is {b} {how}.",
    "{b} {how} is {a}.",
    "Take {b} {how}: that gives {a}.",
    "To get {a}, have {b} {how}.",
    "{a} looks like {b} {how}.",
)
QUESTIONS: Final = (
    "How is {b} turned or flipped to get {a}?",
    "What has to be done with {b} so that it is {a}?",
    "{a} is {b} how?",
)


def names(count: int, die: Dice) -> list[str]:
    """Return ``count`` different names."""
    found = dict.fromkeys(die.pick(NAMES) for _ in range(count))
    while len(found) < count:
        found[die.pick(NAMES)] = None
    return list(found)


def fact(a: str, b: str, how: str, die: Dice) -> str:
    """Return a sentence that says: ``a`` is ``b``, ``how``."""
    return die.pick(FACTS).format(a=a, b=b, how=how)


def question(a: str, b: str, die: Dice) -> str:
    """Return a question for how ``a`` comes from ``b``."""
    return die.pick(QUESTIONS).format(a=a, b=b)


def words(relations: Sequence[str]) -> frozenset[str]:
    """Return every lower-case word of facts and questions."""
    text = " ".join((*FACTS, *QUESTIONS)).format(a="", b="", how="") + " " + " ".join(relations)
    plain = "".join(letter if letter.isalpha() else " " for letter in text)
    return frozenset(plain.lower().split()) | {name.lower() for name in NAMES}
