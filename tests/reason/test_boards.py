"""A board thought about aloud says what it says in silence, alone or beside others."""

import numpy as np
import pytest
import torch

from nexus.base.errors import ThoughtError
from nexus.nn.seeding import seeded
from nexus.reason.boards import BoardReasoner, Related, think_aloud
from nexus.reason.reasoner import Reasoner
from nexus.worlds.puzzles import Maze, Sudoku

SUDOKU = Sudoku()


@pytest.fixture
def boards() -> BoardReasoner:
    with seeded(0, "test", "aloud"):
        reasoner = Reasoner(width=16, heads=2, answers=7, kinds=4)
        made = BoardReasoner(reasoner, Related(SUDOKU), width=16, symbols=7, cells=36)
    return made.eval().requires_grad_(False)


def rows(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    data = SUDOKU.sample(0, "val", np.arange(count))
    given = torch.from_numpy(data.given)
    return given, torch.from_numpy(data.asked), given


def test_every_cycle_holds_what_is_said_then(boards: BoardReasoner) -> None:
    given, asked, fixed = rows(4)
    boards.reasoner.temperature.fill_(0.5)
    thoughts = think_aloud(boards, given, asked, fixed, cycles=3)
    silent = boards.solve(given, cycles=3)
    for row, cycles in enumerate(thoughts):
        for cycle, said in zip(cycles, silent, strict=True):
            for name in ("fast", "slow"):
                share = (getattr(said, name)[row] / 0.5).softmax(-1).numpy()
                assert np.abs(np.array(getattr(cycle, name)) - share).max() < 1e-4
            answer = (said.answer[row] / 0.5).softmax(-1)
            board = [
                int(a.argmax()) if ask else int(g)
                for a, ask, g in zip(answer, asked[row], given[row], strict=True)
            ]
            assert list(cycle.board) == board
            halt = float(said.halt[row].sigmoid())
            least = float(answer.max(-1).values[asked[row]].min())
            odds = (halt / (1 - halt) * least / (1 - least)) ** 0.5
            assert cycle.halt == pytest.approx(halt, abs=1e-4)
            assert cycle.confidence == pytest.approx(odds / (1 + odds), abs=1e-3)


def test_rows_do_not_see_each_other(boards: BoardReasoner) -> None:
    together = think_aloud(boards, *rows(5), cycles=2)
    for row in range(5):
        (alone,) = think_aloud(boards, *(part[row : row + 1] for part in rows(5)), cycles=2)
        for one, other in zip(alone, together[row], strict=True):
            assert one.board == other.board
            assert one.confidence == pytest.approx(other.confidence, abs=2e-4)
            assert np.allclose(one.fast, other.fast, atol=2e-4)


@pytest.mark.parametrize("spoilt", ["symbol.weight", "reasoner.answer.bias", "reasoner.halt.bias"])
def test_a_number_that_is_none_stops_the_thought(boards: BoardReasoner, spoilt: str) -> None:
    boards.get_parameter(spoilt).data[..., 0] = float("nan")
    with pytest.raises(ThoughtError, match=r"cycle 1: the .* of row 0 hold nan"):
        think_aloud(boards, *rows(2), cycles=2)


def test_cells_belong_together_by_place_and_by_holding_one_symbol() -> None:
    given, *_ = rows(3)
    related = Related(SUDOKU)(given)
    assert related.shape == (3, 4, 36, 36)
    for board, kinds in zip(given.tolist(), related, strict=True):
        assert torch.equal(kinds[:3], torch.from_numpy(SUDOKU.relations()))
        expected = [[a == b != 0 for b in board] for a in board]
        assert kinds[3].tolist() == expected
    assert Related(None)(given) is None
    assert Related(None).kinds == 0
    maze = Related(Maze())
    assert maze.kinds == len(maze.places) == len(Maze().kinds)
