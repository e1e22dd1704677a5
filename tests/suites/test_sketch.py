"""A sketch of what is seen has the shapes of the world's own pictures, so that they compare."""

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from nexus.suites.figures_questions import OUTLINE
from nexus.worlds.tabletop.render import render
from nexus.worlds.tabletop.scene import RADIUS, SHAPES, Scenes

SIDE = 128


@pytest.mark.parametrize("shape", SHAPES)
def test_an_outline_covers_what_the_world_paints(shape: str) -> None:
    row = {name: np.zeros((1, 6), dtype=np.int64) for name in ("shape", "colour", "size")}
    row["shape"][:], row["size"][:] = SHAPES.index(shape), 1
    x = np.full((1, 6), 0.5)
    one = np.array([1])
    scene = Scenes(count=one, x=x, y=x, index=one, seed=0, split="test", **row)
    painted = render(scene, side=SIDE)[0, :, :, 0] > 120  # red on dark grey
    at = (np.stack(np.meshgrid(*[np.arange(SIDE)] * 2), -1) + 0.5) / SIDE
    corners = np.array(OUTLINE[shape]) * RADIUS[1] + 0.5
    inside = Outline(corners).contains_points(at.reshape(-1, 2)).reshape(SIDE, SIDE)
    assert (painted != inside).sum() < 0.08 * painted.sum()  # pixels at the border
