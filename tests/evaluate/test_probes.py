"""Probes reach the optimum whatever the scale of their features, and look where the objects are."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from nexus.encode.vision import pixels
from nexus.evaluate.probes import Objects, fit_probe
from nexus.worlds.tabletop import Tabletop


def _classified(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return features and labels drawn from a logistic model, so that no probe is perfect."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    scores = x @ rng.normal(size=(5, 3)) + rng.gumbel(size=(n, 3))
    return torch.from_numpy(x).float(), torch.from_numpy(scores.argmax(1))


def test_the_fit_is_the_optimum_that_plain_gradient_descent_reaches() -> None:
    x, label = _classified(211)
    found = fit_probe(x, label, classes=3, ridge=0.01)
    z = ((x - found.centre) / found.scale).double()
    w, b = torch.zeros(5, 3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for _ in range(3000):
        gap = (z @ w + b).softmax(-1) - functional.one_hot(label, 3)
        w, b = w - 0.5 * (z.T @ gap / len(z) + 0.01 * w), b - 0.5 * gap.mean(0)
    assert torch.allclose(found.weight.double(), w, atol=2e-3)


def test_scale_and_offset_of_features_change_no_reading() -> None:
    x, label = _classified(211)
    factor, offset = torch.tensor([1e-2, 1.0, 50.0, 3.0, 7.0]), torch.arange(5.0)
    plain, moved = fit_probe(x, label, classes=3), fit_probe(x * factor + offset, label, classes=3)
    agree = plain.read(x) == moved.read(x * factor + offset)
    assert agree.float().mean() > 0.99


def test_the_same_data_give_the_same_bits_and_constant_features_no_nan() -> None:
    x, label = _classified(97)
    x[:, 2] = 4.0
    one, two = (fit_probe(x, label, classes=3) for _ in range(2))
    assert torch.equal(one.weight, two.weight)
    assert one.weight.isfinite().all()


def test_labels_without_a_signal_are_read_at_chance() -> None:
    rng = np.random.default_rng(3)
    x = torch.from_numpy(rng.normal(size=(1009, 5))).float()
    label = torch.from_numpy(rng.integers(0, 4, 1009))
    fitted = fit_probe(x[:503], label[:503], classes=4)
    assert fitted.right(x[503:], label[503:]).mean() < 0.35


@given(st.integers(0, 10_000))
def test_objects_are_listed_once_with_the_patch_their_centre_is_in(first: int) -> None:
    scenes = Tabletop().scenes(0, "test", np.arange(first, first + 7))
    objects = Objects.of(scenes, 8)
    assert len(objects.row) == scenes.count.sum()
    x, y = scenes.x[objects.row, objects.slot], scenes.y[objects.row, objects.slot]
    assert (objects.patch % 8 <= 8 * x).all()
    assert (8 * x < objects.patch % 8 + 1).all()
    assert (objects.patch // 8 <= 8 * y).all()
    assert (8 * y < objects.patch // 8 + 1).all()


def test_pixels_are_the_window_around_the_patch_cut_out_by_hand() -> None:
    world = Tabletop()
    scenes = world.scenes(0, "test", np.arange(5))
    images = world.render(scenes, side=64)
    objects = Objects.of(scenes, 8)
    found = objects.pixels(images, patch=8, window=16)
    padded = functional.pad(pixels(torch.from_numpy(images)), (4, 4, 4, 4))
    for k, (row, patch) in enumerate(zip(objects.row, objects.patch, strict=True)):
        top, left = 8 * (int(patch) // 8), 8 * (int(patch) % 8)
        window = padded[int(row), :, top : top + 16, left : left + 16]
        assert torch.equal(found[k], window.reshape(-1))


def test_latents_and_labels_are_those_of_the_object() -> None:
    scenes = Tabletop().scenes(0, "test", np.arange(3))
    objects = Objects.of(scenes, 4)
    tokens = torch.arange(3 * 16 * 2).reshape(3, 16, 2).half()
    latents, labels = objects.latents(tokens), objects.labels(scenes, "colour")
    for k in range(len(objects.row)):
        assert torch.equal(latents[k], tokens[objects.row[k], objects.patch[k]].float())
        assert labels[k] == scenes.colour[objects.row[k], objects.slot[k]]
