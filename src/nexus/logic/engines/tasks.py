"""Ground problems as bits: what search works on.

A fact is a literal that changes: a bit of a state. An atom that some condition or goal denies has a
second bit, for its denial, so that every condition is a set of bits that must all be set.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from nexus.logic.engines.grounding import Grounded
from nexus.logic.planning import Problem, atoms
from nexus.logic.plans import Step
from nexus.logic.theory import Literal, Sign


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """An action that can be taken in a state with all of ``needs``; it clears, then sets bits."""

    step: Step
    needs: int
    add: int
    delete: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A ground problem: bit i of a state is ``facts[i]``."""

    facts: tuple[Literal, ...]
    operators: tuple[Operator, ...]
    initial: int
    goal: int


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def compiled(problem: Problem, grounded: Grounded) -> Task:
    """Return the problem in bits; what never changes, and is so, is left out.

    The goal must be possible under delete relaxation.
    """
    true, false = grounded.relaxed.true, grounded.relaxed.false
    changing = {x for x in true if x not in problem.initial or x in false}
    conditions = [x.condition for x in grounded.instances]
    denied = {x for part in (*conditions, problem.goal) for x in atoms(part, Sign.DENIED)}
    facts = [Literal(x) for x in sorted(changing)]
    facts += [Literal(x, Sign.DENIED) for x in sorted(changing & denied)]
    bit = {fact: 1 << at for at, fact in enumerate(facts)}

    def union(literals: Iterator[Literal]) -> int:
        mask = 0
        for literal in literals:
            mask |= bit.get(literal, 0)
        return mask

    operators = list[Operator]()
    for instance in grounded.instances:
        come = [*map(Literal, instance.add), *(Literal(x, Sign.DENIED) for x in instance.delete)]
        operators.append(
            Operator(
                step=instance.step,
                needs=union(iter(instance.condition)),
                add=union(iter(come)),
                delete=union(x.opposite for x in come),
            )
        )
    initial = union(x for x in facts if (x.atom in problem.initial) == (x.sign is Sign.HOLDS))
    return Task(
        facts=tuple(facts),
        operators=tuple(operators),
        initial=initial,
        goal=union(iter(problem.goal)),
    )


class Applicable:
    """Which operators can be taken in a state; each is filed under its rarest condition."""

    def __init__(self, task: Task) -> None:
        common = [0] * len(task.facts)
        for operator in task.operators:
            for fact in bits(operator.needs):
                common[fact] += 1
        self._always = list[int]()
        self._filed: list[list[int]] = [[] for _ in task.facts]
        self._needs = [operator.needs for operator in task.operators]
        for at, operator in enumerate(task.operators):
            needs = list(bits(operator.needs))
            file = self._filed[min(needs, key=lambda x: common[x])] if needs else self._always
            file.append(at)
        self._kept = sum(1 << fact for fact, file in enumerate(self._filed) if file)

    def __call__(self, state: int) -> list[int]:
        """Return the numbers of the operators, in a fixed order."""
        found, needs = list(self._always), self._needs
        for fact in bits(state & self._kept):
            found += [at for at in self._filed[fact] if needs[at] & ~state == 0]
        return found
