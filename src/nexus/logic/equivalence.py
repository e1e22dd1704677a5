"""Whether two planning problems are the same but for the names of their objects."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from nexus.base.errors import LanguageError
from nexus.logic.planning import Problem
from nexus.logic.theory import Literal

_Fact: TypeAlias = tuple[str, Literal]
"""Where something is said (initial or goal), and what."""
_Colours: TypeAlias = Mapping[str, int]


def equivalent(a: Problem, b: Problem) -> bool:
    """Return whether renaming objects, types kept, turns ``a`` into ``b``; exact.

    What holds at first and what is wanted must both come out the same, as sets. Constants of the
    domain keep their names. Colours are refined until they say no more; where objects still look
    alike one is singled out on either side, every choice tried.

    Raises:
        LanguageError: the problems are of different domains.
    """
    if a.domain != b.domain:
        raise LanguageError(
            f"the problems are of two domains, {a.domain.name} and {b.domain.name}",
            hint="only problems of one domain can be compared",
        )
    left, right = _facts(a), _facts(b)
    if len(left) != len(right) or len(a.objects) != len(b.objects):
        return False
    first, second = _seed(a), _seed(b)
    return _same(first, second, left, right)


def _facts(problem: Problem) -> frozenset[_Fact]:
    initial = (("initial", Literal(atom)) for atom in problem.initial)
    return frozenset((*initial, *(("goal", literal) for literal in problem.goal)))


def _seed(problem: Problem) -> _Colours:
    """Return colours by type; a constant has one of its own."""
    constants = [x.name for x in problem.domain.constants]
    types = sorted({x.type for x in problem.domain.types} | {x.name for x in problem.domain.types})
    # 0 is a type of no declared kin: `object` alone
    rank = {name: number for number, name in enumerate(types, start=1)}
    colours = {x.name: rank.get(x.type, 0) for x in problem.objects}
    return {**colours, **{name: -1 - at for at, name in enumerate(constants)}}


def _same(a: _Colours, b: _Colours, left: frozenset[_Fact], right: frozenset[_Fact]) -> bool:
    """Return whether some bijection that keeps colours maps ``left`` onto ``right``."""
    tries = [iter([(a, b)])]
    while tries:
        pair = next(tries[-1], None)
        if pair is None:
            tries.pop()
            continue
        a, b = _refined(*pair, left, right)
        classes, others = _classes(a), _classes(b)
        if {c: len(x) for c, x in classes.items()} != {c: len(x) for c, x in others.items()}:
            continue
        unclear = [(len(names), colour) for colour, names in classes.items() if len(names) > 1]
        if unclear:
            tries.append(_singled_out(a, b, classes[min(unclear)[1]][0]))
            continue
        renamed = {names[0]: others[colour][0] for colour, names in classes.items()}
        if frozenset((part, _renamed(x, renamed)) for part, x in left) == right:
            return True
    return False


def _singled_out(a: _Colours, b: _Colours, name: str) -> Iterator[tuple[_Colours, _Colours]]:
    """Yield colours with ``name`` singled out in ``a``, and each of its like in ``b``."""
    fresh = 1 + max(a.values())
    for other in sorted(x for x, colour in b.items() if colour == a[name]):
        yield {**a, name: fresh}, {**b, other: fresh}


def _refined(
    a: _Colours, b: _Colours, left: Iterable[_Fact], right: Iterable[_Fact]
) -> tuple[_Colours, _Colours]:
    """Return colours that also say what is said of an object, and of its neighbours, and so on."""
    while True:
        seen_a, seen_b = _looks(a, left), _looks(b, right)
        looks = sorted({*seen_a.values(), *seen_b.values()})
        number = {look: at for at, look in enumerate(looks)}
        before = {*a.values(), *b.values()}
        a = {x: number[look] for x, look in seen_a.items()}
        b = {x: number[look] for x, look in seen_b.items()}
        if len(looks) == len(before):
            return a, b


def _looks(colours: _Colours, facts: Iterable[_Fact]) -> Mapping[str, str]:
    """Return of each object its colour, and how often it stands where in facts of which colours."""
    counts = defaultdict[str, Counter[str]](Counter)
    for part, literal in facts:
        predicate, *names = literal.atom
        around = f"{part} {literal.sign} {predicate} {[colours[x] for x in names]}"
        for name in set(names):
            at = [place for place, other in enumerate(names) if other == name]
            counts[name][f"{around} {at}"] += 1
    return {x: f"{colour} {sorted(counts[x].items())}" for x, colour in colours.items()}


def _classes(colours: _Colours) -> dict[int, list[str]]:
    classes = defaultdict[int, list[str]](list)
    for name in sorted(colours):
        classes[colours[name]].append(name)
    return dict(classes)


def _renamed(literal: Literal, names: Mapping[str, str]) -> Literal:
    return Literal((literal.atom[0], *(names[x] for x in literal.atom[1:])), literal.sign)
