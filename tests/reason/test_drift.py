"""The sum is Page's, alarms on stable streams stay within what is allowed, changes are noticed."""

from math import comb, exp, factorial, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.base.errors import ConfigError, DataError
from nexus.reason.drift import (
    Cusum,
    Watch,
    bernoulli_reference,
    count_alarms,
    exponent,
    fit,
    fit_rate,
    mean_upper,
    poisson_upper,
    rate_upper,
    resampled,
    worst,
)

SCORES = st.lists(st.integers(0, 8).map(lambda k: k / 8), max_size=60)


def _cusum(reference: float, threshold: float) -> Cusum:
    return Cusum(
        reference=reference, threshold=threshold, per_10k=0.0, per_10k_upper=0.0, simulated=0
    )


def _stable(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).beta(0.5, 8, size=n)


@pytest.fixture(scope="module")
def detector() -> Cusum:
    return fit(_stable(0, 800), allowed=2.0)


def _slow(scores: list[float], reference: float, threshold: float) -> tuple[list[float], list[int]]:
    """Return each sum, as the best of all moments of change since the last alarm, and alarms."""
    sums, alarms, begin = [], [], 0
    for now in range(len(scores)):
        tails = [sum(s - reference for s in scores[j : now + 1]) for j in range(begin, now + 1)]
        sums.append(max(0.0, *tails))
        if sums[-1] > threshold:
            alarms.append(now)
            begin = now + 1
    return sums, alarms


# Eighths and halves add without rounding, so that equality is exact.
@given(SCORES, st.sampled_from([0.125, 0.25, 0.5]), st.sampled_from([0.25, 1.0, 2.5]))
def test_the_sum_is_the_best_over_all_moments_of_change(
    scores: list[float], reference: float, threshold: float
) -> None:
    cusum, watch, sums = _cusum(reference, threshold), Watch(), []
    for score in scores:
        watch = cusum.observe(watch, score)
        sums.append(watch.total)
        best = scores[watch.since : watch.seen]
        assert watch.total in (0.0, sum(best) - reference * len(best))
    expected = _slow(scores, reference, threshold)
    assert sums == expected[0]
    found = cusum.observe_all(Watch(), np.array(scores))
    assert (found.watch, found.at.tolist()) == (watch, expected[1])
    half = len(scores) // 2  # a stream may be watched in pieces
    first = cusum.observe_all(Watch(), np.array(scores[:half]))
    assert cusum.observe_all(first.watch, np.array(scores[half:])).watch == watch


@settings(max_examples=20)
@given(st.integers(0, 999), st.sampled_from([0.1, 0.3]), st.sampled_from([0.2, 0.6]))
def test_streams_side_by_side_are_watched_as_each_alone(
    seed: int, reference: float, threshold: float
) -> None:
    scores = np.random.default_rng(seed).random((40, 5)) ** 3
    cusum = _cusum(reference, threshold)
    alone = [cusum.observe_all(Watch(), row).at for row in scores.T]
    for warm in (0, 11):
        count = count_alarms(scores, reference, threshold, warm=warm)
        assert count.tolist() == [int((at >= warm).sum()) for at in alone]


@given(st.floats(0.01, 0.4), st.floats(0.05, 0.5), st.lists(st.booleans(), max_size=80))
def test_right_and_wrong_sum_to_log_likelihood_ratios(
    rate: float, rise: float, wrong: list[bool]
) -> None:
    changed = rate + rise
    unit = log(changed * (1 - rate) / (rate * (1 - changed)))
    watch, ratio = Watch(), 0.0
    cusum = _cusum(bernoulli_reference(rate, changed), 99.0)
    for each in wrong:
        odds = log(changed / rate) if each else log((1 - changed) / (1 - rate))
        ratio = max(0.0, ratio + odds)
        watch = cusum.observe(watch, float(each))
        assert watch.total * unit == pytest.approx(ratio, abs=1e-9)


@given(st.integers(0, 60), st.sampled_from([0.05, 0.2]))
def test_poisson_bound_solves_its_equation(count: int, miss: float) -> None:
    mean = poisson_upper(count, miss=miss)
    few = sum(exp(-mean) * mean**k / factorial(k) for k in range(count + 1))
    assert few == pytest.approx(miss, rel=1e-6)


@given(st.integers(1, 60), st.floats(0.0, 1.0), st.sampled_from([0.05, 0.2]))
def test_bound_of_a_rate_solves_its_equation(of: int, share: float, miss: float) -> None:
    count = int(share * of)
    rate = rate_upper(count, of, miss=miss)
    few = sum(comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(count + 1))
    assert few == pytest.approx(miss, rel=1e-5) if count < of else rate == 1.0


def test_the_bound_of_a_mean_allows_for_alarms_in_clusters() -> None:
    alike, apart = np.full(100, 2), np.array([0] * 90 + [20] * 10)
    assert mean_upper(alike) == pytest.approx(poisson_upper(200) / 100)
    assert mean_upper(apart) > mean_upper(alike)
    assert mean_upper(np.zeros(100, dtype=np.int64)) == pytest.approx(-log(0.05) / 100)


@given(st.integers(0, 999), st.floats(0.02, 0.3))
def test_the_exponent_solves_its_equation(seed: int, shift: float) -> None:
    stable = _stable(seed, 200)
    reference = float(stable.mean()) + shift / 2
    theta = exponent(stable, reference)
    mean = float(np.mean([exp(theta * (x - reference)) for x in stable.tolist()]))
    assert mean == pytest.approx(1.0, abs=1e-4) or (theta > 999 and stable.max() < reference)


def test_the_worst_resample_is_worse_than_95_in_100_others() -> None:
    stable = _stable(3, 200)
    theta = exponent(stable, 0.15)
    found = worst(stable, 0.15, stream=7)
    assert np.isin(found, stable).all()
    rng, harm = np.random.default_rng(0), np.exp(theta * found).mean()
    others = [np.exp(theta * rng.choice(stable, 200)).mean() for _ in range(2000)]
    assert 0.92 < np.mean(others < harm) < 0.98
    assert exponent(found, 0.15) < theta  # alarms fall off more slowly


def test_draws_are_a_function_of_stream_and_position() -> None:
    stable = _stable(0, 300)
    whole = resampled(stable, stream=3, streams=6, length=40)
    assert (resampled(stable, stream=3, streams=4, length=25) == whole[:25, :4]).all()
    assert np.isin(whole, stable).all()
    assert (resampled(stable, stream=4, streams=6, length=40) != whole).any()


def test_false_alarms_on_fresh_streams_stay_within_what_is_allowed(detector: Cusum) -> None:
    # The promise is for each set of stable scores, 95 times in 100; few scores are the hard case.
    few = [fit(_stable(seed, 200), allowed=2.0) for seed in (1,)]
    for seed, cusum in enumerate([detector, *few]):
        assert cusum.per_10k <= cusum.per_10k_upper <= 2.0
        assert cusum.simulated == 1_000_000
        fresh = _stable(seed + 100, 150_000).reshape(1500, 100)
        alarms = int(count_alarms(fresh, cusum.reference, cusum.threshold, warm=200).sum())
        assert alarms <= 2.0 * 13


def test_false_alarms_of_right_and_wrong_stay_within_what_is_allowed() -> None:
    rng = np.random.default_rng(5)
    for wrong in (rng.random(1000) < 0.02, np.zeros(150, dtype=bool)):
        cusum = fit_rate(wrong, changed=0.3)
        assert cusum.per_10k <= cusum.per_10k_upper <= 1.0
        rate = 0.02 if wrong.any() else 0.015  # where nothing was wrong, as much as that may be
        fresh = (rng.random((2000, 150)) < rate).astype(float)
        assert int(count_alarms(fresh, cusum.reference, cusum.threshold).sum()) <= 30


def test_a_planted_change_is_noticed_soon_and_dated_well(detector: Cusum) -> None:
    cusum, delays, errors = detector, [], []
    for seed in range(40):
        before = cusum.observe_all(Watch(), _stable(seed + 200, 500)).watch
        changed = np.random.default_rng(seed).beta(1, 4, size=400)  # mean 0.06 becomes 0.2
        for position, score in enumerate(changed):
            before = cusum.observe(before, float(score))
            if before.alarm:
                delays.append(position + 1)
                errors.append(abs(before.since - 500))
                break
    assert len(delays) == 40
    assert np.mean(delays) < 20
    assert max(delays) < 60
    assert np.median(errors) <= 5


def test_the_same_scores_make_the_same_detector(detector: Cusum) -> None:
    assert fit(_stable(0, 800), allowed=2.0) == detector


def test_what_cannot_be_watched_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="99 stable scores"):
        fit(np.zeros(99))
    with pytest.raises(DataError, match=r"\[0, 1\]"):
        fit(np.full(100, 1.5))
    with pytest.raises(ConfigError, match=r"drift\.shift"):
        fit(np.zeros(100))
    with pytest.raises(ConfigError, match=r"drift\.allowed"):
        fit(_stable(0, 100), allowed=0.0)
    with pytest.raises(ConfigError, match=r"drift\.changed"):
        fit_rate(np.arange(100) < 30, changed=0.2)
    with pytest.raises(DataError, match="nan"):
        _cusum(0.1, 1.0).observe(Watch(), float("nan"))
