"""Search in the space of states: breadth first, and greedily along relaxed plans."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from nexus.logic.engines.grounding import Meter
from nexus.logic.engines.tasks import Applicable, Task, bits

NEVER: Final = 1 << 30
"""Distance to what cannot be reached."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Searched:
    """How a search ended."""

    plan: tuple[int, ...] | None
    """Numbers of operators; None where the goal was not met."""
    states: frozenset[int]
    """Where the goal was not met and nothing is left: every state there is; else empty."""
    spent: bool
    """True where it ended because it had looked at as many states as it may."""


_Origins = dict[int, tuple[int, int]]
"""State -> the state before it, and the operator in between; the initial state has itself, -1."""


def breadth_first(task: Task, most: int, meter: Meter) -> Searched:
    """Return a shortest plan, or every state that can be reached, unless these are above ``most``.

    Raises:
        Exhausted: the seconds ran out.
    """
    applicable = Applicable(task)
    origins: _Origins = {task.initial: (task.initial, -1)}
    waiting = deque([task.initial])
    while waiting:
        state = waiting.popleft()
        meter.states += 1
        meter.tick()
        if task.goal & ~state == 0:
            return _found(origins, state)
        for at in applicable(state):
            operator = task.operators[at]
            after = state & ~operator.delete | operator.add
            if after not in origins:
                origins[after] = (state, at)
                waiting.append(after)
        if len(origins) > most:
            return Searched(plan=None, states=frozenset(), spent=True)
    return Searched(plan=None, states=frozenset(origins), spent=False)


def greedy(task: Task, most: int, meter: Meter) -> Searched:
    """Return a plan, found by following relaxed plans; at most ``most`` states are looked at.

    Two queues take turns: every successor, and those by actions a relaxed plan begins with
    (Helmert's preferred operators). A successor waits under the estimate of its parent. Nothing is
    pruned, so an empty queue means that there are no more states.

    Raises:
        Exhausted: the seconds ran out.
    """
    applicable, relaxation = Applicable(task), Relaxation(task)
    origins: _Origins = {task.initial: (task.initial, -1)}
    every, likely = [(0, 0, task.initial)], list[tuple[int, int, int]]()
    closed, order, best, credit = set[int](), 0, NEVER + 1, 0
    while every or likely:
        if likely and (credit > 0 or not every or order % 2):
            credit -= 1
            _, _, state = heappop(likely)
        else:
            _, _, state = heappop(every)
        order += 1
        if state in closed:
            continue
        closed.add(state)
        meter.states += 1
        meter.tick()
        if task.goal & ~state == 0:
            return _found(origins, state)
        if len(closed) >= most:
            return Searched(plan=None, states=frozenset(), spent=True)
        distance, helpful = relaxation(state)
        if distance < best:
            best, credit = distance, 1000
        for at in applicable(state):
            operator = task.operators[at]
            after = state & ~operator.delete | operator.add
            if after in closed:
                continue
            origins.setdefault(after, (state, at))
            order += 2
            heappush(every, (distance, order, after))
            if at in helpful:
                heappush(likely, (distance, order, after))
    return Searched(plan=None, states=frozenset(closed), spent=False)


def _found(origins: Mapping[int, tuple[int, int]], state: int) -> Searched:
    steps = list[int]()
    while True:
        state, at = origins[state]
        if at < 0:
            return Searched(plan=tuple(reversed(steps)), states=frozenset(), spent=False)
        steps.append(at)


class Relaxation:
    """Plans for a task in which nothing is ever undone (the FF heuristic of Hoffmann and Nebel)."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._adds = [tuple(bits(x.add)) for x in task.operators]
        self._needs = [tuple(bits(x.needs)) for x in task.operators]
        self._missing = [len(x) for x in self._needs]
        self._free = [at for at, count in enumerate(self._missing) if not count]
        self._users: list[list[int]] = [[] for _ in task.facts]
        for at, needs in enumerate(self._needs):
            for fact in needs:
                self._users[fact].append(at)
        self._goal = tuple(bits(task.goal))

    def __call__(self, state: int) -> tuple[int, frozenset[int]]:
        """Return the length of a relaxed plan from ``state``, and the operators it begins with."""
        makers = self._makers(state)
        if any(fact not in makers for fact in self._goal):
            return NEVER, frozenset()
        chosen, wanted, first = set[int](), list(self._goal), set[int]()
        seen = set(self._goal)
        while wanted:
            at = makers[wanted.pop()]
            if at < 0 or at in chosen:
                continue
            chosen.add(at)
            needs = self._needs[at]
            if all(makers[fact] < 0 for fact in needs):
                first.add(at)
            for fact in needs:
                if fact not in seen:
                    seen.add(fact)
                    wanted.append(fact)
        return len(chosen), frozenset(first)

    def layers(self, state: int) -> int:
        """Return how many steps the goal is away at least."""
        depth, reached = 0, state
        while self._task.goal & ~reached:
            grown = reached
            for operator in self._task.operators:
                if operator.needs & ~reached == 0:
                    grown |= operator.add
            if grown == reached:
                return NEVER
            depth, reached = depth + 1, grown
        return depth

    def _makers(self, state: int) -> Mapping[int, int]:
        """Return for each reachable fact the operator that first makes it so; -1 if it is so."""
        makers, missing = dict.fromkeys(bits(state), -1), list(self._missing)
        goals = sum(fact not in makers for fact in self._goal)
        layer, ready = list(makers), list(self._free)
        wanted = frozenset(self._goal)
        while layer or ready:
            for fact in layer:
                for at in self._users[fact]:
                    missing[at] -= 1
                    if not missing[at]:
                        ready.append(at)
            layer = []
            for at in ready:
                for fact in self._adds[at]:
                    if fact not in makers:
                        makers[fact] = at
                        layer.append(fact)
                        goals -= fact in wanted
            ready = []
            if not goals:
                break
        return makers
