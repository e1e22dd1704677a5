"""Looking back over a run's thoughts: what is found is noted as events; nothing else changes."""

from dataclasses import dataclass
from pathlib import Path

from nexus.interfaces.service.runs import find
from nexus.reason.patterns import LookBack, look_back
from nexus.reason.reflection import Reflection
from nexus.store.corrections import CorrectionLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Reflected:
    """What was found in a run's thoughts."""

    run: Path
    seen: LookBack
    new: int
    """Events that had not been noted before."""


def reflect(run: str) -> Reflected:
    """Return what the thoughts kept whole have in common, after noting what is new.

    The same log gives the same findings, and no event is noted twice.

    Raises:
        CheckpointError: there is no such run.
        DataError: a thought or an event is damaged; its file is named.
    """
    folder = find(run)
    reflection = Reflection(folder / "logs")
    before = len(reflection.events())
    said = CorrectionLog(folder / "logs").read()
    seen = look_back(reflection.log.newest(reflection.log.ring)[::-1], said)
    reflection.record(seen.events)
    for found in (*seen.patterns, *([seen.watched.first] if seen.watched.first else [])):
        reflection.report(found.finding, traces=found.traces)
    return Reflected(run=folder, seen=seen, new=len(reflection.events()) - before)
