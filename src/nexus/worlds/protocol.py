"""What a world can declare: each capability is a small Protocol, and there are no stubs.

Every function is batched and is a pure function of ``(seed, world, split, index)``: example 7 is
the same in any batch, worker, rank or machine.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Int64, UInt8

from nexus.base.records import Facts, Question
from nexus.logic.language import Vocabulary

ScenesT = TypeVar("ScenesT")
ScenesT_co = TypeVar("ScenesT_co", covariant=True)
ScenesT_contra = TypeVar("ScenesT_contra", contravariant=True)


@runtime_checkable
class World(Protocol[ScenesT_co]):
    """The least a world is: a name, a vocabulary and scenes."""

    name: str
    version: int
    vocabulary: Vocabulary
    splits: tuple[str, ...]

    def scenes(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> ScenesT_co:
        """Return the scenes with these indices of ``split``, one of ``splits``."""
        ...

    def words(self) -> frozenset[str]:
        """Return every lower-case word this world's language can contain."""
        ...


@runtime_checkable
class Seen(Protocol[ScenesT_contra]):
    """A world that can be looked at."""

    def render(self, scenes: ScenesT_contra, *, side: int) -> UInt8[np.ndarray, "n side side 3"]:
        """Return one RGB picture a scene."""
        ...


@runtime_checkable
class Told(Protocol[ScenesT_contra]):
    """A world that can be put into words."""

    def describe(self, scenes: ScenesT_contra, *, partial: bool = False) -> list[str]:
        """Return one caption a scene: of every object, or (``partial``) of some of them."""
        ...


@runtime_checkable
class Asked(Protocol[ScenesT_contra]):
    """A world that can be asked about; gold answers come from world state, never an engine."""

    def ask(self, scenes: ScenesT_contra, *, per_scene: int) -> list[list[Question]]:
        """Return ``per_scene`` questions for each scene, with steps and gold answers."""
        ...


@runtime_checkable
class Known(Protocol[ScenesT_contra]):
    """A world whose state can be stated as facts."""

    def facts(self, scenes: ScenesT_contra) -> list[Facts]:
        """Return the gold facts of each scene, every atom certain."""
        ...


@runtime_checkable
class Acted(Protocol[ScenesT]):
    """A world that can be acted upon; ``nexus.worlds.env`` makes a Gymnasium environment of it."""

    repertoire: tuple[str, ...]
    """Every action some scene allows, once; one that takes a position, at a few of them."""

    def actions(self, scenes: ScenesT, *, per_scene: int) -> list[list[str]]:
        """Return ``per_scene`` applicable actions of each scene, in the action notation."""
        ...

    def step(self, scenes: ScenesT, actions: Sequence[str]) -> ScenesT:
        """Return the scenes after one action each.

        Raises:
            LanguageError: an action is not well formed or cannot be done in its scene.
        """
        ...
