"""Random choices for text: a pure function of one 64-bit word and the number of the throw."""

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from jaxtyping import Int64

from nexus.base.randomness import words

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
T = TypeVar("T")


class Dice:
    """SplitMix64 (Steele et al., OOPSLA 2014) counting up from one word; cheap in plain Python."""

    __slots__ = ("_state",)

    def __init__(self, word: int) -> None:
        self._state = word

    def roll(self, sides: int) -> int:
        """Return an integer in [0, sides); the bias is below ``sides / 2**32``."""
        self._state = z = (self._state + _GOLDEN) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((z >> 32) * sides) >> 32

    def pick(self, options: Sequence[T]) -> T:
        """Return one of ``options``, each as likely; repeat an option to make it likelier."""
        return options[self.roll(len(options))]

    def shuffled(self, count: int) -> list[int]:
        """Return 0 .. count - 1 in random order (Fisher and Yates)."""
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.roll(last + 1)
            order[last], order[other] = order[other], order[last]
        return order


def dice(stream: int, index: Int64[np.ndarray, " n"], each: int = 1) -> list[list[Dice]]:
    """Return ``each`` independent dice for every index; a row depends on its index alone."""
    return [[Dice(word) for word in row] for row in words(stream, index, each).tolist()]
