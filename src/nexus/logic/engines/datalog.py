"""Everything that follows from a theory: semi-naive Datalog, stratum by stratum, with reasons.

A round applies every rule to what the rounds before found, at least one condition to what the
last one found. So the first derivation of a literal is one of the fewest rounds of its stratum.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nexus.base.records import Atom
from nexus.logic.engines.budget import Budget, Exhausted, Meter, Spent
from nexus.logic.engines.joins import Key, Plan, Relation, Row
from nexus.logic.theory import Literal, Sign, Theory, checked, strata


@dataclass(frozen=True, kw_only=True, slots=True)
class Derivation:
    """Why a literal holds: it is a fact, or follows by a rule."""

    rule: int | None
    """Which of the theory's rules; None for a fact."""
    premises: tuple[Literal, ...] = ()
    """What held, in the order of the rule's body."""
    absent: tuple[Atom, ...] = ()
    """What did not follow, in the order of the rule's body."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows ``start`` to ``stop`` of a relation, found in one round."""

    key: Key
    start: int
    stop: int


class Model:
    """The least model of a theory: each literal that follows, in the order found, and why."""

    def __init__(
        self,
        *,
        theory: Theory,
        relations: Mapping[Key, Relation],
        plans: Sequence[Plan],
        found: Sequence[_Found],
    ) -> None:
        self.theory = theory
        self._relations, self._plans, self._found = relations, plans, found

    def __len__(self) -> int:
        return sum(part.stop - part.start for part in self._found)

    def __iter__(self) -> Iterator[Literal]:
        for part in self._found:
            for row in self._relations[part.key].rows[part.start : part.stop]:
                yield _literal(part.key, row)

    def __contains__(self, literal: Literal) -> bool:
        assert literal.sign is not Sign.ABSENT, "a model says what holds"
        relation = self._relations.get(literal.key)
        return relation is not None and literal.atom[1:] in relation.why

    @property
    def contradictions(self) -> Iterator[Literal]:
        """What is both derived and denied, as what is derived."""
        for (predicate, denied), relation in self._relations.items():
            other = self._relations.get((predicate, True))
            if not denied and other and other.rows:
                for row in relation.rows:
                    if row in other.why:
                        yield Literal((predicate, *row))

    def why(self, literal: Literal) -> Derivation:
        """Return one derivation of a literal of the model, of the fewest rounds."""
        found = self._relations[literal.key].why[literal.atom[1:]]
        if found is None:
            return Derivation(rule=None)
        number, *values = found
        plan = self._plans[number]
        binding = dict(zip(plan.names, values, strict=True))
        body = [x.under(binding) for x in self.theory.rules[plan.rule].body]
        return Derivation(
            rule=plan.rule,
            premises=tuple(x for x in body if x.sign is not Sign.ABSENT),
            absent=tuple(x.atom for x in body if x.sign is Sign.ABSENT),
        )


def derive(theory: Theory, budget: Budget | None = None) -> Model | Spent:
    """Return everything that follows from ``theory``, or which budget that used up.

    Raises:
        LanguageError: the theory is not well typed, or something depends on its own absence.
    """
    levels = strata(checked(theory))
    work = _Work(theory, levels, Meter(budget or Budget()))
    try:
        work.facts()
        for level in range(max(levels.values(), default=0) + 1):
            work.stratum([n for n, r in enumerate(theory.rules) if levels[r.head.key] == level])
    except Exhausted as exhausted:
        return exhausted.spent
    return Model(theory=theory, relations=work.relations, plans=work.plans, found=work.found)


class _Work:
    """A derivation under way."""

    def __init__(self, theory: Theory, keys: Mapping[Key, int], meter: Meter) -> None:
        self.theory, self.meter = theory, meter
        self.relations = {key: Relation() for key in keys}
        self.plans: list[Plan] = []
        self.found: list[_Found] = []

    def facts(self) -> None:
        """Begin with what is given."""
        for fact in self.theory.facts:
            relation, row = self.relations[fact.key], fact.atom[1:]
            if row not in relation.why:
                self.meter.watch(relation.rows)
                relation.why[row] = None
                relation.rows.append(row)
        self._settle(self.relations)

    def stratum(self, numbers: list[int]) -> None:
        """Apply these rules until nothing new follows."""
        rules = self.theory.rules
        uses = defaultdict[Key, list[tuple[int, int]]](list)
        for number in numbers:
            for place, literal in enumerate(rules[number].body):
                if literal.sign is not Sign.ABSENT:
                    uses[literal.key].append((number, place))
        plans = dict[tuple[int, int], Plan]()
        for number in numbers:
            self._plan(number, None).run(self.meter)
        heads = {rules[number].head.key: None for number in numbers}
        while changed := self._settle(heads):
            todo = sorted({use for key in changed for use in uses[key]})
            for use in todo:
                if use not in plans:
                    plans[use] = self._plan(*use)
                plans[use].run(self.meter)
            heads = {rules[number].head.key: None for number, _ in todo} | dict.fromkeys(changed)

    def _plan(self, rule: int, delta: int | None) -> Plan:
        plan = Plan(
            number=len(self.plans),
            rule=rule,
            clause=self.theory.rules[rule],
            relations=self.relations,
            delta=delta,
        )
        self.plans.append(plan)
        return plan

    def _settle(self, keys: Mapping[Key, object]) -> list[Key]:
        """End a round; return the relations that grew in it."""
        self.meter.pay(0)
        grown = list[Key]()
        for key in keys:
            relation = self.relations[key]
            if relation.settle():
                self.found.append(_Found(key, relation.old, relation.settled))
                grown.append(key)
        return grown


def _literal(key: Key, row: Row) -> Literal:
    predicate, denied = key
    return Literal((predicate, *row), Sign.DENIED if denied else Sign.HOLDS)
