"""Families of scenes that differ in one thing: what forces a model to see that thing."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float64, Int64

from nexus.base.randomness import key, uniform
from nexus.worlds.tabletop.scene import (
    MAX_OBJECTS,
    Scenes,
    held_out_colour,
    keeps_apart,
)

JITTER = 0.015
"""Largest shift of each coordinate, as a fraction of the side."""


def twins(scenes: Scenes, *, families: int) -> Scenes:
    """Return each scene ``families`` times in a row, all but the first changed in one thing.

    The change is another shape, colour or size of one object, or the colours or shapes of two
    objects exchanged; copies take turns through these five. Where the change would show nothing,
    break the overlap rule, or make a held-out pair outside split "pairs", an object is repainted
    instead. Positions shift a little, where the overlap rule allows it.
    """
    n = len(scenes) * families
    copy = np.arange(n) % families
    base = scenes.take(np.repeat(np.arange(len(scenes)), families))
    stream = key(scenes.seed, "tabletop", scenes.split, "twins")
    u = uniform(stream, base.index * 64 + copy, 8 + 2 * MAX_OBJECTS)
    start = uniform(key(scenes.seed, "tabletop", scenes.split, "twin kind"), base.index, 1)[:, 0]
    changed = _changed(base, u, kind=(_floor(start, np.full(n, 5)) + copy) % 5)
    ok = keeps_apart(changed) & _differs(changed, base)
    if scenes.split != "pairs":
        ok &= ~(changed.exists & (changed.colour == held_out_colour(changed.shape))).any(1)
    repainted = _repainted(base, u)
    columns: dict[str, np.ndarray] = {}
    for name in ("shape", "colour", "size"):
        twin = np.where(ok[:, None], getattr(changed, name), getattr(repainted, name))
        columns[name] = np.where(copy[:, None] > 0, twin, getattr(base, name))
    mixed = replace(base, **columns)
    shift = np.where(mixed.exists, (2 * u[:, 8:].reshape(n, 2, -1).swapaxes(0, 1) - 1) * JITTER, 0)
    shifted = replace(mixed, x=mixed.x + shift[0], y=mixed.y + shift[1])
    still = (keeps_apart(shifted) & (copy > 0))[:, None]
    return replace(
        mixed, x=np.where(still, shifted.x, mixed.x), y=np.where(still, shifted.y, mixed.y)
    )


def _differs(a: Scenes, b: Scenes) -> Bool[np.ndarray, " n"]:
    columns = ("shape", "colour", "size")
    return np.logical_or.reduce([(getattr(a, c) != getattr(b, c)).any(1) for c in columns])


def _repainted(base: Scenes, u: Float64[np.ndarray, "n draws"]) -> Scenes:
    """Return the scenes with one object in another colour, never a held-out one."""
    rows, one = np.arange(len(base)), _floor(u[:, 0], base.count)
    colour, shift = base.colour.copy(), _floor(u[:, 3], np.full(len(base), 7))
    painted = (colour[rows, one] + 1 + shift) % 8
    again = (colour[rows, one] + 1 + (shift + 1) % 7) % 8
    held = held_out_colour(base.shape[rows, one])
    colour[rows, one] = np.where(painted == held, again, painted)
    return replace(base, colour=colour)


def _changed(
    base: Scenes, u: Float64[np.ndarray, "n draws"], *, kind: Int64[np.ndarray, " n"]
) -> Scenes:
    """Return the scenes with one attribute of one object changed, or one of two exchanged."""
    rows = np.arange(len(base))
    one = _floor(u[:, 0], base.count)
    other = (one + 1 + _floor(u[:, 1], np.maximum(base.count - 1, 1))) % base.count
    columns = {name: getattr(base, name).copy() for name in ("shape", "colour", "size")}
    for k, (name, values) in enumerate((("shape", 4), ("colour", 8), ("size", 2))):
        here = np.flatnonzero(kind == k)
        shift = 1 + _floor(u[here, 3], np.full(len(here), values - 1))
        columns[name][here, one[here]] = (columns[name][here, one[here]] + shift) % values
    for k, name in ((3, "colour"), (4, "shape")):
        here = rows[kind == k]
        a, b = (here, one[here]), (here, other[here])
        columns[name][a], columns[name][b] = columns[name][b], columns[name][a]
    return replace(base, **columns)


def _floor(u: Float64[np.ndarray, " n"], high: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    return (u * high).astype(np.int64)
