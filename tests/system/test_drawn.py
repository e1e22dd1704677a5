"""Ten pictures drawn by hand, not by our renderer: a sensible answer or an honest abstention."""

import tomllib
from pathlib import Path

import pytest

from nexus.base.records import Decision
from nexus.interfaces.pictures import read_picture
from nexus.interfaces.sentences import read_question
from nexus.suites.confidence import fit_confidence
from nexus.system import System
from trained import trained

DRAWN = Path(__file__).parents[1] / "drawn"
EXPECTED = tomllib.loads((DRAWN / "expected.toml").read_text())
CLEAR = ("one_circle", "two_shapes", "three_crosses", "side_by_side", "four_things")
"""Drawn like the world's own pictures but for edges, greys and JPEG."""


def ask(system: System, name: str) -> Decision:
    seen = read_picture(DRAWN / f"{name}.png", side=system.recipe.world.side)
    question = read_question(EXPECTED[name]["question"], words=system.world.words())
    decision, _ = system.think(seen, question, system.memory.initial())
    return decision


def test_there_are_ten_and_each_says_what_is_sensible() -> None:
    assert sorted(EXPECTED) == sorted(p.stem for p in DRAWN.glob("*.png"))
    assert len(EXPECTED) == 10


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_system_that_has_learned_nothing_abstains_with_a_reason(
    system: System, name: str
) -> None:
    decision = ask(system, name)
    assert decision.abstained
    assert decision.reason


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> System:
    """Return the system the demo trains (about eight minutes)."""
    folder = trained(tmp_path_factory.mktemp("drawn") / "demo", "demo")
    fit_confidence(folder)
    return System.load(folder)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_demo_is_never_wrong_on_them_and_right_on_most_clear_ones(demo: System) -> None:
    decisions = {name: ask(demo, name) for name in EXPECTED}
    wrong = {
        name: decision.answer
        for name, decision in decisions.items()
        if not decision.abstained and decision.answer not in EXPECTED[name]["right"]
    }
    assert not wrong
    assert sum(not decisions[name].abstained for name in CLEAR) >= 3
