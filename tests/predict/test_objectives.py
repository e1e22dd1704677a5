"""Distances and InfoNCE equal their definitions, and gradients reach what should learn."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from nexus.nn.seeding import stream
from nexus.predict.objectives import Kind, contrastive, distance


def normal(*shape: int, name: str = "x") -> Tensor:
    return torch.randn(*shape, generator=stream(0, name), dtype=torch.float64)


def reference(prediction: Tensor, target: Tensor, kind: str) -> Tensor:
    """Distance of two vectors, from the formulas."""
    centred = target - target.mean()
    goal = centred / (centred.square().mean() + 1e-5).sqrt()
    gap = (prediction - goal).abs()
    return {
        "mse": gap.square().mean(),
        "smooth_l1": torch.where(gap < 1, gap.square() / 2, gap - 0.5).mean(),
        "cosine": 1 - prediction @ goal / (prediction.norm() * goal.norm()),
    }[kind]


@pytest.mark.parametrize("kind", ["mse", "cosine", "smooth_l1"])
def test_distance_equals_its_formula_over_kept_rows(kind: Kind) -> None:
    prediction, target = normal(3, 5, 7), 4 * normal(3, 5, 7, name="target") + 2
    keep = torch.rand(3, 5, generator=stream(0, "keep")) < 0.6
    rows = [reference(p, t, kind) for p, t in zip(prediction[keep], target[keep], strict=True)]
    assert 0 < len(rows) < 15
    assert_close(distance(prediction, target, kind, keep), torch.stack(rows).mean())


@pytest.mark.parametrize("kind", ["mse", "cosine", "smooth_l1"])
def test_only_the_prediction_learns_and_a_perfect_one_is_at_rest(kind: Kind) -> None:
    target = normal(3, 7).requires_grad_()
    prediction = F.layer_norm(target.detach(), (7,)).requires_grad_()
    loss = distance(prediction, target, kind)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert target.grad is None
    assert prediction.grad is not None
    assert prediction.grad.abs().max() < 1e-7


@pytest.mark.parametrize("kind", ["mse", "cosine", "smooth_l1"])
def test_the_scale_and_shift_of_a_target_mean_nothing(kind: Kind) -> None:
    prediction, target = normal(3, 7), normal(3, 7, name="target")
    moved = 1000 * target + 77
    assert_close(
        distance(prediction, moved, kind), distance(prediction, target, kind), rtol=1e-4, atol=0
    )


def infonce(image: Tensor, text: Tensor, temperature: float, ids: list[int]) -> float:
    """One row against its own partner and every row that says something else."""
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    total, n = 0.0, len(image)
    for a, b in ((image, text), (text, image)):
        for i in range(n):
            others = [j for j in range(n) if j == i or ids[j] != ids[i]]
            scores = torch.stack([a[i] @ b[j] / temperature for j in others])
            total += (scores.logsumexp(0) - a[i] @ b[i] / temperature).item() / (2 * n)
    return total


@settings(max_examples=20)
@given(rows=st.integers(1, 11), seed=st.integers(0, 99), kinds=st.integers(1, 11))
def test_contrastive_equals_infonce_and_spares_rows_that_say_the_same(
    rows: int, seed: int, kinds: int
) -> None:
    g = stream(seed, "contrastive")
    image, text = (torch.randn(rows, 5, generator=g, dtype=torch.float64) for _ in range(2))
    ids = torch.randint(0, kinds, (rows,), generator=g)
    ours = contrastive(image, text, 0.2, text_id=ids).item()
    assert ours == pytest.approx(infonce(image, text, 0.2, ids.tolist()), abs=1e-9)
    plain = contrastive(image, text, 0.2).item()
    assert plain == pytest.approx(infonce(image, text, 0.2, list(range(rows))), abs=1e-9)


def test_contrastive_is_chance_on_equal_latents_and_zero_on_repeated_captions() -> None:
    same = torch.ones(7, 3)
    assert contrastive(same, same, 1.0).item() == pytest.approx(math.log(7))
    ids = torch.zeros(7, dtype=torch.long)
    assert contrastive(normal(7, 3), same.double(), 0.1, text_id=ids).item() == pytest.approx(0)


def test_temperature_can_learn() -> None:
    temperature = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    contrastive(normal(7, 3), normal(7, 3), temperature).backward()
    assert temperature.grad is not None
    assert temperature.grad > 0
