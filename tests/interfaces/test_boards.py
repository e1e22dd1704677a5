"""A board typed by a person is read as it stands, or refused or doubted with its reason."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import InputError
from nexus.interfaces.boards import (
    MOST_BYTES,
    TASKS,
    board_lines,
    pose,
    read_board,
    read_board_file,
    solution,
)
from nexus.worlds.puzzles.maze import SIDE, WALL
from nexus.worlds.puzzles.sudoku import odd

SUDOKU, MAZE = TASKS["sudoku6"], TASKS["maze"]
EXAMPLE = "1..4.. ...... ..2... 4....6 ...... .1..3."


@pytest.mark.parametrize("name", ["sudoku6", "maze"])
@given(index=st.integers(0, 10_000), every=st.integers(1, 13))
def test_what_is_printed_is_read_back_however_it_is_broken(
    name: str, index: int, every: int
) -> None:
    task = TASKS[name]
    given = task.puzzle.sample(0, "test", np.array([index])).given[0]
    text = "".join(board_lines(given.tolist(), [], task)).replace("-", "").replace("+", "")
    text = text.replace("|", "").replace(" ", "")
    assert np.array_equal(read_board(text, task), given)
    broken = " ".join(text[at : at + every] for at in range(0, len(text), every))
    assert np.array_equal(read_board(f"\t{broken} \r", task), given)
    if name == "sudoku6":
        assert np.array_equal(read_board(text.replace(".", "0"), task), given)


def test_a_small_maze_gets_its_ring_of_wall() -> None:
    boards = MAZE.puzzle.sample(0, "test", np.arange(60)).given
    small = next(b for b in boards if (b.reshape(SIDE, SIDE)[1] == WALL).all())
    rows = board_lines(small.tolist(), [], MAZE)[1:-1]
    assert np.array_equal(read_board("\n".join(row[1:-1] for row in rows), MAZE), small)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("sudoku6", "", "the board is empty"),
        ("sudoku6", " \n\t ", "the board is empty"),
        ("sudoku6", "." * 81, "has 81 cells, not 36.*6 rows of 6"),
        ("sudoku6", "." * 35, "has 35 cells, not 36"),
        ("maze", "." * 100, "has 100 cells, not 121 or 81.*11 rows of 11 or 9 rows of 9"),
        ("sudoku6", "." * 7 + "7" + "." * 28, "row 2 column 2 of the board holds '7'.*1 to 6"),
        ("sudoku6", "." * 7 + "\u0661" + "." * 28, "row 2 column 2"),
        ("maze", "#" * 12 + "x" + "#" * 108, "row 2 column 2 of the board holds 'x'"),
        ("maze", "#" * 40 + "s" + "#" * 40, "row 5 column 5 of the board holds 's'"),
        ("sudoku6", "\n".join(["......", ".....", ".......", *["......"] * 3]), "row 2 .* 5 cells"),
    ],
)
def test_what_is_no_board_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_board(text, TASKS[name])


def test_a_file_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "board.txt"
    path.write_text(EXAMPLE)
    assert read_board_file(path) == EXAMPLE
    path.write_bytes(b"\xff\xfe")
    large = tmp_path / "large.txt"
    large.write_text("." * (MOST_BYTES + 1))
    for bad, said in (
        (path, "is no text"),
        (large, "more than"),
        (tmp_path, "cannot read"),
        (tmp_path / "gone", "there is no file"),
        (Path("a\0b"), "cannot read"),
    ):
        with pytest.raises(InputError, match=said):
            read_board_file(bad)


def test_boards_without_one_answer_are_told_apart() -> None:
    index = np.arange(12)
    for made, cause in (
        (odd.one_blank, ""),
        (odd.clashing, "contradictory"),
        (odd.dead_end, "unsolvable"),
        (odd.ambiguous, "ambiguous"),
    ):
        for board in made(0, "test", index).puzzles.given:
            posed = pose(board, SUDOKU)
            assert (posed.cause, posed.reason == "") == (cause, not cause)
            assert (solution(board.tolist(), SUDOKU) == ()) == bool(cause)
    clash = pose(read_board("5....5" + "." * 30, SUDOKU), SUDOKU)
    assert clash.reason == "5 twice in row 1 (row 1 column 1 and row 1 column 6)"
    assert "more than one board fits: row" in pose(read_board("." * 36, SUDOKU), SUDOKU).reason

    def maze(*rows: str) -> np.ndarray:
        return read_board("".join(row.ljust(SIDE, "#") for row in rows).ljust(SIDE**2, "#"), MAZE)

    assert pose(maze("", "#S.G"), MAZE).cause == ""
    for board, cause in (
        (maze("", "#S.."), "contradictory"),
        (maze("", "#S#G"), "contradictory"),
        (maze("", "#S..", "#.#.", "#..G"), "ambiguous"),
    ):
        assert pose(board, MAZE).cause == cause
        assert solution(board.tolist(), MAZE) == ()


@pytest.mark.parametrize("name", TASKS)
def test_the_solution_is_the_puzzles_own_and_what_is_asked_too(name: str) -> None:
    task = TASKS[name]
    puzzles = task.puzzle.sample(2, "test", np.arange(30))
    for row, board in enumerate(puzzles.given):
        posed = pose(board, task)
        assert np.array_equal(posed.asked, puzzles.asked[row])
        assert np.array_equal(posed.fixed[~posed.asked], puzzles.solution[row][~posed.asked])
        assert solution(board.tolist(), task) == tuple(puzzles.solution[row].tolist())


def test_a_solved_board_shows_its_answer() -> None:
    given = SUDOKU.puzzle.sample(0, "test", np.arange(1))
    lines = board_lines(given.given[0].tolist(), given.solution[0].tolist(), SUDOKU)
    assert len(lines) == 8
    assert [int(c) for c in "".join(lines) if c.isdigit()] == given.solution[0].tolist()
    mazes = MAZE.puzzle.sample(0, "test", np.arange(1))
    text = "".join(board_lines(mazes.given[0].tolist(), mazes.solution[0].tolist(), MAZE))
    assert [c in "*SG" for c in text] == (mazes.solution[0] == 1).tolist()
