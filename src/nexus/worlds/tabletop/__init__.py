"""The tabletop world: one to six simple objects, seen, told, asked, known and acted upon."""

import numpy as np
from jaxtyping import Int64, UInt8

from nexus.worlds.tabletop.render import render
from nexus.worlds.tabletop.scene import ANSWERS, VOCABULARY, Scenes, sample

__all__ = ["ANSWERS", "VOCABULARY", "Scenes", "Tabletop"]


class Tabletop:
    """The tabletop world; it holds no state."""

    name = "tabletop"
    version = 1
    vocabulary = VOCABULARY
    answers = ANSWERS

    def scenes(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Scenes:
        """Return the scenes with these indices of ``split`` (train, val, test, pairs, templates)."""
        return sample(seed, split, index)

    def render(self, scenes: Scenes, *, side: int = 64) -> UInt8[np.ndarray, "n side side 3"]:
        """Return one RGB picture a scene."""
        return render(scenes, side=side)
