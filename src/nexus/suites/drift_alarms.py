"""How soon changes are noticed, and what is named that has not changed, on one stream's answers.

False causes are looked for where there is something to name falsely. Stable streams are watched as
they are; with what turns out wrong at random now and then; without second thoughts, so that all the
core's own errors count; and with chains that grow longer and longer. In streams that do change
every cause is false but the change itself. Each way is told beside its alarms, which ask for no
cause yet, and beside a watch that names a cause a thousand times as lightly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.randomness import key, uniform
from nexus.reason.drift import poisson_upper
from nexus.reason.outcomes import ALPHA
from nexus.suites import results
from nexus.suites.drifting import REFERENCE, Change, Stream, drawn_change, watched
from nexus.suites.results import Figure

DRAWS: Final = 40
"""Changes drawn for the delay of each stream."""
PARTS: Final = 10
"""Parts of a stream, each the outcomes of one watch: no outcome is watched twice."""
NOISE: Final = 0.02
"""Share of outcomes that turn out wrong at random where outcomes are noisy."""
LOOSE: Final = 1000 * ALPHA
"""Chance at which pure noise names a cause of the watch that false proposals stand beside."""
STABLE: Final = ("stable", "noisy", "first_thoughts", "longer")
WAYS: Final = (*STABLE, "changed")
"""In which streams false causes are looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What was raised and named falsely in some streams."""

    examples: int = 0
    """Examples after the reference, over all watches."""
    distinct: int = 0
    """Examples that were thought about for it."""
    alarms: int = 0
    causes: int = 0
    loose: int = 0
    """Causes of a watch that names them a thousand times as lightly."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            examples=self.examples + other.examples,
            distinct=self.distinct + other.distinct,
            alarms=self.alarms + other.alarms,
            causes=self.causes + other.causes,
            loose=self.loose + other.loose,
        )

    def per_10k(self, count: int) -> float:
        """Return a count in 10,000 examples."""
        return 1e4 * count / self.examples


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What was made of one stream."""

    delays: tuple[int, ...]
    """Examples from each drawn change to the first alarm after it."""
    tallies: Mapping[str, Tally]
    """By ``WAYS``."""

    def beside(self, false: int) -> "Heard":
        """Return the same with so many more causes named falsely in a stream that changed."""
        more = self.tallies["changed"] + Tally(causes=false, loose=false)
        return replace(self, tallies={**self.tallies, "changed": more})


def heard(
    lived: Stream, slips: Bool[np.ndarray, " n"], *, draws: int = DRAWS, parts: int = PARTS
) -> Heard:
    """Return what is made of changes drawn at random, and of nothing changing.

    ``slips`` are the examples whose wrong answers are not wrong any more on second thoughts. So
    many changes are drawn, and so many of the ``PARTS`` are watched.
    """
    n, delays = len(lived.data), list[int]()
    changed = Tally(distinct=n - REFERENCE)
    for draw in range(draws):
        change = drawn_change(lived.known, lived.seed, 1 + draw)
        soon, found = _changed(lived, slips, change, draw)
        delays.append(soon)
        changed += found
    stable = {name: Tally(distinct=n - REFERENCE) for name in STABLE}
    for name in STABLE:
        for part in range(parts):
            rows, wrong = quiet(lived, slips, name, part)
            stable[name] += _tally(lived, rows, wrong, n - REFERENCE)
    return Heard(delays=tuple(delays), tallies={**stable, "changed": changed})


def quiet(
    lived: Stream, slips: Bool[np.ndarray, " n"], way: str, part: int
) -> tuple[Int64[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
    """Return the outcomes of a part of a stable stream in order, and which count as wrong."""
    rows = part_of(lived, part)
    wrong = lived.wrong(rows, lived.data.take(rows))
    if way != "first_thoughts":
        wrong &= ~slips[rows]
    if way == "noisy":
        noise = uniform(key(lived.seed, "drift", "noise"), lived.data.index[rows], 1)[:, 0]
        wrong |= noise < NOISE
    if way == "longer":
        late = rows >= REFERENCE
        order = np.lexsort((rows, np.where(late, lived.data.band[rows], -1)))
        rows, wrong = rows[order], wrong[order]
    return rows, wrong


def part_of(lived: Stream, part: int) -> Int64[np.ndarray, " m"]:
    """Return the examples of one of ``PARTS`` parts of a stream, drawn at random."""
    thrown = uniform(key(lived.seed, "drift", "parts"), lived.data.index, 1)[:, 0]
    return np.flatnonzero((thrown * PARTS).astype(np.int64) == part)


def delay(lived: Stream, slips: Bool[np.ndarray, " n"], draw: int) -> int:
    """Return the examples from a drawn change to the first alarm after it."""
    return _changed(lived, slips, drawn_change(lived.known, lived.seed, 1 + draw), draw)[0]


def _changed(
    lived: Stream, slips: Bool[np.ndarray, " n"], change: Change, draw: int
) -> tuple[int, Tally]:
    """Return the delay of a change, and the false alarms and causes beside it.

    An alarm is false before the change, a cause if it names anything but the change.
    """
    rows = lived.shown(draw)
    truth = lived.revealed(rows, change)
    wrong = lived.wrong(rows, truth) & ~(slips[rows] & (rows < change.at))
    outcomes = lived.outcomes(rows, wrong)
    seen, loosely = watched(outcomes, rows), watched(outcomes, rows, alpha=LOOSE)
    late = [row for row in seen.alarms if row >= change.at]
    false = [
        sum(named.cause.tag != change.tag or named.at < change.at for named in found.causes)
        for found in (seen, loosely)
    ]
    tally = Tally(
        examples=len(lived.data) - REFERENCE,
        alarms=len(seen.alarms) - len(late),
        causes=false[0],
        loose=false[1],
    )
    return (late[0] if late else len(lived.data)) + 1 - change.at, tally


def _tally(
    lived: Stream, rows: Int64[np.ndarray, " m"], wrong: Bool[np.ndarray, " m"], examples: int
) -> Tally:
    outcomes = lived.outcomes(rows, wrong)
    seen, loosely = watched(outcomes, rows), watched(outcomes, rows, alpha=LOOSE)
    return Tally(
        examples=examples,
        alarms=len(seen.alarms),
        causes=len(seen.causes),
        loose=len(loosely.causes),
    )


def alarm_figures(each: Sequence[Heard]) -> dict[str, Figure]:
    """Return delays, and false proposals and alarms in 10,000 examples, over streams.

    ``false_proposals_per_10k`` is the worst of the ways in which they are looked for.
    """
    delays = [np.array(one.delays, dtype=np.float64) for one in each]
    pooled = np.concatenate(delays)
    late = Figure(value=None, n=len(pooled))
    figures = {
        "detection_delay": results.worst_stream(
            "detection_delay", [some.mean() for some in delays], results.mean(pooled)
        ),
        "detection_delay_p95": results.worst_stream(
            "detection_delay_p95", [float(np.quantile(some, 0.95)) for some in delays], late
        ),
    }
    proposals = {name: _rate([one.tallies[name] for one in each]) for name in WAYS}
    worst = max(proposals.values(), key=lambda figure: (figure.value, figure.high))
    figures["false_proposals_per_10k"] = worst
    figures |= {f"false_proposals_{name}_per_10k": figure for name, figure in proposals.items()}
    return figures | dict(_alarms(each))


def _rate(each: Sequence[Tally]) -> Figure:
    """Return false causes in 10,000 examples: the worst stream's, all streams' upper bound."""
    total = sum(each, start=Tally())
    pooled = Figure(
        value=None,
        floor=total.per_10k(total.loose),
        high=1e4 * poisson_upper(total.causes) / total.examples,
        n=total.distinct,
    )
    return results.worst_stream(
        "false_proposals_per_10k", [one.per_10k(one.causes) for one in each], pooled
    )


def _alarms(each: Sequence[Heard]) -> Iterator[tuple[str, Figure]]:
    for name in WAYS:
        some = [one.tallies[name] for one in each]
        total = sum(some, start=Tally())
        figure = Figure(value=total.per_10k(total.alarms), n=total.distinct, streams=len(some))
        yield f"false_alarms_{name}_per_10k", figure
