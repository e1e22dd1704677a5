"""Canonical English: one sentence for every clause, in the language that parsers are taught.

It is shown beside the words a clause was read from, and read again to see whether the reading
comes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nexus.base.errors import LanguageError
from nexus.logic.lemmas import article, plural, third
from nexus.logic.meaning import KIND
from nexus.logic.theory import Literal, Rule, Sign


class Number(StrEnum):
    """Of how many something is said, as verbs and nouns show it."""

    ONE = "it is a cat"
    THEY = "they are a cat"
    """Of one person whose name is not told."""
    MANY = "people are cats"


def predicate(literal: Literal, thing: str = "", number: Number = Number.ONE) -> str:
    """Return what is said of the first argument; ``thing`` is what the second is called.

    >>> predicate(Literal(("chase", "bob", "dog"), Sign.DENIED), "the dog")
    'does not chase the dog'
    """
    name, *arguments = literal.atom
    word, fails = name.removeprefix(KIND).replace("_", " "), literal.sign is not Sign.HOLDS
    one = number is Number.ONE
    if len(arguments) == 2:
        if fails:
            return f"{'does' if one else 'do'} not {word} {thing}"
        return f"{third(word) if one else word} {thing}"
    if name.startswith(KIND):
        word = plural(word) if number is Number.MANY else article(word)
    return f"{'is' if one else 'are'} {'not ' if fails else ''}{word}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Called:
    """What a variable is called: at first, as a subject again, as an object again."""

    first: str
    again: str
    after: str


_CALLED: Final = (
    _Called(first="someone", again="they", after="them"),
    _Called(first="something", again="it", after="it"),
)
"""A variable alone is called something; of two, the first is someone."""


class _Teller:
    """Says literals one after the other, and remembers which variables have been met."""

    def __init__(self, words: Mapping[str, str], variables: Sequence[str] = ()) -> None:
        self._words, self._met = words, set[str]()
        names = _CALLED[len(_CALLED) - len(variables) :]
        self._called = dict(zip(variables, names, strict=True))

    def say(self, literal: Literal) -> str:
        """Return what a literal says.

        Raises:
            LanguageError: it has no argument, more than two, or one variable twice.
        """
        _, *arguments = literal.atom
        if not 1 <= len(arguments) <= 2:
            raise LanguageError(f"{literal} has {len(arguments)} arguments", hint="one or two")
        if len(literal.variables) < sum(x.startswith("?") for x in arguments):
            raise LanguageError(f"{literal} says something of a thing and itself")
        number, subject = self._name(arguments[0], subject=True)
        thing = self._name(arguments[1])[1] if arguments[1:] else ""
        return f"{subject} {predicate(literal, thing, number)}"

    def _name(self, name: str, *, subject: bool = False) -> tuple[Number, str]:
        """Return how verbs after a name are, and the name."""
        if name not in self._called:
            return Number.ONE, self._words.get(name, name)
        called, known = self._called[name], name in self._met
        self._met.add(name)
        if not known:
            return Number.ONE, called.first
        if not subject:
            return Number.ONE, called.after
        return Number.THEY if called.again == "they" else Number.ONE, called.again


def sentence(clause: Literal | Rule, words: Mapping[str, str]) -> str:
    """Return the canonical sentence of a fact or rule; ``words`` says what constants are called.

    Raises:
        LanguageError: it has more than two variables, or an atom English has no simple words for.
    """
    if isinstance(clause, Literal):
        return finished(_Teller(words).say(clause))
    names = [x for literal in (*clause.body, clause.head) for x in literal.atom[1:]]
    variables = [x for x in dict.fromkeys(names) if x.startswith("?")]
    if len(variables) > len(_CALLED):
        raise LanguageError(f"{clause} has {len(variables)} variables", hint="two can be said")
    teller = _Teller(words, variables)
    conditions = " and ".join([teller.say(literal) for literal in clause.body])
    return finished(f"if {conditions} then {teller.say(clause.head)}")


def question(goal: Literal, words: Mapping[str, str]) -> str:
    """Return the canonical question whether something is so.

    Raises:
        LanguageError: English has no simple words for its atom.
    """
    return finished(f"is it true that {_Teller(words).say(goal)}", "?")


def finished(text: str, stop: str = ".") -> str:
    """Return a sentence with its capital letter and full stop."""
    return f"{text[:1].upper()}{text[1:]}{stop}"
