"""Questions without relations: is there, how many, what colour, are there more."""

from typing import Final

from nexus.worlds.dice import Dice
from nexus.worlds.tabletop.balance import Draft, even, fair
from nexus.worlds.tabletop.language import NAMES
from nexus.worlds.tabletop.phrasing import (
    ASKABLE,
    ONE,
    C,
    F,
    P,
    S,
    answering,
    clear,
    fitting,
    naming,
    said,
    some_phrase,
    values_of,
    yes,
)
from nexus.worlds.tabletop.state import Table

_EXIST: Final = (*ONE, C | P, F | P, S | P, C | F | P, S | C | P)
_COUNT: Final = (0, S, S, C, C, C, F, F, F, S | C, S | F, C | F)
RARITY: Final = {
    0: (1.0,) * 7,
    1: (1.0, 1.1, 3.0, 9.0, 12.0, 16.0, 20.0),
    2: (1.0, 1.1, 5.0, 14.0, 14.0, 14.0, 14.0),
}
"""How much a count is preferred, by how many attributes are named: rarer counts, the more."""


def existing(table: Table, thrown: Dice) -> Draft | None:
    """Return whether there is something of a kind."""
    mask = thrown.pick(_EXIST)

    def propose() -> Draft | None:
        phrase = some_phrase(table, thrown, mask)
        if not clear(table, phrase):
            return None
        return Draft(
            family="exist",
            phrases=(phrase,),
            term=lambda: answering("exists", fitting(phrase)),
            answer=yes(table.select(phrase)),
        )

    return fair(propose, thrown, tries=8)


def counted(table: Table, thrown: Dice) -> Draft | None:
    """Return how many there are of a kind."""
    mask = thrown.pick(_COUNT)
    weights = RARITY[min(mask.bit_count(), 2)]

    def propose() -> Draft:
        phrase = some_phrase(table, thrown, mask)
        return Draft(
            family="count",
            phrases=(phrase,),
            term=lambda: answering("count", fitting(phrase)),
            answer=str(table.select(phrase).bit_count()),
        )

    return even(propose, thrown, lambda d: weights[int(d.answer)], tries=8 if mask else 1)


def queried(table: Table, thrown: Dice) -> Draft | None:
    """Return what an object named by its other attributes is."""
    attribute = thrown.pick(ASKABLE)

    def propose() -> Draft | None:
        slot = thrown.roll(table.count)
        if (phrase := naming(table, thrown, slot, without=1 << attribute)) is None:
            return None
        return Draft(
            family="query",
            phrases=(phrase,),
            term=lambda: answering("describe", fitting(phrase), arguments=(NAMES[attribute],)),
            answer=said(attribute, values_of(table, slot)[attribute]),
            attribute=attribute,
        )

    return even(propose, thrown, lambda _: 1.0, tries=4)


def compared(table: Table, thrown: Dice) -> Draft | None:
    """Return which of two kinds there are more of, or whether two objects are alike."""
    family = thrown.pick(("more", "fewer", "equal", "same", "same"))
    if family == "same":
        return _alike(table, thrown)
    mask = thrown.pick(ONE)

    def propose() -> Draft | None:
        first, second = (some_phrase(table, thrown, mask) for _ in range(2))
        counts = [table.select(phrase).bit_count() for phrase in (first, second)]
        if first == second or not any(counts):
            return None
        return Draft(
            family=family,
            phrases=(first, second),
            term=lambda: answering(family, fitting(first), fitting(second)),
            answer=yes(compare(family, *counts)),
        )

    return fair(propose, thrown, tries=12)


def compare(op: str, first: int, second: int) -> bool:
    """Return whether ``first`` is more than, fewer than or equal to ``second``."""
    return {"more": first > second, "fewer": first < second, "equal": first == second}[op]


def _alike(table: Table, thrown: Dice) -> Draft | None:
    if table.count < 3:
        return None
    attribute = thrown.pick(ASKABLE)

    def propose() -> Draft | None:
        pair = thrown.shuffled(table.count)[:2]
        first, second = (naming(table, thrown, slot, without=1 << attribute) for slot in pair)
        if first is None or second is None:
            return None
        a, b = (values_of(table, slot)[attribute] for slot in pair)
        return Draft(
            family="same",
            phrases=(first, second),
            term=lambda: answering(
                "same", fitting(first), fitting(second), arguments=(NAMES[attribute],)
            ),
            answer=yes(a == b),
            attribute=attribute,
        )

    return fair(propose, thrown, tries=12)
