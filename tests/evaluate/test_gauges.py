"""Gauges name every collapse made on purpose, and stay calm on latents that are merely unusual."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nexus.base.errors import InputError
from nexus.evaluate.gauges import effective_rank, measure, rank_me
from nexus.nn.seeding import seeded, stream

ROWS, WIDTH = 257, 32


def isotropic(rows: int = ROWS, width: int = WIDTH, seed: int = 0) -> Tensor:
    return torch.randn(rows, width, generator=stream(seed, "gauges"))


def first_dims(latents: Tensor, alive: int) -> Tensor:
    return latents * (torch.arange(latents.shape[1]) < alive)


def test_isotropic_latents_are_healthy_at_any_scale_and_offset() -> None:
    for latents in (isotropic(), 1e-4 * isotropic(), 1e3 * isotropic() + 4e3):
        gauges = measure(latents)
        assert gauges.state == "healthy"
        assert gauges.rank_share > 0.9
        assert gauges.sigreg < 2
        assert gauges.dead == 0
    assert measure(3 * isotropic()).std == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize(
    ("name", "latents"),
    [
        ("zero", torch.zeros(ROWS, WIDTH)),
        ("constant", torch.full((ROWS, WIDTH), 3.7)),
        ("constant row", isotropic()[:1].expand(ROWS, WIDTH)),
        ("constant but for noise", 3.7 + 1e-3 * isotropic()),
        ("rank one", isotropic()[:, :1] * isotropic()[:1] + 2.0),
        ("copies of one dimension", isotropic()[:, :1].expand(ROWS, WIDTH)),
        ("an eighth of the dimensions", first_dims(isotropic(), WIDTH // 8)),
    ],
)
def test_collapses_are_called_collapsed(name: str, latents: Tensor) -> None:
    assert measure(latents).state == "collapsed", name


def test_a_latent_of_rank_seven_in_256_is_collapsed() -> None:
    mix = torch.randn(7, 256, generator=stream(0, "mix"))
    assert measure(isotropic(1024, 7) @ mix).state == "collapsed"


def test_half_the_dimensions_dead_is_a_warning_with_the_share_named() -> None:
    gauges = measure(first_dims(isotropic(), WIDTH // 2))
    assert gauges.state == "warn"
    assert gauges.dead == 0.5
    assert gauges.rank_me == pytest.approx(WIDTH / 2, rel=0.1)


def test_two_clusters_far_apart_are_a_warning() -> None:
    """Most of the variance says one bit; every dimension is alive."""
    side = (torch.arange(ROWS) % 2 * 2 - 1)[:, None]
    gauges = measure(30.0 * side + isotropic())
    assert gauges.state != "healthy"
    assert gauges.effective_rank < 2


@given(rows=st.integers(2, 13), width=st.integers(1, 11), seed=st.integers(0, 99))
def test_ranks_are_their_definitions(rows: int, width: int, seed: int) -> None:
    latents = isotropic(rows, width, seed).double() + 0.5
    sigma = torch.linalg.svd(latents).S.tolist()
    shares = [s / sum(sigma) + 1e-7 for s in sigma]
    wanted = math.exp(-sum(p * math.log(p) for p in shares))
    assert rank_me(latents) == pytest.approx(wanted, rel=1e-9)
    values = torch.linalg.eigvalsh(torch.atleast_2d(latents.T.cov())).clamp(min=0).tolist()
    parts = [v / sum(values) for v in values]
    wanted = math.exp(-sum(p * math.log(p) for p in parts if p > 0))
    assert effective_rank(latents) == pytest.approx(wanted, rel=1e-6)


def test_ranks_count_equal_directions_exactly() -> None:
    with seeded(0, "basis"):
        basis = torch.linalg.qr(torch.randn(ROWS, 5, dtype=torch.float64)).Q
    latents = torch.cat([basis, torch.zeros(ROWS, 6)], dim=1)
    assert rank_me(latents) == pytest.approx(5, abs=1e-3)


def test_too_few_or_infinite_latents_are_refused() -> None:
    with pytest.raises(InputError, match="got 1 x 32"):
        measure(isotropic(1))
    with pytest.raises(InputError, match="finite"):
        measure(isotropic() / 0.0)
