"""From a file with facts and examples to rules, and to a change that waits for a person."""

from dataclasses import dataclass
from pathlib import Path

from nexus.base.device import set_threads
from nexus.base.proposals import Proposal
from nexus.interfaces.service import runs
from nexus.interfaces.service.proving import read_text_file
from nexus.logic.lessons import read_lesson
from nexus.review.gate import Gate
from nexus.suites.rule_proposing import propose
from nexus.train.rules import Learned, Learning, learn


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What was learned of a file."""

    learned: Learned
    run: Path | None = None
    """Where it was proposed."""
    proposal: Proposal | None = None
    """None where it was refused, or nobody asked for it."""


def learn_file(path: Path, target: str, how: Learning, *, run: str, ask: bool) -> Taken:
    """Return the rules that a file comes to; with ``ask``, proposed in a run unless refused.

    Raises:
        InputError: the file cannot be read, or is no lesson that can be learned from.
        CheckpointError: there is no such run.
        ReviewError: the rules are approved already.
    """
    set_threads()
    gate = Gate(runs.find(run)) if ask else None
    whole = read_lesson(read_text_file(path), target)
    learned = learn(whole, how)
    if gate is None or learned.refused:
        return Taken(learned=learned)
    return Taken(learned=learned, run=gate.folder, proposal=propose(gate, whole, learned, how))
