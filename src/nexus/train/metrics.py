"""The curves of a run: ``metrics.jsonl`` for programs, TensorBoard for people.

A resumed run's file equals an uninterrupted one's except for the fields of ``TIMING``.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nexus.store.files import explained, write_atomically

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

    from nexus.train.checkpoint import State  # whoever reads curves need not wait for torch

TIMING = frozenset({"seconds"})
"""Fields of a line that depend on the machine's mood: time since the line before."""


class Metrics:
    """Appends one phase's lines; opening it forgets the lines of steps that will be done again.

    A line's place in time is (restores, step), so what a restore undid stays on record.
    """

    def __init__(self, path: Path, phase: str, state: "State", *, tensorboard: Path | None) -> None:
        self._path, self._phase = path, phase
        _forget(path, phase, state)
        with explained(path):
            self._file: IO[str] = path.open("a", encoding="utf-8")
        self._board = _board(tensorboard / phase, state.step) if tensorboard else None

    def write(self, state: "State", values: Mapping[str, Any]) -> None:
        """Append one line; nested mappings of numbers become curves ``outer/inner``."""
        place = {"phase": self._phase, "step": state.step}
        again = {"restores": state.restores} if state.restores else {}
        with explained(self._path):
            self._file.write(json.dumps(_strict({**place, **again, **values})) + "\n")
            self._file.flush()
        if self._board is not None:
            for name, value in _numbers(values):
                self._board.add_scalar(name, value, state.step)

    def sync(self) -> None:
        """Put what was written on the disk: no checkpoint may be newer than its curves."""
        with explained(self._path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        if self._board is not None:
            self._board.close()


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a metrics file; a last line cut short by a kill is left out."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def _forget(path: Path, phase: str, state: "State") -> None:
    """Drop the lines of ``phase`` that come after ``state``."""
    if not path.exists():
        return
    kept = [
        line
        for line in read(path)
        if line["phase"] != phase
        or (line.get("restores", 0), line["step"]) <= (state.restores, state.step)
    ]
    write_atomically(path, "".join(json.dumps(line) + "\n" for line in kept).encode())


def _strict(value: Any) -> Any:
    """Return ``value`` with null for what JSON has no number for."""
    if isinstance(value, Mapping):
        return {name: _strict(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _numbers(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    """Return the numbers in nested mappings with their paths."""
    found: list[tuple[str, float]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _numbers(value, f"{prefix}{name}/")
        elif isinstance(value, (int, float)):
            found.append((prefix + name, float(value)))
    return found


def _board(folder: Path, step: int) -> "SummaryWriter":
    """Return a TensorBoard writer that hides what an earlier process wrote after ``step``."""
    from torch.utils.tensorboard.writer import SummaryWriter  # a second to import: only if used

    return SummaryWriter(str(folder), purge_step=step + 1)
