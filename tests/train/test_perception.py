"""Batches are functions of the step, switched-off terms cost nothing, and looking is learned."""

from dataclasses import replace
from functools import cache
from math import log

import numpy as np
import pytest
import torch

from nexus.config import Recipe, recipe
from nexus.train.parts import Parts
from nexus.train.perception import PerceptionPhase
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tokenizer import Tokenizer


@cache
def tokenizer() -> Tokenizer:
    world = Tabletop()
    scenes = world.scenes(0, "train", np.arange(64))
    return Tokenizer.train([*world.describe(scenes), *sorted(world.words())], size=400)


def phase(**objective: float) -> PerceptionPhase:
    made_from: Recipe = recipe("smoke")
    made_from = replace(made_from, objective=replace(made_from.objective, **objective))
    parts = Parts(recipe=made_from, world=Tabletop(), vocabulary=tokenizer().size)
    return PerceptionPhase(parts, tokenizer())


def test_a_batch_is_a_function_of_its_step() -> None:
    a, b, other = phase().batch(3, 0, 1), phase().batch(3, 0, 1), phase().batch(4, 0, 1)
    assert torch.equal(a.images, b.images)
    assert torch.equal(a.query, b.query)
    assert a.image_mask is not None
    assert b.image_mask is not None
    assert torch.equal(a.image_mask.target, b.image_mask.target)
    assert not torch.equal(a.images, other.images)


def test_ranks_share_a_batch_out() -> None:
    whole = phase().batch(2, 0, 1).images
    shares = [phase().batch(2, rank, 2).images for rank in range(2)]
    rows = torch.stack(shares, dim=1).flatten(0, 1)
    assert torch.equal(rows, whole)


def test_masks_come_on_every_third_step() -> None:
    masked = [phase().batch(step, 0, 1).image_mask is not None for step in range(1, 7)]
    assert masked == [False, False, True, False, False, True]


@pytest.mark.parametrize(
    ("off", "gone"),
    [
        ({"ask": 0.0}, {"ask"}),
        ({"image": 0.0, "text": 0.0}, {"image", "text"}),
        ({"contrastive": 0.0}, {"contrastive"}),
        ({"cross": 0.0, "sigreg": 0.0}, {"cross", "sigreg"}),
    ],
)
def test_a_term_of_weight_zero_is_not_computed(off: dict[str, float], gone: set[str]) -> None:
    on = phase()
    every = set(on.module(on.batch(3, 0, 1)).parts)
    trained = phase(**off)
    assert set(trained.module(trained.batch(3, 0, 1)).parts) == every - gone


def test_vicreg_is_one_word_of_the_recipe() -> None:
    trained = phase(sigreg=0.0, vicreg=1.0)
    parts = trained.module(trained.batch(1, 0, 1)).parts
    assert "vicreg" in parts
    assert "sigreg" not in parts


def test_no_gradient_reaches_the_target() -> None:
    trained = phase()
    trained.module(trained.batch(3, 0, 1)).total.backward()
    assert all(p.grad is None for p in trained.module.target.parameters())
    assert all(p.grad is not None for p in trained.module.encoder.vision.blocks.parameters())


def test_the_target_follows_the_encoder() -> None:
    trained = phase()
    before = [p.clone() for p in trained.module.target.parameters()]
    with torch.no_grad():
        for p in trained.encoder.parameters():
            p.add_(1.0)
    trained.after_step(1)
    for old, new in zip(before, trained.module.target.parameters(), strict=True):
        torch.testing.assert_close(new, old + 0.01)


def test_an_alarm_doubles_the_guards_and_survives_a_restart() -> None:
    trained = phase()
    trained.on_alarm(10)
    later = phase()
    later.load_state(trained.state())
    assert [later.batch(step, 0, 1).guard for step in (1, 210, 211)] == [2.0, 2.0, 1.0]


def test_looking_is_learned_well_below_the_floor_of_not_looking() -> None:
    trained = phase(contrastive=0.0, cross=0.0, sigreg=0.0, image=0.0, text=0.0)
    optimizer = trained.optimizer()
    losses: list[float] = []
    for step in range(1, 61):
        loss = trained.module(trained.batch(step, 0, 1)).total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        trained.after_step(step)
        losses.append(float(loss.detach()))
    answers = len(trained.batch(1, 0, 1).answers.ids)
    assert losses[0] > 0.9 * log(answers)  # nothing is known at first
    assert np.mean(losses[-10:]) < 0.65 * log(answers)


def test_scenes_grow_over_the_share_of_steps_the_recipe_says() -> None:
    small, whole = phase(grow=0.99), phase()
    few, many = small.batch(1, 0, 1), whole.batch(1, 0, 1)
    assert (few.images != many.images).any()
    assert (~few.captions.padding).sum() < (~many.captions.padding).sum()
    last = small.steps
    assert torch.equal(small.batch(last, 0, 1).images, whole.batch(last, 0, 1).images)


def test_half_of_the_pictures_have_grain_and_half_show_colours_without_a_name() -> None:
    clean, grain = phase(grain=0.0).batch(1, 0, 1), phase(grain=0.1).batch(1, 0, 1)
    noisy = (clean.images != grain.images).flatten(1).any(1)
    assert noisy.tolist() == [row % 2 == 0 for row in range(len(noisy))]
    odd, named = phase(nameless=0.5).batch(1, 0, 1), phase(nameless=0.0).batch(1, 0, 1)
    told = len(odd.images) // 2
    assert len(odd.captions.ids) == told
    assert torch.equal(odd.images[:told], named.images[:told])
    assert (odd.images[told:] != named.images[told:]).flatten(1).any(1).all()
