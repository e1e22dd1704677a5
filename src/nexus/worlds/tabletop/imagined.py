"""Hypothetical questions: what would be so if one object were taken away, or painted."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Change:
    """One supposed change: the object in ``slot``, named by ``referent``, removed or painted."""

    slot: int
    referent: Phrase
    colour: int
    """What it is painted; -1 for removed."""

    def after(self, table: Table) -> Table:
        """Return the scene as it would be."""
        if self.colour < 0:
            return table.without(self.slot)
        return table.recoloured(self.slot, self.colour)

    def decides(self, phrase: Phrase) -> bool:
        """Return whether "the <referent>" alone, being unique, settles what fits the phrase."""
        if phrase.implies(self.referent):
            return True
        return self.colour >= 0 and self.referent._replace(colour=self.colour).implies(phrase)

    def term(self, asked: Term) -> Term:
        """Return the query that supposes this change and then asks."""
        op, arguments = ("remove", ()) if self.colour < 0 else ("recolour", (COLOURS[self.colour],))
        return Term(op=op, arguments=arguments, children=(fitting(self.referent), asked))


def imagined(table: Table, thrown: Dice) -> Draft | None:
    """Return a question about the scene as it would be after one change."""
    kind = thrown.pick(("remove", "recolour"))
    wanted = thrown.pick(_KINDS)
    mask = thrown.pick(_MASKS[kind])
    if table.count < 2 and wanted != "count":
        return None  # of a lone object hardly anything could turn out either way
    names = [naming(table, thrown, slot) for slot in range(table.count)]

    def propose() -> Draft | None:
        change = _any_change(table, thrown, kind, names)
        if change is None:
            return None
        phrases = [
            _concerned(table, thrown, mask, change) for _ in range(2 if wanted == "more" else 1)
        ]
        if phrases[0] == phrases[-1] and wanted == "more":
            return None
        if any(change.decides(phrase) for phrase in phrases):
            return None
        return _draft(table, change, wanted, mask, phrases)

    if wanted == "count":
        return even(propose, thrown, _rarity, tries=5)
    return fair(propose, thrown, tries=12)


def _rarity(draft: Draft) -> float:
    named = sum(value >= 0 for value in draft.phrases[1])
    return _RARITY[named][int(draft.answer)]


def _any_change(table: Table, thrown: Dice, kind: str, names: list[Phrase | None]) -> Change | None:
    """Return a change to an object that can be named; painting makes no pair that is held out."""
    slot = thrown.roll(table.count)
    colour = thrown.roll(len(COLOURS)) if kind == "recolour" else -1
    _, old, shape, _ = values_of(table, slot)
    if colour == old or not table.may_be(shape, colour):
        return None
    referent = names[slot]
    return referent and Change(slot, referent, colour)


def _concerned(table: Table, thrown: Dice, mask: int, change: Change) -> Phrase:
    """Return a phrase the change is about, before or after it, or now and then any other."""
    values = values_of(table, change.slot)
    match thrown.roll(3):
        case 0:
            return some_phrase(table, thrown, mask)
        case 1 if change.colour >= 0:
            return masked((values[0], change.colour, *values[2:]), mask)
        case _:
            return masked(values, mask)


def _draft(table: Table, change: Change, wanted: str, mask: int, phrases: list[Phrase]) -> Draft:
    """Return the question whose answer is read off the changed scene."""
    after = change.after(table)
    before, fits = ([scene.select(phrase) for phrase in phrases] for scene in (table, after))
    counts = [fit.bit_count() for fit in fits]
    if wanted == "count":
        op, answer = "count", str(counts[0])
    elif wanted == "exist":
        op, answer = "exists", yes(counts[0])
    else:
        op, answer = "more", yes(counts[0] > counts[1])
    # Fair alternatives concern the changed object alike: it did, or would, fit in both or neither.
    touched = tuple(fit >> change.slot & 1 for fit in (*before, *fits))
    return Draft(
        family=f"{'remove' if change.colour < 0 else 'recolour'} {wanted}",
        phrases=(change.referent, *phrases),
        term=lambda: change.term(answering(op, *map(fitting, phrases))),
        answer=answer,
        signature=(mask, touched),
        colour=change.colour,
    )
