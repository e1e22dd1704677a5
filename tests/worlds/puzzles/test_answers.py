"""Answers survive being written; and k-hop puzzles are alike exactly where a renaming says so."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import InputError
from nexus.worlds.puzzles import NAMES, Khop, answers, get
from nexus.worlds.puzzles.khop.alike import Fact, telling

PAIRS = [(a, b) for a in range(1, 5) for b in range(1, 5) if a != b]
FACTS = st.lists(st.tuples(st.sampled_from(PAIRS), st.integers(0, 1)), min_size=1, max_size=3).map(
    lambda facts: [(a, r, b) for (a, b), r in facts]
)


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_read_as_they_were_written(name: str) -> None:
    puzzle = get(name)
    data = puzzle.sample(0, "test", np.arange(30))
    assert np.array_equal(answers.asked(puzzle, data.given), data.asked)
    for solution, asked in zip(data.solution, data.asked, strict=True):
        again = answers.read(puzzle, answers.written(puzzle, solution.tolist()))
        assert np.array_equal(np.array(again)[asked], solution[asked])
    for bad in ("", "9", "x" * puzzle.cells, "9" * puzzle.cells):
        with pytest.raises(InputError):
            answers.read(puzzle, bad)


def _renamed(facts: list[Fact], a: int, b: int, names: dict[int, int]) -> tuple[object, ...]:
    return frozenset((names[x], r, names[y]) for x, r, y in facts), names[a], names[b]


@given(one=FACTS, other=FACTS, pair=st.sampled_from(PAIRS), other_pair=st.sampled_from(PAIRS))
def test_trees_are_alike_exactly_where_some_renaming_makes_them_the_same(
    one: list[Fact], other: list[Fact], pair: tuple[int, int], other_pair: tuple[int, int]
) -> None:
    told, told_other = telling(one, *pair), telling(other, *other_pair)
    there = _renamed(other, *other_pair, {t: t for t in range(1, 5)})
    alike = any(
        _renamed(one, *pair, dict(zip(range(1, 5), names, strict=True))) == there
        for names in permutations(range(1, 5))
    )
    if told == told_other:
        assert alike
    if alike and told.startswith("(") and told_other.startswith("("):  # trees, both in reach
        assert told == told_other


def test_guises_of_a_puzzle_are_one_puzzle_and_other_puzzles_are_not() -> None:
    puzzle = Khop()
    data = puzzle.sample(0, "test", np.arange(60))
    first = [puzzle.alike(board) for board in data.given]
    assert [puzzle.alike(board) for board in puzzle.relabel(data, 3).given] == first
    assert len(set(first)) == len(first)
