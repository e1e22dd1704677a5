"""The blocks world: three to five blocks in stacks, seen, told, asked, known and acted upon."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, UInt8

from nexus.base.randomness import key
from nexus.base.records import Facts, Question
from nexus.worlds.blocks import scene, telling
from nexus.worlds.blocks.scene import COLOURS, SIZES, SPLITS, VOCABULARY, Stacks
from nexus.worlds.dice import dice

__all__ = ["Blocks", "Stacks"]

_WORDS = (
    "a above and are below block blocks colour count every first how is it its keep look many on "
    "any at of say second size table the them there under what whether yes no 0 1 2 3 4 5"
)


class Blocks:
    """The blocks world; it holds no state."""

    name = "blocks"
    version = 1
    vocabulary = VOCABULARY
    answers = ("yes", "no", *map(str, range(6)), *COLOURS, *SIZES)
    splits = SPLITS
    repertoire = scene.REPERTOIRE

    def scenes(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Stacks:
        """Return the scenes with these indices of one of ``splits``."""
        return scene.sample(seed, split, index)

    def words(self) -> frozenset[str]:
        """Return every lower-case word this world's language can contain."""
        return frozenset((*_WORDS.split(), *COLOURS, *SIZES))

    def render(self, scenes: Stacks, *, side: int = 64) -> UInt8[np.ndarray, "n side side 3"]:
        """Return one RGB picture a scene."""
        return scene.render(scenes, side)

    def describe(self, scenes: Stacks, *, partial: bool = False) -> list[str]:
        """Return one caption a scene."""
        return telling.describe(scenes, partial=partial)

    def ask(self, scenes: Stacks, *, per_scene: int) -> list[list[Question]]:
        """Return ``per_scene`` questions for each scene."""
        return telling.ask(scenes, per_scene=per_scene)

    def facts(self, scenes: Stacks) -> list[Facts]:
        """Return the gold facts of each scene, every atom certain."""
        return telling.facts(scenes)

    def actions(self, scenes: Stacks, *, per_scene: int) -> list[list[str]]:
        """Return ``per_scene`` applicable actions a scene: ``stack b1 b2`` or ``unstack b1``."""
        stream = key(scenes.seed, "blocks", scenes.split, "actions")
        chosen: list[list[str]] = []
        for i, row in enumerate(dice(stream, scenes.index, per_scene)):
            clear = [k for k in range(scenes.count[i]) if scene.is_clear(scenes, i, k)]
            can = [f"stack b{a + 1} b{b + 1}" for a in clear for b in clear if a != b]
            can += [f"unstack b{k + 1}" for k in clear if scenes.level[i, k]]
            chosen.append([thrown.pick(can) for thrown in row])
        return chosen

    def step(self, scenes: Stacks, actions: Sequence[str]) -> Stacks:
        """Return the scenes after one action each; LanguageError if one cannot be done."""
        return scene.step(scenes, actions)
