"""Outlines of one object, in radii from its centre, y down: signed distances, negative inside.

The named ones are the world's shapes. The strange ones have no name: perception is shown some, so
that it learns to say so, and the star never, so that this can be tested.
"""

from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from nexus.base.randomness import key, uniform
from nexus.worlds.tabletop.scene import MAX_OBJECTS, Scenes


def _circle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(x * x + y * y) - 1


def _square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(x), np.abs(y)) - np.float32(0.85)


def _triangle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    # The sides fall 1.75 for each 1 across, from the apex at (0, -0.95) to the base at y = 0.8.
    sides = (np.float32(1.75) * np.abs(x) - y - np.float32(0.95)) * np.float32(
        1 / np.hypot(1.75, 1)
    )
    return np.maximum(sides, y - np.float32(0.8))


def _cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.minimum(_box(x, y, 0.34, 0.97), _box(x, y, 0.97, 0.34))


def _box(x: np.ndarray, y: np.ndarray, across: float, down: float) -> np.ndarray:
    return np.maximum(np.abs(x) - np.float32(across), np.abs(y) - np.float32(down))


def _ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(np.sqrt(x * x + y * y) - np.float32(0.75)) - np.float32(0.22)


def _crescent(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(_circle(x, y), np.float32(-0.15) - _circle(x - np.float32(0.5), y))


def _half_disc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(_circle(x, y), -y)


def _bar(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return _box(x, y, 0.97, 0.28)


def _rhombus(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (2 * np.abs(x) + np.abs(y) - 1) * np.float32(1 / np.sqrt(5))


def _ell(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    foot = _box(x, y - np.float32(0.6), 0.78, 0.24)
    return np.minimum(_box(x + np.float32(0.54), y, 0.24, 0.84), foot)


def _hourglass(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    sides = (np.abs(x) - np.abs(y) - np.float32(0.1)) * np.float32(np.sqrt(0.5))
    return np.maximum(sides, np.abs(y) - np.float32(0.75))


def _clover(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (
        np.sqrt(x * x + y * y) - np.float32(0.65) - np.float32(0.3) * np.cos(3 * np.arctan2(y, x))
    )


def _star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    # Five points at radius 1 and five notches at 0.42: fold the plane into half a point.
    angle = np.abs(np.mod(np.arctan2(x, -y), 2 * np.pi / 5) - np.pi / 5)  # 0 halfway to the next
    angle, r = np.float32(np.pi / 5) - angle, np.sqrt(x * x + y * y)
    u, v = r * np.cos(angle), r * np.sin(angle)  # the point is at (1, 0)
    notch = 0.42 * np.exp(1j * np.pi / 5)
    edge = np.array([notch.imag, 1 - notch.real]) / np.hypot(notch.imag, 1 - notch.real)
    return (edge[0] * (u - 1) + edge[1] * v).astype(np.float32)


NAMED: Final = (_circle, _square, _triangle, _cross)
"""In the order of ``SHAPES``."""
STRANGE: Final = (_ring, _crescent, _half_disc, _bar, _rhombus, _ell, _hourglass, _clover, _star)
STAR: Final = len(STRANGE) - 1
"""The one that is never taught."""
ORDINARY: Final = -1
"""Of an object whose shape has its name."""
SHARE: Final = 1 / 3
"""Of the objects, where some are to be strange."""


def taught(scenes: Scenes, share: float = SHARE) -> Int64[np.ndarray, "n 6"]:
    """Return which objects are to be strange, as an index into ``STRANGE``; none is a star."""
    u = uniform(
        key(scenes.seed, "tabletop", scenes.split, "strange"), scenes.index, 2 * MAX_OBJECTS
    )
    u = u.reshape(-1, 2, MAX_OBJECTS)
    return np.where(u[:, 0] < share, (u[:, 1] * STAR).astype(np.int64), ORDINARY)


def stars(scenes: Scenes) -> Int64[np.ndarray, "n 6"]:
    """Return the same objects as ``taught`` does, but all of them stars."""
    return np.where(taught(scenes) == ORDINARY, ORDINARY, STAR)


def turn(scenes: Scenes) -> Float64[np.ndarray, "n 6"]:
    """Return by what angle each object is turned if it is strange; named shapes never are."""
    stream = key(scenes.seed, "tabletop", scenes.split, "turn")
    return 2 * np.pi * uniform(stream, scenes.index, MAX_OBJECTS)
