"""Bench "drift" on a core that never errs: the stream, its delays, what a candidate is taught."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from nexus.reason.boards import BoardReasoner
from nexus.reason.drift import poisson_upper
from nexus.reason.rule_change import RuleChange
from nexus.suites import noticing, results
from nexus.suites.bench_drift import NEW, kept_aside
from nexus.suites.drift_alarms import (
    NOISE,
    PARTS,
    STABLE,
    WAYS,
    Heard,
    Tally,
    alarm_figures,
    delay,
    heard,
    quiet,
)
from nexus.suites.drifting import (
    CHANGES,
    LENGTH,
    REFERENCE,
    REVEALED,
    Stream,
    drawn_change,
    watched,
)
from nexus.suites.figures_drift import drift_figure
from nexus.suites.noticing import lessons_from
from nexus.worlds.puzzles import Khop

KNOWN = Khop()


@pytest.fixture(scope="module")
def lived() -> Stream:
    data = KNOWN.sample(5, "test", np.arange(LENGTH))
    return Stream(known=KNOWN, data=data, answer=data.solution, seed=5)


def test_a_change_is_another_result_of_one_rule_somewhere_in_the_middle() -> None:
    drawn = [drawn_change(KNOWN, 0, draw) for draw in range(60)]
    assert len({change.tag for change in drawn}) > 20
    for change in drawn:
        assert CHANGES[0] <= change.at < CHANGES[1]
        assert (change.world(KNOWN).rules.table != KNOWN.rules.table).sum() == 1


def test_a_tenth_turns_out_and_only_what_came_after_the_change_turns_out_changed(
    lived: Stream,
) -> None:
    change, rows = drawn_change(KNOWN, 5), lived.shown()
    assert abs(len(rows) / LENGTH - REVEALED) < 0.01
    wrong = lived.wrong(rows, lived.revealed(rows, change))
    assert not wrong[rows < change.at].any()
    assert not wrong[~lived.having(change.tag)[rows]].any()
    late = (rows >= change.at) & lived.having(change.tag)[rows]
    assert wrong[late].mean() > 0.7


def test_changes_are_noticed_soon_and_nothing_is_noticed_where_nothing_changes(
    lived: Stream,
) -> None:
    slips = np.zeros(LENGTH, dtype=bool)
    delays = [delay(lived, slips, draw) for draw in range(3)]
    assert min(delays) >= 1
    assert np.mean(delays) < 300
    rows = lived.shown()
    nothing = watched(lived.outcomes(rows, np.zeros(len(rows), dtype=bool)), rows)
    assert (nothing.alarms, nothing.causes, nothing.found) == ((), (), ())


def test_lessons_hold_what_was_seen_by_then_and_what_the_core_said_of_all_other_rules(
    lived: Stream,
) -> None:
    wrong_guess = RuleChange(first=3, second=5, to=3, explained=9, runner_up=1, of=9)
    aside = np.array([5, 700])
    lessons = lessons_from(lived, 799, "rule:3x5", wrong_guess, aside=aside)
    seen, replayed = lessons.taught.index, lessons.replay.index
    assert set(seen) | set(replayed) == set(range(800)) - {5, 700}
    assert all("rule:3x5" in lived.tags[row] for row in seen)
    assert not any("rule:3x5" in lived.tags[row] for row in replayed)
    told = wrong_guess.under(KNOWN).answered(lived.data.take(seen))
    asked = lived.data.asked[0]
    assert (lessons.taught.solution[:, asked] == told.solution[:, asked]).all()
    assert (lessons.replay.solution[:, asked] == lived.answer[replayed][:, asked]).all()


def test_the_picture_is_drawn_from_what_is_told(tmp_path: Path) -> None:
    point = {"at": 500, "new": 0.2, "old": 0.9, "n_new": 150, "n_old": 150}
    told = {
        "change": {"first": 1, "second": 2, "to": 3, "at": 5_500},
        "alarm": 150,
        "cause": 500,
        "ours": {"new": 1.0, "old": 0.9, "n_new": 300, "n_old": 700},
        "rivals": {name: [point] for name in ("never", "ewc", "replay", "always")},
    }
    drift_figure(tmp_path, told, length=LENGTH)
    assert (tmp_path / "figures" / "drift.png").read_bytes().startswith(b"\x89PNG")
    assert "1x2" in (tmp_path / "figures" / "captions.json").read_text()


def slow_tags(stream: Stream) -> list[int]:
    return [len(KNOWN.chain(given)) for given in stream.data.given]


def test_every_outcome_of_a_stable_stream_is_watched_once_in_each_way(lived: Stream) -> None:
    slips = np.random.default_rng(3).random(LENGTH) < 0.5
    answer = lived.answer.copy()
    bad = np.arange(0, LENGTH, 90)
    answer[bad, KNOWN.asks] = (answer[bad, KNOWN.asks] + 1) % KNOWN.answers
    errs = replace(lived, answer=answer)
    hops = np.array(slow_tags(lived))
    for way in STABLE:
        parts = [quiet(errs, slips, way, part) for part in range(PARTS)]
        rows = np.concatenate([rows for rows, _ in parts])
        wrong = np.concatenate([wrong for _, wrong in parts])
        assert sorted(rows.tolist()) == list(range(LENGTH))
        own = set(bad.tolist()) if way == "first_thoughts" else set(bad[~slips[bad]].tolist())
        found = set(rows[wrong].tolist())
        assert found >= own if way == "noisy" else found == own
        if way == "noisy":
            assert abs(len(found - own) / LENGTH - NOISE) < 0.005
        for some, _ in parts:
            late = some[some >= REFERENCE]
            assert (some[: len(some) - len(late)] < REFERENCE).all()
            grown = np.diff(hops[late]) >= 0
            assert grown.all() == (way == "longer")


def test_a_cause_that_is_not_the_change_is_counted_and_a_loose_watch_names_more(
    lived: Stream,
) -> None:
    answer, hops = lived.answer.copy(), np.array(slow_tags(lived))
    late = (np.arange(LENGTH) >= 5_000) & (hops == 7)
    answer[late, KNOWN.asks] = (answer[late, KNOWN.asks] + 1) % KNOWN.answers
    found = heard(replace(lived, answer=answer), np.zeros(LENGTH, dtype=bool), draws=1, parts=1)
    for way in ("stable", "noisy", "first_thoughts"):
        tally = found.tallies[way]
        assert tally.alarms >= tally.causes >= 1
    assert found.tallies["changed"].causes >= 1
    # On a core that never errs there is nothing to name in any way.
    none = heard(lived, np.zeros(LENGTH, dtype=bool), draws=1, parts=1)
    assert all(none.tallies[way].causes == 0 for way in WAYS)
    assert sum(tally.loose for tally in none.tallies.values()) >= 1


def test_streams_are_pooled_for_the_interval_and_the_worst_is_the_value() -> None:
    def one(delays: tuple[int, ...], causes: int) -> Heard:
        tally = Tally(examples=70_000, distinct=7_000, alarms=9, causes=0, loose=7)
        tallies = dict.fromkeys(WAYS, tally) | {"noisy": replace(tally, causes=causes)}
        return Heard(delays=delays, tallies=tallies)

    figures = alarm_figures([one((100, 200), 0), one((300, 100), 7)])
    delay = figures["detection_delay"]
    assert (delay.value, delay.n, delay.streams, delay.seeds) == (200.0, 4, 2, 1)
    pooled = results.mean(np.array([100.0, 200.0, 300.0, 100.0]))
    assert (delay.low, delay.high) == (pooled.low, pooled.high)
    assert figures["false_proposals_stable_per_10k"].value == 0.0
    false = figures["false_proposals_per_10k"]
    assert false == figures["false_proposals_noisy_per_10k"]
    assert (false.value, false.floor, false.n, false.streams) == (1.0, 1.0, 14_000, 2)
    assert false.high == pytest.approx(1e4 * poisson_upper(7) / 140_000)
    assert figures["false_alarms_noisy_per_10k"].value == pytest.approx(9 / 7)


def test_a_named_tag_that_is_no_rule_is_told_and_the_watch_goes_on(lived: Stream) -> None:
    change, hops = drawn_change(KNOWN, 5), np.array(slow_tags(lived))
    answer = lived.answer.copy()
    early = (np.arange(LENGTH) >= REFERENCE) & (np.arange(LENGTH) < change.at) & (hops == 6)
    answer[early, KNOWN.asks] = (answer[early, KNOWN.asks] + 1) % KNOWN.answers
    rows = lived.shown()

    def never_right(boards: object, stream: Stream, *_: object, **__: object) -> np.ndarray:
        del boards
        return stream.wrong(rows, stream.revealed(rows, change))

    with pytest.MonkeyPatch.context() as patch:
        # Second thoughts need a core; this one would say the same again.
        patch.setattr(noticing, "surely_wrong", never_right)
        found = noticing.notice(
            cast(BoardReasoner, None), replace(lived, answer=answer), rows, change, cycles=1
        )
    assert found.idle[0] == "hops:6"
    assert found.cause.tag == change.tag
    assert found.guess.to == change.to


def test_nobody_is_tested_on_what_turns_out_or_came_before(lived: Stream) -> None:
    change = drawn_change(KNOWN, 5)
    tested = kept_aside(lived, change, after=7_000)
    every = np.concatenate([tested.new, tested.old])
    assert every.min() > 7_000
    assert not set(every.tolist()) & set(lived.shown().tolist())
    assert lived.having(change.tag)[tested.new].all()
    assert not lived.having(change.tag)[tested.old].any()
    assert len(tested.new) == NEW
    assert len(tested.old) > 2_000
