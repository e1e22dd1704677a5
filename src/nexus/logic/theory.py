"""Theories: what sentences come to as typed rules, before any engine sees them.

An atom is ``(predicate, argument, ...)``; an argument that begins with ``?`` is a variable. A
literal says that its atom holds, is denied (classical negation: stated or derived to be false), or
is absent (negation as failure: not derived). Which symbols there are is decided here and nowhere
else: names are generated, the words they stand for are kept beside them, and no text of a person
ever reaches an engine.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from nexus.base.errors import LanguageError
from nexus.base.records import Atom

SYMBOL: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
VARIABLE: Final = re.compile(r"\?[a-z][a-z0-9_]{0,30}")
ARITY: Final = 3
"""Most arguments of an atom."""
BODY: Final = 8
"""Most literals in the body of a rule."""
VARIABLES: Final = 6
"""Most variables in a rule."""


class Sign(StrEnum):
    """What a literal says of its atom."""

    HOLDS = "holds"
    DENIED = "denied"
    ABSENT = "absent"


class World(StrEnum):
    """What it means that something is not stated and does not follow."""

    CLOSED = "closed"
    """It is false."""
    OPEN = "open"
    """It is unknown."""


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom and what is said of it."""

    atom: Atom
    sign: Sign = Sign.HOLDS

    @property
    def variables(self) -> frozenset[str]:
        """The variables of its atom."""
        return frozenset(x for x in self.atom[1:] if x.startswith("?"))

    @property
    def key(self) -> tuple[str, bool]:
        """Predicate, and whether its denial is meant: what an engine keeps apart."""
        return self.atom[0], self.sign is Sign.DENIED

    def under(self, binding: Mapping[str, str]) -> "Literal":
        """Return the literal with variables replaced."""
        predicate, *arguments = self.atom
        return Literal((predicate, *(binding.get(x, x) for x in arguments)), self.sign)

    @property
    def opposite(self) -> "Literal":
        """The denial of what holds, and the other way round."""
        assert self.sign is not Sign.ABSENT, "what is absent has no opposite"
        return Literal(self.atom, Sign.DENIED if self.sign is Sign.HOLDS else Sign.HOLDS)

    def __str__(self) -> str:
        said = f"{self.atom[0]}({', '.join(self.atom[1:])})"
        return {Sign.HOLDS: said, Sign.DENIED: f"-{said}", Sign.ABSENT: f"not {said}"}[self.sign]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """If all of the body, then the head; the head holds or is denied, never absent."""

    head: Literal
    body: tuple[Literal, ...]

    @property
    def literals(self) -> Iterator[Literal]:
        """Head and body."""
        yield self.head
        yield from self.body

    def __str__(self) -> str:
        return f"{self.head} :- {', '.join(map(str, self.body))}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A piece of the source text: characters ``start`` to ``stop``."""

    start: int
    stop: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Theory:
    """Facts and rules, and what is not said in them.

    ``spans`` tells of each fact and rule, in this order, where it was read; empty if it was not
    read from a text. ``words`` tells for each symbol the word it stands for.
    """

    facts: tuple[Literal, ...]
    rules: tuple[Rule, ...]
    world: World = World.CLOSED
    spans: tuple[Span, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def arities(self) -> Mapping[str, int]:
        """Predicate -> number of its arguments."""
        return {x.atom[0]: len(x.atom) - 1 for x in self.literals}

    @property
    def literals(self) -> Iterator[Literal]:
        """Every literal, facts first."""
        yield from self.facts
        for rule in self.rules:
            yield from rule.literals

    @property
    def constants(self) -> tuple[str, ...]:
        """Every constant, sorted."""
        names = (x for literal in self.literals for x in literal.atom[1:])
        return tuple(sorted({x for x in names if not x.startswith("?")}))


def checked(theory: Theory, goal: Literal | None = None) -> Theory:
    """Return the theory, if it and the goal are well typed.

    Raises:
        LanguageError: a symbol is none, a predicate has two arities, a fact has a variable or is
            absent, a rule is unsafe or too large, or spans do not tell of every clause.
    """
    arities = dict[str, int]()
    goals = () if goal is None else (goal,)
    for literal in (*theory.literals, *goals):
        _symbols(literal)
        predicate, arity = literal.atom[0], len(literal.atom) - 1
        if arities.setdefault(predicate, arity) != arity:
            raise LanguageError(
                f"{predicate} has {arities[predicate]} arguments here and {arity} there"
            )
    for fact in (*theory.facts, *goals):
        if fact.variables or fact.sign is Sign.ABSENT:
            raise LanguageError(f"{fact} is no fact", hint="no variables, and stated or denied")
    for rule in theory.rules:
        _rule(rule)
    if theory.spans and len(theory.spans) != len(theory.facts) + len(theory.rules):
        raise LanguageError(
            f"{len(theory.spans)} spans for {len(theory.facts) + len(theory.rules)} clauses"
        )
    return theory


def _symbols(literal: Literal) -> None:
    if not literal.atom or len(literal.atom) - 1 > ARITY:
        raise LanguageError(f"{literal.atom!r} has no predicate or more than {ARITY} arguments")
    predicate, *arguments = literal.atom
    for name in (predicate, *(x for x in arguments if not x.startswith("?"))):
        if not SYMBOL.fullmatch(name):
            raise LanguageError(f"{name!r} is no symbol", hint=f"of the form {SYMBOL.pattern}")
    for name in literal.variables:
        if not VARIABLE.fullmatch(name):
            raise LanguageError(f"{name!r} is no variable", hint=f"of the form {VARIABLE.pattern}")


def _rule(rule: Rule) -> None:
    if rule.head.sign is Sign.ABSENT:
        raise LanguageError(f"{rule} concludes that something is absent", hint="deny it instead")
    if not 1 <= len(rule.body) <= BODY:
        raise LanguageError(f"{rule} has {len(rule.body)} conditions", hint=f"1 to {BODY}")
    bound = _variables(x for x in rule.body if x.sign is not Sign.ABSENT)
    if loose := sorted(_variables(rule.literals) - bound):
        raise LanguageError(
            f"{loose[0]} in {rule} is bound by no condition that must hold",
            hint="every variable must occur in a condition that is not 'not'",
        )
    if len(bound) > VARIABLES:
        raise LanguageError(f"{rule} has {len(bound)} variables", hint=f"at most {VARIABLES}")


def _variables(literals: Iterable[Literal]) -> set[str]:
    return {name for literal in literals for name in literal.variables}


def strata(theory: Theory) -> Mapping[tuple[str, bool], int]:
    """Return the stratum of every predicate and denial: what it may be absent of is below it.

    Raises:
        LanguageError: something depends on its own absence.
    """
    level = {literal.key: 0 for literal in theory.literals}
    for _ in range(len(level) + 1):
        raised = False
        for rule in theory.rules:
            for x in rule.body:
                # what is absent is the atom itself, not its denial
                below = (x.atom[0], False) if x.sign is Sign.ABSENT else x.key
                least = level.setdefault(below, 0) + (x.sign is Sign.ABSENT)
                if least > level[rule.head.key]:
                    level[rule.head.key], raised = least, True
        if not raised:
            return level
    worst = max(level, key=lambda key: level[key])
    raise LanguageError(
        f"{worst[0]} depends on its own absence", hint="break the circle of 'not' between rules"
    )
