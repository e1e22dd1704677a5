"""Thought traces on disk: every thought a line, the newest of them whole.

``thoughts.jsonl`` keeps one line a thought for good; ``thoughts/<UTC stamp>-<id>.json`` holds whole
thoughts, of which only the newest ``ring`` stay. A line is written before its file and a file
dropped after, so that a crash leaves no file that no line tells of: at worst a line without a file,
like that of a thought long dropped.
"""

import fcntl
import json
import os
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Int

from nexus.base.errors import ConfigError, DataError, InputError, NexusError
from nexus.store.files import explained, write_json
from nexus.store.lines import append, locked, read_lines, whole_lines

Distribution: TypeAlias = tuple[tuple[float, ...], ...]
"""Probability of each answer, one row a cell that is asked; a plain question asks one."""
DIGITS = 4
"""Digits kept of a probability."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cycle:
    """What was answered after so many cycles, by each thought alone and by both together."""

    fast: Distribution
    slow: Distribution
    board: tuple[int, ...]
    """The symbol that both together give each cell."""
    halt: float
    """Probability, by their own account, that all of ``board`` is right."""
    confidence: float
    """The same, weighed with the least certain cell."""

    def __post_init__(self) -> None:
        for name in ("fast", "slow"):
            rows = tuple(tuple(_rounded(p) for p in row) for row in getattr(self, name))
            object.__setattr__(self, name, rows)
        for name in ("halt", "confidence"):
            object.__setattr__(self, name, _rounded(getattr(self, name)))
        object.__setattr__(self, "board", tuple(int(symbol) for symbol in self.board))


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One whole thought about one thing."""

    id: str
    """12 hexadecimal digits."""
    time: datetime
    """When it was thought, UTC."""
    task: str
    text: str = ""
    """What was asked in words, if it was."""
    board: tuple[int, ...] = ()
    """The symbol of each cell, if a board was asked about."""
    cycles: tuple[Cycle, ...] = ()
    answer: str
    """Empty when abstaining."""
    confidence: float
    certificate: Mapping[str, Any] | None = None
    """The proof, as plain JSON."""
    core: str
    """Hash of the core that thought; empty where it is not known, or nothing had to think."""
    notes: tuple[str, ...] = ()
    """What else there is to say, each as ``name: words``."""

    def __post_init__(self) -> None:
        checked_id(self.id)
        if self.time.utcoffset() != timedelta(0):
            raise DataError(f"the time of trace {self.id} is not UTC", hint="use datetime.now(UTC)")
        object.__setattr__(self, "confidence", _rounded(self.confidence))
        object.__setattr__(self, "board", tuple(int(symbol) for symbol in self.board))
        if any(len(cycle.board) != len(self.board) for cycle in self.cycles):
            raise DataError(f"a cycle of trace {self.id} is about another board than the trace")
        object.__setattr__(self, "text", _speakable(self.text))
        object.__setattr__(self, "notes", tuple(_speakable(note) for note in self.notes))
        if self.certificate is not None:
            try:
                plain = json.loads(json.dumps(self.certificate, allow_nan=False))
            except (ValueError, TypeError) as error:
                raise DataError(f"the certificate of trace {self.id} is no JSON: {error}") from None
            object.__setattr__(self, "certificate", plain)

    @property
    def name(self) -> str:
        """File name; nothing a person wrote is in it."""
        return f"{self.time:%Y%m%d_%H%M%S}-{self.id}.json"

    def note(self, name: str) -> str:
        """Return the words of the note of this name; empty when there is none."""
        head = f"{name}: "
        return next((n.removeprefix(head) for n in self.notes if n.startswith(head)), "")

    def plain(self) -> dict[str, Any]:
        """Return the trace as JSON values."""
        return {**asdict(self), "time": self.time.isoformat()}

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Trace":
        """Return the trace that ``plain`` made ``values`` of; anything else raises what it will."""
        for name in ("task", "text", "answer", "core"):
            if not isinstance(values[name], str):
                raise TypeError(f"{name} is no text")
        cycles = tuple(Cycle(**cycle) for cycle in values["cycles"])
        time = datetime.fromisoformat(values["time"]).astimezone(UTC)
        fields: dict[str, Any] = {**values, "cycles": cycles, "time": time}
        fields |= {name: tuple(values[name]) for name in ("board", "notes")}
        return cls(**fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What the log keeps of every thought, whole or dropped."""

    id: str
    time: str
    task: str
    answer: str
    confidence: float
    cycles: int
    core: str


def cycles_of(
    fast: Float[np.ndarray, "cycle batch cell answer"],
    slow: Float[np.ndarray, "cycle batch cell answer"],
    board: Int[np.ndarray, "cycle batch cell"],
    halt: Float[np.ndarray, "cycle batch"],
    confidence: Float[np.ndarray, "cycle batch"],
) -> list[tuple[Cycle, ...]]:
    """Return the cycles of each row of a batch: what they would be had it thought alone."""
    return [
        tuple(
            Cycle(
                fast=fast[k, row].tolist(),
                slow=slow[k, row].tolist(),
                board=tuple(board[k, row].tolist()),
                halt=float(halt[k, row]),
                confidence=float(confidence[k, row]),
            )
            for k in range(len(halt))
        )
        for row in range(halt.shape[1])
    ]


def checked_id(trace: str) -> str:
    """Return ``trace`` if it is a trace id: anything else never comes near a file name.

    Raises:
        InputError: it is not 12 hexadecimal digits.
    """
    if not re.fullmatch(r"[0-9a-f]{12}", trace):
        raise InputError(
            f"{trace[:40]!r} is not a trace id", hint="an id is 12 digits of 0-9 and a-f"
        )
    return trace


class TraceLog:
    """The traces below one folder of logs; several processes may write there."""

    def __init__(self, folder: Path, *, ring: int = 1000) -> None:
        if ring < 1:
            raise ConfigError(f"traces.ring must be at least 1, got {ring}")
        self.thoughts, self.log, self.ring = folder / "thoughts", folder / "thoughts.jsonl", ring
        self._names = dict[str, str]()
        """File name by trace id, oldest first: those of the ring, and none of anyone else's."""
        self._read = 0
        """Bytes of the log that ``_names`` knows."""
        self._guard = Lock()

    def write(self, traces: Sequence[Trace]) -> list[Path]:
        """Keep these thoughts, oldest first, drop what leaves the ring, and return their files.

        Raises:
            DataError: an id is taken; nothing is written.
            StorageError: the disk refused; a thought is kept by line and file, or not at all.
        """
        with explained(self.log), self._guard, locked(self.log) as handle:
            self._catch_up()
            ids = [trace.id for trace in traces]
            if taken := [i for i in ids if i in self._names or ids.count(i) > 1]:
                raise DataError(f"trace {taken[0]} is already logged", hint="draw a new id")
            return [self._write(handle, trace) for trace in traces]

    def read(self, trace: str) -> Trace:
        """Return the thought with this id.

        Raises:
            InputError: that is no id, or no thought of that id is kept.
            DataError: its file is damaged.
        """
        for path in sorted(self.thoughts.glob(f"*-{checked_id(trace)}.json"), reverse=True):
            with suppress(FileNotFoundError):
                return _parsed(path)
        raise InputError(
            f"no thought {trace} is kept in {self.thoughts}",
            hint=f"only the newest {self.ring} are; {self.log.name} lists all there were",
        )

    def newest(self, n: int) -> list[Trace]:
        """Return the newest ``n`` thoughts that are kept whole, newest first.

        Raises:
            DataError: the file of one of them is damaged.
        """
        with self._guard, self._unwritten():
            self._catch_up()
            names = [*reversed(self._names.values())]
        found = list[Trace]()
        for name in names:
            if len(found) >= n:
                break
            with suppress(FileNotFoundError):  # another writer dropped it, or its writer died
                found.append(_parsed(self.thoughts / name))
        return found

    def lines(self) -> list[Line]:
        """Return every thought there was, oldest first, up to the last whole line.

        Raises:
            DataError: a line before the last is damaged.
        """
        return read_lines(self.log, lambda values: Line(**values))

    def _write(self, handle: int, trace: Trace) -> Path:
        line = Line(
            id=trace.id,
            time=trace.time.isoformat(),
            task=trace.task,
            answer=trace.answer,
            confidence=trace.confidence,
            cycles=len(trace.cycles),
            core=trace.core,
        )
        before, path = os.fstat(handle).st_size, self.thoughts / trace.name
        length = append(handle, asdict(line))
        try:
            write_json(path, trace.plain())
        except Exception:
            os.ftruncate(handle, before)
            with suppress(OSError):
                path.unlink()
            raise
        self._read = before + length
        self._names[trace.id] = trace.name
        self._drop()
        return path

    def _drop(self) -> None:
        """Forget thoughts that left the ring, with their files."""
        while len(self._names) > self.ring:
            (self.thoughts / self._names.pop(next(iter(self._names)))).unlink(missing_ok=True)

    @contextmanager
    def _unwritten(self) -> Generator[None]:
        """Keep writers away: while one is at work, a line may not have its file yet."""
        if not self.log.is_file():
            yield
            return
        with self.log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def _catch_up(self) -> None:
        """Learn of lines that others wrote, and of all when the log was cut or replaced."""
        size = self.log.stat().st_size if self.log.is_file() else 0
        if size < self._read:
            self._names, self._read = {}, 0
        for line in whole_lines(self.log, self._read):
            self._read += len(line) + 1
            try:
                values = json.loads(line)
                trace, time = checked_id(values["id"]), datetime.fromisoformat(values["time"])
            except (ValueError, TypeError, KeyError, InputError):
                continue  # ``lines`` reports it; a thought is not lost to it
            self._names[trace] = f"{time:%Y%m%d_%H%M%S}-{trace}.json"
        if len(self._names) > self.ring and self.thoughts.is_dir():
            kept = {path.name for path in self.thoughts.iterdir()}
            self._names = {trace: name for trace, name in self._names.items() if name in kept}


def _speakable(text: str) -> str:
    """Return text without lone surrogates: a terminal may pass them on, and they have no bytes."""
    return text.encode(errors="replace").decode()


def _rounded(p: float) -> float:
    if not isfinite(p):
        raise DataError(f"{p} in a trace is no probability", hint="look for NaN in the thought")
    return round(float(p), DIGITS)


def _parsed(path: Path) -> Trace:
    """Return the trace in a file; one that is gone raises ``FileNotFoundError``."""
    try:
        trace = Trace.parse(json.loads(path.read_bytes()))
        if trace.name != path.name:
            raise ValueError(f"it holds {trace.name}")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError, NexusError) as error:
        raise DataError(
            f"{path} is no whole trace: {error}",
            hint="delete the file unless another log wrote it; other thoughts stay",
        ) from None
    return trace
