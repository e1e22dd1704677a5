"""What reflection notices: every thought is logged, contradictions become events; nothing changes.

An event asks for nothing. It is evidence, for people and for later proposals.
"""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from nexus.base.errors import StorageError
from nexus.base.records import Decision, ReflectionEvent
from nexus.store.files import explained, make_folder, write_json

_log = logging.getLogger(__name__)

_KINDS: Final = {"disagreed": "contradiction", "unfamiliar": "unfamiliar"}
"""Cause of a decision -> kind of event."""


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
        try:
            self._write(decision, question, source, event)
        except StorageError as error:
            if not self._refused:  # once is enough: the next thought meets the same disk
                _log.warning("thoughts are not being logged: %s", error)
            self._refused = True
        return event

    def _write(
        self, decision: Decision, question: str, source: str, event: ReflectionEvent | None
    ) -> None:
        now = self.clock()
        trace = {"question": question, "source": source, **asdict(decision)}
        name = f"{now:%Y%m%d_%H%M%S}-{decision.trace}.json"
        write_json(self.thoughts / name, {**trace, "time": now.isoformat()})
        if event is not None:
            record = {**asdict(event), "time": now.isoformat(), "question": question}
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
