"""Grounding: every action that could ever be taken, and every atom that could ever hold.

Both grow together from what holds at first, as if nothing ever got in the way of anything
(delete relaxation). Conditions on what never changes are thereby answered while they are matched.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from nexus.base.records import Atom
from nexus.logic.planning import OBJECT, Action, Problem, atoms
from nexus.logic.plans import Budget, Relaxed, Step
from nexus.logic.theory import Literal, Sign

_A_LOOK = 512
"""Ticks between two looks at the clock."""


class Exhausted(Exception):
    """A budget ran out; the message says which."""


class Meter:
    """Counts what is spent; never more than the budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.states = 0
        self._end = time.monotonic() + budget.seconds
        self._bindings = self._ticks = 0

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._end - time.monotonic()

    def tick(self) -> None:
        """Count something that takes time."""
        self._ticks += 1
        if self._ticks % _A_LOOK == 1 and self.left <= 0:
            raise Exhausted("seconds")

    def bind(self, cost: int = 1) -> None:
        """Count a try at binding a parameter."""
        self._bindings += cost
        if self._bindings > self.budget.bindings:
            raise Exhausted("bindings")
        self.tick()


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """An action done to certain things."""

    step: Step
    condition: tuple[Literal, ...]
    add: frozenset[Atom]
    delete: frozenset[Atom]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grounded:
    """Every action that could ever be taken, by step, and what could ever be."""

    instances: tuple[Instance, ...]
    relaxed: Relaxed


def ground(problem: Problem, meter: Meter) -> Grounded:
    """Return the actions and atoms that are reachable under delete relaxation.

    Raises:
        Exhausted: the budget ran out.
    """
    reached = _Reached(problem, meter)
    found = dict[Step, Instance]()
    news: list[Literal] | None = None  # at first everything is new
    while news is None or news:
        fresh = list[Instance]()
        for action in problem.domain.actions:
            for binding in reached.bindings(action, news):
                step = (action.name, *(binding[x.name] for x in action.parameters))
                if step not in found:
                    meter.bind(10)
                    found[step] = _instance(action, step, binding)
                    fresh.append(found[step])
        news = [literal for instance in fresh for literal in reached.take(instance)]
    return Grounded(
        instances=tuple(found[step] for step in sorted(found)),
        relaxed=Relaxed(true=frozenset(reached.true), false=frozenset(reached.false)),
    )


def _instance(action: Action, step: Step, binding: Mapping[str, str]) -> Instance:
    effect = [x.under(binding) for x in action.effect]
    add = frozenset(atoms(effect, Sign.HOLDS))
    return Instance(
        step=step,
        condition=tuple(dict.fromkeys(x.under(binding) for x in action.condition)),
        add=add,
        delete=frozenset(atoms(effect, Sign.DENIED)) - add,
    )


class _Reached:
    """What can be so far, indexed by predicate, and by predicate, place and object."""

    def __init__(self, problem: Problem, meter: Meter) -> None:
        self.initial, self.meter = problem.initial, meter
        self.true, self.false = set[Atom](), set[Atom]()
        self._by = defaultdict[tuple[str, int, str], list[Atom]](list)
        parents = {x.name: x.type for x in problem.domain.types}
        self._of = defaultdict[str, list[str]](list)
        for x in problem.things:
            kind = x.type
            while kind != OBJECT:
                self._of[kind].append(x.name)
                kind = parents[kind]
            self._of[OBJECT].append(x.name)
        self._sets = {kind: frozenset(names) for kind, names in self._of.items()}
        for atom in sorted(problem.initial):
            self._hold(atom)

    def _hold(self, atom: Atom) -> None:
        self.true.add(atom)
        self._by[atom[0], 0, ""].append(atom)
        for place, name in enumerate(atom[1:], start=1):
            self._by[atom[0], place, name].append(atom)

    def take(self, instance: Instance) -> Iterator[Literal]:
        """Yield what the instance makes possible that was not."""
        for atom in sorted(instance.add - self.true):
            self._hold(atom)
            yield Literal(atom)
        for atom in sorted((instance.delete & self.initial) - self.false):
            self.false.add(atom)
            yield Literal(atom, Sign.DENIED)

    def bindings(
        self, action: Action, news: Sequence[Literal] | None
    ) -> Iterator[Mapping[str, str]]:
        """Yield bindings that make every condition possible, and use news where there are some."""
        kinds = {x.name: x.type for x in action.parameters}
        wanted = list(atoms(action.condition, Sign.HOLDS))
        if news is None:
            yield from self._joined(action, kinds, wanted, {})
            return
        for condition in action.condition:
            for new in news:
                if new.sign is condition.sign and new.atom[0] == condition.atom[0]:
                    self.meter.bind()
                    binding = self._unified(condition.atom, new.atom, kinds, {})
                    if binding is not None:
                        yield from self._joined(action, kinds, wanted, binding)

    def _joined(
        self,
        action: Action,
        kinds: Mapping[str, str],
        wanted: Sequence[Atom],
        binding: Mapping[str, str],
    ) -> Iterator[Mapping[str, str]]:
        """Yield the bindings that go on from this one, the condition with fewest matches first."""
        if not wanted:
            yield from self._completed(action, binding)
            return
        matches = [self._matches(atom, binding) for atom in wanted]
        best = min(range(len(wanted)), key=lambda at: len(matches[at]))
        rest = [atom for at, atom in enumerate(wanted) if at != best]
        for atom in tuple(matches[best]):
            self.meter.bind()
            more = self._unified(wanted[best], atom, kinds, binding)
            if more is not None:
                yield from self._joined(action, kinds, rest, more)

    def _matches(self, atom: Atom, binding: Mapping[str, str]) -> Sequence[Atom]:
        """Return atoms that may match: the shortest list that the index has."""
        lists = [self._by[atom[0], 0, ""]]
        for place, name in enumerate(atom[1:], start=1):
            if (known := binding.get(name, name))[0] != "?":
                lists.append(self._by[atom[0], place, known])
        return min(lists, key=len)

    def _unified(
        self, pattern: Atom, atom: Atom, kinds: Mapping[str, str], binding: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        more = dict(binding)
        for name, value in zip(pattern[1:], atom[1:], strict=True):
            if name[0] != "?":
                if name != value:
                    return None
            elif more.setdefault(name, value) != value or value not in self._sets.get(
                kinds[name], ()
            ):
                return None
        return more

    def _completed(self, action: Action, binding: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        free = [x for x in action.parameters if x.name not in binding]
        denied = list(atoms(action.condition, Sign.DENIED))
        for values in product(*(self._of[x.type] for x in free)):
            self.meter.bind()
            whole = {**binding, **{x.name: v for x, v in zip(free, values, strict=True)}}
            for atom in denied:
                said = Literal(atom).under(whole).atom
                if said in self.initial and said not in self.false:
                    break
            else:
                yield whole
