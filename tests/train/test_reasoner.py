"""Teaching the reasoner: batches are pure functions of their step, and 4 x 4 boards are learned."""

import numpy as np
import pytest
import torch

from nexus.config import PhaseConfig
from nexus.nn.seeding import seeded, stream
from nexus.reason.boards import BoardReasoner, Related
from nexus.reason.reasoner import Reasoner
from nexus.train.reasoner import BoardPhase, board_loss
from nexus.worlds.puzzles.sudoku import Sudoku

PUZZLE, WIDTH = Sudoku(), 32
CONFIG = PhaseConfig(steps=60, batch=24, rate=3e-3, muon_rate=0.02)


def _boards() -> BoardReasoner:
    with seeded(0, "test", "boards"):
        reasoner = Reasoner(
            width=WIDTH, heads=2, answers=PUZZLE.answers, kinds=4, working_depth=1, core_depth=1
        )
        return BoardReasoner(
            reasoner, Related(PUZZLE), width=WIDTH, symbols=PUZZLE.symbols, cells=PUZZLE.cells
        )


def _phase(boards: BoardReasoner, count: int = 96) -> BoardPhase:
    data = PUZZLE.sample(0, "train", np.arange(2, 3 * count, 3))  # the easy band
    return BoardPhase("sudoku6", boards, PUZZLE, data, CONFIG, segments=3, seed=0)


def _run(phase: BoardPhase, first: int, last: int) -> None:
    optimizer = phase.optimizer()
    for step in range(first, last + 1):
        loss = phase.module(phase.batch(step, 0, 1)).total
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(phase.module.parameters(), 1.0)
        optimizer.step()


def test_a_batch_stays_for_its_segments_and_every_board_comes_once_an_epoch() -> None:
    phase = _phase(_boards())
    steps = [phase.batch(step, 0, 1) for step in range(1, 13)]
    assert [b.first for b in steps] == [True, False, False] * 4
    assert torch.equal(steps[0].given, steps[2].given)
    seen = torch.cat([b.given for b in steps if b.first])
    assert len(seen) == len(phase.data) == len({tuple(row.tolist()) for row in seen})
    blank = sorted((phase.data.given == 0).sum(1).tolist())
    assert sorted((seen == 0).sum(1).tolist()) == blank
    halves = [phase.batch(4, rank, 2) for rank in range(2)]
    assert torch.equal(halves[1].given, steps[3].given[1::2])
    for batch in steps[:3]:
        for given, solution in zip(batch.given.numpy(), batch.solution.numpy(), strict=True):
            assert not PUZZLE.violations(given, solution)


def test_the_state_between_two_steps_is_kept_and_taken_back() -> None:
    whole, torn = _phase(_boards()), _phase(_boards())
    batches = [whole.batch(step, 0, 1) for step in (1, 2)]
    whole.module(batches[0])
    expected = whole.module(batches[1]).total
    torn.module(batches[0])
    kept = {name: part.clone() for name, part in torn.state().items()}
    other = _phase(_boards())
    other.load_state(kept)
    assert torch.equal(other.module(batches[1]).total, expected)


def test_a_loss_is_of_asked_cells_alone() -> None:
    phase = _phase(_boards())
    batch = phase.batch(1, 0, 1)
    _, said = phase.learner.boards(batch.given)
    loss = board_loss(said, batch)
    said.answer.data[~batch.asked] += 100.0
    said.fast.data[~batch.asked] -= 100.0
    assert torch.equal(board_loss(said, batch).total, loss.total)


def test_it_learns_more_than_chance_says() -> None:
    """A guess among the digits is right one time in six."""
    boards = _boards()
    _run(_phase(boards), 1, CONFIG.steps)
    data = PUZZLE.sample(0, "val", np.arange(2, 120, 3))
    said = boards.eval().solve(torch.from_numpy(data.given), cycles=8)[-1]
    asked = torch.from_numpy(data.asked)
    right = (said.answer.argmax(-1) == torch.from_numpy(data.solution))[asked]
    assert right.float().mean() > 0.3


@torch.no_grad()
def test_noise_of_another_draw_thinks_another_way_and_no_noise_the_same() -> None:
    boards = _boards().eval()
    given = torch.from_numpy(PUZZLE.sample(0, "val", np.arange(5)).given)
    plain, again = (boards.solve(given, cycles=2)[-1] for _ in range(2))
    assert torch.equal(plain.answer, again.answer)
    one, other = (
        boards.solve(given, cycles=2, noise=0.5, generator=stream(k, "shake"))[-1] for k in range(2)
    )
    assert not torch.allclose(one.answer, other.answer, atol=1e-3)


@pytest.mark.parametrize("cycles", [1, 4])
def test_one_cycle_more_is_one_answer_more(cycles: int) -> None:
    given = torch.from_numpy(PUZZLE.sample(0, "val", np.arange(3)).given)
    assert len(_boards().solve(given, cycles=cycles)) == cycles
