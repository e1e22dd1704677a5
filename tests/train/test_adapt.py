"""Fast adaptation: a task is learned by its own factors alone, and let go of without a trace."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nexus.config import PhaseConfig
from nexus.nn.lora import Kind
from nexus.nn.seeding import seeded
from nexus.nn.weights import module_bytes
from nexus.reason.boards import BoardReasoner, Related
from nexus.reason.reasoner import Reasoner
from nexus.suites.spoilt import Part, spoilt
from nexus.suites.thoughts import exact
from nexus.train.adapt import Pace, fast_adapt
from nexus.train.reasoner import BoardPhase
from nexus.worlds.puzzles import Puzzles
from nexus.worlds.puzzles.sudoku import Sudoku

PUZZLE, WIDTH = Sudoku(), 32
WANTED = np.array([0, 2, 3, 4, 5, 6, 1])
"""What a person wants to read where a digit is right."""


@pytest.fixture(scope="module")
def boards() -> BoardReasoner:
    """A reasoner that has begun to know digits."""
    with seeded(0, "test", "adapt"):
        reasoner = Reasoner(width=WIDTH, heads=4, answers=PUZZLE.answers, kinds=4, cycles=3)
        made = BoardReasoner(
            reasoner, Related(PUZZLE), width=WIDTH, symbols=PUZZLE.symbols, cells=PUZZLE.cells
        )
    data = PUZZLE.sample(0, "train", np.arange(2, 600, 3))
    config = PhaseConfig(steps=80, batch=32, rate=3e-3, muon_rate=0.02)
    phase = BoardPhase("adapt", made, PUZZLE, data, config, segments=1, seed=0)
    optimizer = phase.optimizer()
    for step in range(1, config.steps + 1):
        optimizer.zero_grad()
        phase.module(phase.batch(step, 0, 1)).total.backward()
        optimizer.step()
    return made.eval().requires_grad_(False)


def _cells(boards: BoardReasoner, data: Puzzles, task: object = None) -> float:
    said = boards.solve(torch.from_numpy(data.given), cycles=3, task=task)[-1].answer.argmax(-1)
    return float((said.numpy() == data.solution)[data.asked].mean())


@pytest.mark.parametrize("kind", ["lora", "ia3"])
def test_answers_put_another_way_are_learned_and_the_reasoner_is_restored(
    boards: BoardReasoner, kind: Kind
) -> None:
    usual = PUZZLE.sample(0, "val", np.arange(2, 300, 3))
    other = replace(usual, solution=WANTED[usual.solution])
    shown = PUZZLE.sample(0, "train", np.arange(2, 600, 3))
    before, knows = module_bytes(boards), _cells(boards, usual)
    task = fast_adapt(boards, replace(shown, solution=WANTED[shown.solution]), seed=0, kind=kind)
    assert knows > 0.3
    assert _cells(boards, other) < 0.2
    if kind == "lora":  # a factor a row cannot exchange rows
        assert _cells(boards, other, task) > knows - 0.05
    assert module_bytes(boards) == before
    assert _cells(boards, usual) == knows
    again = [_cells(boards, other, task) for _ in range(2)]
    assert again[0] == again[1]


def test_what_is_right_is_what_the_twin_counts(boards: BoardReasoner) -> None:
    data = PUZZLE.sample(0, "val", np.arange(2, 60, 3))
    said = boards.solve(torch.from_numpy(data.given), cycles=2)[-1].answer.argmax(-1).numpy()
    expected = [
        all(s == r for s, r, a in zip(*row, strict=True) if a)
        for row in zip(said, data.solution, data.asked, strict=True)
    ]
    assert exact(boards, data, cycles=2)[-1].tolist() == expected


def test_adapting_is_a_pure_function_of_its_seed(boards: BoardReasoner) -> None:
    data = PUZZLE.sample(0, "train", np.arange(20))
    one, two, other = (
        fast_adapt(boards, data, seed=seed, pace=Pace(steps=2)) for seed in (0, 0, 1)
    )
    assert all(torch.equal(one.factors[name], two.factors[name]) for name in one.factors)
    assert any(not torch.equal(one.factors[name], other.factors[name]) for name in one.factors)


@pytest.mark.parametrize(("part", "left"), [("working", 0.22), ("core", 0.6), ("symbol", 0.22)])
def test_noise_in_place_of_a_part_takes_what_it_knew(
    boards: BoardReasoner, part: Part, left: float
) -> None:
    """Chance is one in six; without its core the working memory still knows the plain cells."""
    data = PUZZLE.sample(0, "val", np.arange(2, 300, 3))
    knows = _cells(boards, data)
    with spoilt(boards, part, seed=0):
        assert _cells(boards, data) < left < knows - 0.15
    assert _cells(boards, data) == knows
