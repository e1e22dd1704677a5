"""Joins: one rule, and which of its conditions is new, as a pipeline over tuples of constants.

A binding is a tuple: the number of its plan, the rule's constants, then the values of its variables
in the order in which the plan binds them. Tuples of names and numbers are all that is made for each
row, so that Python's collector of cycles finds nothing to follow. A view keeps of one relation what
a condition asks of it: the columns that are bound lead to lists of the columns that are not.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, TypeAlias

from nexus.logic.engines.budget import Meter
from nexus.logic.theory import Literal, Rule, Sign

Row: TypeAlias = tuple[str, ...]
"""The arguments of an atom."""
Binding: TypeAlias = tuple[Any, ...]
Key: TypeAlias = tuple[str, bool]
"""Predicate, and whether its denial is meant."""
Stage: TypeAlias = Callable[[Iterable[Binding], Meter], Iterable[Binding]]
PAY: Final = 1000
"""Steps after which a join pays."""


class Relation:
    """The rows of one predicate, in the order found, and why each of them holds.

    What a round finds is not ``settled``, and no condition sees it, before the round is over;
    ``rows[old:settled]`` is what the round before found.
    """

    __slots__ = ("old", "rows", "settled", "views", "why")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.why: dict[Row, Binding | None] = {}
        self.old = self.settled = 0
        self.views: dict[Shape, View] = {}

    def settle(self) -> bool:
        """Let the next round see what this one found; return whether it found anything."""
        self.old, self.settled = self.settled, len(self.rows)
        return self.old < self.settled


@dataclass(frozen=True, slots=True)
class Shape:
    """What a condition asks of a row: which columns lead to it, which it binds, which agree."""

    bound: tuple[int, ...]
    new: tuple[int, ...]
    same: tuple[tuple[int, int], ...] = ()


class View:
    """One relation by the bound columns of a shape; it reads on only when it is used."""

    __slots__ = ("_index", "_read", "_relation", "_shape")

    def __init__(self, relation: Relation, shape: Shape) -> None:
        self._relation, self._shape = relation, shape
        self._index: defaultdict[Any, list[Row]] = defaultdict(list)
        self._read = 0

    def index(self) -> Mapping[Any, list[Row]]:
        """Return the settled rows: what bound columns lead to."""
        relation, shape, index = self._relation, self._shape, self._index
        if self._read < relation.settled:
            rows = _agreeing(relation.rows[self._read : relation.settled], shape)
            for key, rest in zip(map(_key(shape.bound), rows), _rests(rows, shape), strict=True):
                index[key].append(rest)
            self._read = relation.settled
        return index


class Plan:
    """One rule compiled, with the condition ``delta`` read from what the last round found."""

    __slots__ = ("_base", "_head", "_into", "_stages", "names", "rule")

    def __init__(
        self,
        *,
        number: int,
        rule: int,
        clause: Rule,
        relations: Mapping[Key, Relation],
        delta: int | None,
    ) -> None:
        self.rule = rule
        """Which of the theory's rules this is."""
        named = dict.fromkeys(x for literal in clause.literals for x in literal.atom[1:])
        constants = [x for x in named if not x.startswith("?")]
        self._base: Binding = (number, *constants)
        register = {name: i for i, name in enumerate(constants, start=1)}
        self._stages: list[Stage] = []
        waiting = list(clause.body)
        if delta is not None:
            first = waiting.pop(delta)
            self._stages.append(_newly(relations[first.key], *_shape(first, register)))
        while waiting:
            literal = max(waiting, key=lambda x: _urgency(x, register))
            waiting.remove(literal)
            if literal.sign is Sign.ABSENT:
                relation = relations[literal.atom[0], False]
                self._stages.append(_without(relation, [register[x] for x in literal.atom[1:]]))
            else:
                self._stages.append(_extended(relations[literal.key], *_shape(literal, register)))
        self.names = tuple(register)
        """What the values of a binding are the values of: constants, then variables."""
        self._head = _pick([register[x] for x in clause.head.atom[1:]])
        self._into = relations[clause.head.key]

    def run(self, meter: Meter) -> None:
        """Add what follows, where it is not there yet."""
        bindings: Iterable[Binding] = (self._base,)
        meter.watch(self._into.rows)
        for stage in self._stages:
            bindings = stage(bindings, meter)
        head, why, add = self._head, self._into.why, self._into.rows.append
        for binding in bindings:
            row = head(binding)
            if row not in why:
                why[row] = binding
                add(row)


def _urgency(literal: Literal, register: Mapping[str, int]) -> tuple[int, int]:
    """Return what to do first: tests of absence that can be made, then what is most bound."""
    arguments = literal.atom[1:]
    free = sum(x not in register for x in arguments)
    if literal.sign is Sign.ABSENT:
        return (-1, 0) if free else (2, 0)
    return (0 if free and free == len(arguments) else 1, -free)


def _shape(literal: Literal, register: dict[str, int]) -> tuple[Shape, list[int]]:
    """Return the shape and the registers that hold its key; registers get the new variables."""
    arguments = literal.atom[1:]
    bound = tuple(i for i, x in enumerate(arguments) if x in register)
    key = [register[arguments[i]] for i in bound]
    first: dict[str, int] = {}
    same: list[tuple[int, int]] = []
    for i, x in enumerate(arguments):
        if x in first:
            same.append((first[x], i))
        elif x not in register:
            first[x] = i
    for x in first:
        register[x] = len(register) + 1
    return Shape(bound, tuple(first.values()), tuple(same)), key


def _newly(relation: Relation, shape: Shape, registers: list[int]) -> Stage:
    """Return the stage that begins with the rows of the last round."""
    wanted, key = _key(registers), _key(shape.bound)

    def stage(bindings: Iterable[Binding], meter: Meter) -> Iterator[Binding]:
        (base,) = bindings
        rows = _agreeing(relation.rows[relation.old : relation.settled], shape)
        meter.pay(len(rows))
        if registers:
            this = wanted(base)
            rows = [row for row in rows if key(row) == this]
        for rest in _rests(rows, shape):
            yield base + rest

    return stage


def _extended(relation: Relation, shape: Shape, registers: list[int]) -> Stage:
    """Return the stage that extends each binding by every row that agrees with it."""
    view = relation.views.setdefault(shape, View(relation, shape))
    key = _key(registers)

    def stage(bindings: Iterable[Binding], meter: Meter) -> Iterator[Binding]:
        find, due = view.index().get, 0
        for binding in bindings:
            rests = find(key(binding), ())
            due += 1 + len(rests)
            if due > PAY:
                meter.pay(due)
                due = 0
            for rest in rests:
                yield binding + rest
        meter.pay(due)

    return stage


def _without(relation: Relation, registers: list[int]) -> Stage:
    """Return the stage that keeps the bindings of which no row tells."""
    row = _pick(registers)
    return lambda bindings, _: (b for b in bindings if row(b) not in relation.why)


def _agreeing(rows: list[Row], shape: Shape) -> list[Row]:
    """Return the rows whose columns agree where the shape says so."""
    for a, b in shape.same:
        rows = [row for row in rows if row[a] == row[b]]
    return rows


def _rests(rows: list[Row], shape: Shape) -> Iterable[Row]:
    """Return the new columns of each row."""
    if rows and shape.new == tuple(range(len(rows[0]))):
        return rows
    return map(_pick(shape.new), rows)


def _pick(columns: Iterable[int]) -> Callable[[Binding], Row]:
    """Return what takes these columns of a row, as a row."""
    match tuple(columns):
        case ():
            return lambda _: ()
        case (i,):
            return lambda row: (row[i],)
        case several:
            return itemgetter(*several)


def _key(columns: Iterable[int]) -> Callable[[Binding], Any]:
    """Return what takes these columns of a row, as a key: one column is its own key."""
    several = tuple(columns)
    return itemgetter(several[0]) if len(several) == 1 else _pick(several)
