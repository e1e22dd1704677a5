"""How the table looks: anti-aliased pictures of any side, drawn object by object in small windows.

The same scene looks the same at every side: everything is measured in fractions of the side.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt8
from numpy.lib.stride_tricks import sliding_window_view

from nexus.base.errors import ConfigError
from nexus.base.randomness import key, uniform, words
from nexus.worlds.tabletop.outlines import NAMED, ORDINARY, STRANGE, turn
from nexus.worlds.tabletop.scene import MAX_OBJECTS, RADIUS, Scenes, held_out_colour

RGB: Final = np.array(
    [
        [0.87, 0.11, 0.13],  # red
        [0.13, 0.69, 0.20],  # green
        [0.14, 0.30, 0.93],  # blue
        [0.94, 0.87, 0.12],  # yellow
        [0.62, 0.17, 0.78],  # purple
        [0.14, 0.82, 0.87],  # cyan
        [0.98, 0.51, 0.06],  # orange
        [0.95, 0.95, 0.95],  # white
    ]
)
BACKGROUND: Final = 0.2
NOISE: Final = 0.02
"""Standard deviation of the background's noise, of full brightness 1."""
JITTER: Final = 0.05
"""Largest change of each colour channel of an object."""
FAR: Final = 0.2
"""Least distance of a colour without a name from the colours it must not look like."""
_PAINTS: Final = 16
SMALLEST, LARGEST = 16, 1024
_TILE: Final = 128  # noise windows start anywhere in a square of this many pixels


def render(
    scenes: Scenes,
    *,
    side: int = 64,
    named: Bool[np.ndarray, " n"] | None = None,
    strange: Int64[np.ndarray, "n 6"] | None = None,
) -> UInt8[np.ndarray, "n side side 3"]:
    """Return one RGB picture a scene; one that is not ``named`` in colours without a name.

    ``strange`` objects have that of ``outlines.STRANGE`` instead of their shape.

    Raises:
        ConfigError: ``side`` is outside 16 to 1024 pixels.
    """
    if not SMALLEST <= side <= LARGEST:
        raise ConfigError(f"tabletop.side must lie in [{SMALLEST}, {LARGEST}], got {side}")
    pictures = _background(scenes, side)
    paint = np.clip(RGB[scenes.colour] + _jitter(scenes), 0, 1)
    if named is not None:
        paint = np.where(named[:, None, None], paint, nameless(scenes))
    paint = (255 * paint).astype(np.float32)
    form = scenes.shape
    if strange is not None:
        form = np.where(strange == ORDINARY, form, len(NAMED) + strange)
    for slot in range(MAX_OBJECTS):
        for size in range(len(RADIUS)):
            rows = np.flatnonzero((slot < scenes.count) & (scenes.size[:, slot] == size))
            if len(rows):
                look = form[rows, slot], paint[rows, slot]
                _draw(pictures, scenes, rows, slot, float(RADIUS[size]), *look)
    return pictures


def _background(scenes: Scenes, side: int) -> UInt8[np.ndarray, "n side side 3"]:
    """Return noise, cut for each scene at its own offset from one large tile."""
    offset = words(key(scenes.seed, "tabletop", scenes.split, "offset"), scenes.index, 2) % _TILE
    windows = sliding_window_view(_noise(side + _TILE), (side, side), axis=(0, 1))
    cut = np.moveaxis(windows, 2, -1)
    return cut[offset[:, 0], offset[:, 1]]


@lru_cache(maxsize=8)
def _noise(side: int) -> UInt8[np.ndarray, "side side 3"]:
    """Return the noise tile; nearly normal, the sum of four uniforms."""
    u = uniform(key(0, "tabletop", "noise"), np.arange(side * side), 12).reshape(side, side, 3, 4)
    normal = (u.sum(-1) - 2) * np.sqrt(3)
    return np.clip(255 * (BACKGROUND + NOISE * normal) + 0.5, 0, 255).astype(np.uint8)


def _jitter(scenes: Scenes) -> Float64[np.ndarray, "n 6 3"]:
    stream = key(scenes.seed, "tabletop", scenes.split, "jitter")
    u = uniform(stream, scenes.index, MAX_OBJECTS * 3)
    return JITTER * (2 * u.reshape(-1, MAX_OBJECTS, 3) - 1)


def nameless(scenes: Scenes) -> Float64[np.ndarray, "n 6 3"]:
    """Return a random colour for each object, none like the background or the held-out colour.

    A shape painted so says nothing of which shapes go with which named colours; and no shape is
    ever shown near the colour that is held out with it (``FAR`` in RGB; 1 is black to full red).
    """
    stream = key(scenes.seed, "tabletop", scenes.split, "nameless")
    drawn = uniform(stream, scenes.index, _PAINTS * MAX_OBJECTS * 3)
    drawn = drawn.reshape(-1, _PAINTS, MAX_OBJECTS, 3)
    forbidden = RGB[held_out_colour(scenes.shape)][:, None]
    fine = np.linalg.norm(drawn - forbidden, axis=-1) > FAR
    fine &= np.abs(drawn - BACKGROUND).max(-1) > FAR
    first = fine.argmax(1)[:, None, :, None]
    return np.take_along_axis(drawn, first, axis=1)[:, 0]


def _draw(
    pictures: UInt8[np.ndarray, "n side side 3"],
    scenes: Scenes,
    rows: Int64[np.ndarray, " m"],
    slot: int,
    radius: float,
    form: Int64[np.ndarray, " m"],
    paint: Float32[np.ndarray, "m 3"],
) -> None:
    """Paint one slot's objects of one size into their pictures, in place."""
    side = pictures.shape[1]
    width = min(side, int(np.ceil(2 * radius * side)) + 3)
    x, y = scenes.x[rows, slot] * side, scenes.y[rows, slot] * side
    left, top = (np.clip(np.rint(c - width / 2), 0, side - width).astype(np.int64) for c in (x, y))
    step = np.arange(width)
    reach = radius * side
    across = ((left[:, None] + step + 0.5 - x[:, None]) / reach).astype(np.float32)
    down = ((top[:, None] + step + 0.5 - y[:, None]) / reach).astype(np.float32)
    cover = np.empty((len(rows), width, width), dtype=np.float32)
    for kind in np.unique(form):
        these = np.flatnonzero(form == kind)
        u, v = across[these, None, :], down[these, :, None]
        if kind < len(NAMED):
            cover[these] = NAMED[kind](u, v)
        else:
            spin = np.exp(1j * turn(scenes.take(rows[these]))[:, slot, None, None])
            spin = spin.astype(np.complex64)
            u, v = u * spin.real - v * spin.imag, u * spin.imag + v * spin.real
            cover[these] = STRANGE[kind - len(NAMED)](u, v)
    cover = np.clip(0.5 - cover * np.float32(reach), 0, 1)  # a pixel is covered by its area, nearly
    at = (rows[:, None, None], top[:, None, None] + step[:, None], left[:, None, None] + step)
    below = pictures[at]
    mixed = below + cover[..., None] * (paint[:, None, None] - below)
    pictures[at] = (mixed + 0.5).astype(np.uint8)
