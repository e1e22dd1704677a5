"""Logged thoughts, and what they have in common, in plain words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nexus.base.errors import DataError, InputError
from nexus.base.records import Certificate
from nexus.interfaces.boards import TASKS, board_lines, task_of
from nexus.interfaces.wording import proof_lines
from nexus.reason.corrections import Weighed
from nexus.reason.patterns import LookBack, Watched
from nexus.reason.reflection import VALID, Drift, event_of
from nexus.store.traces import Line, Trace
from nexus.worlds.puzzles import answers


def trace_lines(trace: Trace) -> list[str]:
    """Return a thought as a person is told it: the outcome first, then what it rests on."""
    board = bool(trace.board) and trace.task in TASKS
    told = [] if trace.text == "" or board else [f"Asked: {trace.text}"]
    if source := trace.note("source"):
        told.append(f"About: {source}")
    told += [""] if told else []
    sure = f"({trace.confidence:.0%} sure)"
    if board:
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
    task = task_of(trace.task, trace.text)
    try:
        answer = answers.read(task.puzzle, trace.answer) if trace.answer else []
    except InputError:
        raise DataError(f"the answer of trace {trace.id} is about another board") from None
    lines = board_lines(trace.board, answer, task)
    if trace.cycles and not task.side:  # what is told in words has no picture
        each = [answers.written(task.puzzle, cycle.board) for cycle in trace.cycles]
        lines += ["", "After each cycle:"]
        lines += [f"  {_span(first, last)}: {said}" for first, last, said in _runs(each)]
    return lines


def _runs(values: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return runs of equal values as first and last place, counted from 1, and the value."""
    found = list[tuple[int, int, str]]()
    for at, value in enumerate(values, start=1):
        if found and found[-1][2] == value:
            found[-1] = (found[-1][0], at, value)
        else:
            found.append((at, at, value))
    return found


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


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


def corrected_lines(found: Sequence[Weighed]) -> list[str]:
    """Return each correction on two lines: who said what of which thought, what became of it."""
    lines = list[str]()
    for one in found:
        word = one.correction
        about = word.question or "a board"
        because = f' because "{word.because}"' if word.because else ""
        lines.append(
            f"{word.id}  {word.time:%Y-%m-%d %H:%M:%S}  {one.state}: {word.by} says {word.answer}"
            f" of {word.task} {word.trace} ({about}), not {word.answered or 'unanswered'}{because}"
        )
        lines += [f"    {one.why}"] if one.why else []
    return lines


def corrected_json(one: Weighed) -> Mapping[str, Any]:
    """Return a correction and what became of it as plain JSON values."""
    return {**one.correction.plain(), "state": one.state, "why": one.why}


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
    if corrected := seen.corrected:
        lines += ["", f"Corrected by people: {_many(corrected, 'thought')}."]
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
        "corrected": seen.corrected,
        "rejected_proofs": seen.events_of("rejected_proof"),
        "found": [{"kind": e.kind, "cause": e.cause, "evidence": e.evidence} for e in events],
        "alarms": seen.watched.alarms,
        "false_alarms_per_10k": None if cusum is None else cusum.per_10k_upper,
        "not_watched": seen.watched.reason,
    }
