"""Puzzles on disk are those that were made, or the reader hears which file is wrong."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from nexus.base.errors import ConfigError, DataError
from nexus.worlds.puzzles import Khop, Maze, Puzzles, Sudoku, cached
from nexus.worlds.puzzles.khop import triangle


class Counting(Sudoku):
    """Counts how often puzzles are made."""

    def __init__(self) -> None:
        self.made = 0

    def sample(self, seed: int, split: str, index: np.ndarray) -> Puzzles:
        self.made += 1
        return super().sample(seed, split, index)


def same(one: Puzzles, other: Puzzles) -> bool:
    fields = [f.name for f in dataclasses.fields(Puzzles)]
    pairs = [(getattr(one, name), getattr(other, name)) for name in fields]
    return all(
        np.array_equal(a, b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)
        for a, b in pairs
    )


@pytest.mark.parametrize("puzzle", [Sudoku(), Khop(), Maze()], ids=lambda puzzle: puzzle.name)
def test_what_is_read_is_what_was_made(puzzle: Sudoku | Khop | Maze, tmp_path: Path) -> None:
    made = cached(puzzle, tmp_path, seed=2, split="val", count=12)
    assert same(made, puzzle.sample(2, "val", np.arange(12)))
    assert same(made, cached(puzzle, tmp_path, seed=2, split="val", count=12))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    cached(Sudoku(), tmp_path, seed=0, split="train", count=9)
    [home] = tmp_path.iterdir()
    return home


def test_made_once_and_again_only_where_something_is_missing(home: Path) -> None:
    puzzle = Counting()
    first = cached(puzzle, home.parent, seed=0, split="train", count=9)
    assert puzzle.made == 0
    before = {item.name: item.read_bytes() for item in home.iterdir()}
    for times, name in enumerate(before, start=1):
        (home / name).unlink()
        assert same(first, cached(puzzle, home.parent, seed=0, split="train", count=9))
        assert puzzle.made == times
        assert {item.name: item.read_bytes() for item in home.iterdir()} == before


@pytest.mark.parametrize("name", ["given.npy", "solution.npy", "asked.npy", "band.npy"])
def test_a_changed_byte_is_noticed_and_named(home: Path, name: str) -> None:
    data = bytearray((home / name).read_bytes())
    data[-1] ^= 1
    (home / name).write_bytes(data)
    with pytest.raises(DataError, match=rf"{name} was changed.*delete .*made anew"):
        cached(Sudoku(), home.parent, seed=0, split="train", count=9)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 9}'])
def test_a_damaged_manifest_is_noticed(home: Path, text: str) -> None:
    (home / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=r"manifest\.json .*delete .*made anew"):
        cached(Sudoku(), home.parent, seed=0, split="train", count=9)


def test_a_manifest_of_other_puzzles_is_noticed(home: Path) -> None:
    told = json.loads((home / "manifest.json").read_text())
    (home / "manifest.json").write_text(json.dumps(told | {"seed": 1}))
    with pytest.raises(DataError, match="tells of other puzzles"):
        cached(Sudoku(), home.parent, seed=0, split="train", count=9)


def test_what_does_not_belong_there_is_left_alone(home: Path) -> None:
    (home / "notes.txt").write_text("mine")
    (home / "band.npy").unlink()
    with pytest.raises(DataError, match=r"notes\.txt does not belong"):
        cached(Sudoku(), home.parent, seed=0, split="train", count=9)
    assert (home / "notes.txt").read_text() == "mine"


def test_other_rules_are_kept_apart(tmp_path: Path) -> None:
    usual = cached(Khop(), tmp_path, seed=0, split="test", count=60)
    drifted = cached(Khop(triangle().changed(4, 1, 0)), tmp_path, seed=0, split="test", count=60)
    assert np.array_equal(usual.given, drifted.given)
    assert not np.array_equal(usual.solution, drifted.solution)
    assert len(list(tmp_path.iterdir())) == 2


def test_an_unknown_split_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no split 'tset'"):
        cached(Sudoku(), tmp_path, seed=0, split="tset", count=1)
    with pytest.raises(ConfigError, match="1 or more at a time, not 0"):
        cached(Sudoku(), tmp_path, seed=0, split="train", count=0)
    assert not list(tmp_path.iterdir())
