"""Every board has one solution, by a solver anyone can read; no class of grids is in two splits."""

from collections import Counter

import numpy as np
import pytest

from nexus.base.randomness import key
from nexus.worlds.puzzles.sudoku import GIVENS, Sudoku
from nexus.worlds.puzzles.sudoku.grids import (
    CLASSES,
    SPLIT_OF,
    SPLITS,
    class_of,
    codes,
    guises,
    least,
)
from nexus.worlds.puzzles.sudoku.odd import MOST, Counted, ambiguous, clashing, dead_end, one_blank
from nexus.worlds.puzzles.sudoku.solver import BOX, solutions

SUDOKU = Sudoku()
INDEX = np.arange(60)
BOARDS = SUDOKU.sample(0, "train", INDEX)


def clashes(cells: list[int], c: int, digit: int) -> bool:
    """Whether ``digit`` in cell ``c`` repeats one in its row, column or box."""
    row, column = divmod(c, 6)
    top, left = row - row % 2, column - column % 3
    seen = {cells[row * 6 + x] for x in range(6)}
    seen |= {cells[y * 6 + column] for y in range(6)}
    seen |= {cells[(top + y) * 6 + left + x] for y in range(2) for x in range(3)}
    return digit in seen


def solutions_slowly(given: list[int], limit: int) -> list[list[int]]:
    """The definition: try every digit in the first blank."""
    if any(d and clashes([*given[:c], 0, *given[c + 1 :]], c, d) for c, d in enumerate(given)):
        return []
    if 0 not in given:
        return [given]
    c, found = given.index(0), []
    for digit in range(1, 7):
        if not clashes(given, c, digit):
            full = [*given[:c], digit, *given[c + 1 :]]
            found += solutions_slowly(full, limit - len(found))
            if len(found) >= limit:
                break
    return found


def test_every_board_has_one_solution_by_the_slow_solver_too() -> None:
    for given, solution in zip(BOARDS.given[:24].tolist(), BOARDS.solution.tolist(), strict=False):
        assert solutions_slowly(given, 2) == [solution] == solutions(given, 2)


def test_both_solvers_find_the_same_of_several_and_of_none() -> None:
    for made in (ambiguous(0, "val", INDEX[:6]), dead_end(0, "val", INDEX[:6])):
        for given in made.puzzles.given.tolist():
            slow = solutions_slowly(given, MOST + 1)
            assert len(slow) <= MOST
            assert sorted(slow) == sorted(solutions(given, MOST + 1))
    assert len(solutions([0] * 36, 7)) == 7


def test_bands_have_the_givens_they_promise_in_many_patterns() -> None:
    count = (BOARDS.given > 0).sum(1)
    for b, (fewest, most) in enumerate(GIVENS):
        assert set(count[BOARDS.band == b]) <= set(range(fewest, most + 1))
    assert len({bytes(row) for row in BOARDS.asked}) == len(BOARDS)
    assert np.array_equal(BOARDS.asked, BOARDS.given == 0)
    assert np.array_equal(BOARDS.given[~BOARDS.asked], BOARDS.solution[~BOARDS.asked])


def test_the_classes_are_all_there_is() -> None:
    """Orbits do not meet and have as many grids together as a full search finds."""
    orbits = [set(codes(least(number)).tolist()) for number in range(len(CLASSES))]
    assert [len(orbit) for orbit in orbits] == [size for _, size in CLASSES]
    assert len(set().union(*orbits)) == sum(size for _, size in CLASSES) == 28_200_960 // 720
    assert len(solutions([1, 2, 3, 4, 5, 6, *[0] * 30], 50_000)) == 28_200_960 // 720
    assert len(CLASSES) == 49


def test_symmetries_keep_a_grid_a_grid_and_transposing_does_not() -> None:
    grid = np.array(least(20))
    assert len({bytes(guise) for guise in guises()}) == 48 * 72
    seen = grid[guises()]
    for unit in (np.arange(36) // 6, np.arange(36) % 6, np.array(BOX)):
        for number in range(6):
            assert (np.sort(seen[:, unit == number], axis=1) == np.arange(1, 7)).all()
    assert SUDOKU.violations(grid, grid.reshape(6, 6).T.reshape(-1)) != []


def test_no_class_is_in_two_splits() -> None:
    assert Counter(SPLIT_OF) == {"train": 35, "val": 7, "test": 7}
    for split in SPLITS:
        puzzles = SUDOKU.sample(5, split, INDEX)
        classes = [class_of(grid) for grid in puzzles.solution.tolist()]
        assert {SPLIT_OF[number] for number in classes} == {split}
        assert len(set(classes)) > 5
        guise = SUDOKU.relabel(puzzles, key(1))
        assert [class_of(grid) for grid in guise.solution.tolist()] == classes


def test_another_guise_has_one_solution_too() -> None:
    guise = SUDOKU.relabel(BOARDS, key(2))
    for given, solution in zip(guise.given.tolist(), guise.solution.tolist(), strict=True):
        assert solutions(given, 2) == [solution]
    assert np.array_equal(guise.asked, guise.given == 0)


def test_a_related_cell_is_one_that_may_not_hold_the_same_digit() -> None:
    related = SUDOKU.relations().any(0)
    empty = [0] * 36
    for c in range(36):
        cells = [*empty[:c], 1, *empty[c + 1 :]]
        assert [clashes(cells, p, 1) for p in range(36)] == related[c].tolist()


@pytest.mark.parametrize(
    ("made", "count"),
    [(one_blank, {1}), (clashing, {0}), (dead_end, {0}), (ambiguous, set(range(2, MOST + 1)))],
)
def test_odd_boards_have_as_many_solutions_as_they_say(made: object, count: set[int]) -> None:
    assert callable(made)
    odd: Counted = made(0, "test", INDEX)
    assert len(odd) == len(INDEX)
    assert set(odd.solutions.tolist()) <= count
    for given, number in zip(odd.puzzles.given.tolist(), odd.solutions.tolist(), strict=True):
        assert len(solutions(given, MOST)) == number
    told = [SUDOKU.contradiction(given) != "" for given in odd.puzzles.given]
    assert told == [made is clashing] * len(odd)
    assert odd.puzzles.asked.sum(1).tolist() == [made is one_blank] * len(odd)
    assert set(odd.puzzles.band.tolist()) == {-1}
    alone: Counted = made(0, "test", np.array([7]))
    assert np.array_equal(alone.puzzles.given[0], odd.puzzles.given[7])


def test_mistakes_are_told_in_plain_words() -> None:
    given, grid = np.zeros(36, dtype=np.int64), np.array(least(0))
    given[6:9] = 5, 0, 5
    cells = "(row 2 column 1 and row 2 column 3)"
    assert SUDOKU.contradiction(given) == f"5 twice in row 2 {cells}; 5 twice in box 1 {cells}"
    given[:] = 0
    given[[0, 6, 12]] = 4
    two = "row 1 column 1 and row 2 column 1"
    assert SUDOKU.contradiction(given) == (
        f"4 3 times in column 1 ({two} and row 3 column 1); 4 twice in box 1 ({two})"
    )
    answer = grid.copy()
    answer[8] = 0
    assert SUDOKU.violations(grid * 0, answer) == ["row 2 column 3 is blank"]
    answer[8] = grid[7]
    wrong = SUDOKU.violations(grid, answer)
    assert wrong[0] == f"row 2 column 3 is given as {grid[8]}, not {grid[7]}"
    assert f"{grid[7]} twice in row 2" in wrong
