"""Conformal sets are what the definition says, what crepes says, and cover as promised."""

import crepes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import ConfigError, DataError
from nexus.reason.conformal import fit


def _rows(seed: int, n: int, k: int = 4, digits: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities of an overconfident source, and labels from the true ones."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, k)) * 1.5
    label = (logits + rng.gumbel(size=(n, k))).argmax(1)
    p = np.exp(2 * logits)
    return np.round(p / p.sum(1, keepdims=True), digits), label


def _slow(p: np.ndarray, label: np.ndarray, new: np.ndarray, thousandths: int) -> list[list[bool]]:
    """Put a class in the set unless too few true classes are as strange: its conformal p-value."""
    found = []
    for row in new:
        members = []
        for q in row:
            as_strange = 1 + sum(1 - p[i, label[i]] >= 1 - q for i in range(len(p)))
            members.append(1000 * as_strange > thousandths * (len(p) + 1))
        found.append(members)
    return found


@given(st.integers(0, 9999), st.integers(1, 40), st.integers(1, 999), st.sampled_from([1, 9]))
def test_sets_are_what_p_values_say(seed: int, n: int, thousandths: int, digits: int) -> None:
    p, label = _rows(seed, n, digits=digits)  # one digit: many ties
    new, _ = _rows(seed + 1, 7, digits=digits)
    sets = fit(p, label, alpha=thousandths / 1000).sets(new)
    assert sets.tolist() == _slow(p, label, new, thousandths)


@given(st.integers(0, 9999), st.integers(1, 60))
def test_groups_are_calibrated_each_on_its_own(seed: int, n: int) -> None:
    p, label = _rows(seed, n)
    new, _ = _rows(seed + 1, 9)
    rng = np.random.default_rng(seed)
    names = np.array(["easy", "fair", "hard"])
    old, groups = names[rng.integers(3, size=n)], names[rng.integers(3, size=9)]
    sets = fit(p, label, alpha=0.2, groups=old).sets(new, groups)
    for name in names:
        mine, asked = old == name, groups == name
        if mine.any():
            assert (sets[asked] == fit(p[mine], label[mine], alpha=0.2).sets(new[asked])).all()
        else:
            assert sets[asked].all()


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("grouped", [False, True])
def test_equals_crepes(alpha: float, grouped: bool) -> None:
    for seed in range(5):
        (p, label), (new, _) = _rows(seed, 503), _rows(seed + 100, 60)
        rng = np.random.default_rng(seed)
        old, groups = rng.integers(3, size=503), rng.integers(3, size=60)
        theirs = crepes.ConformalClassifier()
        theirs.fit(1 - p[np.arange(503), label], bins=old if grouped else None)
        found = theirs.predict_p(1 - new, bins=groups if grouped else None, smoothing=False)
        mine = fit(p, label, alpha=alpha, groups=old if grouped else None)
        # Members of a set are those whose p-value exceeds alpha; crepes also keeps equality.
        assert (mine.sets(new, groups if grouped else None) == (found > alpha + 1e-12)).all()


def test_coverage_is_between_its_two_bounds_over_many_draws() -> None:
    alpha, n, hits = 0.1, 59, []
    for seed in range(500):
        p, label = _rows(seed, n + 20)
        sets = fit(p[:n], label[:n], alpha=alpha).sets(p[n:])
        hits.append(sets[np.arange(20), label[n:]].mean())
    spread = 3 * np.std(hits) / len(hits) ** 0.5
    assert 1 - alpha - spread <= np.mean(hits) <= 1 - alpha + 1 / (n + 1) + spread


def test_a_group_with_too_few_rows_has_full_sets_and_says_so() -> None:
    p, label = _rows(0, 29)
    groups = np.array([0] * 21 + [1] * 8)  # 8 rows cannot tell 1 in 10
    found = fit(p, label, alpha=0.1, groups=groups)
    assert found.too_few == (1,)
    assert found.rows == {0: 21, 1: 8}
    asked = np.array([0, 1, 2])
    assert found.informed(3, asked).tolist() == [True, False, False]
    one_sure = np.tile([1.0, 0.0, 0.0, 0.0], (3, 1))
    assert found.sets(one_sure, asked).sum(1).tolist() == [1, 4, 4]


def test_what_cannot_be_calibrated_is_refused_by_name() -> None:
    p, label = _rows(0, 29)
    with pytest.raises(ConfigError, match=r"conformal\.alpha"):
        fit(p, label, alpha=0.0)
    with pytest.raises(DataError, match="without groups"):
        fit(p, label, alpha=0.1).sets(p, label)
    p[3, 1] = np.nan
    with pytest.raises(DataError, match="not a finite number"):
        fit(p, label, alpha=0.1)
