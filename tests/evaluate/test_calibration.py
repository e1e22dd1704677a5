"""Temperatures lower NLL, known calibration errors are measured right, intervals cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import DataError
from nexus.base.intervals import wilson
from nexus.evaluate.calibration import (
    LIMITS,
    RouteRecord,
    fit_binary_temperature,
    fit_decision,
    fit_logistic,
    fit_temperature,
    log_odds,
    lone_proof,
    nll,
    paired_bootstrap,
    reliability,
)


def _classified(seed: int, n: int, k: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return logits ``scale`` times the true ones, and labels drawn from the true ones."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(n, k)) * 2
    label = (true + rng.gumbel(size=(n, k))).argmax(1)
    return true * scale, label


@given(st.integers(0, 99), st.floats(0.2, 5.0))
def test_fit_temperature_undoes_a_known_scale_and_never_raises_nll(seed: int, scale: float) -> None:
    logits, label = _classified(seed, 1009, 7, scale)
    temperature = fit_temperature(logits, label)
    assert temperature == pytest.approx(scale, rel=0.2)
    assert nll(logits, label, temperature) <= nll(logits, label) + 1e-9


def test_fit_temperature_finds_the_valley_a_grid_finds() -> None:
    logits, label = _classified(3, 401, 5, 2.0)
    grid = np.exp(np.linspace(np.log(0.05), np.log(20), 2001))
    best = min(grid, key=lambda t: nll(logits, label, t))
    assert fit_temperature(logits, label) == pytest.approx(best, rel=0.01)


def test_fit_binary_temperature_agrees_with_the_two_class_fit() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=20_011) * 2
    label = rng.random(20_011) < 1 / (1 + np.exp(-true))
    assert fit_binary_temperature(3 * true, label) == pytest.approx(3.0, rel=0.05)


def test_ece_of_a_calibrated_source_is_near_zero_and_of_an_overconfident_one_is_its_gap() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.5, 1.0, size=30_011)
    assert reliability(p, rng.random(30_011) < p).ece < 0.015
    honest = np.full(30_011, 0.6)
    boast = reliability(honest + 0.3, rng.random(30_011) < honest)
    assert boast.ece == pytest.approx(0.3, abs=0.02)


@given(st.integers(1, 97))
def test_reliability_bins_hold_equal_mass_and_every_item(n: int) -> None:
    rng = np.random.default_rng(n)
    curve = reliability(rng.random(n), rng.random(n) < 0.5)
    assert curve.count.sum() == n
    assert curve.count.max() - curve.count.min() <= 1
    assert (np.diff(curve.confidence) >= 0).all()


def test_reliability_of_nothing_is_refused() -> None:
    with pytest.raises(DataError):
        reliability(np.zeros(0), np.zeros(0, dtype=bool))


def test_logistic_fit_recovers_its_weights_and_survives_separable_data() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(20_011, 3))
    true = np.array([0.5, 1.0, -2.0, 0.0])
    label = rng.random(20_011) < 1 / (1 + np.exp(-(true[0] + x @ true[1:])))
    assert np.abs(fit_logistic(x, label) - true).max() < 0.1
    assert np.isfinite(fit_logistic(x, x[:, 0] > 0)).all()


def test_log_odds_is_the_inverse_of_the_sigmoid_and_finite_at_the_ends() -> None:
    z = np.linspace(-9, 9, 19)
    assert np.allclose(log_odds(1 / (1 + np.exp(-z))), z)
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


@pytest.mark.parametrize("p", [0.02, 0.5, 0.97])
def test_wilson_covers_the_true_share_about_as_often_as_it_says(p: float) -> None:
    right = np.random.default_rng(5).binomial(101, p, size=2003)
    covered = [i.low <= p <= i.high for i in (wilson(int(r), 101) for r in right)]
    assert 0.92 < np.mean(covered) < 0.99


def test_wilson_of_known_values() -> None:
    # 8 of 10 by the closed form, checked by hand.
    found = wilson(8, 10)
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.4902, 0.9433), abs=1e-3)
    with pytest.raises(DataError):
        wilson(0, 0)


def test_paired_bootstrap_uses_the_pairing() -> None:
    rng = np.random.default_rng(7)
    base = rng.normal(size=503) * 10
    found = paired_bootstrap(base + 1 + 0.1 * rng.normal(size=503), base)
    assert found.value == pytest.approx(1.0, abs=0.02)
    assert found.high - found.low < 0.05  # unpaired it would be about 2.5
    assert found.low < found.value < found.high


@given(st.integers(0, 99), st.integers(1, 400), st.floats(0.0, 1.0), st.floats(0.5, 1.0))
def test_the_limit_of_a_lone_proof_is_the_first_that_surely_keeps_the_promise(
    seed: int, n: int, trust: float, wanted: float
) -> None:
    rng = np.random.default_rng(seed)
    proof = rng.uniform(0.3, 1.0, size=n)
    right = rng.uniform(size=n) < trust * proof + (1 - trust) * 0.5
    limit = lone_proof(proof, right, wanted=wanted)
    assert limit in (*LIMITS, 1.0)

    def surely(limit: float) -> bool:
        kept = [bool(r) for p, r in zip(proof, right, strict=True) if p > limit]
        return bool(kept) and wilson(sum(kept), len(kept)).low >= wanted

    assert limit == next(filter(surely, LIMITS), 1.0)


@pytest.mark.parametrize(("trustworthy", "limit"), [(True, 0.0), (False, 1.0)])
def test_only_proofs_that_are_right_without_the_fast_route_may_do_without_it(
    trustworthy: bool, limit: float
) -> None:
    rng, n = np.random.default_rng(0), 600
    agreed = np.arange(n) < 300
    proof_right = agreed | (rng.uniform(size=n) < (0.99 if trustworthy else 0.6))
    record = RouteRecord(
        fast=rng.uniform(0.3, 0.9, size=n),
        fast_right=agreed,
        proof=rng.uniform(0.7, 1.0, size=n),
        proof_right=proof_right,
        agreed=agreed,
    )
    assert fit_decision(record).lone_proof == limit
    assert fit_decision(record, wanted=1.0).lone_proof == 1.0


def test_chance_alone_seldom_breaks_the_promise_of_a_lone_proof() -> None:
    """Proofs right in just less than is wanted are let through about as often as 2.5 % a limit."""
    rng, let_through = np.random.default_rng(1), 0
    for _ in range(300):
        right = rng.uniform(size=400) < 0.94
        let_through += lone_proof(rng.uniform(0.5, 1.0, size=400), right, wanted=0.95) < 1.0
    assert let_through / 300 < 0.1
