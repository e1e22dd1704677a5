"""Questions that follow one or two relations from an object to others."""

from typing import Final

from nexus.logic.language import Term
from nexus.worlds.dice import Dice
from nexus.worlds.tabletop.balance import Draft, even, fair
from nexus.worlds.tabletop.language import NAMES, Phrase
from nexus.worlds.tabletop.phrasing import (
    ASKABLE,
    ONE,
    C,
    F,
    S,
    answering,
    fitting,
    masked,
    naming,
    said,
    some_phrase,
    values_of,
    yes,
)
from nexus.worlds.tabletop.scene import RELATIONS
from nexus.worlds.tabletop.state import Table, only

_KINDS: Final = ("holds", "exist", "count", "query", "query", "chain", "chain")
_LOOSE: Final = (0, 0, C, F, S, S | F, S | C)
_RARITY: Final = (1.0, 1.0, 2.2, 6.0, 12.0, 20.0)


def relational(table: Table, thrown: Dice) -> Draft | None:
    """Return a question of one to three hops."""
    if table.count < 2:
        return None
    match thrown.pick(_KINDS):
        case "holds":
            return _holds(table, thrown)
        case "query":
            return _queried(table, thrown)
        case "chain":
            return _chained(table, thrown)
        case wanted:
            return _members(table, thrown, wanted)


def _holds(table: Table, thrown: Dice) -> Draft | None:
    def propose() -> Draft | None:
        a, b = thrown.shuffled(table.count)[:2]
        first, second = naming(table, thrown, a), naming(table, thrown, b)
        relation = thrown.roll(4)
        if first is None or second is None or table.near[relation // 2][b] >> a & 1:
            return None
        return Draft(
            family="holds",
            phrases=(first, second),
            term=lambda: answering(
                "holds", fitting(first), fitting(second), arguments=(RELATIONS[relation],)
            ),
            answer=yes(table.related[relation][b] >> a & 1),
            relations=(relation,),
        )

    return fair(propose, thrown, tries=10)


def _beside(relation: int, anchor: Term) -> Term:
    return Term(op="related", arguments=(RELATIONS[relation],), children=(anchor,))


def _described(attribute: int, phrase: Phrase, relation: int, anchor: Term) -> Term:
    """Return the query for what the thing that fits ``phrase`` beside the anchor is."""
    base = fitting(phrase, _beside(relation, anchor))
    return answering("describe", base, arguments=(NAMES[attribute],))


def _members(table: Table, thrown: Dice, wanted: str) -> Draft | None:
    """Return whether there are, or how many, things of a kind beside an object."""
    mask = thrown.pick(ONE) if wanted == "exist" else thrown.pick(_LOOSE)

    def propose() -> Draft | None:
        slot, relation = thrown.roll(table.count), thrown.roll(4)
        anchor = naming(table, thrown, slot)
        phrase = some_phrase(table, thrown, mask)
        # What fits the anchor's own phrase is the anchor: asked beside itself, always "no".
        if anchor is None or phrase.implies(anchor):
            return None
        fit = table.select(phrase) & ~(1 << slot)
        if not fit or fit & table.near[relation // 2][slot]:
            return None
        found = fit & table.related[relation][slot]
        return Draft(
            family=f"related {wanted}",
            phrases=(phrase, anchor),
            term=lambda: answering(
                "exists" if wanted == "exist" else "count",
                fitting(phrase, _beside(relation, fitting(anchor))),
            ),
            answer=yes(found) if wanted == "exist" else str(found.bit_count()),
            relations=(relation,),
        )

    if wanted == "exist":
        return fair(propose, thrown, tries=12)
    return even(propose, thrown, lambda d: _RARITY[int(d.answer)], tries=8)


def _narrowed(
    table: Table, thrown: Dice, slot: int, relation: int, without: int = 0
) -> tuple[Phrase, int] | None:
    """Return a phrase that fits just one of what is beside the object in ``slot``, and its slot.

    The phrase alone fits several wherever possible, so the relation has to be followed.
    """
    beside = table.related[relation][slot]
    others = [k for k in range(table.count) if beside >> k & 1]
    if not others:
        return None
    target = thrown.pick(others)
    values, start = values_of(table, target), thrown.roll(len(_LOOSE))
    for at in range(len(_LOOSE)):
        phrase = masked(values, _LOOSE[(start + at) % len(_LOOSE)] & ~without)
        fit = table.select(phrase) & ~(1 << slot)
        if only(fit & beside) == target and not fit & table.near[relation // 2][slot]:
            return phrase, target
    return None


def _queried(table: Table, thrown: Dice) -> Draft | None:
    attribute = thrown.pick(ASKABLE)

    def propose() -> Draft | None:
        slot, relation = thrown.roll(table.count), thrown.roll(4)
        anchor = naming(table, thrown, slot)
        found = _narrowed(table, thrown, slot, relation, without=1 << attribute)
        if anchor is None or found is None:
            return None
        phrase, target = found
        return Draft(
            family="related query",
            phrases=(phrase, anchor),
            term=lambda: _described(attribute, phrase, relation, fitting(anchor)),
            answer=said(attribute, values_of(table, target)[attribute]),
            relations=(relation,),
            attribute=attribute,
        )

    return even(propose, thrown, _unmentioned, tries=6)


def _chained(table: Table, thrown: Dice) -> Draft | None:
    """Return what the thing beside the thing beside an object is."""
    attribute = thrown.pick(ASKABLE)

    def propose() -> Draft | None:
        last, relation, relation2 = thrown.roll(table.count), thrown.roll(4), thrown.roll(4)
        anchor = naming(table, thrown, last)
        middle = _narrowed(table, thrown, last, relation2)
        if anchor is None or middle is None:
            return None
        found = _narrowed(table, thrown, middle[1], relation, without=1 << attribute)
        if found is None or found[1] == last:
            return None
        return Draft(
            family="chained query",
            phrases=(found[0], middle[0], anchor),
            term=lambda: _described(
                attribute,
                found[0],
                relation,
                fitting(middle[0], _beside(relation2, fitting(anchor))),
            ),
            answer=said(attribute, values_of(table, found[1])[attribute]),
            relations=(relation, relation2),
            attribute=attribute,
        )

    return even(propose, thrown, _unmentioned, tries=6) if table.count > 2 else None


def _unmentioned(draft: Draft) -> float:
    """Return less for an answer the question itself mentions: scenes repeat few colours."""
    mentioned = any(
        phrase[draft.attribute] >= 0
        and said(draft.attribute, phrase[draft.attribute]) == draft.answer
        for phrase in draft.phrases
    )
    return 0.5 if mentioned else 1.0
