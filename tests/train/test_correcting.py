"""Corrections of a world whose rule has changed: the wrong ones are found out by the others.

The toy: the first of four digits is to be said again, until the rule changes for the 3, which is a
5 from then on. It is learned in seconds, and looked at by the code that looks at real boards.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import torch
from jaxtyping import Bool, Int64

from nexus.base.proposals import Evidence
from nexus.base.randomness import integers, key
from nexus.config import PhaseConfig
from nexus.nn.seeding import seeded
from nexus.nn.weights import module_bytes
from nexus.reason.boards import BoardReasoner, Related
from nexus.reason.corrections import standing
from nexus.reason.reasoner import Reasoner
from nexus.store.corrections import Correction
from nexus.train.adapt import Pace
from nexus.train.correcting import (
    LEAST,
    Bench,
    boards_of,
    contradicted,
    learn,
    probability,
    taught,
)
from nexus.train.reasoner import BoardPhase
from nexus.worlds.puzzles import Puzzle, Puzzles, answers

CYCLES = 2


class Toy:
    """``a b c d _``: the blank is ``a``, whatever the others."""

    version, cells, bands, kinds, named = 1, 5, ("any",), ("place",), False
    name, symbols, answers = "toy", 7, 7
    splits = {"train": (0,), "val": (0,)}  # noqa: RUF012
    changed = False

    def relations(self) -> Bool[np.ndarray, "kind cell cell"]:
        return np.eye(5, dtype=bool)[None]

    def sample(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Puzzles:
        given = 1 + integers(key(seed, "toy", split), index, 5, 6)
        given[:, 4] = 0
        solution = given.copy()
        solution[:, 4] = np.where(self.changed & (given[:, 0] == 3), 5, given[:, 0])
        return Puzzles(
            given=given,
            solution=solution,
            asked=given == 0,
            band=np.zeros(len(index), dtype=np.int64),
            index=index,
            seed=seed,
            split=split,
        )

    def violations(self, given: object, answer: object) -> list[str]:
        raise NotImplementedError

    def contradiction(self, given: object) -> str:
        raise NotImplementedError

    def relabel(self, puzzles: Puzzles, stream: int) -> Puzzles:
        assert stream >= 0
        return puzzles

    def explained(self, puzzles: Puzzles) -> Puzzles:
        return puzzles


class Changed(Toy):
    changed = True


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A reasoner that knows the old rule."""
    puzzle = Toy()
    assert isinstance(puzzle, Puzzle)
    with seeded(0, "test", "correct"):
        reasoner = Reasoner(width=32, heads=2, answers=7, kinds=1, cycles=CYCLES)
        boards = BoardReasoner(reasoner, Related(puzzle), width=32, symbols=7, cells=5)
    data = puzzle.sample(0, "train", np.arange(2000))
    config = PhaseConfig(steps=60, batch=32, rate=3e-3, muon_rate=0.02)
    phase = BoardPhase("correct", boards, puzzle, data, config, segments=1, seed=0)
    optimizer = phase.optimizer()
    for step in range(1, config.steps + 1):
        optimizer.zero_grad()
        phase.module(phase.batch(step, 0, 1)).total.backward()
        optimizer.step()
    boards.eval().requires_grad_(False)
    replay = data.take(slice(0, 300))
    pace = Pace(steps=20, working=0.02, answer=0.02, before=0)
    return Bench(boards=boards, puzzle=puzzle, replay=replay, seed=0, pace=pace)


def share(bench: Bench, data: Puzzles, task: object = None) -> float:
    said = probability(bench.boards, data, cycles=CYCLES, task=task).argmax(-1)
    return float((said == data.solution)[:, 4].mean())


def words_of(data: Puzzles) -> list[Correction]:
    return [
        Correction(
            id=f"{k:012x}",
            trace=f"{k + 900:012x}",
            task="toy",
            board=tuple(board),
            question="",
            source="",
            answered="",
            answer=answers.written(Toy(), solution),
            because="",
            by="Ann",
            time=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=k),
        )
        for k, (board, solution) in enumerate(
            zip(data.given.tolist(), data.solution.tolist(), strict=True)
        )
    ]


def stream() -> tuple[Puzzles, Puzzles, Puzzles]:
    """Boards the change is about, others of the same sort, and boards it is not about."""
    data = Changed().sample(1, "val", np.arange(2000))
    _, first = np.unique(data.given, axis=0, return_index=True)
    data = data.take(np.sort(first))
    about = np.flatnonzero(data.given[:, 0] == 3)
    rest = np.flatnonzero(data.given[:, 0] != 3)
    return data.take(about[:52]), data.take(about[52:75]), data.take(rest)


def test_of_50_right_and_5_wrong_corrections_the_wrong_ones_are_found_out(bench: Bench) -> None:
    shown, new, rest = stream()
    assert share(bench, rest) > 0.97
    assert share(bench, new) < 0.1
    said = [*words_of(shown.take(slice(0, 52)))]
    said += [
        replace(word, id=f"{k + 52:012x}", board=word.board)
        for k, word in enumerate(words_of(rest.take(slice(0, 3))))
    ]
    wrong = {f"{k:012x}" for k in (10, 30, 52, 53, 54)}
    said = [
        replace(w, answer=w.answer[:4] + str(int(w.answer[4]) % 6 + 1)) if w.id in wrong else w
        for w in said
    ]
    before = module_bytes(bench.boards)
    against = contradicted(bench, standing(said))
    lesson = taught(standing(said, against), bench.puzzle)
    evidence = Evidence(
        cause="corrected",
        traces=tuple(word.trace for word in said),
        corrections=lesson.used,
        doubted=lesson.doubted,
    )
    assert {*evidence.corrections, *evidence.doubted} == {word.id for word in said}
    assert len(wrong & {*evidence.doubted}) >= 4
    assert len({*evidence.doubted} - wrong) <= 5
    memory = learn(bench, lesson.examples)
    assert share(bench, new, memory) > 0.8
    assert share(bench, rest, memory) > 0.9
    assert module_bytes(bench.boards) == before
    assert share(bench, new) < 0.1


def test_few_corrections_are_held_against_none_and_forget_little(bench: Bench) -> None:
    shown, _, rest = stream()
    few = words_of(shown.take(slice(0, LEAST - 1)))
    assert contradicted(bench, standing(few)) == {}
    memory = learn(bench, boards_of(few[:1], bench.puzzle))
    assert share(bench, boards_of(few[:1], bench.puzzle), memory) == 1.0
    assert share(bench, rest, memory) > 0.9


def test_a_memory_that_does_not_know_the_others_speaks_against_none(bench: Bench) -> None:
    """Answers at random cannot be learned from each other, so that nothing is held against any."""
    shown, *_ = stream()
    noise = 1 + integers(key(0, "noise"), np.arange(52), 1, 6)[:, 0]
    solution = shown.solution.copy()
    solution[:, 4] = noise
    assert contradicted(bench, standing(words_of(replace(shown, solution=solution)))) == {}


def test_only_what_stands_is_taught_once_for_each_thing(bench: Bench) -> None:
    shown, *_ = stream()
    one, two, three = words_of(shown.take(slice(0, 3)))
    same = replace(one, id="a" * 12, by="Bob")
    other = replace(two, id="b" * 12, by="Bob", answer=three.answer)
    elsewhere = replace(three, id="c" * 12, task="sudoku6")
    lesson = taught(standing([one, two, three, same, other, elsewhere], {three.id: "no"}), Toy())
    assert lesson.examples.given.tolist() == [list(one.board)]
    assert lesson.used == (one.id, same.id)
    assert lesson.doubted == (two.id, three.id, other.id)
    assert not taught((), bench.puzzle).used
    assert torch.equal(*(learn(bench, lesson.examples).factors["answer.up"] for _ in range(2)))
