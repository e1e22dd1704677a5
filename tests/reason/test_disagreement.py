"""Signs of doubt are their definitions, and the probability of being wrong is calibrated."""

from collections import Counter
from math import log2

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor
from torch.testing import assert_close

from nexus.base.errors import DataError
from nexus.evaluate.calibration import fit_logistic, reliability
from nexus.reason.disagreement import Doubt, divergence, fit, invariance, unmasked, vote


def _distributions(seed: int, k: int) -> tuple[Tensor, Tensor]:
    """Return two batches of distributions, many of whose shares are 0."""
    g = torch.Generator().manual_seed(seed)
    p = torch.rand(2, 7, k, generator=g, dtype=torch.float64).sub(0.4).clamp(min=0)
    p[..., 0] += 1e-3
    p = p / p.sum(-1, keepdim=True)
    return p[0], p[1]


def _entropy(p: list[float]) -> float:
    return -sum(x * log2(x) for x in p if x > 0)


@given(st.integers(0, 9999), st.integers(1, 6))
def test_divergence_is_what_entropies_say(seed: int, k: int) -> None:
    fast, slow = _distributions(seed, k)
    found = divergence(fast, slow)
    for p, q, bits in zip(fast.tolist(), slow.tolist(), found.tolist(), strict=True):
        mean = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
        assert bits == pytest.approx(_entropy(mean) - (_entropy(p) + _entropy(q)) / 2, abs=1e-12)
    assert_close(found, divergence(slow, fast))
    assert ((found >= 0) & (found <= 1)).all()


def test_divergence_of_equals_is_zero_and_of_the_disjoint_one_bit() -> None:
    certain = torch.eye(3)
    assert divergence(certain, certain).tolist() == [0.0, 0.0, 0.0]
    assert divergence(certain, certain.roll(1, 0)).tolist() == [1.0, 1.0, 1.0]
    boards = torch.rand(2, 5, 4, generator=torch.Generator().manual_seed(0)).softmax(-1)
    assert divergence(boards, boards.flip(-1)).shape == (2, 5)


def test_divergence_lets_gradients_through_where_a_share_is_zero() -> None:
    fast = torch.tensor([[0.0, 0.3, 0.7]], requires_grad=True)
    divergence(fast, torch.tensor([[0.5, 0.5, 0.0]])).sum().backward()
    assert fast.grad is not None
    assert fast.grad.isfinite().all()


def test_doubt_is_calibrated_on_new_rows() -> None:
    g = torch.Generator().manual_seed(0)
    sign = torch.rand(8000, generator=g) ** 2
    wrong = torch.rand(8000, generator=g) < (6 * sign - 3).sigmoid()
    doubt = fit(sign[:2000], wrong[:2000])
    assert doubt.weight == pytest.approx(6, abs=1)
    said = doubt.probability(sign[2000:]).numpy().astype(np.float64)
    assert reliability(said, wrong[2000:].numpy()).ece < 0.03


@given(st.integers(0, 999), st.integers(1, 50))
def test_doubt_is_where_the_likelihood_is_flat(seed: int, n: int) -> None:
    g = torch.Generator().manual_seed(seed)
    sign, wrong = torch.rand(n, generator=g).double(), torch.rand(n, generator=g) < 0.3
    doubt = fit(sign, wrong, ridge=0.5)
    at = torch.tensor([doubt.bias, doubt.weight], dtype=torch.float64, requires_grad=True)
    odds = at[0] + at[1] * sign
    loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, wrong.double())
    (n * loss + 0.25 * at[1] ** 2 + 0.5e-6 * at[0] ** 2).backward()
    assert at.grad is not None
    assert float(at.grad.abs().max()) < 1e-6
    same = fit_logistic(sign.numpy()[:, None], wrong.numpy(), ridge=0.5)
    assert_close(at.detach(), torch.from_numpy(same), rtol=1e-3, atol=1e-3)


def test_a_sign_without_fail_stays_finite_and_none_is_refused() -> None:
    sign = torch.linspace(0, 1, 100)
    doubt = fit(sign, sign > 0.5)
    assert 10 < doubt.weight < 1000
    with pytest.raises(DataError, match="no rows"):
        fit(sign[:0], sign[:0] > 0)
    with pytest.raises(DataError, match="not finite"):
        fit(sign / 0, sign > 0.5)
    assert Doubt(bias=0.0, weight=1.0).probability(torch.zeros(1)).tolist() == [0.5]


VOTES = arrays.arrays(
    np.int64, st.tuples(st.integers(1, 6), st.just(4)), elements=st.integers(0, 2)
)
BOARDS = arrays.arrays(
    np.int64, st.tuples(st.integers(1, 6), st.just(3), st.just(2)), elements=st.integers(0, 1)
)


@given(st.one_of(VOTES, BOARDS))
def test_a_vote_counts_whole_answers(votes: np.ndarray) -> None:
    found = vote(torch.from_numpy(votes))
    for row in range(votes.shape[1]):
        said = [tuple(np.ravel(v[row]).tolist()) for v in votes]
        answer, count = Counter(said).most_common(1)[0]  # of equals, the first met
        assert tuple(found.answer[row].reshape(-1).tolist()) == answer
        assert float(found.share[row]) == pytest.approx(count / len(said))


@given(st.integers(0, 9999), st.integers(1, 4))
def test_answers_in_guise_are_unmasked(seed: int, guises: int) -> None:
    g = torch.Generator().manual_seed(seed)
    names = torch.stack([torch.randperm(5, generator=g) for _ in range(guises)])
    true = torch.randint(5, (3, 4), generator=g)
    said = torch.stack([name[true] for name in names])
    wrong = said.clone()
    wrong[0, 1, 2] = (wrong[0, 1, 2] + 1) % 5
    assert (unmasked(said, names) == true).all()
    assert invariance(true, unmasked(said, names)).tolist() == [1.0, 1.0, 1.0]
    share = invariance(true, unmasked(wrong, names))
    assert share.tolist() == pytest.approx([1.0, 1 - 1 / guises, 1.0])
    single = unmasked(said[..., 0], names)  # one answer a row, not a board
    assert invariance(true[:, 0], single).tolist() == [1.0, 1.0, 1.0]


def test_a_guise_with_one_name_for_two_symbols_is_refused() -> None:
    with pytest.raises(DataError, match="every symbol once"):
        unmasked(torch.zeros(1, 2, dtype=torch.long), torch.tensor([[0, 0, 1]]))
