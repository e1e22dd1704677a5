"""Ranking figures are what counting every pair, threshold and order of ties gives."""

from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import DataError
from nexus.evaluate.ranking import accuracy_at, accuracy_by_coverage, aurc, auroc, fpr_at_tpr

LABELLED = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=40)


def _arrays(items: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([s / 4 for s, _ in items]), np.array([b for _, b in items])


@given(LABELLED.filter(lambda items: len({b for _, b in items}) == 2))
def test_auroc_counts_pairs(items: list[tuple[int, bool]]) -> None:
    pairs = [(a, b) for a, up in items if up for b, other in items if not other]
    expected = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)
    assert auroc(*_arrays(items)) == expected


@given(
    LABELLED.filter(lambda items: len({b for _, b in items}) == 2),
    st.sampled_from([0.05, 0.5, 0.8, 0.95, 1.0]),
)
def test_fpr_tries_every_threshold(items: list[tuple[int, bool]], tpr: float) -> None:
    up, down = [s for s, b in items if b], [s for s, b in items if not b]
    enough = [
        sum(s >= t for s in down) / len(down)
        for t in {s for s, _ in items}
        if Fraction(sum(s >= t for s in up), len(up)) >= Fraction(str(tpr))
    ]
    assert fpr_at_tpr(*_arrays(items), tpr=tpr) == min(enough)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=5))
def test_coverage_is_the_mean_over_every_order_of_ties(items: list[tuple[int, bool]]) -> None:
    orders = [
        order for order in permutations(items) if all(a[0] >= b[0] for a, b in pairwise(order))
    ]
    curve = np.mean(
        [[sum(b for _, b in o[:k]) / k for k in range(1, len(o) + 1)] for o in orders], axis=0
    )
    confidence, right = _arrays(items)
    assert accuracy_by_coverage(confidence, right) == pytest.approx(curve, abs=1e-12)
    assert aurc(confidence, right) == pytest.approx(1 - curve.mean(), abs=1e-12)
    for k in range(1, len(items) + 1):
        found = accuracy_at(confidence, right, coverage=k / len(items))
        assert found == pytest.approx(curve[k - 1], abs=1e-12)


def test_a_share_is_what_is_written_not_what_binary_makes_of_it() -> None:
    confidence, right = np.arange(100, 0, -1.0), np.arange(100) < 80
    assert accuracy_at(confidence, right, coverage=0.8) == 1.0
    assert accuracy_at(confidence, right, coverage=0.81) == pytest.approx(80 / 81)


def test_what_cannot_be_ranked_is_refused_by_name() -> None:
    one = np.ones(2)
    with pytest.raises(DataError, match="2 positives cannot be told from 0"):
        auroc(one, np.array([True, True]))
    with pytest.raises(DataError, match="no items"):
        aurc(np.zeros(0), np.zeros(0, dtype=bool))
    with pytest.raises(DataError, match="not a number"):
        fpr_at_tpr(one * np.nan, np.array([True, False]))
    with pytest.raises(DataError, match=r"\(0, 1\]"):
        accuracy_at(one, np.array([True, False]), coverage=0.0)
