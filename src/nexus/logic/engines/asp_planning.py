"""Shortest plans by clingo, horizon after horizon.

The program below never changes; what it is given are numbers. No symbol, let alone a text, reaches
clingo.
"""

from collections.abc import Iterator
from typing import Any, Final

import clingo
from clingo import Function, Number

from nexus.logic.engines.grounding import Meter
from nexus.logic.engines.search import Searched
from nexus.logic.engines.tasks import Task, bits

_PROGRAM: Final = """
#program base.
holds(F, 0) :- initial(F).
#program step(t).
{ taken(A, t) : operator(A) } = 1.
:- taken(A, t), needs(A, F), not holds(F, t - 1).
holds(F, t) :- taken(A, t), adds(A, F).
gone(F, t) :- taken(A, t), deletes(A, F).
holds(F, t) :- holds(F, t - 1), not gone(F, t).
:- never(F, G), holds(F, t), holds(G, t).
#program check(t).
#external asked(t).
:- asked(t), goal(F), not holds(F, t).
"""
_A_LOOK: Final = 0.5
"""Seconds between two looks at the clock."""


def shortest(task: Task, rows: list[int], lengths: range, meter: Meter) -> Searched:
    """Return a plan of one of these lengths, the shortest; ``plan`` is None if there is none.

    ``spent`` tells that it is not known. ``rows`` are the pairs of facts that can be true together.
    """
    control = clingo.Control(["--warn=none"])
    control.add("base", [], _PROGRAM)
    control.add("base", [], " ".join(_numbers(task, rows)))
    control.ground([("base", [])])
    conflicts = meter.budget.conflicts
    for length in range(1, lengths.stop):
        if meter.left <= 0:
            return Searched(plan=None, states=frozenset(), spent=True)
        horizon = Number(length)
        control.ground([("step", [horizon]), ("check", [horizon])])
        if length < lengths.start:
            continue
        asked = Function("asked", [horizon])
        control.assign_external(asked, True)
        limits: Any = control.configuration.solve
        limits.solve_limit = f"{max(conflicts, 1)},umax"
        found = list[clingo.Symbol]()

        def take(model: clingo.Model, found: list[clingo.Symbol] = found) -> None:
            found.extend(x for x in model.symbols(atoms=True) if x.match("taken", 2))

        with control.solve(on_model=take, async_=True) as handle:
            while not handle.wait(_A_LOOK):
                if meter.left <= 0:
                    handle.cancel()
            unsolvable = handle.get().unsatisfiable
        if found:
            return Searched(plan=_in_order(found), states=frozenset(), spent=False)
        if not unsolvable:
            return Searched(plan=None, states=frozenset(), spent=True)
        control.release_external(asked)
        conflicts -= int(control.statistics["solving"]["solvers"]["conflicts"])
        if conflicts <= 0 and length + 1 < lengths.stop:
            return Searched(plan=None, states=frozenset(), spent=True)
    return Searched(plan=None, states=frozenset(), spent=False)


def _numbers(task: Task, rows: list[int]) -> Iterator[str]:
    for name, mask in (("initial", task.initial), ("goal", task.goal)):
        yield from (f"{name}({fact})." for fact in bits(mask))
    for at, operator in enumerate(task.operators):
        yield f"operator({at})."
        parts = (("needs", operator.needs), ("adds", operator.add), ("deletes", operator.delete))
        for name, mask in parts:
            yield from (f"{name}({at},{fact})." for fact in bits(mask))
    whole = (1 << len(rows)) - 1
    for fact, row in enumerate(rows):
        yield from (f"never({fact},{other})." for other in bits(whole & ~row) if fact < other)


def _in_order(taken: list[clingo.Symbol]) -> tuple[int, ...]:
    steps = {x.arguments[1].number: x.arguments[0].number for x in taken}
    return tuple(steps[when] for when in sorted(steps))
