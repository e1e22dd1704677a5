"""Slips of the pen: one word of a sentence with two letters swapped, one doubled or one lost."""

from typing import Final

from nexus.worlds.dice import Dice

_GRAMMAR: Final = (
    "someone something anyone anything everyone everything person people thing things then they "
    "them whenever when that with every each true false case fact know knows conclude follow does "
    "only unless neither both being implies whoever which those"
)
GRAMMAR: Final = frozenset(_GRAMMAR.split())
"""Words of grammar long enough to be misspelt and still to be known."""


def slipped(dice: Dice, word: str) -> str:
    """Return the word with one slip; its first letter is left alone."""
    while True:
        at = 1 + dice.roll(max(1, len(word) - 2))
        way = dice.roll(3)
        if way == 0:
            found = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
        elif way == 1:
            found = word[:at] + word[at] + word[at:]
        else:
            found = word[:at] + word[at + 1 :]
        if found != word and found not in GRAMMAR and found not in _REAL:
            return found


_OTHERS: Final = "tin thin the ten hen hem tem ting tings eery ease fat face now"
_REAL: Final = frozenset(_OTHERS.split())
