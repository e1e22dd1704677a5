"""What reflection notices: every thought is logged, contradictions become events; nothing changes.

An event asks for nothing. It is evidence, for people and for later proposals.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from nexus.base.errors import DataError, StorageError
from nexus.base.records import Decision, ReflectionEvent, Route
from nexus.reason.causes import Cause
from nexus.reason.drift import Cusum, Watch
from nexus.store.files import explained
from nexus.store.lines import append, locked, read_lines
from nexus.store.traces import Trace, TraceLog

_log = logging.getLogger(__name__)

_KINDS: Final = {
    "disagreed": "contradiction",
    "proved": "contradiction",
    "contradictory": "contradiction",
    "unsolvable": "contradiction",
    "refuted": "contradiction",
    "unfamiliar": "unfamiliar",
}
"""Cause of an outcome -> kind of event."""
VALID: Final = "valid"
"""What a note says of a proof that the checker accepts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    """Two things that cannot both be so, found by a check and not by an estimate."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """An alarm: the detector, and the state of the stream that raised it."""

    cusum: Cusum
    watch: Watch


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfamiliar:
    """Something unlike anything trained on."""

    score: float
    """1.0 is the 99th percentile of what is familiar."""


Finding: TypeAlias = Contradiction | Drift | Cause | Unfamiliar
"""What reflection may be told of beside decisions."""


class Reflection:
    """Logs thoughts and events below one folder; a disk that refuses never stops a thought."""

    def __init__(
        self, folder: Path, *, clock: Callable[[], datetime] | None = None, core: str = ""
    ) -> None:
        self.log, self.reflections = TraceLog(folder), folder / "reflections"
        self.clock = clock or _now
        self.core = core
        """Hash of the core whose thoughts these are; empty where it is not known."""
        self._refused = False

    def observe(
        self, decision: Decision, *, task: str, question: str, source: str
    ) -> ReflectionEvent | None:
        """Log one thought and return what is remarkable about it, if anything is.

        ``task`` names the world, ``question`` is the text asked and ``source`` says where the
        picture came from.

        Raises:
            DataError: the decision holds a number that is none.
        """
        events = self.keep([self.trace(decision, task=task, question=question, source=source)])
        return events[0] if events else None

    def trace(self, decision: Decision, *, task: str, question: str, source: str) -> Trace:
        """Return a decision as the trace that is logged of it."""
        proof, verdict = decision.certificate, decision.verdict
        notes = {
            "source": source,
            "cause": decision.cause,
            "reason": decision.reason,
            "query": decision.query,
            "fast": said(decision.fast),
            "slow": said(decision.slow),
            "verdict": VALID if verdict.valid else verdict.reason,
            "steps": " ".join(decision.steps),
            "surprise": f"{decision.surprise:.2f}",
        }
        return Trace(
            id=decision.trace,
            time=self.clock(),
            task=task,
            text=question,
            answer=decision.answer,
            confidence=decision.confidence,
            certificate=None if proof is None else asdict(proof),
            core=self.core,
            notes=tuple(f"{name}: {words}" for name, words in notes.items() if words),
        )

    def keep(self, traces: Sequence[Trace]) -> list[ReflectionEvent]:
        """Log thoughts, oldest first, and return what is remarkable about any of them."""
        noticed = [(trace, event) for trace in traces if (event := notice(trace)) is not None]

        def write() -> None:
            self.log.write(traces)
            for trace, event in noticed:
                beside = {"question": trace.text} if trace.text else {}
                self._write([event], trace.time, beside)

        self._unless_refused(write)
        return [event for _, event in noticed]

    def report(self, finding: Finding, *, traces: tuple[str, ...]) -> ReflectionEvent:
        """Log what was found in some thoughts, and return it as an event; nothing else happens.

        Raises:
            DataError: no thought is named as evidence, or a line of the log is damaged.
        """
        event = event_of(finding, traces=traces)
        self.record([event])
        return event

    def record(self, events: Sequence[ReflectionEvent]) -> list[ReflectionEvent]:
        """Log those events that are not logged yet, and return them.

        Raises:
            DataError: a line of the log is damaged.
        """
        known = self.events()
        new = [event for event in events if event not in known]
        if new:
            self._unless_refused(lambda: self._write(new, self.clock(), {}))
        return new

    def events(self) -> list[ReflectionEvent]:
        """Return every event logged, oldest first.

        Raises:
            DataError: a line of the log is damaged; it is named.
        """
        files = sorted(self.reflections.glob("trace_*.jsonl"))
        return [event for file in files for event in read_lines(file, _event)]

    def _unless_refused(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StorageError as error:
            if not self._refused:  # once is enough: the next thought meets the same disk
                _log.warning("thoughts are not being logged: %s", error)
            self._refused = True

    def _write(
        self, events: Sequence[ReflectionEvent], now: datetime, beside: dict[str, str]
    ) -> None:
        path = self.reflections / f"trace_{now:%Y%m%d}.jsonl"
        with explained(path), locked(path) as handle:
            for event in events:
                append(handle, {**asdict(event), "time": now.isoformat(), **beside})


def _now() -> datetime:
    return datetime.now(UTC)


def _event(values: Any) -> ReflectionEvent:
    return ReflectionEvent(
        kind=values["kind"], evidence=tuple(values["evidence"]), cause=values["cause"]
    )


def said(route: Route) -> str:
    """Return what a route says by itself, in words."""
    answer = f"{route.answer} ({route.confidence:.0%})" if route.answer else "no answer"
    return f"{answer}, rests on {route.rests_on}"


def notice(trace: Trace) -> ReflectionEvent | None:
    """Return the event a thought gives rise to; a refused proof outweighs all else."""
    verdict, cause = trace.note("verdict"), trace.note("cause")
    if trace.certificate is not None and verdict != VALID:
        return ReflectionEvent(kind="rejected_proof", evidence=(trace.id,), cause=verdict)
    if cause not in _KINDS:
        return None
    return ReflectionEvent(kind=_KINDS[cause], evidence=(trace.id,), cause=trace.note("reason"))


def event_of(finding: Finding, *, traces: tuple[str, ...]) -> ReflectionEvent:
    """Return what was found as an event whose evidence is ``traces``, in plain words and numbers.

    Raises:
        DataError: no thought is named as evidence.
    """
    if not traces:
        raise DataError("an event needs evidence", hint="name the thoughts it was found in")
    match finding:
        case Contradiction(reason=reason):
            kind, cause = "contradiction", reason
        case Drift(cusum=cusum, watch=watch):
            kind = "drift"
            cause = (
                f"what is watched has risen since example {watch.since}, noticed at {watch.seen};"
                f" false alarms: at most {cusum.per_10k_upper:.2g} in 10,000"
            )
        case Cause():
            kind = "cause"
            cause = (
                f"{finding.tag}: {finding.wrong_with} of {finding.n_with} {finding.wrong},"
                f" against {finding.wrong_without} of {finding.n_without} without it"
                f" (difference {finding.low:.2f} to {finding.high:.2f}, p = {finding.p:.1g})"
            )
        case Unfamiliar(score=score):
            kind = "unfamiliar"
            cause = f"as strange as {score:.2f}; 99 % of what is familiar is below 1"
    return ReflectionEvent(kind=kind, evidence=traces, cause=cause)
