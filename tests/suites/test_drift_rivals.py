"""Rivals and ours on one scale: effort, what is learned from, and what is lost, in pairs."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from nexus.base.intervals import wilson
from nexus.config import ReasonerConfig, Recipe
from nexus.evaluate.shadow import paired_interval
from nexus.nn.weights import module_bytes
from nexus.suites import drift_rivals
from nexus.suites.bench_drift import Learned, kept_aside, learned_figures
from nexus.suites.drift_rivals import PARTS, WEIGHTS, Scores, always, ewc_weight, rivals_of
from nexus.suites.drifting import LENGTH, Change, Stream, drawn_change
from nexus.train.consolidation import Consolidation, Teaching
from nexus.train.parts import Parts
from nexus.train.reasoner import BoardBatch
from nexus.worlds.puzzles import Khop
from nexus.worlds.tabletop import Tabletop

KNOWN = Khop()
RECIPE = Recipe(reasoner=ReasonerConfig(width=8, heads=2, cycles=1, segments=1, think=1, boards=16))
HOW = Consolidation(steps=24, batch=8, segments=6, seed=2)


@pytest.fixture(scope="module")
def lived() -> Stream:
    data = KNOWN.sample(6, "test", np.arange(LENGTH))
    return Stream(known=KNOWN, data=data, answer=data.solution, seed=6)


@pytest.fixture(scope="module")
def weights() -> bytes:
    return module_bytes(Parts(recipe=RECIPE, world=Tabletop(), vocabulary=1).boards(KNOWN))


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift_rivals, "CYCLES", 1)
        patch.setattr(drift_rivals, "FEW", 20)
        patch.setattr(drift_rivals, "AT_ONCE", 4)
        patch.setattr(drift_rivals, "OUTCOMES", 30)
        yield


def test_always_has_one_optimiser_as_many_board_steps_and_thinks_to_the_end(
    lived: Stream, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, made = list[tuple[bool, int, float]](), list[object]()

    class Seen(Teaching):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            made.append(self)

        def step(self, batch: BoardBatch, rate: float) -> None:
            taken.append((batch.first, len(batch.given), rate))
            super().step(batch, rate)

    monkeypatch.setattr(drift_rivals, "Teaching", Seen)
    change = drawn_change(KNOWN, 6)
    tested = kept_aside(lived, change, after=8_000).few()
    scored = always(weights, lived, change, HOW, RECIPE, tested)
    assert len(made) == 1
    assert sum(boards for _, boards, _ in taken) == HOW.steps * HOW.batch
    assert [first for first, _, _ in taken] == [True, *[False] * (HOW.segments - 1)] * 8
    assert {rate for _, _, rate in taken} == {HOW.rate}
    assert [len(scores.right_new) for _, scores in scored] == [20] * PARTS
    places = [at for at, _ in scored]
    assert places == sorted(set(places))
    assert places[-1] == lived.shown()[-1] - change.at


def test_replay_of_a_rival_is_told_the_steps_on_the_way_and_its_weight_is_used(
    lived: Stream, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list[tuple[drift_rivals.Lessons, Consolidation]]()
    learn = drift_rivals.consolidate

    def look(boards: object, puzzle: object, lessons: object, how: object) -> None:
        given.append((lessons, how))  # type: ignore[arg-type]
        learn(boards, puzzle, lessons, how)  # type: ignore[arg-type]

    monkeypatch.setattr(drift_rivals, "consolidate", look)
    change, rows = drawn_change(KNOWN, 6), lived.shown()
    known = rows[(rows >= change.at) & (rows <= 7_000)]
    tested = kept_aside(lived, change, after=7_000)
    found = rivals_of(weights, lived, change, 7_000, known, HOW, RECIPE, tested, ewc=WEIGHTS[2])
    assert set(found) == {"ewc", "replay", "always"}
    assert [how.ewc for _, how in given] == [WEIGHTS[2], 0.0]
    for lessons, _ in given:
        assert lessons.replay.asked.sum() > len(lessons.replay)
        assert lessons.replay.index.max() < change.at
        told = lived.known.explained(lived.data.take(slice(0, change.at)))
        assert (lessons.replay.solution == told.solution)[told.asked].all()
    assert all(len(s.right_old) == 20 for scored in found.values() for _, s in scored)


def test_the_weight_of_ewc_is_one_that_was_tried_on_split_val(weights: bytes) -> None:
    assert ewc_weight(weights, KNOWN, replace(HOW, steps=2), RECIPE) in WEIGHTS


def learned(right: np.ndarray, was: np.ndarray, cause: int, change: Change) -> Learned:
    """What came of a stream, as far as figures need it."""
    half = len(right) // 2
    before = Scores(right_new=was[:half], right_old=was[half:])
    ours = Scores(right_new=right[:half], right_old=right[half:])
    made = object.__new__(Learned)
    parts = {"change": change, "cause": cause, "ours": ours, "denied_bytes_changed": 0}
    parts["rivals"] = {"never": ((cause, before),), "always": ((9, before), (99, ours))}
    for name, value in parts.items():
        object.__setattr__(made, name, value)
    return made


def test_what_is_lost_is_counted_in_pairs_over_streams_and_net_change_hides_nothing() -> None:
    rng, change = np.random.default_rng(1), drawn_change(KNOWN, 0)
    was = [rng.random(800) < 0.9 for _ in range(3)]
    now = [rng.random(800) < share for share in (0.9, 0.95, 0.8)]
    figures = learned_figures(
        [learned(b, a, 100 * i, change) for i, (a, b) in enumerate(zip(was, now, strict=True))]
    )
    old = [(a[400:], b[400:]) for a, b in zip(was, now, strict=True)]
    a, b = (np.concatenate(part) for part in zip(*old, strict=True))
    gap = paired_interval(int((a & b).sum()), int((b & ~a).sum()), int((a & ~b).sum()), len(a))
    loss, broken = figures["old_rule_loss"], figures["old_rule_broken"]
    assert loss.value == pytest.approx(max(x.mean() - y.mean() for x, y in old))
    assert (loss.low, loss.high) == (pytest.approx(-gap.high), pytest.approx(-gap.low))
    assert (loss.n, loss.streams, loss.seeds) == (1200, 3, 1)
    assert broken.value == pytest.approx(max((x & ~y).sum() / x.sum() for x, y in old))
    limits = wilson(int((a & ~b).sum()), int(a.sum()))
    assert (broken.low, broken.high, broken.n) == (limits.low, limits.high, int(a.sum()))
    new = figures["new_rule_accuracy"]
    assert new.value == pytest.approx(min(x[:400].mean() for x in now))
    assert new.floor == pytest.approx(np.concatenate([x[:400] for x in was]).mean())
    assert figures["proposal_delay"].value == 200.0
    rival = figures["always_new"]
    assert rival.value == pytest.approx(np.concatenate([x[:400] for x in now]).mean())
    assert (rival.n, rival.streams) == (1200, 3)
