"""Pictures agree with a slow full-image renderer and look the same at every side."""

import numpy as np
import pytest
from tests.worlds.tabletop.twin import inside

from nexus.base.errors import ConfigError
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.render import FAR, JITTER, RGB, nameless, render
from nexus.worlds.tabletop.scene import RADIUS, SHAPES, Scenes, held_out_colour, sample


def slow(scenes: Scenes, i: int, side: int) -> np.ndarray:
    """One picture by looking at every pixel 4 x 4 times: -1 where the background shows."""
    fine = 4 * side
    at = (np.arange(fine) + 0.5) / fine
    top = np.full((fine, fine), -1)
    for k in range(scenes.count[i]):
        r = RADIUS[scenes.size[i, k]]
        x, y = (at[None, :] - scenes.x[i, k]) / r, (at[:, None] - scenes.y[i, k]) / r
        top[inside(SHAPES[scenes.shape[i, k]], x, y)] = k
    return top.reshape(side, 4, side, 4)


@pytest.mark.parametrize("side", [64, 97, 224])
def test_every_pixel_is_what_the_scene_says(side: int) -> None:
    scenes = sample(5, "train", np.arange(5))
    for i, picture in enumerate(render(scenes, side=side)):
        top = slow(scenes, i, side)
        low, high = top.min((1, 3)), top.max((1, 3))
        full = (low == high) & (low >= 0)
        truth = 255 * RGB[scenes.colour[i, low[full]]]
        # an edge just outside a pixel's samples still mixes it a little, hence the few
        off = np.abs(picture[full].astype(float) - truth).max(-1) > 255 * JITTER + 1
        assert off.mean() < 0.08
        empty = picture[high < 0].astype(float)
        assert abs(empty.mean() - 51) < 1.5
        assert 2 < empty.std() < 9


def test_the_same_scene_at_two_sides_is_the_same_picture() -> None:
    scenes = sample(6, "test", np.arange(13))
    small = render(scenes, side=56).astype(float)
    large = render(scenes, side=224).astype(float).reshape(13, 56, 4, 56, 4, 3).mean((2, 4))
    assert np.abs(small - large).mean() < 5
    assert (np.abs(small - large).max(-1) > 60).mean() < 0.002


def test_an_impossible_side_is_refused() -> None:
    with pytest.raises(ConfigError, match="got 3"):
        Tabletop().render(sample(0, "train", np.arange(1)), side=3)


def test_a_colour_without_a_name_is_never_the_one_held_out_and_moves_no_outline() -> None:
    scenes = sample(5, "train", np.arange(400))
    named = np.arange(400) % 2 == 0
    odd, usual = render(scenes, named=named), render(scenes)
    assert (odd[named] == usual[named]).all()
    paint, real = nameless(scenes), scenes.exists
    forbidden = RGB[held_out_colour(scenes.shape)]
    assert np.linalg.norm(paint - forbidden, axis=-1)[real].min() > FAR
    bare = np.abs(usual[~named].astype(int) - 51).max(-1) < 30  # background, seen either way
    changed = (odd[~named] != usual[~named]).any(-1)
    assert changed[~bare].mean() > 0.9
    assert changed[bare].mean() < 0.01
