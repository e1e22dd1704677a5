"""A stream of k-hop puzzles under rules of which one changes, and what turns out of it."""

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.randomness import integers, key, uniform
from nexus.reason.boards import BoardReasoner
from nexus.reason.causes import Cause
from nexus.reason.outcomes import (
    ALPHA,
    Outcome,
    OutcomeWatch,
    Seen,
    fit_outcomes,
    wrong_on_second_thoughts,
)
from nexus.reason.patterns import Found, noticed
from nexus.suites.thoughts import think
from nexus.worlds.puzzles import Khop, Puzzles

LENGTH: Final = 10_000
"""Examples of a stream."""
REFERENCE: Final = 3_000
"""The first of them, known to be stable: they say how often the core errs."""
CHANGES: Final = (5_000, 6_000)
"""The rule changes after so many examples, somewhere between these."""
REVEALED: Final = 0.1
"""Share of examples whose outcome turns out."""
SPLIT: Final = "test"
CYCLES: Final = 48
"""Cycles the core thinks about an example; ten hops need more than the recipe's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One rule of the table comes to something else from one example on."""

    first: int
    second: int
    to: int
    at: int

    @property
    def tag(self) -> str:
        """What examples of this rule are tagged with."""
        return f"rule:{self.first}x{self.second}"

    def world(self, known: Khop) -> Khop:
        """Return the puzzle after the change."""
        return known.under(known.rules.changed(self.first, self.second, self.to))


def drawn_change(
    known: Khop, seed: int, draw: int = 0, *, between: tuple[int, int] = CHANGES
) -> Change:
    """Return a change ``between`` two places that is a function of ``seed`` and ``draw``."""
    n = known.answers
    [[first, second, by, at]] = integers(key(seed, "drift", "change"), np.array([draw]), 4, 1 << 30)
    first, second = int(first) % n, int(second) % n
    to = (int(known.rules.table[first, second]) + 1 + int(by) % (n - 1)) % n
    low, high = between
    return Change(first=first, second=second, to=to, at=low + int(at) % (high - low))


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Examples in order, what the core answered about each, and which outcomes turn out."""

    known: Khop
    """The rules that the core was taught."""
    data: Puzzles
    """Under the known rules: solutions before the change."""
    answer: Int64[np.ndarray, "n cell"]
    """What the core said of each."""
    seed: int

    @cached_property
    def tags(self) -> list[frozenset[str]]:
        """What each example is about, from its givens alone."""
        return self.known.tags(self.data)

    def having(self, tag: str) -> Bool[np.ndarray, " n"]:
        """Return which examples have a tag."""
        return np.array([tag in tags for tags in self.tags])

    def shown(self, draw: int = 0, *, share: float = REVEALED) -> Int64[np.ndarray, " m"]:
        """Return the examples whose outcome turns out: a counter-based draw, chosen by nobody."""
        of = key(self.seed, "drift", "revealed", draw)
        return np.flatnonzero(uniform(of, self.data.index, 1)[:, 0] < share)

    def revealed(self, rows: Int64[np.ndarray, " m"], change: Change | None) -> Puzzles:
        """Return what turned out at these places of the stream: the true solutions there."""
        before = self.data.take(rows)
        if change is None:
            return before
        after = change.world(self.known).answered(before)
        late = (rows >= change.at)[:, None]
        return replace(before, solution=np.where(late, after.solution, before.solution))

    def wrong(self, rows: Int64[np.ndarray, " m"], truth: Puzzles) -> Bool[np.ndarray, " m"]:
        """Return which answers of the core are wrong."""
        return ((self.answer[rows] != truth.solution) & truth.asked).any(1)

    def id(self, row: int) -> str:
        """Return the id of the thought about an example: 12 hexadecimal digits, as traces have."""
        told = f"{self.known.name} {self.data.split} {self.data.seed} {self.data.index[row]}"
        return sha256(told.encode()).hexdigest()[:12]

    def outcomes(
        self, rows: Int64[np.ndarray, " m"], wrong: Bool[np.ndarray, " m"]
    ) -> list[Outcome]:
        """Return what turned out in the form a watch takes it."""
        return [
            Outcome(id=self.id(row), tags=self.tags[row], wrong=bool(w))
            for row, w in zip(rows.tolist(), wrong.tolist(), strict=True)
        ]


def stream(boards: BoardReasoner, known: Khop, seed: int, *, length: int, cycles: int) -> Stream:
    """Return a stream, every example thought about once."""
    data = known.sample(key(seed, "drift", "stream"), SPLIT, np.arange(length))
    return Stream(
        known=known, data=data, answer=think(boards, data, cycles=cycles).answer, seed=seed
    )


def turned_out(
    known: Khop, seed: int, change: Change, *, start: int, stop: int, share: float
) -> Puzzles:
    """Return those examples of a stream after its change whose outcome turns out, as it does.

    They are of places ``start`` to ``stop``, past the change; nothing is thought about them yet.
    """
    late = np.arange(start, stop)
    data = known.sample(key(seed, "drift", "stream"), SPLIT, late)
    lived = Stream(known=known, data=data, answer=data.solution, seed=seed)
    return change.world(known).answered(data.take(lived.shown(share=share)))


def surely_wrong(
    boards: BoardReasoner,
    lived: Stream,
    rows: Int64[np.ndarray, " m"],
    truth: Puzzles,
    *,
    cycles: int,
) -> Bool[np.ndarray, " m"]:
    """Return which answers turn out wrong, and still are on second thoughts."""
    wrong = lived.wrong(rows, truth)
    again = np.flatnonzero(wrong)
    of = key(lived.seed, "drift", "guises")
    wrong[again] = wrong_on_second_thoughts(
        boards, lived.known, truth.take(again), cycles=cycles, stream=of
    )
    return wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A cause that was named, counted in examples of the stream from 0."""

    at: int
    """The example whose outcome named it."""
    since: int
    """The first outcome that turned out after the likeliest moment of the change."""
    cause: Cause
    events: tuple[Found, ...]
    """All that had been noticed by then, this cause last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What a watch made of a stream, counted in examples of the stream from 0."""

    watch: OutcomeWatch
    alarms: tuple[int, ...]
    causes: tuple[Named, ...]
    found: tuple[Found, ...]
    """Alarms and causes in the order in which they were noticed."""


def watched(
    outcomes: list[Outcome],
    rows: Int64[np.ndarray, " m"],
    *,
    reference: int = REFERENCE,
    alpha: float = ALPHA,
) -> Watched:
    """Return what a watch, fitted on the reference, makes of the outcomes after it.

    ``rows`` are their places in the stream, those of the reference first.
    """
    stable = int((rows < reference).sum())
    watch, seen = fit_outcomes(outcomes[:stable], alpha=alpha), Seen()
    alarms, causes, found = list[int](), list[Named](), list[Found]()
    for row, outcome in zip(rows[stable:].tolist(), outcomes[stable:], strict=True):
        seen = watch.observe(seen, outcome)
        found += noticed(seen)
        if seen.suspicion is not None and seen.suspicion.at == seen.count:
            alarms.append(row)
        if seen.cause is not None and seen.suspicion is not None:
            since = int(rows[stable + seen.suspicion.since])
            causes.append(Named(at=row, since=since, cause=seen.cause, events=tuple(found)))
    return Watched(watch=watch, alarms=tuple(alarms), causes=tuple(causes), found=tuple(found))
