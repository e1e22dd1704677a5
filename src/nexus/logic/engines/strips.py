"""The planner: a plan, a proof that there is none, or which budget ran out; never two confused."""

from typing import Final

from nexus.logic.engines.asp_planning import shortest
from nexus.logic.engines.grounding import Exhausted, Meter, ground
from nexus.logic.engines.mutexes import agree, compatible, pruned
from nexus.logic.engines.search import Relaxation, Searched, breadth_first, greedy
from nexus.logic.engines.tasks import Task, bits, compiled
from nexus.logic.planning import Problem, checked
from nexus.logic.plans import (
    STATES,
    Budget,
    Mutexes,
    Outcome,
    Planned,
    Relaxed,
    Spent,
    StateSet,
    Unsolvable,
)
from nexus.logic.theory import Literal, Sign

_FIRST_LOOK: Final = 2_000
"""States that are looked at greedily before all states are counted."""
_FACTS: Final = 400
_OPERATORS: Final = 1_000
_LENGTH: Final = 60
"""Largest task, and longest plan, that clingo is asked to better."""


def plan(problem: Problem, budget: Budget | None = None) -> Outcome:
    """Return a plan for the problem, a proof that there is none, or what ran out.

    In this order: what delete relaxation or pairs of facts rule out is unsolvable; a greedy search
    finds most plans; a breadth-first one finds a shortest plan, or that there are few states and
    none will do; a longer greedy one is the last resort. In small tasks clingo looks for a shorter
    plan. The same problem and budget give the same answer, unless the seconds run out.

    Raises:
        LanguageError: the problem is not well typed, or too large.
    """
    checked(problem)
    meter = Meter(Budget() if budget is None else budget)
    try:
        return _plan(problem, meter)
    except Exhausted as what:
        return Spent(reason=str(what), states=meter.states)


def _plan(problem: Problem, meter: Meter) -> Outcome:
    grounded = ground(problem, meter)
    if not all(_possible(x, problem, grounded.relaxed) for x in problem.goal):
        return Unsolvable(certificate=grounded.relaxed, states=0)
    task = compiled(problem, grounded)
    rows = compatible(task, meter)
    if not agree(rows, task.goal):
        return Unsolvable(certificate=_mutexes(task, rows, grounded.relaxed), states=0)
    task = pruned(task, rows)
    most = meter.budget.states
    searched = greedy(task, min(most, _FIRST_LOOK), meter)
    optimal = False
    if searched.spent:
        searched = breadth_first(task, min(most, STATES), meter)
        optimal = searched.plan is not None
    if searched.spent:
        searched = greedy(task, most, meter)
    if searched.spent:
        return Spent(reason="states", states=meter.states)
    if searched.plan is None:
        return Unsolvable(certificate=_state_set(task, searched.states), states=meter.states)
    if not optimal:
        searched, optimal = _bettered(task, searched, rows, meter)
    assert searched.plan is not None
    return Planned(
        steps=tuple(task.operators[at].step for at in searched.plan),
        optimal=optimal,
        states=meter.states,
    )


def _possible(literal: Literal, problem: Problem, relaxed: Relaxed) -> bool:
    if literal.sign is Sign.HOLDS:
        return literal.atom in relaxed.true
    return literal.atom not in problem.initial or literal.atom in relaxed.false


def _bettered(task: Task, found: Searched, rows: list[int], meter: Meter) -> tuple[Searched, bool]:
    """Return a shortest plan and True, or the one there is and whether it is a shortest."""
    assert found.plan is not None
    least, length = Relaxation(task).layers(task.initial), len(found.plan)
    if length <= least:
        return found, True
    small = len(task.facts) <= _FACTS and len(task.operators) <= _OPERATORS and length <= _LENGTH
    if not small or not meter.budget.conflicts:
        return found, False
    better = shortest(task, rows, range(least, length), meter)
    if better.spent:
        return found, False
    return (found if better.plan is None else better), True


def _mutexes(task: Task, rows: list[int], relaxed: Relaxed) -> Mutexes:
    whole = (1 << len(rows)) - 1
    pairs = (
        frozenset((task.facts[fact], task.facts[other]))
        for fact, row in enumerate(rows)
        for other in bits(whole & ~row)
    )
    return Mutexes(relaxed=relaxed, pairs=frozenset(pairs))


def _state_set(task: Task, states: frozenset[int]) -> StateSet:
    """Return the states by the atoms that change; denials have bits of their own no longer."""
    atoms = tuple(x.atom for x in task.facts if x.sign is Sign.HOLDS)
    mask = (1 << len(atoms)) - 1  # atoms come first, denials after them
    return StateSet(atoms=atoms, states=frozenset(state & mask for state in states))
