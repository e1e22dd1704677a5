"""SIGReg is the integral it is named after, reads 1 on a Gaussian and pulls latents to one."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from nexus.nn.seeding import stream
from nexus.nn.sigreg import directions, sigreg, sigreg_floor, sigreg_gauge


def normal(rows: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, width, generator=stream(seed, "latents"), dtype=torch.float64)


def statistic(projected: NDArray[np.float64], knots: int) -> float:
    """The Epps-Pulley definition, both halves of the axis, one complex exponential a knot."""
    t = np.linspace(-3, 3, knots)
    found = np.array([np.mean(np.exp(1j * at * projected)) for at in t])
    gap = np.abs(found - np.exp(-(t**2) / 2)) ** 2 * np.exp(-(t**2) / 2)
    return len(projected) * float(np.trapezoid(gap, t))


@settings(max_examples=12)
@given(rows=st.integers(1, 40), width=st.integers(1, 9), seed=st.integers(0, 99))
def test_matches_the_integral_of_the_definition(rows: int, width: int, seed: int) -> None:
    latents = 1.7 * normal(rows, width, seed) + 0.3
    ours = sigreg(latents, stream(seed, "axes"), slices=5).item()
    axes = directions(width, 5, stream(seed, "axes")).double()
    shadows = (latents @ axes).T.numpy()
    assert ours == pytest.approx(np.mean([statistic(s, 33) for s in shadows]), rel=1e-9)
    assert ours == pytest.approx(np.mean([statistic(s, 501) for s in shadows]), rel=0.02, abs=0.02)


def test_directions_are_unit_and_the_generator_decides_them() -> None:
    axes = directions(7, 5, stream(0, "axes"))
    assert axes.norm(dim=0).tolist() == pytest.approx([1.0] * 5)
    assert torch.equal(axes, directions(7, 5, stream(0, "axes")))
    assert not torch.equal(axes, directions(7, 5, stream(1, "axes")))


@pytest.mark.parametrize(("rows", "width"), [(31, 61), (257, 13), (509, 3)])
def test_known_values(rows: int, width: int) -> None:
    """0.402 N when all latents are zero; about 1.05 under N(0, I), whatever N and the width."""
    g = stream(0, "axes")
    collapsed = sigreg(torch.zeros(rows, width), g).item()
    assert collapsed / rows == pytest.approx(0.402, abs=1e-3)
    draws = [sigreg(normal(rows, width, seed), g, slices=64).item() for seed in range(16)]
    assert np.mean(draws) == pytest.approx(sigreg_floor(), abs=0.2)
    assert sigreg_floor() == pytest.approx(1.05, abs=0.01)


def test_gauge_orders_collapses() -> None:
    healthy = normal(256, 32)
    half = healthy.clone()
    half[:, 16:] = 0
    one = healthy[:, :1].expand(-1, 32)
    readings = [sigreg_gauge(z.float()) for z in (healthy, half, one, 0 * healthy)]
    assert readings[0] < 2 < 5 < readings[1] < readings[2] < readings[3]
    assert readings[3] == pytest.approx(0.402 * 256 / sigreg_floor(), rel=1e-3)
    assert sigreg_gauge(healthy.float()) == readings[0]


def test_descending_it_makes_a_flat_cloud_isotropic() -> None:
    latents = normal(128, 4) * torch.tensor([1.0, 1.0, 0.3, 0.1], dtype=torch.float64) + 0.5
    latents.requires_grad_()
    optimizer = torch.optim.Adam([latents], lr=0.1)
    for step in range(60):
        optimizer.zero_grad()
        sigreg(latents, stream(0, "axes", step), slices=16).backward()
        optimizer.step()
    found = latents.detach()
    assert found.mean(0).abs().max() < 0.15
    assert found.std(0).tolist() == pytest.approx([1.0] * 4, abs=0.15)


def test_half_precision_latents_are_tested_in_float32() -> None:
    latents = normal(64, 8)
    wide = sigreg(latents.bfloat16().float(), stream(0, "axes"))
    assert sigreg(latents.bfloat16(), stream(0, "axes")).item() == wide.item()
