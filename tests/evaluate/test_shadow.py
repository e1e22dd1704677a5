"""Paired intervals against Newcombe, simulation and a bootstrap; the report against loops."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import DataError
from nexus.base.proposals import Flip
from nexus.base.randomness import uniform
from nexus.evaluate.calibration import paired_bootstrap
from nexus.evaluate.shadow import FLIPS, Paired, detectable, paired_interval, report, slice_of


def bools(counts: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return base and candidate from how many both, candidate, base and neither got right."""
    base, candidate = np.array([1, 0, 1, 0], dtype=bool), np.array([1, 1, 0, 0], dtype=bool)
    return base.repeat(counts), candidate.repeat(counts)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe 1998, method 10; then, by hand, Wilson's reach where nothing differs.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((0, 0, 0, 54), -0.0664, 0.0664),
        ((30, 0, 0, 0), -0.1135, 0.1135),
    ],
)
def test_the_interval_is_newcombes(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    both, mended, broken, neither = counts
    found = paired_interval(both, mended, broken, both + mended + broken + neither)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-4)


def test_the_interval_is_the_bootstraps_where_that_holds() -> None:
    base, candidate = bools((600, 90, 40, 170))
    found = paired_interval(600, 90, 40, 900)
    twin = paired_bootstrap(candidate.astype(float), base.astype(float))
    assert found.value == pytest.approx(twin.value)
    assert (found.low, found.high) == pytest.approx((twin.low, twin.high), abs=0.004)


@given(st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_intervals_hold_the_difference_and_turn_round_with_it(counts: tuple[int, ...]) -> None:
    both, mended, broken, _ = counts
    n = sum(counts)
    found = paired_interval(both, mended, broken, n)
    other = paired_interval(both, broken, mended, n)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert (found.low, found.high) == pytest.approx((-other.high, -other.low))


@pytest.mark.parametrize("shares", [(0.9, 0.04, 0.02, 0.04), (0.97, 0.0, 0.03, 0.0)])
def test_intervals_cover_the_truth_as_often_as_they_say(shares: tuple[float, ...]) -> None:
    n, draws = 200, 300
    edges = np.cumsum(shares)[:-1]
    kinds = np.searchsorted(edges, uniform(7, np.arange(draws), n), side="right")
    inside = 0
    for row in kinds:
        both, mended, broken, _ = np.bincount(row, minlength=4).tolist()
        found = paired_interval(both, mended, broken, n)
        inside += found.low <= shares[1] - shares[2] <= found.high
    assert 0.92 <= inside / draws <= 0.999


def mcnemar(b: int, c: int) -> float:
    """Return the mid-p value of ``b`` pairs against ``c`` being a fair coin's throws."""
    tail = sum(comb(b + c, k) for k in range(min(b, c) + 1)) - comb(b + c, min(b, c)) / 2
    return 2 * tail / 2 ** (b + c)


@pytest.mark.parametrize(("n", "discordant"), [(900, 45), (300, 30), (400, 0)])
def test_the_detectable_difference_is_seen_in_four_cases_of_five(n: int, discordant: int) -> None:
    gap = detectable(n, discordant)
    share = max(discordant / n, gap)
    kinds = uniform(3, np.arange(1000), n)
    worse, better = (share + gap) / 2, (share - gap) / 2
    b = (kinds < worse).sum(1)
    c = ((kinds >= worse) & (kinds < worse + better)).sum(1)
    seen = [mcnemar(*pair) < 0.05 for pair in zip(b.tolist(), c.tolist(), strict=True)]
    assert 0.74 <= np.mean(seen) <= 0.9
    assert detectable(4 * n, 4 * discordant) < gap
    assert detectable(2, 0) == 1.0


def example(seed: int, n: int) -> Paired:
    draw = uniform(seed, np.arange(n), 5)
    return Paired(
        base=draw[:, 0] < 0.7,
        candidate=draw[:, 1] < 0.6,
        tags=tuple(
            frozenset({f"band {int(3 * d[2])}"} | ({"x"} if d[3] < 0.1 else set())) for d in draw
        ),
        base_sure=draw[:, 3],
        candidate_sure=draw[:, 4],
        flip=lambda i: Flip(example=f"{seed}:{i}", right="r", base="b", candidate="c"),
    )


def test_a_report_counts_what_a_loop_counts() -> None:
    asked, frozen = example(1, 90), example(2, 40)
    found = report(asked, frozen, change_id="c", base="b", candidate="d", layers=(), cpu_s=1.0)
    for one in found.slices:
        rows = [i for i in range(90) if one.name == "all" or one.name in asked.tags[i]]
        assert one.n == len(rows)
        assert one.base == pytest.approx(sum(bool(asked.base[i]) for i in rows) / len(rows))
        twin = sum(bool(asked.candidate[i]) for i in rows) / len(rows)
        assert one.candidate == pytest.approx(twin)
    assert [s.name for s in found.slices] == ["all", "band 0", "band 1", "band 2", "x"]
    mended = [
        f"{seed}:{i}"
        for seed, part in ((1, asked), (2, frozen))
        for i in range(len(part.base))
        if part.candidate[i] and not part.base[i]
    ]
    assert found.n_mended == len(mended) > FLIPS
    assert [flip.example for flip in found.mended] == mended[:FLIPS]
    assert found.frozen == slice_of("frozen", frozen.base, frozen.candidate)
    gap = found.n_mended - found.n_broken
    assert gap == sum(map(int, [*asked.candidate, *frozen.candidate])) - sum(
        map(int, [*asked.base, *frozen.base])
    )


def test_a_slice_of_nothing_is_refused() -> None:
    with pytest.raises(DataError):
        slice_of("empty", np.zeros(0, dtype=bool), np.zeros(0, dtype=bool))
