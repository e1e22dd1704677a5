"""The variance hinge and covariance penalty are the paper's, and see the collapses they name."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from nexus.nn.seeding import stream
from nexus.nn.vicreg import covariance_matrix, covariance_penalty, variance_hinge, vicreg


@given(rows=st.integers(2, 23), width=st.integers(1, 7), seed=st.integers(0, 99))
def test_equals_the_paper_written_as_loops(rows: int, width: int, seed: int) -> None:
    z = torch.randn(rows, width, generator=stream(seed, "z"), dtype=torch.float64) * 0.7
    matrix = np.cov(z.numpy(), rowvar=False).reshape(width, width)
    variance = np.mean([max(0.0, 1 - np.sqrt(matrix[j, j] + 1e-4)) for j in range(width)])
    off = sum(matrix[i, j] ** 2 for i in range(width) for j in range(width) if i != j) / width
    assert vicreg(z).item() == pytest.approx(variance + 0.04 * off, rel=1e-9)
    assert_close(covariance_matrix(z), torch.from_numpy(matrix))


def test_constant_latents_pay_the_hinge_and_copies_pay_the_covariance() -> None:
    constant = covariance_matrix(torch.full((13, 5), 3.0))
    assert variance_hinge(constant).item() == pytest.approx(0.99)
    assert covariance_penalty(constant).item() == 0.0
    copies = torch.randn(997, 1, generator=stream(0, "copies")).expand(-1, 5)
    matrix = covariance_matrix(copies * 2)
    assert variance_hinge(matrix).item() == 0.0
    assert covariance_penalty(matrix).item() == pytest.approx(
        4 * matrix[0, 0].item() ** 2, rel=1e-5
    )


def test_one_row_has_no_covariance_and_no_nan() -> None:
    z = torch.ones(1, 3, requires_grad=True)
    vicreg(z).backward()
    assert z.grad is not None
    assert z.grad.isfinite().all()
