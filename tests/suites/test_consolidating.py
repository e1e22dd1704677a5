"""What people corrected becomes a change that waits, and only a person lets it think."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexus.base.errors import DataError, ReviewError
from nexus.base.proposals import Evidence
from nexus.reason.corrections import Weighed, standing
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.review.keys import Signer
from nexus.store.corrections import Correction
from nexus.suites.consolidating import LEAST, case, propose
from nexus.suites.proposing import put_forward
from nexus.suites.shadow import Counts
from nexus.train.candidates import Candidate, Replay
from nexus.train.consolidation import Consolidation
from nexus.worlds.puzzles import Khop, Maze, Sudoku, answers
from nexus.worlds.puzzles.puzzle import Puzzle, Puzzles
from untrained import untrained, untrained_run

KNOWN = Khop()
CHANGED = Khop(KNOWN.rules.changed(3, 5, 0))
TAG = "rule:3x5"


def corrections(puzzle: Puzzle, data: Puzzles) -> tuple[Weighed, ...]:
    """Return one person's word on each board: the answers in ``data``."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    words = [
        Correction(
            id=f"{number:012x}",
            trace=f"{number:012x}",
            task=puzzle.name,
            board=tuple(given.tolist()),
            question="",
            source="",
            answered="",
            answer=answers.written(puzzle, solution.tolist()),
            because="",
            by="ada",
            time=start + timedelta(seconds=number),
        )
        for number, (given, solution) in enumerate(zip(data.given, data.solution, strict=True))
    ]
    return standing(words)


def of_the_rule(count: int) -> Puzzles:
    """Return boards about the changed rule, answered by it."""
    data = KNOWN.sample(7, "val", np.arange(900))
    rows = [row for row, tags in enumerate(KNOWN.tags(data)) if TAG in tags]
    return CHANGED.answered(data.take(rows[:count]))


def test_a_changed_rule_is_named_and_taught_and_what_was_corrected_is_kept_aside() -> None:
    data = of_the_rule(24)
    found = case(untrained("khop"), KNOWN, corrections(KNOWN, data), cycles=1, seed=0)
    assert TAG in found.evidence.cause
    assert len(found.evidence.corrections) == len(found.evidence.traces) == 24
    taught = found.lessons.taught
    assert all(TAG in tags for tags in KNOWN.tags(taught))
    assert (CHANGED.answered(taught).solution == taught.solution)[:, KNOWN.asks].all()
    assert not any(TAG in tags for tags in KNOWN.tags(found.lessons.replay))
    assert found.drift.revealed is not None
    assert (found.drift.revealed.given == data.given).all()


def test_corrections_that_name_no_rule_are_lessons_themselves_but_for_some() -> None:
    data = Sudoku().sample(0, "val", np.arange(25))
    found = case(untrained("sudoku6"), Sudoku(), corrections(Sudoku(), data), cycles=1, seed=0)
    assert (len(found.lessons.taught), len(found.drift.revealed or ())) == (20, 5)


def test_too_few_corrections_ask_for_nothing() -> None:
    few = corrections(Maze(), Maze().sample(0, "val", np.arange(LEAST - 1)))
    with pytest.raises(DataError, match=f"{LEAST - 1} corrections of maze stand"):
        case(untrained("maze"), Maze(), few, cycles=1, seed=0)


def test_what_was_built_from_another_core_is_not_put_forward(tmp_path: Path) -> None:
    gate = Gate(untrained_run(tmp_path / "run"), keys=tmp_path / "keys")
    replay = Replay(
        task="khop",
        base="0" * 64,
        data="",
        how=Consolidation(),
        config_hash="",
        code_hash="",
        packages={},
        threads=1,
    )
    built = Candidate(folder=tmp_path, sha256="", replay=replay, replay_hash="", cpu_s=0.0)
    with pytest.raises(ReviewError, match="built from thinks no more"):
        put_forward(gate, built, Evidence(cause="", traces=()), (), data={})
    assert not gate.book().changes


def test_a_proposal_waits_and_is_denied_without_a_trace(
    tmp_path: Path,
) -> None:
    gate = Gate(untrained_run(tmp_path / "run"), keys=tmp_path / "keys")
    person = Signer(name="ada", key=Ed25519PrivateKey.generate())
    gate.enroll("ada", person.public, "lead")

    def asked() -> str:
        return propose(
            gate,
            untrained("khop"),
            KNOWN,
            corrections(KNOWN, of_the_rule(24)),
            cycles=1,
            how=Consolidation(steps=2, segments=1, batch=8),
            counts=Counts(asked=9, frozen=18, cycles=1),
        ).change_id

    def thinks() -> bytes:
        return Approved.open(gate.folder, keys=gate.keys).artefact("reasoner-khop")

    before, pointer = thinks(), gate.pointer.read_bytes()
    denied = asked()
    assert gate.book().find(denied).state == "pending"
    gate.deny(gate.ballot("deny", denied, "an untrained core promises too much"), person)
    assert (thinks(), gate.pointer.read_bytes()) == (before, pointer)
    change = gate.book().find(denied)
    assert any("revealed" in flag for flag in change.flags), "its promise is not what was seen"
    proposal = gate.proposal(change)
    assert len(proposal.evidence.corrections) == 24
    folders = list((gate.folder / "candidates").iterdir())
    assert [folder.name for folder in folders] == [proposal.data["candidate_weights"]]
    assert before == thinks() != (folders[0] / "weights").read_bytes()
