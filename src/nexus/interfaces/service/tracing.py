"""Logged thoughts on request: listed, read back whole, drawn."""

from dataclasses import dataclass
from pathlib import Path

from nexus.base.errors import InputError
from nexus.interfaces.boards import TASKS, solution
from nexus.interfaces.service.runs import find
from nexus.store.files import write_atomically
from nexus.store.traces import Line, Trace, TraceLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """Where the pictures of a thought are."""

    picture: Path
    """The board after each cycle, as a PNG."""
    animation: Path
    """The same as a GIF."""


def log_of(folder: Path) -> TraceLog:
    """Return the log of the run at ``folder``."""
    return TraceLog(folder / "logs")


def thoughts(run: str, *, last: int, task: str = "") -> list[Line]:
    """Return the last thoughts of a run, the newest first; of one task, if it is named.

    Raises:
        InputError: ``last`` is below 1, or nothing of that task was ever thought.
        CheckpointError: there is no such run.
        DataError: the log is damaged.
    """
    if last < 1:
        raise InputError(f"the last {last} thoughts are none", hint="ask for 1 or more")
    lines = log_of(find(run)).lines()
    there = sorted({line.task for line in lines})
    if task and lines and task not in there:
        raise InputError(f"no thought about {task!r}", hint="there are: " + ", ".join(there))
    return [line for line in reversed(lines) if task in ("", line.task)][:last]


def thought(run: str, trace: str) -> Trace:
    """Return one thought, whole.

    Raises:
        InputError: that is no id, or no thought of that id is kept.
        CheckpointError: there is no such run.
        DataError: its file is damaged.
    """
    return log_of(find(run)).read(trace)


def draw(trace: Trace, out: Path) -> Drawn | None:
    """Draw a thought about a board of squares into the folder ``out``; None of any other.

    Raises:
        StorageError: the disk refused.
    """
    if not trace.cycles or trace.task not in TASKS or not TASKS[trace.task].side:
        return None
    from nexus.suites.figures_thoughts import thought_gif, thought_png

    answer = solution(trace.board, TASKS[trace.task])
    drawn = Drawn(picture=out / f"{trace.id}.png", animation=out / f"{trace.id}.gif")
    write_atomically(drawn.picture, thought_png(trace, answer))
    write_atomically(drawn.animation, thought_gif(trace, answer))
    return drawn


def pictures_of(run: str) -> Path:
    """Return where pictures of a run's thoughts go unless told otherwise."""
    return find(run) / "figures" / "thoughts"
