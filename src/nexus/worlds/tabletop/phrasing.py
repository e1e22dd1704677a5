"""Choosing what a question speaks of: phrases that name one object, or that may fit none."""

from collections.abc import Sequence
from typing import Final

from nexus.logic.language import Term
from nexus.worlds.dice import Dice
from nexus.worlds.tabletop.language import EVERYTHING, PLACE, VALUES, Phrase
from nexus.worlds.tabletop.scene import RADIUS
from nexus.worlds.tabletop.state import PLACE_MARGIN, Table

S, C, F, P = (1, 2, 4, 8)
"""Which attributes a phrase names, to be added up: size, colour, form (shape), place."""
ONE: Final = (C, C, F, F, S, S | C, S | F, C | F, C | F, S | C | F)
"""Masks for phrases about objects; a mask written twice is chosen twice as often."""
NAMING: Final = (S | C | F, C | F, S | F, S | C, F, C, S)

ASKABLE: Final = tuple(range(PLACE))
"""Attributes whose value can be the answer: all but place, which comes last."""
_RADIUS: Final[list[float]] = RADIUS.tolist()


def masked(values: Sequence[int], mask: int) -> Phrase:
    """Return the phrase that names the masked attributes of these four values."""
    size, colour, shape, place = values
    return Phrase(
        size if mask & S else -1,
        colour if mask & C else -1,
        shape if mask & F else -1,
        place if mask & P else -1,
    )


def values_of(table: Table, slot: int) -> tuple[int, int, int, int]:
    """Return size, colour, shape and place of the object in a slot."""
    size, colour, shape, place = table.values
    return size[slot], colour[slot], shape[slot], place[slot]


def any_values(table: Table, thrown: Dice, mask: int) -> tuple[int, int, int, int]:
    """Return the values of an object as likely as those of the world, though it be in no scene.

    Drawn as scenes draw them, so that being spoken of without being there shows in no word.
    """
    shape, colour, size = thrown.roll(4), thrown.roll(8), thrown.roll(2)
    if not table.may_be(shape, colour):
        colour = (colour + 1 + thrown.roll(7)) % 8
    place = 3 * _any_third(thrown, size) + _any_third(thrown, size) if mask & P else -1
    return size, colour, shape, place


def _any_third(thrown: Dice, size: int) -> int:
    """Return a third as often as centres lie clearly in it."""
    radius = _RADIUS[size]
    while True:
        at = radius + (1 - 2 * radius) * thrown.roll(1 << 20) / (1 << 20)
        if abs(at - 1 / 3) >= PLACE_MARGIN <= abs(at - 2 / 3):
            return int(3 * at)


def some_phrase(table: Table, thrown: Dice, mask: int) -> Phrase:
    """Return a phrase of an object of the scene or, as often, of one that need not be there."""
    if thrown.roll(2):
        return masked(values_of(table, thrown.roll(table.count)), mask)
    return masked(any_values(table, thrown, mask), mask)


def clear(table: Table, phrase: Phrase) -> bool:
    """Return whether no object's place is too near a border for this phrase to be judged."""
    return phrase.place < 0 or not table.select(phrase._replace(place=-1)) & table.border


def naming(table: Table, thrown: Dice, slot: int, without: int = 0) -> Phrase | None:
    """Return a phrase, saying nothing of the masked attributes, that fits this object only."""
    values = values_of(table, slot)
    size, colour, shape = (table.fits[a][values[a]] for a in ASKABLE)
    start, bit = thrown.roll(len(NAMING)), 1 << slot
    for mask in NAMING[start:] + NAMING[:start]:
        fit = table.everything
        if mask & S and not without & S:
            fit &= size
        if mask & C and not without & C:
            fit &= colour
        if mask & F and not without & F:
            fit &= shape
        if fit == bit:
            return masked(values, mask & ~without)
    return None


def answering(op: str, *sets: Term, arguments: tuple[str, ...] = ()) -> Term:
    """Return the query that asks ``op`` of these sets."""
    return Term(op=op, arguments=arguments, children=sets)


def fitting(phrase: Phrase, base: Term = EVERYTHING) -> Term:
    """Return the query set of what fits the phrase."""
    return phrase.term(base)


def said(attribute: int, value: int) -> str:
    """Return an attribute's value as an answer."""
    return VALUES[attribute][value]


def yes(holds: object) -> str:
    """Return the answer to a question whether something holds."""
    return "yes" if holds else "no"
