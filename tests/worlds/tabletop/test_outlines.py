"""Strange outlines: unlike every named one, drawn where the scene says, turned by their angle."""

import numpy as np
import pytest

from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.outlines import NAMED, ORDINARY, STAR, STRANGE, stars, taught, turn
from nexus.worlds.tabletop.scene import RADIUS, SHAPES, Scenes

WORLD = Tabletop()
AT = (np.arange(96) + 0.5) / 48 - 1
X, Y = (a.astype(np.float32) for a in np.meshgrid(AT, AT))


def filled(distance, angle: float = 0.0, zoom: float = 1.0) -> np.ndarray:
    """Which points of a square of two radii are inside, the outline turned and shrunk."""
    x = (np.cos(angle) * X - np.sin(angle) * Y) / zoom
    y = (np.sin(angle) * X + np.cos(angle) * Y) / zoom
    return distance(x.astype(np.float32), y.astype(np.float32)) < 0


@pytest.mark.parametrize("strange", STRANGE, ids=lambda d: d.__name__)
def test_no_strange_shape_can_be_taken_for_a_named_one(strange) -> None:
    for named in NAMED:
        whole = filled(named)
        for angle in np.arange(0, 2 * np.pi, np.pi / 12):
            for zoom in (0.7, 0.85, 1.0):
                odd = filled(strange, angle, zoom)
                assert (odd & whole).sum() / (odd | whole).sum() < 0.8


@pytest.mark.parametrize("strange", STRANGE, ids=lambda d: d.__name__)
def test_every_strange_shape_fills_its_radius_and_not_more(strange) -> None:
    for angle in (0.0, 1.0, 2.0):
        inside = filled(strange, angle)
        reach = np.hypot(X, Y)[inside].max()
        assert 0.8 < reach < 1.15
        assert inside.mean() > 0.1


def test_a_star_is_its_ten_corners() -> None:
    corner = np.exp(1j * (np.arange(10) * np.pi / 5 - np.pi / 2))
    corner[1::2] *= 0.42
    point = X + 1j * Y
    crossings = np.zeros(X.shape, dtype=int)  # of the ray to the right: odd means inside
    for a, b in zip(corner, np.roll(corner, -1), strict=True):
        spans = (a.imag > point.imag) != (b.imag > point.imag)
        with np.errstate(divide="ignore", invalid="ignore"):
            cut = a.real + (point.imag - a.imag) * (b.real - a.real) / (b.imag - a.imag)
        crossings += spans & (point.real < cut)
    assert ((crossings % 2 == 1) != filled(STRANGE[STAR])).mean() < 0.005


def slow(scenes: Scenes, strange: np.ndarray, i: int, side: int) -> np.ndarray:
    """Return which object covers each pixel's centre, looking at every pixel; -1 is none."""
    at = (np.arange(side) + 0.5) / side
    top = np.full((side, side), -1)
    for k in range(scenes.count[i]):
        r = RADIUS[scenes.size[i, k]]
        x, y = np.meshgrid((at - scenes.x[i, k]) / r, (at - scenes.y[i, k]) / r)
        distance = NAMED[scenes.shape[i, k]]
        if strange[i, k] != ORDINARY:
            angle = turn(scenes)[i, k]
            x, y = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
            distance = STRANGE[strange[i, k]]
        top[distance(x, y) < 0] = k
    return top


def test_strange_objects_are_drawn_where_they_are_and_the_others_as_ever() -> None:
    scenes = WORLD.scenes(3, "train", np.arange(40))
    strange, side = taught(scenes), 96
    pictures, usual = (
        WORLD.render(scenes, side=side, strange=strange),
        WORLD.render(scenes, side=side),
    )
    for i in range(40):
        covered = slow(scenes, strange, i, side) >= 0
        bright = np.abs(pictures[i].astype(int) - 51).max(-1) > 40
        assert (covered != bright).mean() < 0.02
    plain = (strange == ORDINARY).all(1)
    assert (pictures[plain] == usual[plain]).all()


def test_a_star_is_never_taught_and_a_third_of_the_objects_are_strange() -> None:
    scenes = WORLD.scenes(0, "train", np.arange(2000))
    kinds = taught(scenes)
    assert set(np.unique(kinds)) == {ORDINARY, *range(STAR)}
    assert abs((kinds != ORDINARY).mean() - 1 / 3) < 0.02
    assert (taught(scenes.take([7]))[0] == kinds[7]).all()
    assert ((stars(scenes) == STAR) == (kinds != ORDINARY)).all()
    assert len(NAMED) == len(SHAPES)
