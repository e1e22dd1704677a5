"""The profile of a step is that of the step a CPU really takes."""

import pytest

from nexus.config import overlay, recipe
from nexus.suites import bench_lite, briefly
from nexus.suites.bench_lite import RTX_3090, Profile, predicted
from nexus.suites.counting import Cost, cost, held, size

SMALL = overlay(recipe("smoke"), {"train": {"perception": {"batch": 6, "per_scene": 3}}})


def test_the_profile_equals_a_real_step_counted() -> None:
    phase = briefly.phase(SMALL, briefly.words(SMALL))
    batch, plain = phase.batch(3, 0, 1), phase.batch(4, 0, 1)
    assert batch.image_mask is not None
    assert plain.image_mask is None
    found = bench_lite.profile(phase, batch)

    module, optimizer = phase.module.train(), phase.optimizer()
    assert found.masked == cost(lambda: module(batch).total, held(module))
    assert found.optimizer == cost(lambda: optimizer.step())
    state = [x for kept in optimizer.state.values() for x in kept.values()]
    assert found.state == size(state)
    assert found.weights == size(p for p in module.parameters() if p.requires_grad)
    assert found.target == size(held(module.target))
    assert found.plain.flops < found.masked.flops
    assert found.plain.kept < found.masked.kept
    parts = bench_lite.parameters(module)
    # The temperature of the encoder belongs to no part.
    assert found.weights == pytest.approx(4e6 * sum(parts.values()) + 4, abs=0.5)


def made(*, kept: float = 0.0) -> Profile:
    return Profile(
        masked=Cost(flops=6e12, moved=3e9, kept=kept),
        plain=Cost(flops=3e12, moved=0.0),
        optimizer=Cost(flops=1e12, moved=1e9),
        every=3,
        weights=10,
        target=3,
        state=4,
    )


def test_the_time_is_computing_or_moving() -> None:
    took = predicted(made(), rate=10e12, width=0.5)
    assert took["computing"] == pytest.approx(1e3 * (4e12 + 1e12) / (10e12 * 0.5))
    assert took["moving"] == pytest.approx(1e3 * (0.5 * 1e9 + 1e9) / RTX_3090.bandwidth)


def test_memory_is_everything_held_at_once() -> None:
    assert made(kept=100.0).memory == 10 + 10 + 3 + 4 + 100


def test_the_result_has_the_agreed_form() -> None:
    found = bench_lite.bench_lite(SMALL)
    assert found["suite"] == "lite"
    figures = {name: figure["value"] for name, figure in found["figures"].items()}
    assert figures["fits_24_gb"] == 1.0
    assert figures["rtx3090_step_ms_bf16"] == max(found["rtx3090_ms"]["bf16"].values())
    assert figures["rtx3090_step_ms_fp32"] >= figures["rtx3090_step_ms_bf16"] > 0
    assert found["shapes"]["images"] == [6, 64, 64, 3]
    assert all(figure["floor"] is None for figure in found["figures"].values())


def test_a_recipe_without_masks_has_a_profile_too() -> None:
    bare = overlay(SMALL, {"objective": {"image": 0.0, "text": 0.0, "jepa_every": 1}})
    found = bench_lite.bench_lite(bare)
    assert found["tflop"]["masked_step"] == found["tflop"]["plain_step"]
    assert "image_context" not in found["shapes"]
