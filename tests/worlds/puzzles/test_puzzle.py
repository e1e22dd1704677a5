"""What every puzzle promises: index-alone boards, a checker that agrees, guises that keep it."""

import dataclasses
import hashlib

import numpy as np
import pytest

from nexus.base.errors import ConfigError, InputError
from nexus.base.randomness import key
from nexus.worlds.puzzles import NAMES, Puzzle, Puzzles, get, of_band

PUZZLES = [get(name) for name in NAMES]
every = pytest.mark.parametrize("puzzle", PUZZLES, ids=NAMES)


def same(one: Puzzles, other: Puzzles) -> bool:
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name))
        for f in dataclasses.fields(Puzzles)
    )


@every
def test_a_puzzle_depends_on_its_index_alone(puzzle: Puzzle) -> None:
    assert isinstance(puzzle, Puzzle)
    batch = puzzle.sample(3, "test", np.arange(40))
    for rows in ([7], [39, 0, 12]):
        assert same(puzzle.sample(3, "test", np.array(rows)), batch.take(rows))
    for other in (puzzle.sample(4, "test", np.arange(40)), puzzle.sample(3, "val", np.arange(40))):
        assert not np.array_equal(other.given, batch.given)
    assert len(puzzle.sample(3, "test", np.arange(0))) == 0


@pytest.mark.parametrize(
    ("name", "version", "hashed"),
    [
        ("sudoku6", 1, "61362d13efd1d31c"),
        ("khop", 2, "402231cdfcd4326e"),
        ("maze", 1, "e75c9f84a7d29ddb"),
    ],
)
def test_boards_change_only_with_the_version(name: str, version: int, hashed: str) -> None:
    puzzles = get(name).sample(0, "train", np.arange(30))
    told = np.stack([puzzles.given, puzzles.solution]).astype(np.uint8).tobytes()
    assert (get(name).version, hashlib.sha256(told).hexdigest()[:16]) == (version, hashed)


@every
def test_symbols_answers_and_bands_are_as_declared(puzzle: Puzzle) -> None:
    for split, bands in puzzle.splits.items():
        puzzles = puzzle.sample(0, split, np.arange(30))
        assert puzzles.given.shape == puzzles.solution.shape == (30, puzzle.cells)
        assert 0 <= puzzles.given.min() <= puzzles.given.max() < puzzle.symbols
        assert 0 <= puzzles.solution.min() <= puzzles.solution.max() < puzzle.answers
        assert puzzles.asked.any(1).all()
        assert puzzles.band.tolist() == [bands[i % len(bands)] for i in range(30)]
        for band in bands:
            index = of_band(puzzle, split, puzzle.bands[band], 3)
            assert set(puzzle.sample(0, split, index).band.tolist()) == {band}


@every
def test_the_checker_takes_the_solution_and_no_other_answer(puzzle: Puzzle) -> None:
    puzzles = puzzle.sample(1, "test", np.arange(45))
    for given, solution, asked in zip(puzzles.given, puzzles.solution, puzzles.asked, strict=True):
        assert puzzle.violations(given, solution) == []
        assert puzzle.contradiction(given) == ""
        for cell in np.flatnonzero(asked)[::7]:
            other = solution.copy()
            other[cell] = (other[cell] + 1) % puzzle.answers
            assert puzzle.violations(given, other) != []


@every
def test_another_guise_keeps_the_task(puzzle: Puzzle) -> None:
    puzzles = puzzle.sample(1, "val", np.arange(40))
    guise = puzzle.relabel(puzzles, key(0, "epoch", 1))
    assert same(guise, puzzle.relabel(puzzles, key(0, "epoch", 1)))
    assert same(guise.take([9]), puzzle.relabel(puzzles.take([9]), key(0, "epoch", 1)))
    assert (guise.given != puzzle.relabel(puzzles, key(0, "epoch", 2)).given).any(1).mean() > 0.8
    assert (guise.given != puzzles.given).any(1).mean() > 0.8
    for name in ("band", "index"):
        assert np.array_equal(getattr(guise, name), getattr(puzzles, name))
    assert np.array_equal(guise.asked.sum(1), puzzles.asked.sum(1))
    for given, solution in zip(guise.given, guise.solution, strict=True):
        assert puzzle.violations(given, solution) == []
        assert puzzle.contradiction(given) == ""


@every
def test_relations_are_one_square_for_each_kind(puzzle: Puzzle) -> None:
    related = puzzle.relations()
    assert related.shape == (len(puzzle.kinds), puzzle.cells, puzzle.cells)
    assert related.dtype == np.bool_
    assert related.any((1, 2)).all()


@every
def test_what_is_no_board_is_refused(puzzle: Puzzle) -> None:
    puzzles = puzzle.sample(0, "val", np.arange(1))
    given, solution = puzzles.given[0], puzzles.solution[0]
    with pytest.raises(InputError, match=f"has {puzzle.cells} cells"):
        puzzle.contradiction(given[:-1])
    with pytest.raises(InputError, match=r"the answer of .* not an array of shape"):
        puzzle.violations(given, solution[None])
    for wrong, symbols in ((given, puzzle.symbols), (solution, puzzle.answers)):
        wrong = wrong.copy()
        for symbol in (symbols, -1):
            wrong[4] = symbol
            what = (wrong, solution) if symbols == puzzle.symbols else (given, wrong)
            with pytest.raises(InputError, match=f"cell 5 of the .* holds {symbol}"):
                puzzle.violations(*what)


@every
def test_unknown_splits_and_bands_are_named(puzzle: Puzzle) -> None:
    with pytest.raises(ConfigError, match=f"{puzzle.name} has no split 'tset'.*train"):
        puzzle.sample(0, "tset", np.arange(1))
    with pytest.raises(ConfigError, match="no band 'easy'"):
        of_band(puzzle, "train", "easy", 1)
    with pytest.raises(ConfigError, match=r"no band 'easy'.*train"):
        of_band(puzzle, "tset", "easy", 1)


def test_an_unknown_puzzle_is_named() -> None:
    with pytest.raises(ConfigError, match=r"no puzzle 'sodoku'.*did you mean 'sudoku6'"):
        get("sodoku")
    with pytest.raises(ConfigError, match="one of sudoku6, khop, maze"):
        get("?")
