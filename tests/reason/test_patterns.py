"""Looking back finds what was planted in a log of thoughts, and nothing in noise."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from nexus.reason.causes import Cause
from nexus.reason.patterns import REFERENCE, disagreed, look_back, tags
from nexus.reason.reflection import Drift
from nexus.store.traces import Cycle, Trace

START = datetime(2026, 1, 1, tzinfo=UTC)
QUERIES = (
    "count filter colour red objects",
    "exists filter shape circle objects",
    "describe colour related left_of filter size big objects",
)


def thought(k: int, *, apart: bool, query: str = QUERIES[0], cause: str = "") -> Trace:
    cause = cause or ("disagreed" if apart else "agreed")
    return Trace(
        id=f"{k:012x}",
        time=START + timedelta(seconds=k),
        task="tabletop",
        text="?",
        answer="1" if cause == "agreed" else "",
        confidence=0.5,
        core="",
        notes=(f"cause: {cause}", "reason: so it is", f"query: {query}"),
    )


def test_tags_say_what_a_question_is_about() -> None:
    query = "recolour red filter shape cube objects same size filter place top objects objects"
    assert tags(thought(0, apart=False, query=query)) == {
        *("task:tabletop", "kind:recolour", "colour:red", "attribute:shape", "shape:cube"),
        *("attribute:size", "attribute:place", "place:top"),
    }
    assert tags(thought(0, apart=False, query=QUERIES[2])) == {
        *("task:tabletop", "kind:describe", "attribute:colour", "relation:left_of"),
        *("attribute:size", "size:big"),
    }
    assert tags(thought(0, apart=False, query="")) == {"task:tabletop"}


def test_a_planted_cause_is_named_with_its_thoughts() -> None:
    rng = np.random.default_rng(0)
    query = [QUERIES[k] for k in rng.integers(0, 3, 180)]
    apart = [(q == QUERIES[2]) * 0.6 + 0.1 > x for q, x in zip(query, rng.random(180), strict=True)]
    log = [thought(k, apart=a, query=q) for k, (a, q) in enumerate(zip(apart, query, strict=True))]
    seen = look_back(log)
    assert look_back(log) == seen
    assert (seen.thoughts, seen.disagreed, seen.answered) == (180, sum(apart), 180 - sum(apart))
    assert seen.causes == {"agreed": seen.answered, "disagreed": seen.disagreed}
    assert seen.events_of("contradiction") == seen.disagreed
    found = seen.patterns[0]
    assert isinstance(found.finding, Cause)
    assert found.finding.wrong == "disagreed"
    assert found.finding.tag in tags(log[query.index(QUERIES[2])]) - {"attribute:colour"}
    ids = [t.id for t, a, q in zip(log, apart, query, strict=True) if a and q == QUERIES[2]]
    assert list(found.traces) == ids
    assert len(seen.patterns) == 1  # what was not answered is what disagreed
    unread = [thought(900 + k, apart=False, query=QUERIES[1], cause="unproved") for k in range(40)]
    words = [pattern.finding.wrong for pattern in look_back([*log, *unread]).patterns]
    assert words == ["disagreed", "not answered"]
    assert seen.watched.cusum is None
    assert "180 thoughts are too few" in seen.watched.reason


def test_noise_has_no_cause_and_a_steady_stream_no_alarm() -> None:
    rng = np.random.default_rng(1)
    query, apart = rng.integers(0, 3, 600), rng.random(600) < 0.1
    log = [thought(k, apart=bool(apart[k]), query=QUERIES[query[k]]) for k in range(600)]
    seen = look_back(log)
    assert seen.patterns == ()
    assert seen.watched.cusum is not None
    assert 0 < seen.watched.cusum.per_10k_upper <= 1
    assert (seen.watched.alarms, seen.watched.first) == (0, None)


def test_a_rise_is_noticed_after_it_began_with_the_thoughts_that_show_it() -> None:
    rng = np.random.default_rng(2)
    rate = np.where(np.arange(600) < 400, 0.1, 0.5)
    apart = rng.random(600) < rate
    log = [thought(k, apart=bool(apart[k])) for k in range(600)]
    watched = look_back(log).watched
    assert watched.first is not None
    found = watched.first.finding
    assert isinstance(found, Drift)
    assert 380 < found.watch.since < found.watch.seen < 460
    at = [int(trace, 16) for trace in watched.first.traces]
    assert at == [k for k in range(found.watch.since, found.watch.seen) if apart[k]]
    longer = [*log, *(thought(600 + k, apart=False) for k in range(100))]
    assert look_back(longer).watched.first == watched.first
    assert watched.alarms >= 1
    assert look_back(log[:REFERENCE]).watched.cusum is None


def test_thoughts_that_always_disagree_leave_nothing_to_watch_and_no_crash() -> None:
    for log in ([], [thought(k, apart=True) for k in range(REFERENCE + 20)]):
        seen = look_back(log)
        assert seen.disagreed == len(log)
        assert seen.watched.alarms == 0


@pytest.mark.parametrize(("fast", "slow", "apart"), [("12", "12", False), ("12", "21", True)])
def test_a_board_disagrees_where_its_two_thoughts_do(fast: str, slow: str, apart: bool) -> None:
    rows = ((0.2, 0.8), (0.8, 0.2))
    cycle = Cycle(fast=rows, slow=rows, board=(1, 2), halt=0.5, confidence=0.5)
    trace = Trace(
        id="a" * 12,
        time=START,
        task="sudoku6",
        board=(1, 0),
        cycles=(cycle,),
        answer="",
        confidence=0.5,
        core="",
        notes=("cause: unsure", f"fast: {fast}", f"slow: {slow}"),
    )
    assert disagreed(trace) == apart
