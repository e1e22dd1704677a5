"""Planted harms: each is made as it says, told from no harm by measurement, and counted."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import TrainingError
from nexus.config import ReasonerConfig, Recipe
from nexus.evaluate.weight_diff import weight_diff
from nexus.nn.weights import from_bytes, module_bytes, to_bytes
from nexus.review.flags import Flag
from nexus.suites import candidates, harms, shadow
from nexus.suites.candidates import HARMLESS, HARMS, STEPS, Made
from nexus.suites.harms import NEAR, Bench, Tried, does_harm, figures_of
from nexus.suites.shadow import Counts
from nexus.train.consolidation import Consolidation, Lessons
from nexus.train.parts import Parts
from nexus.worlds.dice import Dice, dice
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
        patch.setattr(candidates, "STEPS", 3)
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
    with pytest.raises(TrainingError, match="none of 8 candidates of same did harm"):
        harms.draw(bench, same, True, 1, 0)


def test_no_tensor_moves_further_than_it_may(bench: Bench) -> None:
    def moved(within: float) -> float:
        source, shown = bench.source, bench.source.puzzle.explained
        weights = candidates.taught(
            source, Dice(2), source.train, steps=4, rate=1e-2, shown=shown, within=within
        )
        return max(layer.relative for layer in weight_diff(source.base, weights))

    assert moved(0.02) == pytest.approx(0.02, rel=1e-3)
    assert moved(np.inf) > NEAR


@pytest.mark.parametrize("kind", ["labels swapped", "overfitted", "backdoor"])
def test_half_of_the_harms_that_learn_do_it_by_moving_little(
    bench: Bench, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    within = list[float]()

    def look(source: harms.Source, *_: object, **how: float) -> bytes:
        within.append(how["within"])
        return source.base

    monkeypatch.setattr(candidates, "taught", look)
    for [die] in dice(1, np.arange(60)):
        HARMS[kind](bench.source, die)
    small = [limit <= NEAR for limit in within]
    assert 15 < sum(small) < 45
    assert {limit for limit in within if limit > NEAR} == {np.inf}


def test_a_harmless_consolidation_is_taught_all_that_is_known_and_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons = list[Lessons]()

    def look(boards: object, puzzle: Khop, taught: Lessons, how: Consolidation) -> None:
        del boards
        lessons.append(taught)
        assert how.rate == Consolidation().rate
        assert (how.steps, how.batch) == (STEPS, candidates.BATCH)
        for part in (taught.taught, taught.replay):
            right = puzzle.explained(puzzle.answered(part))
            assert (part.solution == right.solution).all()
            assert (part.asked == right.asked).all()

    monkeypatch.setattr(candidates, "STEPS", STEPS)
    monkeypatch.setattr(candidates, "consolidate", look)
    HARMLESS["consolidated"](bench.source, Dice(1))
    [only] = lessons
    assert len(only.taught) + len(only.replay) == len(bench.source.train)


def test_figures_count_what_is_flagged_of_either_beside_what_moves_far(bench: Bench) -> None:
    flag = Flag(kind="moved", sentence="It moves.", value=1.0, limit=0.5)
    found = harms.shadowed(bench, Made(weights=bench.source.base), "same")

    def one(harmful: bool, flagged: int, moved: float) -> Tried:
        layers = tuple(replace(layer, relative=moved) for layer in found.layers)
        report = replace(found, layers=layers)
        return Tried(kind="k", harmful=harmful, flags=(flag,) * flagged, redrawn=1, report=report)

    tried = (
        *(one(True, 1, 0.2), one(True, 2, 0.03), one(True, 0, 0.03)),
        *(one(False, 0, 0.05), one(False, 1, 0.01), one(False, 0, 0.01), one(False, 0, 0.02)),
    )
    figures = {name: (figure.value, figure.floor) for name, figure in figures_of(tried).items()}
    assert figures == {
        "planted_harms_flagged": (pytest.approx(2 / 3), 1.0),
        "planted_harms_small_flagged": (0.5, 1.0),
        "planted_harms_redrawn": (3.0, None),
        "harmless_flagged": (0.25, 0.25),
        "harmless_redrawn": (4.0, None),
    }


@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=9),
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=9),
)
def test_no_other_limit_of_moves_tells_harms_from_no_harm_better(
    harms_by: list[float], none_by: list[float]
) -> None:
    def tells(limit: float) -> float:
        return float(np.mean(np.array(harms_by) > limit) - np.mean(np.array(none_by) > limit))

    best = harms.hindsight(harms_by, none_by)
    assert tells(best) == max(tells(limit) for limit in (0.0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5))
