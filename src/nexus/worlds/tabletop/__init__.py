"""The tabletop world: one to six simple objects, seen, told, asked, known and acted upon."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from nexus.base.records import Facts, Question
from nexus.worlds.tabletop import acting
from nexus.worlds.tabletop.ask import ask
from nexus.worlds.tabletop.captions import (
    Foils,
    describe,
    foils,
    paraphrases,
    phrases,
    statements,
)
from nexus.worlds.tabletop.looks import LOOK_ANSWERS, Looks, looks
from nexus.worlds.tabletop.render import render
from nexus.worlds.tabletop.scene import ANSWERS, SPLITS, VOCABULARY, Scenes, sample
from nexus.worlds.tabletop.twins import twins
from nexus.worlds.tabletop.words import words

__all__ = [
    "ANSWERS",
    "LOOK_ANSWERS",
    "VOCABULARY",
    "Foils",
    "Looks",
    "Scenes",
    "Tabletop",
    "foils",
    "looks",
    "paraphrases",
    "phrases",
    "statements",
    "twins",
]


class Tabletop:
    """The tabletop world; it holds no state."""

    name = "tabletop"
    version = 1
    vocabulary = VOCABULARY
    answers = ANSWERS
    splits = SPLITS
    repertoire = acting.REPERTOIRE

    def scenes(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Scenes:
        """Return the scenes with these indices of one of ``scene.SPLITS``."""
        return sample(seed, split, index)

    def words(self) -> frozenset[str]:
        """Return every lower-case word this world's language can contain."""
        return words()

    def render(
        self,
        scenes: Scenes,
        *,
        side: int = 64,
        named: Bool[np.ndarray, " n"] | None = None,
        strange: Int64[np.ndarray, "n 6"] | None = None,
    ) -> UInt8[np.ndarray, "n side side 3"]:
        """Return one RGB picture a scene; see ``render.render`` for what has no name."""
        return render(scenes, side=side, named=named, strange=strange)

    def describe(self, scenes: Scenes, *, partial: bool = False, draw: int = 0) -> list[str]:
        """Return one caption a scene; another ``draw`` tells the same in other words."""
        return describe(scenes, partial=partial, draw=draw)

    def ask(self, scenes: Scenes, *, per_scene: int, draw: int = 0) -> list[list[Question]]:
        """Return ``per_scene`` questions for each scene; another ``draw`` asks others."""
        return ask(scenes, per_scene=per_scene, draw=draw)

    def facts(self, scenes: Scenes) -> list[Facts]:
        """Return the gold facts of each scene, every atom certain."""
        return acting.facts(scenes)

    def actions(self, scenes: Scenes, *, per_scene: int) -> list[list[str]]:
        """Return ``per_scene`` applicable actions of each scene, such as ``push o1 left``."""
        return acting.actions(scenes, per_scene=per_scene)

    def step(self, scenes: Scenes, actions: Sequence[str]) -> Scenes:
        """Return the scenes after one action each; LanguageError if one cannot be done."""
        return acting.step(scenes, actions)
