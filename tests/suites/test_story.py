"""The story of a change, all the way from a core that was taught to the bytes put back.

The core is one that `nexus demo` taught, artefact ``reasoner-khop-small`` of its run, kept beside
this file: teaching it takes half a minute, so only a slow test does.
"""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from nexus.base.errors import DataError, ReviewError
from nexus.config import Recipe, overlay, recipe
from nexus.interfaces.service import demo, reviewing
from nexus.interfaces.story_words import story_json, story_lines
from nexus.reason.reflection import Reflection
from nexus.review import keys
from nexus.review.change import Change
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.suites import story
from nexus.suites.drifting import turned_out
from nexus.suites.story import PLAN, play, waiting
from nexus.train.phase import Silent
from nexus.train.puzzles import artefact

RECIPE = recipe("demo")


def made(folder: Path, made_from: Recipe) -> Path:
    text = tomli_w.dumps(asdict(made_from))
    Run.create(folder, recipe=text, config_hash=made_from.hash, seed=made_from.seed)
    return folder


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the demo's recipe in which a change waits; nothing else of it is trained."""
    folder = made(tmp_path_factory.mktemp("story") / "demo", RECIPE)
    core = Path(__file__).with_name("khop_small.safetensors").read_bytes()
    Gate(folder).found(artefact(story.TASK), core, kind="core")
    assert waiting(folder, RECIPE, Silent()).state == "pending"
    return folder


@pytest.fixture
def run(told: Path, tmp_path: Path) -> Path:
    return shutil.copytree(told, tmp_path / "demo")


def the_change(folder: Path) -> Change:
    [change] = Gate(folder).book().changes.values()
    return change


def test_the_change_rests_on_thoughts_and_events_that_can_be_looked_up(told: Path) -> None:
    shown = reviewing.shown(str(told), the_change(told).change)
    reflection, evidence = Reflection(told / "logs"), shown.proposal.evidence
    assert len(evidence.traces) >= 6
    for trace in evidence.traces:
        thought = reflection.log.read(trace)
        assert thought.task == story.TASK
        assert thought.core == Gate(told).book().artefacts["reasoner-khop-small"].sha256
        assert thought.note("reason") != f"it turned out to be: {thought.answer}"
    events = reflection.events()
    assert [event.kind for event in events][-2:] == ["drift", "cause"]
    assert events[-1].evidence == evidence.traces


def test_what_is_guessed_is_what_changed_and_the_report_shows_it_learned(told: Path) -> None:
    shown, world = reviewing.shown(str(told), the_change(told).change), PLAN.change(RECIPE)
    assert shown.report is not None
    assert shown.change.flags == ()
    name = story.known().rules.relations[world.to]
    assert shown.proposal.data["guess"] == f"{world.tag} comes to {name}"
    [new] = [row for row in shown.report.slices if row.name == world.tag]
    assert new.base < 0.3 < 0.9 < new.candidate
    assert world.at < int(shown.proposal.data["named_at"]) < PLAN.length


def test_told_again_nothing_is_proposed_again(run: Path) -> None:
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    assert waiting(run, RECIPE, Silent()) == the_change(run)
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before


def test_a_demo_key_plays_the_rest_and_the_bytes_are_back(run: Path) -> None:
    before = (run / "manifest.json").read_bytes()
    done = demo.story(run, RECIPE, unattended=True)
    assert isinstance(done, demo.Story)
    assert done.played is not None
    assert done.played.before == done.played.after != done.played.between
    assert done.played.observed in ("monitoring", "confirmed")
    assert (run / "manifest.json").read_bytes() == before
    change, book = the_change(run), Gate(run).book()
    assert change.state == "rolled_back"
    assert all(book.reviewers[name].demo for name in (*change.approvals, *change.decided))
    told = "\n".join(story_lines(done))
    assert "demo key" in told
    assert "the same bytes as before" in told
    assert story_json(done)["state"] == "rolled_back"
    assert demo.story(run, RECIPE, unattended=True) == replace(done, played=None)
    Gate(run).enroll("ada", keys.demo(run, "ada").public, "lead")  # still the first person
    assert not Gate(run).book().reviewers["ada"].demo


def test_a_person_may_come_first_and_then_nothing_is_played(run: Path) -> None:
    ada = keys.demo(run, "ada")  # a key like any other: it is the ledger that marks one
    Gate(run).enroll("ada", ada.public, "lead")
    with pytest.raises(ReviewError, match="for ada to decide"):
        play(run, RECIPE, the_change(run))
    assert the_change(run).state == "pending"


@pytest.mark.slow
def test_the_demo_teaches_a_core_that_its_story_can_be_told_of(tmp_path: Path) -> None:
    folder = made(tmp_path / "demo", RECIPE)
    assert waiting(folder, RECIPE, Silent()).flags == ()


def test_what_turns_out_later_is_answered_by_the_changed_rule() -> None:
    world, known = PLAN.change(RECIPE), story.known()
    data = turned_out(known, 0, world, start=3_000, stop=3_400, share=0.5)
    assert (data.index >= 3_000).all()
    assert 150 < len(data) < 250
    by_hand = [world.world(known).way(given) for given in data.given]
    assert data.solution[:, known.asks].tolist() == by_hand
    old = known.answered(data).solution[:, known.asks]
    touched = np.array([world.tag in tags for tags in known.tags(data)])
    assert (old[~touched] == data.solution[~touched, known.asks]).all()
    assert (old[touched] != data.solution[touched, known.asks]).mean() > 0.7


def test_a_core_that_knows_nothing_tells_no_story(tmp_path: Path) -> None:
    smoke = recipe("smoke")
    folder = made(tmp_path / "smoke", smoke)
    with pytest.raises(DataError, match="too few to tell a change"):
        waiting(folder, smoke, Silent())
    told = demo.story(folder, smoke)
    assert isinstance(told, str)
    assert story_lines(told) == [told]
    assert not Gate(folder).book().changes


def test_the_usual_recipe_holds_the_demo_key_off(tmp_path: Path) -> None:
    smoke = overlay(recipe("smoke"), {"review": {"demo": False}})
    gate = Gate(made(tmp_path / "plain", smoke))
    gate.settle()
    with pytest.raises(ReviewError, match="demo runs only"):
        gate.enroll("demo-1", keys.demo(gate.folder, "demo-1").public, "lead", demo=True)
