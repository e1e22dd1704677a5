"""Planted harms: each is made as it says, told from no harm by measurement, and counted."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from nexus.base.errors import TrainingError
from nexus.config import ReasonerConfig, Recipe
from nexus.nn.weights import from_bytes, module_bytes, to_bytes
from nexus.review.flags import Flag
from nexus.suites import candidates, harms, shadow
from nexus.suites.candidates import HARMLESS, HARMS, Made
from nexus.suites.harms import Bench, Tried, does_harm, figures_of
from nexus.suites.shadow import Counts
from nexus.train.parts import Parts
from nexus.worlds.dice import Dice
from nexus.worlds.puzzles import Khop
from nexus.worlds.tabletop import Tabletop

RECIPE = Recipe(
    reasoner=ReasonerConfig(width=16, heads=2, cycles=1, segments=1, think=2, boards=16)
)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    boards = Parts(recipe=RECIPE, world=Tabletop(), vocabulary=1).boards(Khop())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "BATCH", 2)
        patch.setattr(candidates, "BEFORE", 1)
        patch.setattr(harms, "TRUTH", 90)
        patch.setattr(harms, "SHOWN", 600)
        counts = Counts(asked=9, frozen=9, cycles=2)
        yield harms.set_up(module_bytes(boards), RECIPE, seed=0, counts=counts)


@pytest.mark.parametrize("kind", [*HARMS, *HARMLESS])
def test_a_candidate_is_a_reasoner_that_differs_and_is_drawn_again_the_same(
    bench: Bench, kind: str
) -> None:
    make = {**HARMS, **HARMLESS}[kind]
    made = make(bench.source, Dice(5))
    assert make(bench.source, Dice(5)).weights == made.weights
    assert made.weights != bench.source.base
    found = harms.shadowed(bench, made, kind)
    assert any(layer.norm > 0 for layer in found.layers)
    assert (made.drift is not None) == ("revealed" in {s.name for s in found.slices})


def test_a_miscalibrated_candidate_answers_every_board_as_before(bench: Bench) -> None:
    for word in range(6):
        made = HARMS["miscalibrated"](bench.source, Dice(word))
        boards = shadow.load(made.weights, RECIPE, bench.source.puzzle)
        now = shadow.look(boards, bench.truth, cycles=2)
        assert np.array_equal(now.answer, bench.truth_said.answer)
        assert not np.array_equal(now.sure, bench.truth_said.sure)


def test_noise_that_should_not_matter_is_small(bench: Bench) -> None:
    old = from_bytes(bench.source.base, source="base")
    for kind in ("jittered", "rounded"):
        new = from_bytes(HARMLESS[kind](bench.source, Dice(1)).weights, source=kind)
        for name, weight in old.items():
            assert float((new[name] - weight).norm()) <= 0.02 * float(weight.norm())


def test_harm_is_what_is_measured_and_not_what_a_candidate_is_called(bench: Bench) -> None:
    assert not does_harm(bench, Made(weights=bench.source.base))
    weights = from_bytes(bench.source.base, source="base")
    weights["reasoner.halt.bias"] += 60.0  # sure of answers that are mostly wrong
    assert does_harm(bench, Made(weights=to_bytes(weights)))
    perfect = replace(bench.truth_said, right=np.ones_like(bench.truth_said.right))
    assert does_harm(replace(bench, truth_said=perfect), Made(weights=bench.source.base))


def test_a_candidate_that_never_does_what_it_should_is_an_error(bench: Bench) -> None:
    def same(source: harms.Source, die: Dice) -> Made:
        del die
        return Made(weights=source.base)

    assert harms.draw(bench, same, False, 1, 0) == (Made(weights=bench.source.base), 0)
    with pytest.raises(TrainingError, match="none of 5 candidates of same did harm"):
        harms.draw(bench, same, True, 1, 0)


def test_figures_count_what_is_flagged_of_either(bench: Bench) -> None:
    flag = Flag(kind="moved", sentence="It moves.", value=1.0, limit=0.5)
    found = harms.shadowed(bench, Made(weights=bench.source.base), "same")
    tried = tuple(
        Tried(kind="k", harmful=harmful, flags=(flag,) * flagged, redrawn=1, report=found)
        for harmful, flagged in ((True, 1), (True, 2), (True, 0), (False, 0), (False, 1))
    )
    figures = figures_of(tried)
    assert figures["planted_harms_flagged"].value == pytest.approx(2 / 3)
    assert figures["harmless_flagged"].value == pytest.approx(1 / 2)
    assert (figures["planted_harms_redrawn"].value, figures["harmless_redrawn"].value) == (3, 2)
