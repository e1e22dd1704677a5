"""What many thoughts have in common: which end badly, what is special about those, and since when.

Nothing is changed by looking back. A pattern is evidence and no proof of a reason.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool

from nexus.base.errors import DataError
from nexus.base.records import ReflectionEvent
from nexus.logic.language import SIGNATURES
from nexus.reason.causes import find_cause
from nexus.reason.corrections import event_of as correction_event
from nexus.reason.drift import Cusum, Watch, fit_rate
from nexus.reason.outcomes import Outcome, Seen
from nexus.reason.reflection import Drift, Finding, notice
from nexus.store.corrections import Correction
from nexus.store.traces import Trace

REFERENCE: Final = 200
"""The oldest thoughts, against whose rate of disagreement the later ones are watched."""
RISE: Final = 0.2
"""Rise of that rate the watch is made to notice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Something found, and the thoughts it was found in."""

    finding: Finding
    traces: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """The watch over disagreement: its detector and alarms, or why there is none."""

    cusum: Cusum | None = None
    reason: str = ""
    """Why nothing is watched, in plain words."""
    alarms: int = 0
    first: Found | None = None
    """The first alarm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LookBack:
    """What is found in a log of thoughts."""

    thoughts: int
    answered: int
    disagreed: int
    """Thoughts in which the fast and the slow one answer differently."""
    causes: Mapping[str, int]
    """How thoughts ended, in a word -> how often, the commonest first."""
    events: tuple[ReflectionEvent, ...]
    """What was remarkable about single thoughts."""
    patterns: tuple[Found, ...]
    watched: Watched
    corrected: int = 0
    """Thoughts that people corrected."""

    def events_of(self, kind: str) -> int:
        """Return how many single thoughts gave rise to an event of this kind."""
        return sum(event.kind == kind for event in self.events)


def look_back(traces: Sequence[Trace], corrections: Sequence[Correction] = ()) -> LookBack:
    """Return what there is to be found in thoughts, given oldest first; the same each time.

    A correction is an event like those that thoughts give rise to.
    """
    apart = np.array([disagreed(trace) for trace in traces], dtype=bool)
    silent = np.array([not trace.answer for trace in traces], dtype=bool)
    patterns = [_pattern(traces, apart, "disagreed")]
    if (silent != apart).any():  # else the same would be told twice
        patterns.append(_pattern(traces, silent, "not answered"))
    causes = Counter(cause for trace in traces if (cause := trace.note("cause")))
    return LookBack(
        thoughts=len(traces),
        answered=int((~silent).sum()),
        disagreed=int(apart.sum()),
        causes=dict(causes.most_common()),
        events=(
            *(event for trace in traces if (event := notice(trace)) is not None),
            *(correction_event(correction) for correction in corrections),
        ),
        patterns=tuple(pattern for pattern in patterns if pattern is not None),
        watched=watch(traces, apart),
        corrected=len({correction.trace for correction in corrections}),
    )


def disagreed(trace: Trace) -> bool:
    """Return whether fast and slow thought answer differently."""
    if trace.cycles:
        return trace.note("fast") != trace.note("slow")
    return trace.note("cause") in ("disagreed", "proved")


def tags(trace: Trace) -> frozenset[str]:
    """Return what a thought is about: its task, kind of question, attributes, values, relations.

    They are those of the query as it was read; a question that was not read has its task alone.
    """
    symbols = iter(trace.note("query").split())
    found = {f"task:{trace.task}"}
    for at, op in enumerate(symbols):
        if at == 0:
            found.add(f"kind:{op}")
        sorts = SIGNATURES[op].arguments if op in SIGNATURES else ()
        arguments = {sort: next(symbols, "") for sort in sorts}
        found |= {f"{sort}:{name}" for sort, name in arguments.items() if sort != "value"}
        if "value" in arguments:
            found.add(f"{arguments.get('attribute', 'colour')}:{arguments['value']}")
    return frozenset(found)


def _pattern(traces: Sequence[Trace], wrong: Bool[np.ndarray, " n"], words: str) -> Found | None:
    cause = find_cause([tags(trace) for trace in traces], wrong)
    if cause is None:
        return None
    evidence = tuple(
        trace.id
        for trace, bad in zip(traces, wrong.tolist(), strict=True)
        if bad and cause.tag in tags(trace)
    )
    return Found(finding=replace(cause, wrong=words), traces=evidence)


def watch(traces: Sequence[Trace], apart: Bool[np.ndarray, " n"]) -> Watched:
    """Return the alarms of a detector fitted on the oldest thoughts and run over the later ones."""
    if len(traces) <= REFERENCE:
        few = f"{len(traces)} thoughts are too few: the first {REFERENCE} are the reference"
        return Watched(reason=few)
    stable = apart[:REFERENCE]
    rate = (float(stable.sum()) + 0.5) / (REFERENCE + 1)
    try:
        cusum = fit_rate(stable, changed=min(rate + RISE, (1 + rate) / 2))
    except DataError as error:
        return Watched(reason=error.message)
    state, alarms, first = Watch(seen=REFERENCE, since=REFERENCE), 0, None
    for score in apart[REFERENCE:].tolist():
        state = cusum.observe(state, float(score))
        alarms += state.alarm
        if state.alarm and first is None:
            span = range(state.since, state.seen)
            evidence = tuple(traces[at].id for at in span if apart[at])
            first = Found(finding=Drift(cusum=cusum, watch=state), traces=evidence)
    return Watched(cusum=cusum, alarms=alarms, first=first)


def noticed(after: Seen) -> list[Found]:
    """Return what the last outcome made noticeable: an alarm, a cause, both or, mostly, nothing.

    The evidence is those wrong since the likeliest moment of the change that have the tag.
    """
    suspicion, found = after.suspicion, list[Found]()
    if suspicion is None:
        return found
    if suspicion.at == after.count:
        finding = Drift(cusum=suspicion.cusum, watch=suspicion.watch)
        traces = _wrong_with(after.since(suspicion.watch.since), suspicion.tag)
        found.append(Found(finding=finding, traces=traces))
    if after.cause is not None:
        traces = _wrong_with(after.since(suspicion.since), after.cause.tag)
        found.append(Found(finding=after.cause, traces=traces))
    return found


def _wrong_with(rows: Sequence[Outcome], tag: str) -> tuple[str, ...]:
    return tuple(row.id for row in rows if row.wrong and tag in row.tags)
