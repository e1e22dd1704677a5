"""Which facts can be true together, as far as pairs can tell (the h^2 of Haslum and Geffner)."""

from dataclasses import replace

from nexus.logic.engines.grounding import Meter
from nexus.logic.engines.tasks import Task, bits


def compatible(task: Task, meter: Meter) -> list[int]:
    """Return for each fact the bits of the facts it can be true with, itself included.

    The least table with every pair of the initial state that is closed under every operator: of
    its effects with each other, and with whatever can be true along with all of its conditions.

    Raises:
        Exhausted: the budget ran out.
    """
    rows = [task.initial if task.initial >> fact & 1 else 0 for fact in range(len(task.facts))]
    operators = [(list(bits(x.needs)), list(bits(x.add)), x) for x in task.operators]
    alive = task.initial
    growing = True
    while growing:
        growing = False
        for needs, adds, operator in operators:
            meter.tick()
            along = alive
            for fact in needs:
                along &= rows[fact]
            if operator.needs & ~along:
                continue
            after = operator.add | (along & ~operator.delete)
            for fact in adds:
                if fresh := after & ~rows[fact]:
                    growing = True
                    alive |= 1 << fact
                    rows[fact] |= fresh
                    for other in bits(fresh):
                        rows[other] |= 1 << fact
    return rows


def agree(rows: list[int], facts: int) -> bool:
    """Return whether all of these facts can pairwise be true together."""
    return all(facts & ~rows[fact] == 0 for fact in bits(facts))


def pruned(task: Task, rows: list[int]) -> Task:
    """Return the task without operators whose conditions are never all true."""
    return replace(task, operators=tuple(x for x in task.operators if agree(rows, x.needs)))
