"""What sentences are put together from: what is said of one thing, in every voice and joined."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nexus.logic.english import Number, finished, predicate
from nexus.logic.lemmas import participle
from nexus.logic.meaning import Meaning
from nexus.logic.theory import Literal, Sign


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """One way to put a sentence."""

    name: str
    held_out: bool
    """Whether it is kept from training."""
    phenomena: tuple[str, ...]
    """What of language it needs: "passive", "coordination", "unless", ..."""
    write: Callable[[Meaning], str]
    """Return the sentence, or "" if a meaning cannot be put in this way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Someone:
    """Whom a rule is about: at first, as a subject again, and as an object again."""

    first: str
    again: str
    after: str

    @property
    def number(self) -> Number:
        """How verbs after ``again`` are."""
        return Number.THEY if self.again == "they" else Number.ONE


Naming = Callable[[str], str]
"""What an argument is called as an object."""
JOINS: Final = ("elide", "repeat", "again")
"""How what is said of one thing is joined: "is big and kind", "... and is kind", "... they are"."""


def naming(words: Mapping[str, str], **variables: str) -> Naming:
    """Return how to call constants, and variables by their letters."""
    return lambda name: variables.get(name[1:], "") if name.startswith("?") else words[name]


def about(literal: Literal, who: str) -> bool:
    """Return whether it can be said of ``who``: what it does, or (passive) what is done to it."""
    return literal.atom[1:].count(who) == 1


def passive(literal: Literal, who: str) -> bool:
    """Return whether it says what is done to ``who``."""
    return literal.atom[2:] == (who,)


def said(literal: Literal, who: str, call: Naming, number: Number = Number.ONE) -> str:
    """Return what a literal says of one of its arguments."""
    verb, *arguments = literal.atom
    if not passive(literal, who):
        return predicate(literal, call(arguments[1]) if arguments[1:] else "", number)
    is_not = ("is" if number is Number.ONE else "are") + (
        " not" if literal.sign is not Sign.HOLDS else ""
    )
    return f"{is_not} {participle(verb)} by {call(arguments[0])}"


def joined(parts: Sequence[str]) -> str:
    """Return parts as a list in words."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if parts[1:] else parts[0]


def together(
    literals: Sequence[Literal],
    who: str,
    call: Naming,
    number: Number = Number.ONE,
    *,
    elide: bool = True,
) -> str:
    """Return several things said of ``who`` as one: "is big and kind and chases the cat"."""
    parts, before = list[str](), None
    for literal in literals:
        text = said(literal, who, call, number)
        copula = literal.sign if len(literal.atom) == 2 else None
        # "is not big and kind" would deny both
        clear = before is Sign.HOLDS or (before is not None and copula is not Sign.HOLDS)
        if elide and copula and clear:
            text = text.removeprefix("is ").removeprefix("are ")
        parts.append(text)
        before = copula
    lists = all(len(x.atom) == 2 for x in literals) or not elide
    return joined(parts) if lists and len(parts) > 2 else " and ".join(parts)


def clauses(
    literals: Sequence[Literal], who: str, words: Mapping[str, str], someone: Someone, join: str
) -> str:
    """Return literals, of ``who`` or not, joined by "and" with ``who`` met on the way."""
    texts, met, at = list[str](), False, 0
    call = naming(words, x=someone.after)
    while at < len(literals):
        stop = at + 1
        mine = literals[at].atom[1] == who or passive_first(literals, at, who, met)
        if mine and join != "again":
            while stop < len(literals) and about(literals[stop], who):
                stop += 1
        run = literals[at:stop]
        if mine:
            number = someone.number if met else Number.ONE
            text = together(run, who, call, number, elide=join == "elide")
            texts.append(f"{someone.again if met else someone.first} {text}")
        else:
            apart = naming(words, x=someone.after if met else someone.first)
            subject = run[0].atom[1]
            texts.append(f"{words[subject]} {said(run[0], subject, apart)}")
        met = met or any(who in x.atom[1:] for x in run)
        at = stop
    return " and ".join(texts)


def passive_first(literals: Sequence[Literal], at: int, who: str, met: bool) -> bool:
    """Return whether a literal is put in the passive: when it is the first word of ``who``."""
    return not met and passive(literals[at], who)


def shortened(text: str) -> str:
    """Return a sentence with its negations contracted."""
    for verb in ("is", "are", "does", "do"):
        text = text.replace(f" {verb} not ", f" {verb}n't ")
    return text


def template(
    name: str, write: Callable[[Meaning], str], *phenomena: str, held_out: bool = False
) -> Template:
    """Return a template that ends sentences in a full stop, unless they are finished."""

    def whole(meaning: Meaning) -> str:
        text = write(meaning)
        return finished(text) if text and text[-1] not in ".?" else text

    return Template(name=name, held_out=held_out, phenomena=phenomena, write=whole)
