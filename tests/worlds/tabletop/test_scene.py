"""Scenes are a function of their index, keep the overlap rule truly, and hold pairs out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds.tabletop.twin import inside

from nexus.base.errors import ConfigError
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.scene import (
    COLOURS,
    RADIUS,
    SEPARATION,
    SHAPES,
    SPLITS,
    Scenes,
    held_out_colour,
    keeps_apart,
    sample,
)
from nexus.worlds.tabletop.state import has_held_out_pair
from nexus.worlds.tabletop.twins import twins

COLUMNS = ("count", "shape", "colour", "size", "x", "y")


def rows_of(scenes: Scenes) -> list[bytes]:
    return [
        b"".join(getattr(scenes, name)[i].tobytes() for name in COLUMNS) for i in range(len(scenes))
    ]


@settings(max_examples=20)
@given(index=st.integers(0, 10**9), before=st.integers(0, 7), split=st.sampled_from(SPLITS))
def test_a_scene_is_the_same_in_any_batch(index: int, before: int, split: str) -> None:
    batch = sample(3, split, np.arange(index - before, index + 5))
    alone = sample(3, split, np.array([index]))
    assert rows_of(batch)[before] == rows_of(alone)[0]
    world = Tabletop()
    for told in (world.describe, lambda s: world.ask(s, per_scene=2), world.render, world.facts):
        assert np.all(told(batch)[before] == told(alone)[0])


def test_splits_share_no_scene() -> None:
    seen = [set(rows_of(sample(0, split, np.arange(300)))) for split in SPLITS]
    assert len(set.union(*seen)) == sum(map(len, seen)) == 1500


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(ConfigError, match="'trian'"):
        sample(0, "trian", np.arange(1))


def cover(scenes: Scenes, i: int, k: int, side: int) -> np.ndarray:
    """Which pixels object k of scene i covers, one by one: slow and obvious."""
    at = (np.arange(side) + 0.5) / side
    radius = RADIUS[scenes.size[i, k]]
    x, y = (at[None, :] - scenes.x[i, k]) / radius, (at[:, None] - scenes.y[i, k]) / radius
    return inside(SHAPES[scenes.shape[i, k]], x, y)


def test_no_two_objects_share_more_than_a_fifth_of_the_smaller() -> None:
    scenes = sample(0, "train", np.arange(4000))
    assert keeps_apart(scenes).all()
    close = [
        (i, a, b)
        for i in range(len(scenes))
        for a in range(scenes.count[i])
        for b in range(a)
        if np.hypot(scenes.x[i, a] - scenes.x[i, b], scenes.y[i, a] - scenes.y[i, b])
        < 0.95 * (RADIUS[scenes.size[i, a]] + RADIUS[scenes.size[i, b]])
    ]
    assert len(close) > 100
    for i, a, b in close[:150]:
        first, second = (cover(scenes, i, k, 200) for k in (a, b))
        assert (first & second).sum() <= 0.2 * min(first.sum(), second.sum())


def test_the_separation_bounds_every_pair_of_shapes_in_every_direction() -> None:
    """The rule by construction: the worst case itself, not only the scenes that came up."""
    at = np.linspace(-0.17, 0.3, 236)
    worst = 0.0
    for shapes in np.ndindex(4, 4):
        for sizes in ((0, 0), (0, 1), (1, 1)):
            r = RADIUS[list(sizes)]
            one, two = (SHAPES[s] for s in shapes)
            first = inside(one, at[None, :] / r[0], at[:, None] / r[0])
            for angle in np.linspace(0, 2 * np.pi, 16, endpoint=False):
                d = SEPARATION * r.sum() * np.array([np.cos(angle), np.sin(angle)])
                second = inside(two, (at[None, :] - d[0]) / r[1], (at[:, None] - d[1]) / r[1])
                mine, both = first.sum(), (first & second).sum()
                theirs = inside(two, at[None, :] / r[1], at[:, None] / r[1]).sum()
                if both:
                    worst = max(worst, both / min(mine, theirs))
    assert 0.1 < worst <= 0.2


def test_held_out_pairs_are_held_out_and_shown_in_their_split() -> None:
    for split in SPLITS:
        scenes = sample(1, split, np.arange(700))
        assert has_held_out_pair(scenes).all() == (split == "pairs")
        assert has_held_out_pair(scenes).any() == (split == "pairs")
    held = [(SHAPES[s], COLOURS[c]) for s, c in enumerate(held_out_colour(np.arange(4)))]
    told = [("circle", "green"), ("square", "yellow"), ("triangle", "cyan"), ("cross", "white")]
    assert held == told, "a model trained before a change would have seen what is held out now"


@settings(max_examples=25)
@given(seed=st.integers(0, 999), split=st.sampled_from(["train", "pairs"]))
def test_twins_differ_in_one_thing_and_keep_the_rules(seed: int, split: str) -> None:
    base = sample(seed, split, np.arange(11))
    family = twins(base, families=4)
    assert keeps_apart(family).all()
    assert split == "pairs" or not has_held_out_pair(family).any()
    for i in range(len(family)):
        original = base.take([i // 4])
        changed = {
            name: np.flatnonzero(getattr(family, name)[i] != getattr(original, name)[0])
            for name in ("shape", "colour", "size")
        }
        differing = [slots for slots in changed.values() if len(slots)]
        if i % 4 == 0:
            assert rows_of(family)[i] == rows_of(base)[i // 4]
        else:
            assert len(differing) == 1
            assert len(differing[0]) <= 2
            assert np.abs(family.x[i] - original.x[0]).max() <= 0.015 + 1e-12


def test_the_same_scenes_with_fewer_objects_keep_the_first_ones() -> None:
    scenes = sample(3, "train", np.arange(50))
    few = scenes.at_most(2)
    assert few.count.max() == 2
    assert (few.x[:, :2] == np.where(few.exists, scenes.x, 0)[:, :2]).all()
    assert (few.shape[~few.exists] == 0).all()
    assert (scenes.at_most(6).colour == scenes.colour).all()
    assert keeps_apart(few).all()
