"""Candidates: the same bytes from the same replay, nothing touched, and bad input refused."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
import torch

from nexus.base.errors import CheckpointError, ConfigError, DataError, TrainingError
from nexus.base.proposals import Effect, Evidence
from nexus.config import Recipe, overlay
from nexus.nn.thinking import load_to_think
from nexus.nn.weights import hash_of, module_bytes
from nexus.reason.boards import BoardReasoner
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store.manifest import Artefact, system_hash
from nexus.store.objects import sha256
from nexus.store.runs import Run
from nexus.suites.thoughts import exact
from nexus.train import candidates
from nexus.train.candidates import Candidate
from nexus.train.consolidation import (
    FISHER,
    Consolidation,
    Lessons,
    anchor,
    consolidate,
    drawn,
)
from nexus.train.parts import Parts
from nexus.train.puzzles import artefact
from nexus.train.reasoner import Learner, board_loss
from nexus.worlds.puzzles import Khop
from nexus.worlds.tabletop import Tabletop

PUZZLE = Khop()
SMALL = overlay(Recipe(), {"reasoner": {"width": 16, "heads": 2, "cycles": 2}})
HOW = Consolidation(steps=4, batch=8, segments=2, seed=3, ewc=1.0)


def _boards() -> BoardReasoner:
    return Parts(recipe=SMALL, world=Tabletop(), vocabulary=1).boards(PUZZLE)


def _lessons() -> Lessons:
    return Lessons(
        taught=PUZZLE.sample(0, "train", np.arange(12)),
        replay=PUZZLE.explained(PUZZLE.sample(0, "train", np.arange(12, 40))),
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose core is small and untrained."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    text = tomli_w.dumps(asdict(SMALL))
    made = Run.create(folder, recipe=text, config_hash=SMALL.hash, seed=0)
    Gate(folder).found(artefact("khop"), module_bytes(_boards()), kind="core")
    return made


@pytest.fixture(scope="module")
def candidate(run: Run) -> Candidate:
    return candidates.build(run, candidates.order(run, "khop", _lessons(), HOW))


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_candidate_lies_under_its_hash_and_its_replay_builds_the_same_bytes(
    run: Run, candidate: Candidate
) -> None:
    assert candidate.folder == run.folder / "candidates" / candidate.sha256
    assert sha256((candidate.folder / "weights").read_bytes()) == candidate.sha256
    assert candidates.read_replay(candidate.folder / "replay.json") == candidate.replay
    before = _bytes(run.folder)
    assert candidates.rebuild(run, candidate.folder / "replay.json") == candidate.sha256
    assert _bytes(run.folder) == before


def test_what_thinks_is_another_core_and_stays_as_it_was(run: Run, candidate: Candidate) -> None:
    thinks = Approved.open(run.folder).artefacts[artefact("khop")].sha256
    assert thinks == candidate.replay.base != candidate.sha256


def test_the_process_of_its_own_computes_what_this_one_does(candidate: Candidate) -> None:
    boards, threads = _boards(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        consolidate(boards, PUZZLE, _lessons(), HOW)
    finally:
        torch.set_num_threads(threads)
    assert hash_of(boards) == candidate.sha256


def test_what_matters_for_replay_is_asked_of_every_segment_and_not_of_the_first_alone() -> None:
    replay, how = _lessons().replay, replace(HOW, segments=3)
    learner = Learner(_boards().train())
    found = anchor(learner, PUZZLE, replay, how)
    slow = {name: torch.zeros_like(weight) for name, weight in learner.named_parameters()}
    for turn in range(FISHER):
        batch = drawn(PUZZLE, {"fisher": (replay, how.batch // 4)}, how, turn=turn)
        mind = None
        for _ in range(how.segments):
            inputs = learner.boards.inputs(batch.given)
            thought = list(learner.boards.reasoner.think(inputs, mind))
            told = [board_loss(said, batch).total for _, said in thought]
            told = [loss for loss in told if loss.requires_grad]
            each = torch.autograd.grad(
                torch.stack(told).mean(), list(learner.parameters()), allow_unused=True
            )
            for total, gradient in zip(slow.values(), each, strict=True):
                total += 0 if gradient is None else gradient.square()
            mind = thought[-1][0].detach()
    mean = torch.cat([total.flatten() for total in slow.values()]).mean()
    for name, (_, fisher) in found.items():
        assert torch.allclose(fisher, slow[name] / mean, rtol=1e-4, atol=1e-6)
    first = anchor(learner, PUZZLE, replay, replace(how, segments=1))
    assert any(not torch.allclose(first[name][1], found[name][1], rtol=0.1) for name in found)


@pytest.mark.parametrize("changed", [{"seed": 4}, {"rate": 2e-3}, {"ewc": 0.0}])
def test_all_that_is_written_down_counts(changed: dict[str, Any]) -> None:
    boards, other = _boards(), _boards()
    consolidate(boards, PUZZLE, _lessons(), HOW)
    consolidate(other, PUZZLE, _lessons(), replace(HOW, **changed))
    assert hash_of(boards) != hash_of(other)


def test_lessons_are_learned_and_ewc_holds_the_copy_back() -> None:
    taught = PUZZLE.sample(0, "train", np.arange(12))
    one = replace(taught, solution=np.where(taught.asked, 2, taught.solution))  # soon learned
    lessons = replace(_lessons(), taught=one)

    def moved(ewc: float) -> tuple[float, float]:
        boards, home = _boards(), dict(_boards().named_parameters())
        how = Consolidation(steps=40, batch=16, segments=1, rate=3e-3, lessons=1.0, ewc=ewc)
        consolidate(boards, PUZZLE, lessons, how)
        far = sum(
            float((p - home[n]).detach().square().sum()) for n, p in boards.named_parameters()
        )
        return float(exact(boards, lessons.taught, cycles=2)[-1].mean()), far

    untaught = float(exact(_boards().eval(), lessons.taught, cycles=2)[-1].mean())
    free, held = moved(0.0), moved(100.0)
    assert free[0] > 0.9 > 0.5 > untaught
    assert held[1] < 0.75 * free[1]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda told: told | {"data": "0" * 64}, "cannot read"),
        (lambda told: told | {"base": "../../etc/passwd"}, "not the name of an object"),
        (lambda told: told | {"code_hash": "0" * 64}, "another code"),
        (lambda told: told | {"config_hash": "0" * 16}, "another recipe"),
        (lambda told: told | {"packages": {"torch": "1.0"}}, "another set of packages"),
        (lambda told: told | {"data": told["base"]}, "holds no lessons"),
        (lambda told: {"task": told["task"]}, "no replay"),
        (lambda told: [told], "no replay"),
        (lambda told: told | {"how": {"steps": 0}}, "no replay"),
    ],
)
def test_a_replay_that_cannot_be_followed_is_refused_and_leaves_nothing(
    run: Run, candidate: Candidate, tmp_path: Path, spoil: Callable[[Any], Any], word: str
) -> None:
    told = json.loads((candidate.folder / "replay.json").read_bytes())
    path = tmp_path / "replay.json"
    path.write_text(json.dumps(spoil(told)))
    before = _bytes(run.folder)
    with pytest.raises((CheckpointError, DataError), match=word):
        candidates.rebuild(run, path)
    assert _bytes(run.folder) == before


def test_damaged_lessons_are_refused(run: Run, candidate: Candidate) -> None:
    path = run.folder / "objects" / candidate.replay.data
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        with pytest.raises(CheckpointError, match="damaged"):
            candidates.rebuild(run, candidate.folder / "replay.json")
    finally:
        path.write_bytes(whole)


def test_what_thinks_is_not_taught_though_it_is_given_for_a_copy() -> None:
    boards = _boards()
    load_to_think(boards, module_bytes(boards), source="the core")
    before = hash_of(boards)
    with pytest.raises(TrainingError, match="the core thinks"):
        consolidate(boards, PUZZLE, _lessons(), HOW)
    assert hash_of(boards) == before


def test_nothing_to_learn_from_is_an_error() -> None:
    lessons = _lessons()
    empty = replace(lessons, taught=lessons.taught.take(slice(0)))
    with pytest.raises(DataError, match="no board is taught"):
        consolidate(_boards(), PUZZLE, empty, HOW)
    with pytest.raises(ConfigError, match="lessons must lie"):
        Consolidation(lessons=0.0)


def test_the_gate_takes_a_draft_and_nothing_that_thinks_changes(
    run: Run, candidate: Candidate
) -> None:
    evidence = Evidence(cause="rule:3x5: 9 of 9 wrong", traces=("a",), counts={"revealed": 9})
    effect = Effect(figure="rule:3x5", expected=0.97, tolerance=0.02)
    base = Gate(run.folder).book().current
    asked = candidates.draft(candidate, evidence, (effect,), base=base, data={"stream_seed": 0})
    before, manifest = Approved.open(run.folder), (run.folder / "manifest.json").read_bytes()
    proposal = Gate(run.folder).propose(asked)
    made = Artefact(sha256=candidate.sha256, kind="core")
    assert proposal.candidate == system_hash({**before.artefacts, artefact("khop"): made})
    assert proposal.replay == candidate.replay_hash
    assert proposal.data["lessons"] == candidate.replay.data
    assert "rule:3x5" in proposal.rationale
    assert Approved.open(run.folder).artefacts == before.artefacts
    assert (run.folder / "manifest.json").read_bytes() == manifest
