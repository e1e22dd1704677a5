"""What a puzzle is: a board of symbols with one right answer, and a checker that knows it.

Boards are rows of small integers, so one network can read every puzzle; ``relations`` says which
cells belong together. Puzzle ``i`` of a split is a function of ``(seed, puzzle, split, i)`` alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Protocol, Self, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.errors import ConfigError, InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Puzzles:
    """Puzzles of one split, side by side."""

    given: Int64[np.ndarray, "n cell"]
    """The symbol each cell starts with; 0 is blank."""
    solution: Int64[np.ndarray, "n cell"]
    """The right answer of each cell, in [0, answers)."""
    asked: Bool[np.ndarray, "n cell"]
    """Whose answers count; elsewhere ``solution`` repeats what is given, or is 0."""
    band: Int64[np.ndarray, " n"]
    """How hard, as an index into the puzzle's ``bands``; -1 for boards outside them."""
    index: Int64[np.ndarray, " n"]
    """Which puzzles of the split these are."""
    seed: int
    split: str

    def __len__(self) -> int:
        return len(self.given)

    def take(self, rows: Int64[np.ndarray, " m"] | slice | list[int]) -> Self:
        """Return the puzzles at these rows of the batch, in this order; rows may repeat."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {name: part[rows] for name, part in parts.items() if isinstance(part, np.ndarray)}
        return replace(self, **arrays)


@runtime_checkable
class Puzzle(Protocol):
    """A task with an exact answer."""

    version: int
    """Raised when the same ``(seed, split, index)`` gives another board than before."""
    cells: int
    bands: tuple[str, ...]
    kinds: tuple[str, ...]
    """What each of ``relations`` means."""
    named: bool
    """Whether cells of one symbol speak of one thing, as those of one digit or one tile do."""

    @property
    def name(self) -> str:
        """Return what the puzzle is called; two puzzles of one name have the same boards."""
        ...

    @property
    def symbols(self) -> int:
        """Return how many input symbols there are, blank included."""
        ...

    @property
    def answers(self) -> int:
        """Return how many answer symbols there are."""
        ...

    @property
    def splits(self) -> Mapping[str, tuple[int, ...]]:
        """Return the bands of each split; puzzle ``i`` is of band ``bands[i % len(bands)]``."""
        ...

    def relations(self) -> Bool[np.ndarray, "kind cell cell"]:
        """Return which pairs of cells stand in which relation; what an attention bias may use."""
        ...

    def sample(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Puzzles:
        """Return the puzzles of ``split`` with these indices.

        Raises:
            ConfigError: there is no such split.
        """
        ...

    def violations(
        self, given: Int64[np.ndarray, " cell"], answer: Int64[np.ndarray, " cell"]
    ) -> list[str]:
        """Return what is wrong with an answer to one board, in plain words; none: it is right.

        Raises:
            InputError: either has the wrong size or a symbol that does not exist.
        """
        ...

    def contradiction(self, given: Int64[np.ndarray, " cell"]) -> str:
        """Return which givens of one board contradict each other, in plain words, or "".

        Raises:
            InputError: the board has the wrong size or a symbol that does not exist.
        """
        ...

    def relabel(self, puzzles: Puzzles, stream: int) -> Puzzles:
        """Return the same puzzles in another guise: a random symmetry for each row.

        Which one is a function of ``(stream, puzzles.index)``; see ``nexus.base.randomness.key``.
        """
        ...

    def explained(self, puzzles: Puzzles) -> Puzzles:
        """Return the puzzles with steps on the way asked too, as they are taught; or as they are.

        A step is the right answer of a cell that is not asked, and never one of a harder band.
        """
        ...


def band_of(puzzle: Puzzle, split: str, index: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Return the band of each puzzle of a split: they take turns.

    Raises:
        ConfigError: there is no such split.
    """
    if split not in puzzle.splits:
        raise ConfigError(
            f"{puzzle.name} has no split {split!r}", hint="one of " + ", ".join(puzzle.splits)
        )
    bands = np.array(puzzle.splits[split], dtype=np.int64)
    return bands[np.asarray(index, dtype=np.int64).reshape(-1) % len(bands)]


def of_band(puzzle: Puzzle, split: str, band: str, count: int) -> Int64[np.ndarray, " count"]:
    """Return the indices of the first ``count`` puzzles of a split that are of this band.

    Raises:
        ConfigError: the split has no such band.
    """
    present = puzzle.splits.get(split, ())
    names = [puzzle.bands[b] for b in present]
    if band not in names:
        raise ConfigError(
            f"split {split!r} of {puzzle.name} has no band {band!r}",
            hint="one of " + ", ".join(names) if names else "one of " + ", ".join(puzzle.splits),
        )
    return np.arange(count, dtype=np.int64) * len(present) + names.index(band)


def board(puzzle: Puzzle, what: str, values: Int64[np.ndarray, " cell"], symbols: int) -> list[int]:
    """Return one board as a list, after checking that it is one.

    Raises:
        InputError: it has the wrong size, or a symbol that does not exist.
    """
    array = np.asarray(values)
    if array.shape != (puzzle.cells,):
        raise InputError(
            f"the {what} of {puzzle.name} has {puzzle.cells} cells in a row, "
            f"not an array of shape {array.shape}"
        )
    listed: list[int] = array.tolist()
    for cell, symbol in enumerate(listed):
        if symbol not in range(symbols):
            raise InputError(
                f"cell {cell + 1} of the {what} holds {symbol!r}",
                hint=f"the symbols of {puzzle.name} are 0 to {symbols - 1}",
            )
    return [int(symbol) for symbol in listed]
