"""What people said of thoughts: one line a correction, for good, in ``corrections.jsonl``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nexus.base.errors import DataError
from nexus.store.lines import append_line, read_lines
from nexus.store.traces import checked_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A person's word on one thought; it is evidence, and edits nothing."""

    id: str
    """12 hexadecimal digits."""
    trace: str
    """Id of the thought."""
    task: str
    board: tuple[int, ...]
    """What was thought about: the symbol of each cell; empty for a question about a picture."""
    question: str
    """What was asked in words, if it was."""
    source: str
    """Where the picture came from, if there was one."""
    answered: str
    """The thought's own answer; empty when it abstained."""
    answer: str
    """The person's, written as ``answered`` is."""
    because: str
    by: str
    """The person's name, as they gave it."""
    time: datetime
    """UTC."""

    def __post_init__(self) -> None:
        checked_id(self.id)
        checked_id(self.trace)
        for name in ("task", "question", "source", "answered", "answer", "because", "by"):
            if not isinstance(getattr(self, name), str):
                raise DataError(f"{name} of correction {self.id} is no text")
        if not self.answer or not self.by:
            raise DataError(f"correction {self.id} says nothing, or no one says it")
        if self.time.utcoffset() != timedelta(0):
            raise DataError(f"the time of correction {self.id} is not UTC")

    def plain(self) -> dict[str, Any]:
        """Return the correction as JSON values."""
        return {**asdict(self), "time": self.time.isoformat()}

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Correction":
        """Return what ``plain`` made ``values`` of; anything else raises what it will."""
        board = tuple(int(symbol) for symbol in values["board"])
        time = datetime.fromisoformat(values["time"]).astimezone(UTC)
        fields: dict[str, Any] = {**values, "board": board, "time": time}
        return cls(**fields)


class CorrectionLog:
    """The corrections of one run's thoughts; several processes may write there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "corrections.jsonl"

    def write(self, correction: Correction) -> None:
        """Add one correction.

        Raises:
            StorageError: the disk refused; the log is as it was.
        """
        append_line(self.path, correction.plain())

    def read(self) -> list[Correction]:
        """Return every correction, oldest first.

        Raises:
            DataError: a line is damaged; it is named.
        """
        return read_lines(self.path, Correction.parse)
