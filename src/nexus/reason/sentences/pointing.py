"""To which of the places where a name stands a writer points, and when two sequences say the same.

A name may stand in a sentence more than once, and a pointer to any of its places says the same.
Teaching points to where a claim stands in the sentence, so that a writer knows what it has read;
``logic.linear.encode`` always points to the first place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from nexus.base.errors import LanguageError
from nexus.logic import linear
from nexus.logic.theory import World
from nexus.reason.sentences.words import LONGEST, forms


@dataclass(frozen=True, kw_only=True, slots=True)
class _Name:
    """A name in a sequence."""

    symbol: int
    """Which symbol of the sequence points to its first word."""
    parts: int
    subject: bool
    """Whether it is what the verb is said of."""
    places: tuple[int, ...]
    """Where the same name stands."""
    noun: bool = False
    """Whether it is a count noun, which may stand before a name: "truck t1"."""


def nearest(symbols: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """Return the sequence with each claim's names at the places nearest to its verb.

    A verb that stands in several places is taken where its names are nearest, then as soon as may
    be after the claim before. Subjects are looked for before verbs and objects after them, and the
    other way round where "by" follows. Of places equally near the earliest is taken. A
    relation of planning has no verb: its names are taken as soon as may be after the claim before.
    """
    found, before = list(symbols), -1
    for claim in _claims(symbols, words):
        verb, *names = claim
        if verb.subject:
            way = tuple(_next(x, before) for x in claim)
        else:
            _, way = min(_way(verb, at, names, words, before) for at in verb.places)
        for name, place in zip(claim, way, strict=True):
            found[name.symbol] = f"@{place}"
        before = max(way) if verb.subject else way[0]
    return tuple(found)


def _next(name: _Name, before: int) -> int:
    """Return the first place of a name after the claim before; else the last there is."""
    return next((x for x in name.places if x > before), name.places[-1])


def _way(
    verb: _Name, at: int, names: Sequence[_Name], words: Sequence[str], before: int
) -> tuple[int, tuple[int, ...]]:
    """Return what it costs to take a verb in one of its places, and the places of all names."""
    stop = at + verb.parts
    passive = [x.lower() for x in words[stop : stop + 1]] == ["by"]
    if verb.noun:
        names = [replace(x, places=(stop,)) if stop in x.places else x for x in names]
        passive = passive or any(x.places == (stop,) for x in names)
    near = [_nearest(x, at, stop, before=x.subject is not passive) for x in names]
    after = at - before if at > before else LONGEST - 1  # to go back is as far as can be
    return sum(gap for gap, _ in near) * LONGEST + after, (at, *(place for _, place in near))


def _nearest(name: _Name, start: int, stop: int, *, before: bool) -> tuple[int, int]:
    """Return how many words apart from those of a verb a name stands at its nearest, and where."""
    return min(
        (start - x - name.parts + (0 if before else _ASIDE), x)
        if x < start
        else (x - stop + (_ASIDE if before else 0), x)
        for x in name.places
    )


_ASIDE: Final = 6
"""So many words nearer must a name be that stands on the wrong side of its verb."""


def _claims(symbols: Sequence[str], words: Sequence[str]) -> Iterator[list[_Name]]:
    """Yield the names of each claim, the verb's first; variables are no names."""
    claim, kind, argument = list[_Name](), "", 0
    for at, symbol in enumerate(symbols):
        if symbol in linear.CLAIMS or symbol in linear.HOLDS:
            kind, argument = symbol.removesuffix("_not"), -1
        elif symbol in linear.RELATED:
            kind, argument = "name", 0
        elif symbol in linear.VARIABLES:
            argument += 1
        elif symbol.startswith("@"):
            parts, argument = 1, argument + 1
            while symbols[at + parts] == "join":
                parts += 1
            places = tuple(_places(int(symbol[1:]), parts, kind, words))
            noun = kind == "isa"
            claim.append(
                _Name(symbol=at, parts=parts, subject=argument == 1, places=places, noun=noun)
            )
            kind = "name"
        elif symbol in _OPENINGS and claim:
            yield claim
            claim = []


_OPENINGS: Final = frozenset({"fact", "goal", "rule", "and", "then", "ask", "none", "end"})


def _places(start: int, parts: int, kind: str, words: Sequence[str]) -> list[int]:
    """Return the places of the same name, where it points itself among them."""
    told = words[start : start + parts]
    return [
        at
        for at in range(len(words) - parts + 1)
        if at == start or _same(words[at : at + parts], told, kind)
    ]


def _same(piece: Sequence[str], told: Sequence[str], kind: str) -> bool:
    if not forms(piece[-1]) & forms(told[-1]) or not all(map(linear.nameable, piece)):
        return False
    try:
        return linear.symbol(piece, kind) == linear.symbol(told, kind)
    except LanguageError:
        return False


def alike(one: Sequence[str], other: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether two complete sequences say the same of a sentence's words."""
    if tuple(one) == tuple(other):
        return True
    try:
        first, second = (linear.decode(x, words, World.OPEN) for x in (one, other))
    except LanguageError:
        return False
    return first == second
