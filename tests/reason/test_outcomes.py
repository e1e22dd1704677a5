"""The watch over revealed outcomes: seldom wrong, soon aware, and it names what has changed."""

from math import exp, log

import numpy as np
import pytest

from nexus.base.errors import ConfigError, DataError
from nexus.base.randomness import key, uniform
from nexus.reason.causes import Cause
from nexus.reason.outcomes import Outcome, OutcomeWatch, Seen, fit_outcomes
from nexus.reason.patterns import noticed
from nexus.reason.reflection import Drift, event_of

TAGS, EACH = 36, 5


def _stream(n: int, *, rate: float, seed: int, bad: str = "", since: int = 0) -> list[Outcome]:
    """Outcomes with five of 36 tags each; those of tag ``bad`` go wrong from ``since`` on."""
    draws = uniform(key(seed, "test", "outcomes"), np.arange(n), TAGS + 1)
    found = list[Outcome]()
    for at, draw in enumerate(draws):
        tags = frozenset(f"rule:{tag}" for tag in np.argsort(draw[:TAGS])[:EACH])
        wrong = bool(draw[TAGS] < rate) or (bad in tags and at >= since)
        found.append(Outcome(id=f"t{at}", tags=tags, wrong=wrong))
    return found


def _run(watch: OutcomeWatch, outcomes: list[Outcome]) -> list[Seen]:
    states = [Seen()]
    for outcome in outcomes:
        states.append(watch.observe(states[-1], outcome))
    return states[1:]


def test_a_tag_that_begins_to_go_wrong_raises_an_alarm_and_is_then_named() -> None:
    watch = fit_outcomes(_stream(400, rate=0.005, seed=1))
    delays = list[int]()
    for seed in range(5):
        states = _run(watch, _stream(400, rate=0.005, seed=10 + seed, bad="rule:7", since=150))
        alarm = next(at for at, seen in enumerate(states) if seen.suspicion is not None)
        named = next(at for at, seen in enumerate(states) if seen.cause is not None)
        assert 150 <= alarm <= named
        assert states[named].cause is not None
        assert states[named].cause.tag == "rule:7"
        delays.append(alarm - 150)
    assert np.mean(delays) < 40  # a tag comes once in 7.2 outcomes, and two wrong ones raise it


def test_false_alarms_keep_to_the_bound_and_no_cause_is_named_of_noise() -> None:
    allowed, n = 200.0, 4_000
    watch = fit_outcomes(_stream(1_000, rate=0.01, seed=2), allowed=allowed)
    states = _run(watch, _stream(n, rate=0.01, seed=3))
    alarms = sum(s.suspicion is not None and s.suspicion.at == s.count for s in states)
    assert alarms <= allowed * n / 10_000
    assert not any(seen.cause for seen in states)


def test_the_threshold_is_lordens_bound_spelt_out() -> None:
    stable = _stream(500, rate=0.01, seed=4)
    watch = fit_outcomes(stable, changed=0.7, allowed=80.0)
    sums, rate = dict[str, float](), 0.5
    # The rate at which as few as were seen are as rare as 5 %, found by halving.
    bad, low, high = sum(o.wrong for o in stable), 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        chance = sum(
            exp(_log_choose(500, k) + k * log(rate) + (500 - k) * log(1 - rate))
            for k in range(bad + 1)
        )
        low, high = (rate, high) if chance > 0.05 else (low, rate)
    threshold = log(EACH * 10_000 / 80)
    for seen, outcome in zip(
        _run(watch, changed := _stream(300, rate=0.2, seed=5)), changed, strict=True
    ):
        over = list[str]()
        for tag in outcome.tags:
            ratio = log(0.7 / rate) if outcome.wrong else log(0.3 / (1 - rate))
            sums[tag] = max(0.0, sums.get(tag, 0.0) + ratio)
            over += [tag] if sums[tag] > threshold else []
        if over:
            assert seen.suspicion is not None
            assert seen.suspicion.tag in over
            return
        assert seen.suspicion is None
    pytest.fail("no alarm was raised")


def _log_choose(n: int, k: int) -> float:
    return float(sum(log(n - i) - log(i + 1) for i in range(k)))


def test_an_alarm_without_a_cause_is_dropped_when_patience_ends() -> None:
    watch = fit_outcomes(_stream(400, rate=0.0, seed=6), patience=50)
    bad = Outcome(id="x", tags=frozenset({"rule:1"}), wrong=True)
    quiet = _stream(200, rate=0.0, seed=7)
    states = _run(watch, [bad, bad, bad, *quiet])
    assert states[2].suspicion is not None
    assert states[-1].suspicion is None
    assert not any(seen.cause for seen in states)
    assert all(len(seen.kept) <= 50 for seen in states)


def test_a_change_is_noticed_while_another_alarm_is_still_looked_into() -> None:
    watch = fit_outcomes(_stream(400, rate=0.005, seed=1))
    false = [Outcome(id=f"f{k}", tags=frozenset({"rule:1"}), wrong=True) for k in range(3)]
    stream = [*false, *_stream(250, rate=0.0, seed=12, bad="rule:7", since=100)]
    states = _run(watch, stream)
    alarms = [at for at, s in enumerate(states) if s.suspicion and s.suspicion.at == s.count]
    assert alarms[0] < 3
    again = next(at for at in alarms if at >= 3)
    assert 103 <= again < 150  # long before the first one's patience ends
    assert states[again].suspicion is not None
    assert states[again].suspicion.since < 3  # all that was looked at still is
    [drift, *_] = noticed(states[again])
    assert all(int(trace[1:]) >= 100 for trace in drift.traces)  # its evidence is its own
    named = next(s.cause for s in states if s.cause is not None)
    assert named.tag == "rule:7"


def test_alarm_and_cause_become_events_whose_evidence_is_what_went_wrong() -> None:
    watch = fit_outcomes(_stream(400, rate=0.0, seed=8))
    outcomes = _stream(200, rate=0.0, seed=9, bad="rule:3", since=40)
    told = [f for seen in _run(watch, outcomes) for f in noticed(seen)]
    first = next(at for at, f in enumerate(told) if isinstance(f.finding, Cause))
    found = told[: first + 1]
    assert found[:-1]
    assert all(isinstance(f.finding, Drift) for f in found[:-1])
    wrong = {o.id for o in outcomes if o.wrong}
    for each in found:
        assert each.traces
        assert set(each.traces) <= wrong
        assert event_of(each.finding, traces=each.traces).evidence == each.traces
    assert "rule:3" in event_of(found[-1].finding, traces=found[-1].traces).cause


@pytest.mark.parametrize(
    ("settings", "word"),
    [({"changed": 0.001}, "changed"), ({"changed": 1.0}, "changed"), ({"allowed": 0.0}, "allowed")],
)
def test_impossible_settings_are_refused(settings: dict[str, float], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        fit_outcomes(_stream(200, rate=0.01, seed=0), **settings)
    with pytest.raises(DataError, match="too few"):
        fit_outcomes(_stream(50, rate=0.01, seed=0))
