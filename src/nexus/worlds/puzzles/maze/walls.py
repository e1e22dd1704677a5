"""Maze layouts: rooms on a grid, corridors between them, and the shortest ways through.

A layout is a list with the doors of each room. Rooms lie on every second cell of the board, so a
step between rooms is two steps between cells.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.worlds.dice import Dice

SPLITS: Final = ("train", "val", "test")
LOOPS: Final = 8
"""One wall in this many that the tree leaves is opened: loops, but few ties."""

Layout = list[list[int]]


@lru_cache(maxsize=8)
def neighbours(side: int) -> tuple[tuple[int, ...], ...]:
    """Return the rooms beside each room of a square of ``side`` x ``side``."""
    return tuple(
        tuple(
            (row + down) * side + column + right
            for down, right in ((-1, 0), (0, -1), (0, 1), (1, 0))
            if 0 <= row + down < side and 0 <= column + right < side
        )
        for row in range(side)
        for column in range(side)
    )


@lru_cache(maxsize=8)
def _walls(side: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of rooms side by side, the lower number first."""
    beside = neighbours(side)
    return tuple((a, b) for a in range(side * side) for b in beside[a] if a < b)


@lru_cache(maxsize=8)
def _images(side: int) -> Int64[np.ndarray, "8 wall"]:
    """Return where each wall comes from under the eight symmetries of the square."""
    walls = _walls(side)
    number = {wall: w for w, wall in enumerate(walls)}
    rooms = np.arange(side * side).reshape(side, side)
    turned = [np.rot90(r, k).reshape(-1).tolist() for r in (rooms, rooms.T) for k in range(4)]
    return np.array(
        [[number[min(t[a], t[b]), max(t[a], t[b])] for a, b in walls] for t in turned],
        dtype=np.int64,
    )


def class_of(doors: Layout) -> int:
    """Return a number that two layouts share if and only if a symmetry joins them.

    One bit for each open wall, the least of eight guises; squares of one to six rooms a side fit.
    """
    side = round(len(doors) ** 0.5)
    is_open = np.array([b in doors[a] for a, b in _walls(side)], dtype=np.int64)
    return int((is_open[_images(side)] << np.arange(is_open.size)).sum(axis=1).min())


def split_of(doors: Layout) -> str:
    """Return the one split that has this layout: a third of all classes are in each."""
    return SPLITS[Dice(class_of(doors)).roll(len(SPLITS))]


def layout(side: int, die: Dice) -> Layout:
    """Return a random layout: a tree by depth-first search, whose ways are long, and some loops."""
    beside = neighbours(side)
    doors: Layout = [[] for _ in beside]
    way = [die.roll(len(beside))]
    seen = set(way)
    while way:
        room = way[-1]
        if new := [r for r in beside[room] if r not in seen]:
            step = die.pick(new)
            doors[room].append(step)
            doors[step].append(room)
            seen.add(step)
            way.append(step)
        else:
            way.pop()
    for a, b in _walls(side):
        if b not in doors[a] and not die.roll(LOOPS):
            doors[a].append(b)
            doors[b].append(a)
    return doors


def distances(doors: Sequence[Sequence[int]], start: int) -> tuple[list[int], list[int]]:
    """Return the steps from ``start`` to every place (-1: none lead there) and in how many ways.

    Breadth first; the shortest ways to a place are those to each neighbour one step nearer.
    """
    steps, ways = [-1] * len(doors), [0] * len(doors)
    steps[start], ways[start] = 0, 1
    front = [start]
    for place in front:
        for other in doors[place]:
            if steps[other] < 0:
                steps[other] = steps[place] + 1
                front.append(other)
            if steps[other] == steps[place] + 1:
                ways[other] += ways[place]
    return steps, ways


def back(doors: Sequence[Sequence[int]], steps: Sequence[int], goal: int) -> list[int]:
    """Return a shortest way from ``goal`` back to where ``steps`` counts from."""
    way = [goal]
    while steps[way[-1]]:
        way.append(next(p for p in doors[way[-1]] if steps[p] == steps[way[-1]] - 1))
    return way
