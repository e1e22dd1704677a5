"""What is on the table: scenes as a few arrays, sampled so that any index can be made alone.

Every number of scene ``i`` is a function of ``(seed, split, i)``; see ``nexus.base.randomness``.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from nexus.base.errors import ConfigError
from nexus.base.randomness import key, uniform
from nexus.logic.language import Vocabulary
from nexus.worlds.batch import Batch

SHAPES: Final = ("circle", "square", "triangle", "cross")
COLOURS: Final = ("red", "green", "blue", "yellow", "purple", "cyan", "orange", "white")
SIZES: Final = ("small", "big")
PLACES: Final = (
    *("top_left", "top", "top_right", "left", "middle", "right"),
    *("bottom_left", "bottom", "bottom_right"),
)
RELATIONS: Final = ("left_of", "right_of", "above", "below")
SPLITS: Final = ("train", "val", "test", "pairs", "templates")

VOCABULARY: Final = Vocabulary(
    attributes={"shape": SHAPES, "colour": COLOURS, "size": SIZES, "place": PLACES},
    relations=RELATIONS,
)
ANSWERS: Final = ("yes", "no", *map(str, range(7)), *SHAPES, *COLOURS, *SIZES)

HELD_OUT: Final = (1, 3, 5, 7)
"""By shape, the colour held out with it: green circles, yellow squares, cyan triangles and white
crosses, 4 of the 32 pairs."""

MAX_OBJECTS: Final = 6
RADIUS: Final = np.array([0.08, 0.12])
"""Radius of each size, as a fraction of the side."""
SEPARATION: Final = 0.88
"""Least distance of two centres over the sum of their radii; with it no two shapes, in any
direction, share more than 20 % of the smaller one's area (the worst, big square on small
triangle, share 17 %)."""

_CANDIDATES: Final = 12
_GRID: Final = np.stack(np.meshgrid([0.18, 0.5, 0.82], [0.18, 0.5, 0.82]), axis=-1).reshape(9, 2)
_GRID_JITTER: Final = 0.05  # 0.32 - 2 * 0.05 still exceeds the widest separation, 0.2112


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenes(Batch):
    """A batch of scenes; slot ``k`` of scene ``i`` exists where ``k < count[i]``, else it is 0."""

    shape: Int64[np.ndarray, "n 6"]
    colour: Int64[np.ndarray, "n 6"]
    size: Int64[np.ndarray, "n 6"]
    x: Float64[np.ndarray, "n 6"]
    """Centre, as a fraction of the side, to the right."""
    y: Float64[np.ndarray, "n 6"]
    """Centre, as a fraction of the side, downwards. Later slots are painted over earlier ones."""

    @property
    def exists(self) -> Bool[np.ndarray, "n 6"]:
        """True for the slots that hold an object."""
        return np.arange(MAX_OBJECTS) < self.count[:, None]

    @property
    def place(self) -> Int64[np.ndarray, "n 6"]:
        """Which third of the picture each centre is in, as an index into ``PLACES``."""
        return third(self.y) * 3 + third(self.x)

    def at_most(self, count: int) -> "Scenes":
        """Return the scenes with the first ``count`` of their objects: the same, but easier."""
        on = np.arange(MAX_OBJECTS) < np.minimum(self.count, count)[:, None]
        kept = {n: np.where(on, getattr(self, n), 0) for n in ("shape", "colour", "size", "x", "y")}
        return replace(self, count=np.minimum(self.count, count), **kept)


def third(position: Float64[np.ndarray, "..."]) -> Int64[np.ndarray, "..."]:
    """Return 0, 1 or 2: the third of the side a coordinate lies in."""
    return np.clip(position * 3, 0, 2).astype(np.int64)


def held_out_colour(shape: Int64[np.ndarray, "..."]) -> Int64[np.ndarray, "..."]:
    """Return the colour each shape never has outside split "pairs"."""
    return np.array(HELD_OUT)[shape]


def sample(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Scenes:
    """Return the scenes of ``split`` with these indices; scene ``i`` depends on ``i`` alone.

    Raises:
        ConfigError: the split is not one of ``SPLITS``.
    """
    if split not in SPLITS:
        raise ConfigError(f"tabletop has no split {split!r}", hint="one of " + ", ".join(SPLITS))
    index = np.asarray(index, dtype=np.int64).reshape(-1)
    n = len(index)
    u = uniform(key(seed, "tabletop", split, "scene"), index, 9 + 7 * MAX_OBJECTS)
    count = 1 + _floor(u[:, 0], MAX_OBJECTS)
    on = np.arange(MAX_OBJECTS) < count[:, None]
    per_object = u[:, 9:].reshape(n, 7, MAX_OBJECTS)
    shape, colour, size = _attributes(u[:, 1:9], per_object)
    if split == "pairs":
        slot = _floor(u[:, 8], 1 << 20) % count
        colour[np.arange(n), slot] = held_out_colour(shape[np.arange(n), slot])
    x, y = _positions(seed, split, index, RADIUS[size], on, per_object[:, 4:7])
    return Scenes(
        count=count,
        shape=np.where(on, shape, 0),
        colour=np.where(on, colour, 0),
        size=np.where(on, size, 0),
        x=np.where(on, x, 0.0),
        y=np.where(on, y, 0.0),
        index=index,
        seed=seed,
        split=split,
    )


def _floor(u: Float64[np.ndarray, "..."], high: int) -> Int64[np.ndarray, "..."]:
    return (u * high).astype(np.int64)


def _attributes(
    scene: Float64[np.ndarray, "n 8"], each: Float64[np.ndarray, "n 7 6"]
) -> tuple[Int64[np.ndarray, "n 6"], Int64[np.ndarray, "n 6"], Int64[np.ndarray, "n 6"]]:
    """Return shape, colour and size of every slot, held-out pairs avoided.

    Half the scenes draw from few shapes and half from few colours: otherwise hardly two objects
    would share an attribute, and counting and comparing would hardly ever be about more than one.
    """
    shape, colour = _floor(each[:, 0], 4), _floor(each[:, 1], 8)
    few = _floor(scene[:, 0:2], 4)
    shape = np.where(scene[:, 2:3] < 0.5, few[np.arange(len(few))[:, None], shape % 2], shape)
    palette = _floor(scene[:, 3:6], 8)
    colour = np.where(
        scene[:, 6:7] < 0.5, palette[np.arange(len(few))[:, None], colour % 3], colour
    )
    # A shift of 1 to 7 never lands on the held-out colour again, and favours none of the others.
    shifted = (colour + 1 + _floor(each[:, 2], 7)) % 8
    colour = np.where(colour == held_out_colour(shape), shifted, colour)
    return shape, colour, _floor(each[:, 3], 2)


def _positions(
    seed: int,
    split: str,
    index: Int64[np.ndarray, " n"],
    radius: Float64[np.ndarray, "n 6"],
    on: Bool[np.ndarray, "n 6"],
    spare: Float64[np.ndarray, "n 3 6"],
) -> tuple[Float64[np.ndarray, "n 6"], Float64[np.ndarray, "n 6"]]:
    """Return centres that keep ``SEPARATION``: the first candidate that does, object by object.

    A scene for one of whose objects every candidate fails (under 1 %) is laid out on a jittered
    3 x 3 grid, which always keeps it.
    """
    n = len(index)
    draws = uniform(key(seed, "tabletop", split, "place"), index, MAX_OBJECTS * _CANDIDATES * 2)
    candidates = draws.reshape(n, MAX_OBJECTS, _CANDIDATES, 2)
    candidates = radius[..., None, None] + candidates * (1 - 2 * radius[..., None, None])
    centre = candidates[:, :, 0].copy()
    stuck = np.zeros(n, dtype=bool)
    for k in range(1, MAX_OBJECTS):
        gap = candidates[:, k, :, None] - centre[:, None, :k]
        least = SEPARATION * (radius[:, k : k + 1] + radius[:, :k])
        clear = ((gap**2).sum(-1) >= least[:, None] ** 2).all(-1)
        first = clear.argmax(1)
        centre[:, k] = candidates[np.arange(n), k, first]
        stuck |= on[:, k] & ~clear.any(1)
    cells = np.argsort(draws[:, :9], axis=1)[:, :MAX_OBJECTS]
    jitter = (np.swapaxes(spare[:, :2], 1, 2) * 2 - 1) * _GRID_JITTER
    centre = np.where(stuck[:, None, None], _GRID[cells] + jitter, centre)
    return centre[..., 0], centre[..., 1]


def keeps_apart(scenes: Scenes) -> Bool[np.ndarray, " n"]:
    """Return which scenes obey the overlap rule: inside the picture and ``SEPARATION`` kept."""
    radius = RADIUS[scenes.size]
    on = scenes.exists
    gap = np.hypot(
        scenes.x[:, :, None] - scenes.x[:, None], scenes.y[:, :, None] - scenes.y[:, None]
    )
    least = SEPARATION * (radius[:, :, None] + radius[:, None])
    pair = on[:, :, None] & on[:, None] & ~np.eye(MAX_OBJECTS, dtype=bool)
    apart = (~pair | (gap >= least - 1e-9)).all((1, 2))
    edge = radius - 1e-9
    inside = (scenes.x >= edge) & (scenes.x <= 1 - edge)
    inside &= (scenes.y >= edge) & (scenes.y <= 1 - edge)
    return apart & np.all(inside | ~on, axis=1)
