"""Logged thoughts, and what they have in common, in plain words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nexus.base.errors import DataError
from nexus.base.records import Certificate
from nexus.interfaces.boards import TASKS, board_lines
from nexus.interfaces.wording import proof_lines
from nexus.reason.patterns import LookBack, Watched
from nexus.reason.reflection import VALID, Drift, event_of
from nexus.store.traces import Line, Trace


def trace_lines(trace: Trace) -> list[str]:
    """Return a thought as a person is told it: the outcome first, then what it rests on."""
    told = [] if trace.text == "" else [f"Asked: {trace.text}"]
    if source := trace.note("source"):
        told.append(f"About: {source}")
    told += [""] if told else []
    sure = f"({trace.confidence:.0%} sure)"
    if trace.board and trace.task in TASKS:
        told += [*_board(trace), ""]
        told.append(f"Solved {sure}." if trace.answer else "Not answered.")
    else:
        told.append(f"{trace.answer}   {sure}" if trace.answer else f"I am not sure {sure}.")
    told.append(trace.note("reason"))
    if not trace.board:
        told += ["", "What each route says by itself:"]
        told += [f"  {name}: {trace.note(name)}" for name in ("fast", "slow")]
    if trace.certificate is not None:
        verdict = trace.note("verdict")
        told += ["", *proof_lines(_proof(trace), "" if verdict == VALID else verdict)]
    if steps := trace.note("steps"):
        told += ["", f"How the fast route reads the question: {steps}"]
    if surprise := trace.note("surprise"):
        told += ["", f"Surprise {surprise} (1 is rare in training)."]
    return told


def _board(trace: Trace) -> list[str]:
    """Return the board with its answer; where there is none, as it was given."""
    answer = [int(symbol) for symbol in trace.answer]
    if answer and len(answer) != len(trace.board):
        raise DataError(f"the answer of trace {trace.id} is about another board than it was asked")
    return board_lines(trace.board, answer, TASKS[trace.task])


def _proof(trace: Trace) -> Certificate:
    try:
        return Certificate.parse(trace.certificate or {})
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"the proof of trace {trace.id} is damaged: {error}", hint="delete its file"
        ) from None


def line_lines(lines: Sequence[Line]) -> list[str]:
    """Return one row a logged thought."""
    rows = [("id", "time (UTC)", "task", "sure", "answer")]
    for line in lines:
        time = f"{datetime.fromisoformat(line.time):%Y-%m-%d %H:%M:%S}"
        answer = line.answer if len(line.answer) <= 36 else line.answer[:33] + "..."
        rows.append((line.id, time, line.task, f"{line.confidence:.0%}", answer or "(none)"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]


def look_back_lines(seen: LookBack, new: int) -> list[str]:
    """Return what was found in the log of thoughts; ``new`` events were not known before."""
    if not seen.thoughts:
        return ["No thought is logged yet."]
    lines = [f"{_many(seen.thoughts, 'thought')}: {seen.answered} answered."]
    lines.append(f"Fast and slow disagree in {seen.disagreed}.")
    lines += ["", "How they ended:"]
    lines += [f"  {cause}: {count}" for cause, count in seen.causes.items()]
    kinds = (("contradiction", "contradictions"), ("unfamiliar", "unfamiliar inputs"))
    counted = [f"{seen.events_of(kind)} {words}" for kind, words in kinds]
    lines += ["", f"Remarkable: {', '.join(counted)}, {seen.events_of('rejected_proof')} proofs"]
    lines[-1] += " refused by the checker."
    lines += ["", "What goes wrong more often than the rest:"]
    causes = [event_of(p.finding, traces=p.traces).cause for p in seen.patterns]
    lines += [f"  {cause}" for cause in causes] or ["  nothing that chance does not explain"]
    lines += ["", "Is disagreement on the rise?", *_watched_lines(seen.watched)]
    lines += ["", f"{_many(new, 'event')} noted that had not been before; nothing else changes."]
    return lines


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _watched_lines(watched: Watched) -> list[str]:
    cusum = watched.cusum
    if cusum is None:
        return [f"  not known: {watched.reason}"]
    promise = (
        f"  (false alarms: at most {cusum.per_10k_upper:.2g} in 10,000 thoughts,"
        " if one does not depend on another)"
    )
    if watched.first is None:
        return ["  no", promise]
    found = watched.first.finding
    assert isinstance(found, Drift)
    since = found.watch.since + 1
    alarms = _many(watched.alarms, "alarm")
    return [f"  yes, since thought {since}: {alarms}, first at {found.watch.seen}", promise]


def look_back_json(seen: LookBack) -> Mapping[str, Any]:
    """Return what was found as plain JSON values."""
    cusum, first = seen.watched.cusum, seen.watched.first
    found = [*seen.patterns, *([first] if first else [])]
    events = [event_of(one.finding, traces=one.traces) for one in found]
    return {
        "thoughts": seen.thoughts,
        "answered": seen.answered,
        "disagreed": seen.disagreed,
        "causes": seen.causes,
        "contradictions": seen.events_of("contradiction"),
        "unfamiliar": seen.events_of("unfamiliar"),
        "rejected_proofs": seen.events_of("rejected_proof"),
        "found": [{"kind": e.kind, "cause": e.cause, "evidence": e.evidence} for e in events],
        "alarms": seen.watched.alarms,
        "false_alarms_per_10k": None if cusum is None else cusum.per_10k_upper,
        "not_watched": seen.watched.reason,
    }
