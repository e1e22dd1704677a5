"""Hypothetical questions: what would be so if one object were taken away, or painted."""

from typing import Final

from nexus.logic.language import Term
from nexus.worlds.dice import Dice
from nexus.worlds.tabletop.balance import Draft, even, fair
from nexus.worlds.tabletop.language import Phrase
from nexus.worlds.tabletop.phrasing import (
    C,
    F,
    S,
    answering,
    fitting,
    masked,
    naming,
    some_phrase,
    values_of,
    yes,
)
from nexus.worlds.tabletop.scene import COLOURS
from nexus.worlds.tabletop.state import Table

_MASKS: Final = {
    "remove": (S, C, C, F, F, S | C, S | F, C | F),
    "recolour": (C, C, C, S | C, C | F),
}
_RARITY: Final = {
    1: (0.3, 0.8, 1.6, 4.0, 6.0, 8.0, 8.0),
    2: (0.3, 1.4, 8.0, 14.0, 14.0, 14.0, 14.0),
}
_KINDS: Final = ("count", "count", "exist", "exist", "more", "more")


def imagined(table: Table, thrown: Dice) -> Draft | None:
    """Return a question about the scene as it would be after one change."""
    change = thrown.pick(("remove", "recolour"))
    wanted = thrown.pick(_KINDS)
    mask = thrown.pick(_MASKS[change])

    def propose() -> Draft | None:
        slot = thrown.roll(table.count)
        if (referent := naming(table, thrown, slot)) is None:
            return None
        if change == "remove":
            return _inner(table, table.without(slot), thrown, wanted, mask, slot, referent, -1)
        colour = thrown.roll(len(COLOURS))
        _, old, shape, _ = values_of(table, slot)
        if colour == old or not table.may_be(shape, colour):
            return None
        after = table.recoloured(slot, colour)
        return _inner(table, after, thrown, wanted, mask, slot, referent, colour)

    if wanted == "count":
        return even(propose, thrown, _rarity, tries=6)
    return fair(propose, thrown, tries=16)


def _rarity(draft: Draft) -> float:
    named = sum(value >= 0 for value in draft.phrases[1])
    return _RARITY[named][int(draft.answer)]


def _inner(
    table: Table,
    after: Table,
    thrown: Dice,
    wanted: str,
    mask: int,
    slot: int,
    referent: Phrase,
    colour: int,
) -> Draft | None:
    """Return the hypothetical question about ``after``, unless its words alone decide it."""
    first = _concerned(table, thrown, mask, slot, colour)
    if _decided(first, referent, colour):
        return None
    phrases, inner, answer = (referent, first), fitting(first), ""
    fits = after.select(first)
    if wanted == "count":
        asked, answer = answering("count", inner), str(fits.bit_count())
    elif wanted == "exist":
        asked, answer = answering("exists", inner), yes(fits)
    else:
        second = _concerned(table, thrown, mask, slot, colour)
        if thrown.roll(2):
            first, second = second, first
        if (
            first == second
            or _decided(second, referent, colour)
            or _decided(first, referent, colour)
        ):
            return None
        counts = [after.select(phrase).bit_count() for phrase in (first, second)]
        asked = answering("more", fitting(first), fitting(second))
        phrases, answer = (referent, first, second), yes(counts[0] > counts[1])
    change = "remove" if colour < 0 else "recolour"
    arguments = () if colour < 0 else (COLOURS[colour],)
    touched = tuple(
        (bool(table.select(p) >> slot & 1), bool(after.select(p) >> slot & 1)) for p in phrases[1:]
    )
    return Draft(
        family=f"{change} {wanted}",
        phrases=phrases,
        term=Term(op=change, arguments=arguments, children=(fitting(referent), asked)),
        answer=answer,
        signature=(mask, touched),
        colour=colour,
    )


def _concerned(table: Table, thrown: Dice, mask: int, slot: int, colour: int) -> Phrase:
    """Return a phrase the change is about, before or after it, or now and then any other."""
    values = values_of(table, slot)
    match thrown.roll(3):
        case 0:
            return some_phrase(table, thrown, mask)
        case 1 if colour >= 0:
            return masked((values[0], colour, *values[2:]), mask)
        case _:
            return masked(values, mask)


def _decided(phrase: Phrase, referent: Phrase, colour: int) -> bool:
    """Return whether "the <referent>" alone, being unique, settles what fits the phrase."""
    if phrase.implies(referent):
        return True
    return colour >= 0 and referent._replace(colour=colour).implies(phrase)
