"""Planning problems: typed STRIPS with negative preconditions, before any engine sees them.

A state is the set of atoms that hold; what is not in it is false. An action may be taken where its
condition is true; then the atoms its effect denies go, and those its effect says hold come (an atom
that is both denied and said to hold, holds). Two parameters may stand for one object.

Symbols are those of ``nexus.logic.theory``, without the words PDDL keeps for itself: no text of a
person ever reaches an engine.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from nexus.base.errors import LanguageError
from nexus.base.records import Atom
from nexus.logic.theory import SYMBOL, VARIABLE, Literal, Sign

OBJECT: Final = "object"
"""The type above all types; it is never declared."""
_WORDS: Final = (
    "action always and assign at_most_once condition constants decrease define derived domain "
    "duration effect either exists forall functions goal imply increase init maximize metric "
    "minimize not number object objects oneof or parameters precondition predicates preference "
    "problem requirements scale_down scale_up sometime total_cost types undefined when"
)
RESERVED: Final = frozenset(_WORDS.split())
"""What PDDL or an engine takes for something else; no symbol."""
ARITY: Final = 5
"""Most arguments of a predicate."""
PARAMETERS: Final = 10
"""Most parameters of an action."""
LITERALS: Final = 40
"""Most literals in a condition or an effect."""
OBJECTS: Final = 2_000
"""Most objects of a problem."""
ATOMS: Final = 50_000
"""Most initial atoms, and most goals."""
NAMES: Final = 200
"""Most types, most predicates and most actions of a domain."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A name and its type: an object, a parameter, or a type and the type it is a kind of."""

    name: str
    type: str = OBJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicate:
    """A predicate and the types of its arguments."""

    name: str
    types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What may be done: of which things, when, and what is so afterwards."""

    name: str
    parameters: tuple[Typed, ...]
    condition: tuple[Literal, ...]
    effect: tuple[Literal, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """Types, predicates and actions, and the objects that every problem of it has."""

    name: str
    types: tuple[Typed, ...] = ()
    predicates: tuple[Predicate, ...]
    actions: tuple[Action, ...]
    constants: tuple[Typed, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Objects, what holds at first, and what is to be so in the end.

    ``words`` tells for each symbol the word it stands for; it is for people and means nothing.
    """

    domain: Domain
    objects: tuple[Typed, ...]
    initial: frozenset[Atom]
    goal: tuple[Literal, ...]
    words: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    @property
    def things(self) -> tuple[Typed, ...]:
        """The constants of the domain and the objects of this problem."""
        return (*self.domain.constants, *self.objects)


def literals(*texts: str) -> tuple[Literal, ...]:
    """Return literals written shortly.

    >>> [str(x) for x in literals("on ?x b", "-hand_empty")]
    ['on(?x, b)', '-hand_empty()']
    """
    return tuple(
        Literal(tuple(text.lstrip("-").split()), Sign.DENIED if text[0] == "-" else Sign.HOLDS)
        for text in texts
    )


def checked(problem: Problem) -> Problem:
    """Return the problem, if it and its domain are well typed and of a bearable size.

    Raises:
        LanguageError: a symbol is none or is said twice, a type or predicate is unknown, types go
            in a circle, an argument is of the wrong type, an initial atom or a goal has a variable,
            or there is too much of something.
    """
    domain = problem.domain
    kinds = _kinds(domain.types)
    _all_symbols([domain.name], "a domain")
    _all_symbols((p.name for p in domain.predicates), "a predicate")
    _all_symbols((a.name for a in domain.actions), "an action")
    _all_symbols((x.name for x in problem.things), "an object", OBJECTS)
    signatures = {p.name: p.types for p in domain.predicates}
    for predicate in domain.predicates:
        _at_most(ARITY, len(predicate.types), f"arguments of {predicate.name}")
        for name in predicate.types:
            _known(name, kinds, predicate.name)
    constants = {x.name: x.type for x in domain.constants}
    objects = {x.name: x.type for x in problem.things}
    for name, kind in objects.items():
        _known(kind, kinds, name)
    for action in domain.actions:
        _action(action, constants, signatures, kinds)
    _at_most(ATOMS, len(problem.initial), "initial atoms")
    _at_most(ATOMS, len(problem.goal), "goals")
    for literal in (*map(Literal, sorted(problem.initial)), *problem.goal):
        _literal(literal, "the problem", objects, signatures, kinds)
    return problem


def _kinds(types: Iterable[Typed]) -> Mapping[str, frozenset[str]]:
    """Return each type with all it is a kind of, itself included."""
    parents = {OBJECT: ""}
    names = [x.name for x in types]
    _all_symbols(names, "a type")
    parents.update((x.name, x.type) for x in types)
    kinds = dict[str, frozenset[str]]()
    for name in parents:
        above, at = list[str](), name
        while at:
            _known(at, parents, above[-1] if above else name)
            if at in above:
                raise LanguageError(f"the type {at} is a kind of itself", hint="types form a tree")
            above.append(at)
            at = parents[at]
        kinds[name] = frozenset(above)
    return kinds


def _action(
    action: Action,
    constants: Mapping[str, str],
    signatures: Mapping[str, tuple[str, ...]],
    kinds: Mapping[str, frozenset[str]],
) -> None:
    where = f"the action {action.name}"
    _at_most(PARAMETERS, len(action.parameters), f"parameters of {where}")
    scope = dict(constants)
    for x in action.parameters:
        if not VARIABLE.fullmatch(x.name):
            raise LanguageError(f"{x.name!r} is no variable", hint=f"as in {VARIABLE.pattern}")
        if x.name in scope:
            raise LanguageError(f"{where} has two parameters {x.name}")
        _known(x.type, kinds, where)
        scope[x.name] = x.type
    for part in (action.condition, action.effect):
        _at_most(LITERALS, len(part), f"literals in one part of {where}")
        for literal in part:
            _literal(literal, where, scope, signatures, kinds)


def _literal(
    literal: Literal,
    where: str,
    scope: Mapping[str, str],
    signatures: Mapping[str, tuple[str, ...]],
    kinds: Mapping[str, frozenset[str]],
) -> None:
    if literal.sign is Sign.ABSENT:
        raise LanguageError(f"{literal} in {where} is absent", hint="say that it is denied")
    if not literal.atom or literal.atom[0] not in signatures:
        name = literal.atom[0] if literal.atom else ""
        raise LanguageError(f"{where} speaks of an unknown predicate {name!r}")
    types, arguments = signatures[literal.atom[0]], literal.atom[1:]
    if len(types) != len(arguments):
        raise LanguageError(
            f"{literal} in {where} has {len(arguments)} arguments, not {len(types)}"
        )
    for name, wanted in zip(arguments, types, strict=True):
        if name not in scope:
            kind = "variable" if name.startswith("?") else "object"
            raise LanguageError(f"{literal} in {where} speaks of an unknown {kind} {name!r}")
        if wanted not in kinds[scope[name]]:
            raise LanguageError(f"{name} in {literal}, in {where}, is a {scope[name]}, no {wanted}")


def _all_symbols(names: Iterable[str], what: str, most: int = NAMES) -> None:
    seen = set[str]()
    for name in names:
        if not SYMBOL.fullmatch(name) or name in RESERVED:
            raise LanguageError(
                f"{name!r} cannot be the name of {what}",
                hint=f"of the form {SYMBOL.pattern}, and no word of PDDL",
            )
        if name in seen:
            raise LanguageError(f"{name!r} is the name of {what} twice")
        seen.add(name)
        _at_most(most, len(seen), f"names: {name!r} is one too many as {what}")


def _known(name: str, kinds: Iterable[str], where: str) -> None:
    if name not in kinds:
        raise LanguageError(f"{where} is of an unknown type {name!r}")


def _at_most(most: int, count: int, what: str) -> None:
    if count > most:
        raise LanguageError(f"{count} {what}", hint=f"at most {most}")


def atoms(part: Iterable[Literal], sign: Sign) -> Iterator[Atom]:
    """Yield the atoms of the literals that have this sign, in their order."""
    return (x.atom for x in part if x.sign is sign)
