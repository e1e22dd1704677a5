"""Lessons in logic: facts, and of which things a predicate holds and of which it does not.

A lesson has families: sets of facts that share no constant, each with examples of its own. Some of
them are held out from learning, so that what was learned can be held against what was not.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

from nexus.base.errors import InputError
from nexus.base.records import Atom
from nexus.logic.theory import SYMBOL, Literal

CONSTANTS: Final = 32
"""Most constants of a family: what is learned from has the cube of it in each clause."""
PREDICATES: Final = 8
"""Most predicates a lesson has facts about."""
FAMILIES: Final = 64
HOLD_OUT: Final = 3
"""One family in so many is held out; of a single family, one example in so many."""
_ATOM: Final = re.compile(r"([^\s(),]+)\(([^()]*)\)")
_FORM: Final = "an atom such as parent(ann, bob)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Facts about some things, and examples of the target among them."""

    facts: tuple[Atom, ...]
    positive: tuple[Atom, ...]
    negative: tuple[Atom, ...]

    @property
    def constants(self) -> tuple[str, ...]:
        """Every constant, sorted."""
        atoms = (*self.facts, *self.positive, *self.negative)
        return tuple(sorted({name for atom in atoms for name in atom[1:]}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What a target is to be learned from."""

    target: str
    arity: int
    """Of the target: 1 or 2."""
    background: Mapping[str, int]
    """Predicate -> number of its arguments: what rules may speak of beside the target."""
    families: tuple[Family, ...]

    @property
    def count(self) -> tuple[int, int]:
        """Positive and negative examples."""
        positive = sum(len(x.positive) for x in self.families)
        return positive, sum(len(x.negative) for x in self.families)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """A lesson in two: what is learned from, and what is held against it."""

    learn: Lesson
    held_out: Lesson
    by: str
    """What was held out: families or examples."""


def lesson(families: Sequence[Family], target: str = "") -> Lesson:
    """Return a lesson that is fit to be learned from.

    Raises:
        InputError: there are no examples of one kind, examples contradict each other, a predicate
            is unknown or has neither one argument nor two, a name is none, or it is too large.
    """
    arities = dict[str, int]()
    for number, family in enumerate(families, start=1):
        for atom in (*family.facts, *family.positive, *family.negative):
            _named(atom)
            if arities.setdefault(atom[0], len(atom) - 1) != len(atom) - 1:
                raise InputError(
                    f"{atom[0]} has {arities[atom[0]]} arguments here and {len(atom) - 1} there",
                    hint="a predicate has always as many",
                )
        if both := sorted(set(family.positive) & set(family.negative)):
            raise InputError(
                f"{written(both[0])} is a positive and a negative example",
                hint=f"leave one of them out of family {number}",
            )
        if len(family.constants) > CONSTANTS:
            raise InputError(
                f"family {number} has {len(family.constants)} constants",
                hint=f"at most {CONSTANTS}: rules learned from few hold of many",
            )
    told = {atom[0] for family in families for atom in (*family.positive, *family.negative)}
    if target and target not in told:
        known = ", ".join(sorted(told)) or "nothing"
        raise InputError(f"there is no example of {target!r}", hint=f"examples are of {known}")
    if len(told) > 1:
        raise InputError(
            f"examples are of {', '.join(sorted(told))}", hint="one predicate is learned at a time"
        )
    if len(families) > FAMILIES:
        raise InputError(f"{len(families)} families", hint=f"at most {FAMILIES} are read")
    positive = sum(len(x.positive) for x in families)
    negative = sum(len(x.negative) for x in families)
    if not positive or not negative:
        kind = "positive" if not positive else "negative"
        raise InputError(
            f"there is no {kind} example", hint="say of what it holds, and of what it does not"
        )
    (name,) = told
    background = {x: n for x, n in sorted(arities.items()) if x != name}
    if any(fact[0] == name for family in families for fact in family.facts):
        raise InputError(f"{name} is learned, and stated among the facts", hint="make it positive")
    if not 1 <= len(background) <= PREDICATES:
        raise InputError(
            f"facts are about {len(background)} predicates", hint=f"1 to {PREDICATES} can be used"
        )
    return Lesson(target=name, arity=arities[name], background=background, families=tuple(families))


def _named(atom: Atom) -> None:
    if not 1 <= len(atom) - 1 <= 2:
        raise InputError(
            f"{written(atom)} has {len(atom) - 1} arguments", hint="rules are learned of 1 or 2"
        )
    for name in atom:
        if not SYMBOL.fullmatch(name):
            raise InputError(
                f"{name[:40]!r} is no name", hint="small letters, digits and _, at most 31"
            )


def written(atom: Atom) -> str:
    """Return an atom as it is written in a lesson."""
    return str(Literal(atom))


def parts(whole: Lesson) -> Parts:
    """Return what is learned from and what is held out.

    Every third family is held out; where there is but one, what has nothing to do with each other
    counts as families; where that is one too, every third example of each kind.

    Raises:
        InputError: too few examples are left on one side.
    """
    families = whole.families
    if len(families) == 1:
        families = tuple(_apart(families[0]))
    able = [x for x in families if x.positive]  # of those without, nothing shows
    by = "families" if len(able) > 1 else "examples"
    if by == "families":
        rest = [x for x in families if not x.positive]
        step = min(HOLD_OUT, len(able))
        held = [*able[step - 1 :: step], *rest[::2]]
        kept = [x for x in families if x not in held]
    else:
        kept = [_thinned(x, keep=True) for x in families]
        held = [_thinned(x, keep=False) for x in families]
    for some in (kept, held):
        if not any(x.positive for x in some) or not any(x.negative for x in some):
            raise InputError(
                "there are too few examples to learn from some and to look at others",
                hint=f"{HOLD_OUT} positive and {HOLD_OUT} negative ones at least",
            )
    return Parts(
        learn=replace(whole, families=tuple(kept)),
        held_out=replace(whole, families=tuple(held)),
        by=by,
    )


def _thinned(family: Family, *, keep: bool) -> Family:
    def some(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(x for i, x in enumerate(atoms) if (i % HOLD_OUT != HOLD_OUT - 1) is keep)

    return replace(family, positive=some(family.positive), negative=some(family.negative))


def _apart(family: Family) -> Iterator[Family]:
    """Yield what has no constant in common by any fact; examples across are left out."""
    root = {name: name for name in family.constants}

    def find(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for fact in family.facts:
        root[find(fact[-1])] = find(fact[1])

    def of(atoms: Iterable[Atom], part: str) -> tuple[Atom, ...]:
        return tuple(x for x in atoms if {find(name) for name in x[1:]} == {part})

    for part in sorted({find(name) for name in family.constants}):
        yield Family(
            facts=of(family.facts, part),
            positive=of(family.positive, part),
            negative=of(family.negative, part),
        )


def read_lesson(text: str, target: str = "") -> Lesson:
    """Return the lesson in a text, as JSON or line by line.

    JSON is an object with ``facts``, ``positive`` and ``negative``, lists of atoms, or with
    ``families``, a list of such objects; ``closed`` makes negative whatever is not positive. Of
    lines, ``parent(ann, bob)`` is a fact, ``+ grandparent(ann, cid)`` a positive example and ``-``
    a negative one; ``closed`` alone on a line means the same, ``family`` begins another family,
    and what follows # is not read.

    Raises:
        InputError: it is written otherwise, or see ``lesson``.
    """
    if text.lstrip().startswith(("{", "[")):
        return lesson([_closed(*x) for x in _json(text)], target)
    return lesson([_closed(*x) for x in _lines(text)], target)


def _closed(family: Family, closed: bool) -> Family:
    """Return the family; if it is ``closed``, with all that is not positive as negative."""
    if not closed or not family.positive:
        return family
    if len(family.constants) > CONSTANTS:
        return family  # refused with its size by whoever reads on
    predicate, arity = family.positive[0][0], len(family.positive[0]) - 1
    told = {*family.positive, *family.negative}
    every = ((predicate, *names) for names in product(family.constants, repeat=min(arity, 2)))
    return replace(family, negative=(*family.negative, *(x for x in every if x not in told)))


def _json(text: str) -> Iterator[tuple[Family, bool]]:
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("the lesson is no JSON", hint="or write it line by line") from None
    families: Any = values.get("families", [values]) if isinstance(values, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(families, list) or not all(isinstance(x, dict) for x in families):  # pyright: ignore[reportUnknownVariableType]
        raise InputError("a lesson is an object", hint="with facts, positive and negative")
    for one in families:  # pyright: ignore[reportUnknownVariableType]
        fields: Mapping[str, Any] = one  # pyright: ignore[reportUnknownVariableType]
        some = {name: _atoms(name, fields.get(name, [])) for name in ("facts", *_KINDS)}
        yield Family(**some), fields.get("closed", False) is True


_KINDS: Final = ("positive", "negative")


def _atoms(name: str, values: Any) -> tuple[Atom, ...]:
    if not isinstance(values, list) or not all(isinstance(x, str) for x in values):  # pyright: ignore[reportUnknownVariableType]
        raise InputError(f"{name} is no list of atoms", hint=_FORM)
    return tuple(dict.fromkeys(_atom(x, name) for x in values))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _lines(text: str) -> Iterator[tuple[Family, bool]]:
    found = [_Draft()]
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].strip().removesuffix(".").strip()
        if words == "family":
            found.append(_Draft())
        elif words == "closed":
            found[-1].closed = True
        elif words:
            kind = {"+": "positive", "-": "negative"}.get(words[0], "facts")
            atom = _atom(words.lstrip("+-").strip(), f"line {number}")
            found[-1].atoms[kind][atom] = None
    for draft in found:
        if draft.atoms["facts"] or draft.atoms["positive"] or draft.atoms["negative"]:
            yield Family(**{name: tuple(x) for name, x in draft.atoms.items()}), draft.closed


class _Draft:
    """A family while it is read."""

    def __init__(self) -> None:
        self.atoms = {name: dict[Atom, None]() for name in ("facts", *_KINDS)}
        self.closed = False


def _atom(text: str, where: str) -> Atom:
    if (found := _ATOM.fullmatch(text.strip())) is None:
        raise InputError(f"{where}: {text[:60]!r} is no atom", hint=_FORM)
    return found[1], *(x.strip() for x in found[2].split(","))


def lesson_text(whole: Lesson) -> str:
    """Return the lesson as JSON that ``read_lesson`` reads."""
    families = [
        {name: [written(x) for x in getattr(one, name)] for name in ("facts", *_KINDS)}
        for one in whole.families
    ]
    return json.dumps({"families": families})
