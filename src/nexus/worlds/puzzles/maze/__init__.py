"""Mazes of 9 x 9 and 11 x 11 cells with exactly one shortest way from start to goal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.errors import InputError
from nexus.base.randomness import integers, key
from nexus.worlds.dice import Dice, dice
from nexus.worlds.puzzles.maze import walls
from nexus.worlds.puzzles.maze.walls import back, distances, layout, neighbours, split_of
from nexus.worlds.puzzles.puzzle import Puzzles, band_of, board

__all__ = ["FLOOR", "GOAL", "SIDE", "START", "STEPS", "WALL", "Maze"]

SIDE: Final = 11
"""Cells along the board; a maze of 9 x 9 lies in its middle, within a second ring of wall."""
FLOOR, WALL, START, GOAL = range(4)
ROOMS: Final = (4, 5)
"""Rooms along a maze of 9 and of 11 cells; each comes as often."""
STEPS: Final = ((6, 10), (12, 16), (18, 48))
"""Fewest and most steps of the shortest way in each band; no longer one fits."""


class Maze:
    """The puzzle; it holds no state. An answer is 1 for a cell on the shortest way, ends included.

    Layouts may have loops. No layout, turned or mirrored however, is in two splits.
    """

    name = "maze"
    version = 1
    symbols = 4
    answers = 2
    cells = SIDE * SIDE
    bands = tuple(f"{fewest}-{most} steps" for fewest, most in STEPS)
    kinds: tuple[str, ...] = ("above", "left", "right", "below")
    named = False
    splits: Mapping[str, tuple[int, ...]] = dict.fromkeys(walls.SPLITS, tuple(range(len(STEPS))))

    def relations(self) -> Bool[np.ndarray, "kind cell cell"]:
        """Return, for each cell (second axis), which cell is above, left, right and below."""
        related = np.zeros((len(self.kinds), self.cells, self.cells), dtype=bool)
        for cell, beside in enumerate(neighbours(SIDE)):
            for other in beside:
                related[(-SIDE, -1, 1, SIDE).index(other - cell), cell, other] = True
        return related

    def sample(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Puzzles:
        """Return the puzzles of ``split`` with these indices; every cell but a wall is asked."""
        band = band_of(self, split, index)
        index = np.asarray(index, dtype=np.int64).reshape(-1)
        given = np.full((len(index), self.cells), WALL, dtype=np.int64)
        solution = np.zeros_like(given)
        throws = dice(key(seed, self.name, split, "board"), index)
        for i, (b, [die]) in enumerate(zip(band.tolist(), throws, strict=True)):
            floor, way = _maze(split, STEPS[b], die)
            given[i, floor] = FLOOR
            given[i, way[0]], given[i, way[-1]] = START, GOAL
            solution[i, way] = 1
        return Puzzles(
            given=given,
            solution=solution,
            asked=given != WALL,
            band=band,
            index=index,
            seed=seed,
            split=split,
        )

    def violations(
        self, given: Int64[np.ndarray, " cell"], answer: Int64[np.ndarray, " cell"]
    ) -> list[str]:
        """Return what is wrong with the marked cells: walls, gaps, branches, detours."""
        cells = board(self, "board", given, self.symbols)
        marked = board(self, "answer", answer, self.answers)
        if wrong := _ends_missing(cells):
            return wrong
        wrong = [
            f"{_cell(c)} is marked and is a wall"
            for c in range(self.cells)
            if marked[c] and cells[c] == WALL
        ]
        ends = {"start": cells.index(START), "goal": cells.index(GOAL)}
        wrong += [f"the {name} is not marked" for name, c in ends.items() if not marked[c]]
        if wrong:
            return wrong
        way = [[p for p in beside if marked[p]] for beside in neighbours(SIDE)]
        reached, _ = distances(way, ends["start"])
        if reached[ends["goal"]] < 0:
            return ["the marked cells do not join start and goal"]
        on = [c for c in range(self.cells) if marked[c]]
        wrong = [f"{_cell(c)} is marked apart from the way" for c in on if reached[c] < 0]
        # Joined, and touching one marked cell at its ends and two between them, it is a way.
        wrong += [
            f"the marked cells branch at {_cell(c)}"
            for c in on
            if len(way[c]) > (1 if c in ends.values() else 2)
        ]
        if wrong:
            return wrong
        shortest = distances(_floor(cells), ends["start"])[0][ends["goal"]]
        if len(on) - 1 > shortest:
            return [f"the way has {len(on) - 1} steps; the shortest has {shortest}"]
        return []

    def contradiction(self, given: Int64[np.ndarray, " cell"]) -> str:
        """Return why the board has no single answer: ends missing, shut off, or ways that tie."""
        cells = board(self, "board", given, self.symbols)
        if wrong := _ends_missing(cells):
            return "; ".join(wrong)
        start, goal = cells.index(START), cells.index(GOAL)
        steps, ways = distances(_floor(cells), start)
        if not ways[goal]:
            return f"no way leads from the start ({_cell(start)}) to the goal ({_cell(goal)})"
        if ways[goal] > 1:
            return f"{ways[goal]} ways of {steps[goal]} steps tie for the shortest"
        return ""

    def way(self, given: Int64[np.ndarray, " cell"]) -> list[int]:
        """Return the cells of a shortest way from start to goal, from end to end.

        Raises:
            InputError: there is none; ``contradiction`` says why.
        """
        cells = board(self, "board", given, self.symbols)
        if _ends_missing(cells):
            raise InputError(self.contradiction(given))
        floor, goal = _floor(cells), cells.index(GOAL)
        steps, _ = distances(floor, cells.index(START))
        if steps[goal] < 0:
            raise InputError(self.contradiction(given))
        return back(floor, steps, goal)

    def explained(self, puzzles: Puzzles) -> Puzzles:
        """Return the puzzles as they are: every answer is asked already."""
        return puzzles

    def relabel(self, puzzles: Puzzles, stream: int) -> Puzzles:
        """Return the puzzles turned, mirrored, and with start and goal swapped, or not."""
        throw = integers(key(stream, "guise"), puzzles.index, 1, 16)[:, 0]
        at = np.arange(self.cells).reshape(SIDE, SIDE)
        guises = np.array([np.rot90(a, k).reshape(-1) for a in (at, at.T) for k in range(4)])
        guise, rows = guises[throw % 8], np.arange(len(puzzles))[:, None]
        swapped = np.array([[FLOOR, WALL, START, GOAL], [FLOOR, WALL, GOAL, START]])
        return replace(
            puzzles,
            given=swapped[throw // 8][rows, puzzles.given[rows, guise]],
            solution=puzzles.solution[rows, guise],
            asked=puzzles.asked[rows, guise],
        )


def _maze(split: str, bounds: tuple[int, int], die: Dice) -> tuple[list[int], list[int]]:
    """Return the cells that are no wall, and the shortest way from start to goal."""
    fewest, most = bounds
    side = die.pick(ROOMS)
    while True:
        doors = layout(side, die)
        if split_of(doors) != split:
            continue
        for start in die.shuffled(side * side):
            steps, ways = distances(doors, start)
            far = [r for r, s in enumerate(steps) if fewest <= 2 * s <= most and ways[r] == 1]
            if far:
                way = back(doors, steps, die.pick(far))[::-1]
                return _cells(doors, side), _between(way, side)


def _at(room: int, side: int) -> int:
    """Return the cell of a room: rooms lie on every second cell around the middle."""
    first = SIDE // 2 - side + 1
    return (first + 2 * (room // side)) * SIDE + first + 2 * (room % side)


def _cells(doors: walls.Layout, side: int) -> list[int]:
    """Return the cells of every room and every open door."""
    rooms = [_at(room, side) for room in range(len(doors))]
    return rooms + [
        (rooms[a] + rooms[b]) // 2 for a, beside in enumerate(doors) for b in beside if a < b
    ]


def _between(way: Sequence[int], side: int) -> list[int]:
    """Return the cells of a way through rooms, doors included."""
    rooms = [_at(room, side) for room in way]
    doors = [(a + b) // 2 for a, b in pairwise(rooms)]
    return [cell for pair in zip(rooms, doors, strict=False) for cell in pair] + rooms[-1:]


def _floor(cells: Sequence[int]) -> list[list[int]]:
    """Return the cells one can step to from each cell."""
    return [
        [p for p in beside if cells[p] != WALL] if cells[c] != WALL else []
        for c, beside in enumerate(neighbours(SIDE))
    ]


def _ends_missing(cells: Sequence[int]) -> list[str]:
    """Return what is wrong with the number of starts and goals."""
    wrong = list[str]()
    for name, symbol in (("start", START), ("goal", GOAL)):
        places = [_cell(c) for c, s in enumerate(cells) if s == symbol]
        if not places:
            wrong.append(f"there is no {name}")
        elif len(places) > 1:
            wrong.append(f"there are {len(places)} {name}s: {' and '.join(places)}")
    return wrong


def _cell(c: int) -> str:
    return f"row {c // SIDE + 1} column {c % SIDE + 1}"
