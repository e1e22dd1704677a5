"""A progress bar for training, on stderr; without a terminal, one line now and then."""

import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

_QUIET_SECONDS = 20.0
"""Least time between two lines where there is no terminal."""


class Bar:
    """Shows each phase as a bar with its loss (``nexus.train.phase.Progress``)."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._task, self._loss = progress, TaskID(0), ""

    def begin(self, phase: str, step: int, steps: int) -> None:
        """Start the bar of ``phase`` at ``step``."""
        self._loss = ""
        self._task = self._progress.add_task(phase, total=steps, completed=step, loss="")

    def advance(self, step: int, values: Mapping[str, float]) -> None:
        """Move the bar to ``step``."""
        self._loss = f"loss {values['loss']:.3f}" if "loss" in values else self._loss
        self._progress.update(self._task, completed=step, loss=self._loss)

    def note(self, text: str) -> None:
        """Print ``text`` above the bars."""
        self._progress.console.print(text, markup=False, highlight=False)


class Lines:
    """Prints a line as a phase begins, every so often, and for every note."""

    def __init__(self) -> None:
        self._phase, self._steps, self._last = "", 0, 0.0

    def begin(self, phase: str, step: int, steps: int) -> None:
        """Say that ``phase`` begins."""
        self._phase, self._steps, self._last = phase, steps, time.monotonic()
        _print(f"{phase}: {steps} steps" + (f", going on after {step}" if step else ""))

    def advance(self, step: int, values: Mapping[str, float]) -> None:
        """Say how far the phase is, unless that was said a moment ago."""
        if not values or time.monotonic() - self._last < _QUIET_SECONDS:
            return
        self._last = time.monotonic()
        loss = f", loss {values['loss']:.3f}" if "loss" in values else ""
        _print(f"{self._phase}: step {step} of {self._steps}{loss}")

    def note(self, text: str) -> None:
        """Print ``text``."""
        _print(text)


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def shown() -> Generator[Bar | Lines]:
    """Give the progress to hand to training: bars on a terminal, lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    with Progress(*columns, console=console) as progress:
        yield Bar(progress)
