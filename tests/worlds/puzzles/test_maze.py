"""Each maze has one shortest way, by trying every way; no layout is in two splits."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from nexus.base.errors import InputError
from nexus.worlds.dice import Dice
from nexus.worlds.puzzles.maze import FLOOR, GOAL, SIDE, START, STEPS, WALL, Maze
from nexus.worlds.puzzles.maze.walls import SPLITS, class_of, layout

MAZE = Maze()
BOARDS = MAZE.sample(0, "train", np.arange(60))


def ways(cells: list[int], at: int, before: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Every way from ``at`` to the goal that meets no cell twice."""
    if cells[at] == GOAL:
        yield (*before, at)
        return
    for other in (at - SIDE, at - 1, at + 1, at + SIDE):  # the rim is wall: none is off the board
        if cells[other] != WALL and other not in before:
            yield from ways(cells, other, (*before, at))


def test_the_solution_is_the_only_shortest_of_all_ways() -> None:
    loops = 0
    for given, solution, band in zip(
        BOARDS.given.tolist(), BOARDS.solution, BOARDS.band.tolist(), strict=True
    ):
        every = sorted(ways(given, given.index(START)), key=len)
        loops += len(every) > 1
        assert len(every) == 1 or len(every[0]) < len(every[1])
        assert sorted(every[0]) == np.flatnonzero(solution).tolist()
        assert sorted(MAZE.way(np.array(given))) == sorted(every[0])
        assert STEPS[band][0] <= len(every[0]) - 1 <= STEPS[band][1]
    assert loops > 10


def test_boards_are_of_both_sizes_and_walled_in() -> None:
    squares = BOARDS.given.reshape(-1, SIDE, SIDE)
    rim = np.concatenate([squares[:, 0], squares[:, -1], squares[:, :, 0], squares[:, :, -1]], 1)
    assert (rim == WALL).all()
    small = (squares[:, 1] == WALL).all(1)
    assert 0.25 < small.mean() < 0.75
    assert np.array_equal(BOARDS.asked, BOARDS.given != WALL)


def shape(given: np.ndarray) -> bytes:
    """The least of the eight guises of the walls."""
    walls = (given == WALL).reshape(SIDE, SIDE)
    turned = (np.rot90(w, k) for w in (walls, walls.T) for k in range(4))
    return min(np.ascontiguousarray(w).tobytes() for w in turned)


def test_no_layout_is_in_two_splits() -> None:
    sizes, every = Counter[str](), dict[bytes, str]()
    for split in SPLITS:
        for given in MAZE.sample(0, split, np.arange(100)).given:
            assert every.setdefault(shape(given), split) == split
            sizes[split] += 1
    assert len(every) > 250


@pytest.mark.parametrize("side", [2, 4])
def test_two_layouts_have_one_number_only_if_a_symmetry_joins_them(side: int) -> None:
    seen = dict[int, bytes]()
    for word in range(200):
        doors = layout(side, Dice(word))
        open_ = np.zeros((2 * side + 1, 2 * side + 1), dtype=bool)
        for a, beside in enumerate(doors):
            for b in beside:
                row, column = (a // side + b // side + 1, a % side + b % side + 1)
                open_[row, column] = True
        turned = (np.rot90(o, k) for o in (open_, open_.T) for k in range(4))
        least = min(np.ascontiguousarray(o).tobytes() for o in turned)
        assert seen.setdefault(class_of(doors), least) == least
    assert len(set(seen.values())) == len(seen)


def test_relations_say_what_lies_where() -> None:
    above, left, right, below = MAZE.relations()
    assert np.array_equal(above, below.T)
    assert np.array_equal(left, right.T)
    assert (above.sum(), left.sum()) == (110, 110)
    assert above[SIDE, 0]
    assert right[0, 1]


def drawn(*rows: str) -> np.ndarray:
    """A board from its upper left part; the rest is wall."""
    cells = np.full((SIDE, SIDE), WALL, dtype=np.int64)
    for y, row in enumerate(rows):
        cells[y, : len(row)] = [{".": FLOOR, "#": WALL, "S": START, "G": GOAL}[c] for c in row]
    return cells.reshape(-1)


def marks(*rows: str) -> np.ndarray:
    cells = np.zeros((SIDE, SIDE), dtype=np.int64)
    for y, row in enumerate(rows):
        cells[y, : len(row)] = [c == "*" for c in row]
    return cells.reshape(-1)


RING = drawn("", "#S...", "#.##.", "#..G.")


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("row 3 column 3 is marked and is a wall", ["", " *", " **", " ***"]),
        ("the start is not marked", ["", "", " *", " ***"]),
        ("the goal is not marked", ["", " *", " *", " **"]),
        ("the marked cells do not join start and goal", ["", " *", " ", " ***"]),
        ("row 2 column 5 is marked apart from the way", ["", " *  *", " *", " ***"]),
        ("the marked cells branch at row 4 column 4", ["", " *", " *", " ****"]),
        ("the marked cells branch at row 2 column 2", ["", " **", " *", " ***"]),
        ("the way has 6 steps; the shortest has 4", ["", " ****", "    *", "   **"]),
    ],
)
def test_mistakes_are_told_in_plain_words(told: str, answer: list[str]) -> None:
    assert told in MAZE.violations(RING, marks(*answer))


def test_a_board_without_one_answer_says_why() -> None:
    assert MAZE.contradiction(drawn("", "#S..")) == "there is no goal"
    two = drawn("", "#S.S", "#.G")
    assert MAZE.contradiction(two) == "there are 2 starts: row 2 column 2 and row 2 column 4"
    assert MAZE.violations(two, marks()) == [MAZE.contradiction(two)]
    shut = MAZE.contradiction(drawn("", "#S#G"))
    assert shut == "no way leads from the start (row 2 column 2) to the goal (row 2 column 4)"
    ties = MAZE.contradiction(drawn("", "#S..", "#.#.", "#..G"))
    assert ties == "2 ways of 4 steps tie for the shortest"
    assert len(MAZE.way(drawn("", "#S..", "#.#.", "#..G"))) == 5
    for board in (two, drawn("", "#S#G")):
        with pytest.raises(InputError, match=re.escape(MAZE.contradiction(board))):
            MAZE.way(board)
    assert MAZE.contradiction(BOARDS.given[0]) == ""
