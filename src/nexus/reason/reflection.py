"""What reflection notices: every thought is logged, contradictions become events; nothing changes.

An event asks for nothing. It is evidence, for people and for later proposals.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from nexus.base.errors import DataError, StorageError
from nexus.base.records import Decision, ReflectionEvent
from nexus.reason.causes import Cause
from nexus.reason.drift import Cusum, Watch
from nexus.store.files import explained, make_folder, write_json

_log = logging.getLogger(__name__)

_KINDS: Final = {"disagreed": "contradiction", "unfamiliar": "unfamiliar"}
"""Cause of a decision -> kind of event."""


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
    """Writes thoughts and events below one folder; a disk that refuses never stops a thought."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime]) -> None:
        self.thoughts, self.reflections = folder / "thoughts", folder / "reflections"
        self.clock = clock
        self._refused = False

    def observe(self, decision: Decision, *, question: str, source: str) -> ReflectionEvent | None:
        """Log one thought and return what is remarkable about it, if anything is.

        ``question`` is the text asked and ``source`` says where the picture came from.
        """
        event = notice(decision)
        self._unless_refused(lambda: self._write(decision, question, source, event))
        return event

    def report(self, finding: Finding, *, traces: tuple[str, ...]) -> ReflectionEvent:
        """Log what was found in some thoughts, and return it as an event; nothing else happens.

        Raises:
            DataError: no thought is named as evidence.
        """
        event = event_of(finding, traces=traces)
        self._unless_refused(lambda: self._write_event(event, {}))
        return event

    def _unless_refused(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StorageError as error:
            if not self._refused:  # once is enough: the next thought meets the same disk
                _log.warning("thoughts are not being logged: %s", error)
            self._refused = True

    def _write(
        self, decision: Decision, question: str, source: str, event: ReflectionEvent | None
    ) -> None:
        now = self.clock()
        trace = {"question": question, "source": source, **asdict(decision)}
        name = f"{now:%Y%m%d_%H%M%S}-{decision.trace}.json"
        write_json(self.thoughts / name, {**trace, "time": now.isoformat()})
        if event is not None:
            self._write_event(event, {"question": question}, now)

    def _write_event(
        self, event: ReflectionEvent, beside: dict[str, str], now: datetime | None = None
    ) -> None:
        now = now or self.clock()
        record = {**asdict(event), "time": now.isoformat(), **beside}
        append_line(self.reflections / f"trace_{now:%Y%m%d}.jsonl", record)


def notice(decision: Decision) -> ReflectionEvent | None:
    """Return the event a decision gives rise to; a refused proof outweighs all else."""
    if decision.certificate is not None and not decision.verdict.valid:
        kind, cause = "rejected_proof", decision.verdict.reason
    elif decision.cause in _KINDS:
        kind, cause = _KINDS[decision.cause], decision.reason
    else:
        return None
    return ReflectionEvent(kind=kind, evidence=(decision.trace,), cause=cause)


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
                f"{finding.tag}: {finding.wrong_with} of {finding.n_with} wrong,"
                f" against {finding.wrong_without} of {finding.n_without} without it"
                f" (difference {finding.low:.2f} to {finding.high:.2f}, p = {finding.p:.1g})"
            )
        case Unfamiliar(score=score):
            kind = "unfamiliar"
            cause = f"as strange as {score:.2f}; 99 % of what is familiar is below 1"
    return ReflectionEvent(kind=kind, evidence=traces, cause=cause)


def append_line(path: Path, record: object) -> None:
    """Add one JSON line to ``path``, whole or not at all to any reader that reads by lines.

    One ``write`` in append mode: lines of several processes do not mix. A line cut short by a
    full disk is taken back.

    Raises:
        StorageError: the disk refused.
    """
    line = (json.dumps(record, sort_keys=True, ensure_ascii=False) + "\n").encode()
    with explained(path):
        make_folder(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            before = os.fstat(handle).st_size
            try:
                if os.write(handle, line) != len(line):
                    raise OSError(28, "No space left on device")
            except OSError:
                os.ftruncate(handle, before)
                raise
        finally:
            os.close(handle)
