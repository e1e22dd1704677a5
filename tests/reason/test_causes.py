"""Planted causes are named, noise is given none, and the test is Fisher's, by exact fractions."""

from fractions import Fraction
from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import ConfigError, DataError
from nexus.base.intervals import wilson
from nexus.reason.causes import find_cause, log_tail

NAMES = [f"{kind}:{k}" for kind in ("relation", "rule", "attribute", "kind") for k in range(5)]


def _tagged(seed: int, n: int) -> list[frozenset[str]]:
    """Return one value of each kind for every example; the first value is the commonest."""
    values = np.random.default_rng(seed).geometric(0.4, size=(n, 4)).clip(max=5) - 1
    return [frozenset(NAMES[5 * kind + v] for kind, v in enumerate(row)) for row in values]


def _slow_tail(wrong: int, of: int, bad: int, n: int) -> Fraction:
    ways = sum(
        comb(bad, k) * comb(n - bad, of - k) for k in range(wrong, of + 1) if bad >= k and of >= k
    )
    return Fraction(ways, comb(n, of))


@given(st.data())
def test_the_tail_is_counted_exactly(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 60))
    of, bad = data.draw(st.integers(1, n)), data.draw(st.integers(0, n))
    wrong = data.draw(st.integers(0, min(of, bad)))
    expected = _slow_tail(wrong, of, bad, n)
    assert exp(log_tail(wrong, of=of, bad=bad, n=n)) == pytest.approx(float(expected), rel=1e-9)


def test_a_tail_below_the_smallest_number_keeps_its_logarithm() -> None:
    found = log_tail(1500, of=1500, bad=1500, n=5000)
    assert found == pytest.approx(-log(comb(5000, 1500)), rel=1e-9)
    assert exp(found) == 0.0


def _slow_cause(tags: list[frozenset[str]], wrong: np.ndarray, alpha: float) -> str | None:
    """Return the likeliest cause by exact fractions over every tag."""
    n, bad, found = len(tags), int(wrong.sum()), []
    counted = {t: [i for i, row in enumerate(tags) if t in row] for t in NAMES}
    tested = {t: rows for t, rows in counted.items() if 5 <= len(rows) <= n - 5}
    for tag, rows in tested.items():
        w = int(wrong[rows].sum())
        if w / len(rows) - (bad - w) / (n - len(rows)) >= 0.1:
            p = _slow_tail(w, len(rows), bad, n) * len(tested)
            found.append((p, tag))
    return min(found)[1] if found and min(found)[0] <= Fraction(str(alpha)) else None


@given(st.integers(0, 9999), st.integers(0, 80), st.floats(0.0, 0.8))
def test_the_cause_is_the_one_of_least_chance(seed: int, n: int, strength: float) -> None:
    rng, tags = np.random.default_rng(seed), _tagged(seed, n)
    rate = np.array([0.1 + strength * ("rule:1" in row) for row in tags])
    wrong = rng.random(n) < rate
    found = find_cause(tags, wrong, alpha=0.2)
    assert (found.tag if found else None) == _slow_cause(tags, wrong, 0.2)


def test_planted_causes_are_named_with_their_numbers() -> None:
    named = []
    for seed in range(100):
        rng, tags = np.random.default_rng(seed), _tagged(seed, 400)
        planted = NAMES[seed % 20 // 5 * 5 + seed % 3]
        has = np.array([planted in row for row in tags])
        wrong = rng.random(400) < np.where(has, 0.5, 0.05)
        found = find_cause(tags, wrong)
        named.append(found is not None and found.tag == planted)
        if found and named[-1]:
            assert (found.n_with, found.n_without) == (has.sum(), (~has).sum())
            assert found.share_with == wrong[has].mean()
            assert found.share_without == wrong[~has].mean()
            assert found.low < found.effect < found.high
            assert 0 <= found.p <= 0.01
    assert np.mean(named) >= 0.98


def test_noise_has_a_cause_no_more_often_than_stated() -> None:
    named = 0
    for seed in range(300):
        rng, tags = np.random.default_rng(seed), _tagged(seed, 80)
        named += find_cause(tags, rng.random(80) < 0.3, alpha=0.1) is not None
    assert wilson(named, 300).low <= 0.1
    assert named > 0  # the bound is not met by never naming anything


def test_the_interval_covers_the_true_effect() -> None:
    covered = []
    for seed in range(250):
        rng = np.random.default_rng(seed)
        has = np.arange(300) < 100
        wrong = rng.random(300) < np.where(has, 0.6, 0.2)
        tags = [frozenset({"rule:1"} if h else {"rule:2"}) for h in has]
        found = find_cause(tags, wrong)
        covered.append(found is not None and found.low <= 0.4 <= found.high)
    assert 0.92 <= np.mean(covered) <= 0.98


def test_small_effects_rare_tags_and_what_all_share_are_no_cause() -> None:
    many = [frozenset({"all", "kind:1" if i % 2 else "kind:2"}) for i in range(20_000)]
    wrong = np.array([i % 20 in (1, 2, 3) for i in range(20_000)])  # 20 % and 10 %
    assert find_cause(many, wrong, least_effect=0.15) is None
    found = find_cause(many, wrong, least_effect=0.05)
    assert found is not None
    assert (found.tag, found.tested) == ("kind:1", 2)
    rare = [frozenset({"rare"} if i < 4 else ()) for i in range(400)]
    assert find_cause(rare, np.arange(400) < 4) is None
    assert find_cause([], np.zeros(0, dtype=bool)) is None
    assert find_cause(many, np.ones(20_000, dtype=bool)) is None


def test_impossible_settings_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"causes\.alpha"):
        find_cause([], np.zeros(0, dtype=bool), alpha=1.0)
    with pytest.raises(ConfigError, match=r"causes\.least_rows"):
        find_cause([], np.zeros(0, dtype=bool), least_rows=0)
    with pytest.raises(DataError, match="0 sets of tags for 3"):
        find_cause([], np.zeros(3, dtype=bool))
