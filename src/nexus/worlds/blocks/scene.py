"""Stacks of blocks on a table: the state, how it is drawn and what can be done to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from nexus.base.errors import ConfigError, LanguageError
from nexus.base.randomness import key, uniform
from nexus.logic.language import Vocabulary
from nexus.worlds.batch import Batch

COLOURS: Final = ("red", "green", "blue", "yellow", "purple", "orange")
SIZES: Final = ("small", "big")
RELATIONS: Final = ("on", "under", "above", "below")
"""on and under: touching; above and below: anywhere in the same stack."""
SPLITS: Final = ("train", "val", "test")
VOCABULARY: Final = Vocabulary(attributes={"colour": COLOURS, "size": SIZES}, relations=RELATIONS)
MOST: Final = 5
"""Most blocks of a scene, and how many stacks there is room for."""
REPERTOIRE: Final = (
    *(f"stack b{a + 1} b{b + 1}" for a in range(MOST) for b in range(MOST) if a != b),
    *(f"unstack b{k + 1}" for k in range(MOST)),
)
"""Every action some scene allows."""
_RGB: Final = np.array(
    [[222, 28, 33], [33, 176, 51], [36, 77, 237], [240, 222, 31], [158, 43, 199], [250, 130, 15]]
)
_WIDTH: Final = (0.11, 0.18)
_HEIGHT: Final = (0.11, 0.17)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stacks(Batch):
    """A batch of scenes; block ``k`` of scene ``i`` exists where ``k < count[i]``, else it is 0."""

    colour: Int64[np.ndarray, "n 5"]
    """No two blocks of a scene share their colour, so a colour names a block."""
    size: Int64[np.ndarray, "n 5"]
    column: Int64[np.ndarray, "n 5"]
    """Which stack, from the left."""
    level: Int64[np.ndarray, "n 5"]
    """How many blocks are under it."""

    @property
    def exists(self) -> Bool[np.ndarray, "n 5"]:
        """True for the slots that hold a block."""
        return np.arange(MOST) < self.count[:, None]

    def related(self) -> dict[str, Bool[np.ndarray, "n 5 5"]]:
        """Return for each relation whether it holds of (first, second) block."""
        both = self.exists[:, :, None] & self.exists[:, None]
        same = both & (self.column[:, :, None] == self.column[:, None])
        rise = self.level[:, :, None] - self.level[:, None]
        return {
            "on": same & (rise == 1),
            "under": same & (rise == -1),
            "above": same & (rise > 0),
            "below": same & (rise < 0),
        }


def sample(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Stacks:
    """Return the scenes of ``split`` with these indices; scene ``i`` depends on ``i`` alone.

    Raises:
        ConfigError: the split is not one of ``SPLITS``.
    """
    if split not in SPLITS:
        raise ConfigError(f"blocks has no split {split!r}", hint="one of " + ", ".join(SPLITS))
    index = np.asarray(index, dtype=np.int64).reshape(-1)
    n, rows = len(index), np.arange(len(index))
    u = uniform(key(seed, "blocks", split, "scene"), index, 1 + 2 * MOST + len(COLOURS))
    count = 3 + (u[:, 0] * 3).astype(np.int64)
    size = (u[:, 1 : 1 + MOST] * 2).astype(np.int64)
    column = (u[:, 1 + MOST : 1 + 2 * MOST] * MOST).astype(np.int64)
    colour = np.argsort(u[:, 1 + 2 * MOST :], axis=1)[:, :MOST]
    on = np.arange(MOST) < count[:, None]
    height, level = np.zeros((2, n, MOST), dtype=np.int64)
    for k in range(MOST):
        level[:, k] = height[rows, column[:, k]]
        height[rows, column[:, k]] += on[:, k]
    parts = {"colour": colour, "size": size, "column": column, "level": level}
    kept = {name: np.where(on, part, 0) for name, part in parts.items()}
    return Stacks(count=count, index=index, seed=seed, split=split, **kept)


def render(stacks: Stacks, side: int) -> UInt8[np.ndarray, "n side side 3"]:
    """Return one RGB picture a scene: blocks as rectangles on a brown table."""
    table = int(0.94 * side)
    pictures = np.full((len(stacks), side, side, 3), 51, dtype=np.uint8)
    pictures[:, table:] = (110, 84, 60)
    for i, count in enumerate(stacks.count.tolist()):
        top = [0.94] * MOST
        for k in np.argsort(stacks.level[i, :count], kind="stable").tolist():
            column, size = int(stacks.column[i, k]), int(stacks.size[i, k])
            bottom, top[column] = top[column], top[column] - _HEIGHT[size]
            middle = (column + 0.5) / MOST
            left, right = (middle + s * _WIDTH[size] / 2 for s in (-1, 1))
            rows = slice(round(top[column] * side) + 1, round(bottom * side))
            columns = slice(round(left * side), round(right * side))
            pictures[i, rows, columns] = _RGB[stacks.colour[i, k]]
    return pictures


def step(stacks: Stacks, actions: Sequence[str]) -> Stacks:
    """Return the scenes after one action each: ``stack b1 b2`` or ``unstack b1``.

    Raises:
        LanguageError: an action is not well formed, or a block it moves or covers is not clear.
    """
    if len(actions) != len(stacks):
        raise LanguageError(f"{len(actions)} actions for {len(stacks)} scenes")
    column, level = stacks.column.copy(), stacks.level.copy()
    for i, action in enumerate(actions):
        match action.split():
            case ["stack", first, second]:
                a, b = (_clear(stacks, i, name, action) for name in (first, second))
                if a == b:
                    raise LanguageError(f"{action!r} puts a block onto itself")
                column[i, a], level[i, a] = column[i, b], stacks.level[i, b] + 1
            case ["unstack", name]:
                a = _clear(stacks, i, name, action)
                if stacks.level[i, a] == 0:
                    raise LanguageError(f"{action!r}: the block already stands on the table")
                column[i, a], level[i, a] = free_column(stacks, i), 0
            case _:
                raise LanguageError(
                    f"action {action!r} is not well formed", hint='"stack b1 b2" or "unstack b1"'
                )
    return replace(stacks, column=column, level=level)


def free_column(stacks: Stacks, i: int) -> int:
    """Return the leftmost column without a block; with a block to unstack there always is one."""
    used = set(stacks.column[i, : stacks.count[i]].tolist())
    return next(c for c in range(MOST) if c not in used)


def is_clear(stacks: Stacks, i: int, k: int) -> bool:
    """Return whether no block lies on block ``k`` of scene ``i``."""
    return not stacks.related()["on"][i, :, k].any()


def _clear(stacks: Stacks, i: int, name: str, action: str) -> int:
    names = [f"b{k + 1}" for k in range(stacks.count[i])]
    if name not in names:
        raise LanguageError(
            f"{name!r} in {action!r} is not a block of the scene", hint="one of " + ", ".join(names)
        )
    if not is_clear(stacks.take([i]), 0, names.index(name)):
        raise LanguageError(f"{action!r} cannot be done: another block lies on {name}")
    return names.index(name)
