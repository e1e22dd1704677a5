"""What follows from a theory, found slowly and in the open: the gold no engine has a part in.

Absence is settled by trial: suppose nothing is derivable, derive what then follows, suppose that
and no more derivable, and so on, until what is supposed is what follows (the alternating fixpoint
of Van Gelder, 1989). Where it comes to rest the theory means one thing; elsewhere it is refused.
"""

from collections.abc import Iterable, Mapping
from itertools import product

from nexus.logic.theory import Literal, Rule, Sign, Theory


def depths(theory: Theory) -> Mapping[Literal, int] | None:
    """Return what follows, with the depth of its shallowest proof; None if that is not settled.

    A fact has depth 0; what a rule concludes, one more than the deepest of its conditions. A
    condition that something is absent has no depth.
    """
    ground = list(_grounded(theory))
    supposed = _derived(theory.facts, ground, frozenset())
    while True:
        least = _derived(theory.facts, ground, frozenset(supposed))
        most = _derived(theory.facts, ground, frozenset(least))
        if most.keys() == supposed.keys():
            return least if least.keys() == most.keys() else None
        supposed = most


def contradictory(follows: Iterable[Literal]) -> bool:
    """Return whether something both holds and is denied."""
    held = set(follows)
    return any(literal.opposite in held for literal in held)


def _grounded(theory: Theory) -> Iterable[Rule]:
    constants = theory.constants
    for rule in theory.rules:
        variables = sorted({x for literal in rule.literals for x in literal.variables})
        for values in product(constants, repeat=len(variables)):
            binding = dict(zip(variables, values, strict=True))
            body = tuple(x.under(binding) for x in rule.body)
            yield Rule(head=rule.head.under(binding), body=body)


def _derived(
    facts: Iterable[Literal], rules: Iterable[Rule], supposed: frozenset[Literal]
) -> dict[Literal, int]:
    """Return what follows, round by round, if only what is ``supposed`` is not absent."""
    waiting = list[tuple[Literal, tuple[Literal, ...]]]()
    for rule in rules:
        absent = [x for x in rule.body if x.sign is Sign.ABSENT]
        if not any(Literal(x.atom) in supposed for x in absent):
            waiting.append((rule.head, tuple(x for x in rule.body if x not in absent)))
    found = dict.fromkeys(facts, 0)
    for depth in range(1, len(waiting) + 1):
        new = [
            head for head, body in waiting if head not in found and all(x in found for x in body)
        ]
        if not new:
            break
        found.update(dict.fromkeys(new, depth))
        waiting = [(head, body) for head, body in waiting if head not in found]
    return found
