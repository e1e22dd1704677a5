"""Which clauses a learned rule can be: every instance of a few templates.

For a target of two arguments: copy and swap ``p(X, Y)``, ``p(Y, X)``; chain ``p(X, Z), q(Z, Y)``,
either one swapped or the target itself, which is recursion; both ``p(X, Y), q(X, Y)``; guard
``p(X, Y), u(X)``. For a target of one: copy, both, exists ``p(X, Z)`` and chain ``p(X, Z), u(Z)``.
The second condition of *both* and *guard* may be absent, which is negation as failure; never the
target, so no program of these clauses depends on its own absence.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from nexus.logic.theory import Literal, Rule, Sign

X, Y, Z = "?x", "?y", "?z"
HIDDEN: Final = "?z"
"""The variable that is not in the head: there is one, or none."""


def clauses(target: str, arity: int, background: Mapping[str, int]) -> tuple[Rule, ...]:
    """Return every clause of the templates, each once, in an order that depends on nothing else."""
    unary = [name for name, n in sorted(background.items()) if n == 1]
    binary = [name for name, n in sorted(background.items()) if n == 2]
    head = Literal((target, X, Y)) if arity == 2 else Literal((target, X))
    bodies = _pairs(target, unary, binary) if arity == 2 else _singles(target, unary, binary)
    return tuple(Rule(head=head, body=body) for body in dict.fromkeys(bodies))


def _pairs(
    target: str, unary: Sequence[str], binary: Sequence[str]
) -> Iterator[tuple[Literal, ...]]:
    told = [x for name in binary for x in _both_ways(name, X, Y)]
    yield from ((x,) for x in told)
    yield (Literal((target, Y, X)),)
    first = [*(x for name in binary for x in _both_ways(name, X, Z)), Literal((target, X, Z))]
    then = [*(x for name in binary for x in _both_ways(name, Z, Y)), Literal((target, Z, Y))]
    yield from product(first, then)
    guards = [Literal((name, x)) for name in unary for x in (X, Y)]
    yield from _together(told, guards)


def _singles(
    target: str, unary: Sequence[str], binary: Sequence[str]
) -> Iterator[tuple[Literal, ...]]:
    told = [Literal((name, X)) for name in unary]
    exist = [x for name in binary for x in _both_ways(name, X, Z)]
    yield from ((x,) for x in (*told, *exist))
    ends = [Literal((name, Z)) for name in (*unary, target)]
    yield from product(exist, ends)
    yield from ((x, _absent(end)) for x in exist for end in ends if end.atom[0] != target)
    yield from _together(told, [])


def _together(told: Sequence[Literal], guards: Sequence[Literal]) -> Iterator[tuple[Literal, ...]]:
    """Yield each of ``told`` with one after it, with each other absent, and with each guard."""
    for place, one in enumerate(told):
        yield from ((one, other) for other in told[place + 1 :])
        yield from ((one, _absent(other)) for other in told if other != one)
        for guard in guards:
            yield from ((one, guard), (one, _absent(guard)))


def _both_ways(name: str, a: str, b: str) -> tuple[Literal, Literal]:
    return Literal((name, a, b)), Literal((name, b, a))


def _absent(literal: Literal) -> Literal:
    return Literal(literal.atom, Sign.ABSENT)
