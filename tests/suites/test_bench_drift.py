"""Bench "drift" on a core that never errs: the stream, its delays, what a candidate is taught."""

from pathlib import Path

import numpy as np
import pytest

from nexus.reason.rule_change import RuleChange
from nexus.suites.bench_drift import delay
from nexus.suites.drifting import CHANGES, LENGTH, REVEALED, Stream, drawn_change, watched
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
    quiet = watched(lived.outcomes(rows, np.zeros(len(rows), dtype=bool)), rows)
    assert (quiet.alarms, quiet.causes, quiet.found) == ((), (), ())


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
    point = {"at": 500, "new": 0.2, "old": 0.9}
    told = {
        "change": {"first": 1, "second": 2, "to": 3, "at": 5_500},
        "alarm": 150,
        "cause": 500,
        "ours": {"new": 1.0, "old": 0.9},
        "rivals": {name: [point] for name in ("never", "ewc", "replay", "always")},
        "n": {"new": 300, "old": 700},
    }
    drift_figure(tmp_path, told, length=LENGTH)
    assert (tmp_path / "figures" / "drift.png").read_bytes().startswith(b"\x89PNG")
    assert "1x2" in (tmp_path / "figures" / "captions.json").read_text()
