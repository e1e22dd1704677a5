"""Captions: a scene told in full or in part, from a small compositional grammar.

A template is an opening, a form, a way of joining and an ending; one in five is held out and
speaks only in split "templates". Words and order vary beside that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.randomness import key
from nexus.worlds.dice import Dice, dice
from nexus.worlds.tabletop.language import (
    COLOUR,
    NUMBERS,
    PLACE,
    RELATION_WORDS,
    SHAPE,
    SIZE,
    VALUES,
    Noun,
    Phrase,
)
from nexus.worlds.tabletop.scene import Scenes
from nexus.worlds.tabletop.state import Table, only, tables

OPENINGS: Final = (
    *("", "there is ", "i see ", "we see ", "here is ", "you can see "),
    *("the picture shows ", "a picture of "),
)
JOINS: Final = ((", ", ", "), (", ", " and "), (" and ", " and "), ("; ", "; "))
"""Between objects, and before the last one."""
ENDINGS: Final = ("", ".")
FORMS: Final = ("placed", "placed first", "related", "mixed")


class Template(NamedTuple):
    """One way to tell a whole scene, as indices into the tables above."""

    opening: int
    form: int
    join: int
    ending: int

    @property
    def held_out(self) -> bool:
        """Whether only split "templates" uses it."""
        return sum(self) % 5 == 0


_ALL: Final = [
    template
    for template in (Template(*t) for t in product(range(8), range(4), range(4), range(2)))
    if (OPENINGS[template.opening], FORMS[template.form]) != ("a picture of ", "placed first")
]
USUAL: Final = tuple(t for t in _ALL if not t.held_out)
HELD_OUT: Final = tuple(t for t in _ALL if t.held_out)
FoilKind = Literal["colour", "size", "shape", "exchanged", "relation"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Foils:
    """True captions beside captions with exactly one thing wrong."""

    rows: Int64[np.ndarray, " m"]
    """Which scenes of the batch; a scene of which no such foil exists is left out."""
    true: list[str]
    wrong: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Statements:
    """Phrases of captions, about half of them made false in one thing; row by row of scenes."""

    texts: list[list[str]]
    true: Bool[np.ndarray, "n each"]


class _Said(NamedTuple):
    """What is said of one object."""

    text: str
    phrase: Phrase
    relation: int
    """To the object told before it; -1 is none."""


def describe(scenes: Scenes, *, partial: bool = False, draw: int = 0) -> list[str]:
    """Return one caption a scene; another ``draw`` tells the same scenes in other words."""
    tell = _part if partial else _whole
    thrown = _dice(scenes, "part" if partial else "whole", draw)
    templates = HELD_OUT if scenes.split == "templates" else USUAL
    return [tell(t, d, d.pick(templates)) for t, d in zip(tables(scenes), thrown, strict=True)]


def paraphrases(scenes: Scenes) -> tuple[list[str], list[str]]:
    """Return two full captions of each scene that differ in more than nothing."""
    first, second = describe(scenes, draw=-1), describe(scenes, draw=-2)
    draw = -3
    while same := [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a == b]:
        for i, text in zip(same, describe(scenes.take(same), draw=draw), strict=True):
            second[i] = text
        draw -= 1
    return first, second


def foils(scenes: Scenes, kind: FoilKind) -> Foils:
    """Return captions true of their scenes beside ones wrong in one ``kind`` of thing."""
    rows: list[int] = []
    true: list[str] = []
    wrong: list[str] = []
    make = _wrong_relation if kind == "relation" else _wrong_attribute
    templates = HELD_OUT if scenes.split == "templates" else USUAL
    for row, (table, thrown) in enumerate(
        zip(tables(scenes), _dice(scenes, f"foil {kind}", 0), strict=True)
    ):
        if pair := make(table, thrown, kind, templates):
            rows.append(row)
            true.append(pair[0])
            wrong.append(pair[1])
    return Foils(rows=np.array(rows, dtype=np.int64), true=true, wrong=wrong)


def phrases(caption: str) -> list[str]:
    """Return the phrases of a caption, one an object; one that says "it" after the one it means.

        >>> phrases("i see a disc, a box above it.")
    ['i see a disc', 'i see a disc, a box above it']
    """
    parts = re.split("; |, and |, | and ", caption.removesuffix("."))
    before = ["", *parts[:-1]]
    return [
        f"{one}, {part}" if one and part.endswith(" it") else part
        for one, part in zip(before, parts, strict=True)
    ]


def statements(scenes: Scenes, *, per_scene: int) -> Statements:
    """Return ``per_scene`` phrases of captions a scene, true or false of it.

    Half are of the form that relates objects. A false one has its relation turned round or one
    attribute changed, half the time to what another object of the scene has: the right words
    alone do not make it true.
    """
    templates = HELD_OUT if scenes.split == "templates" else USUAL
    related = [t for t in templates if FORMS[t.form] == "related"]
    stream = key(scenes.seed, "tabletop", scenes.split, "caption", "statement")
    rows = [
        [
            _statement(table, thrown, thrown.pick((templates, related)[thrown.roll(2)]))
            for thrown in row
        ]
        for table, row in zip(tables(scenes), dice(stream, scenes.index, per_scene), strict=True)
    ]
    return Statements(
        texts=[[text for text, _ in row] for row in rows],
        true=np.array([[true for _, true in row] for row in rows], dtype=bool).reshape(
            len(rows), per_scene
        ),
    )


def _statement(table: Table, thrown: Dice, template: Template) -> tuple[str, bool]:
    """Return one phrase of a caption, and whether it is true."""
    if not table.count:
        return "there is nothing", True
    at, word = thrown.roll(table.count), thrown.roll(1 << 32)
    true = _tell(table, Dice(word), template)
    if thrown.roll(2):
        slot = Dice(word).shuffled(table.count)[at]
        if true[at].relation >= 0 and thrown.roll(2):
            told = _tell(table, Dice(word), template, flip=at)
        else:
            changeable = 3 if true[at].phrase.place < 0 else 4
            changed = _confused(table, thrown, slot, thrown.roll(changeable))
            told = _tell(replace(table, values=changed), Dice(word), template)
        before = told[at - 1].phrase if at else Phrase()
        if not _holds(table, told[at], before):
            return phrases(_sentence([said.text for said in told], template))[at], False
    return phrases(_sentence([said.text for said in true], template))[at], True


def _confused(table: Table, thrown: Dice, slot: int, attribute: int) -> list[list[int]]:
    """Return the values with one of them changed; unchanged if that makes a held-out pair."""
    values = [list(column) for column in table.values]
    old, other = values[attribute][slot], values[attribute][thrown.roll(table.count)]
    size = len(VALUES[attribute])
    new = other if other != old and thrown.roll(2) else (old + 1 + thrown.roll(size - 1)) % size
    values[attribute][slot] = new
    spoken = table.may_be(values[SHAPE][slot], values[COLOUR][slot])
    return values if spoken else [list(column) for column in table.values]


def _holds(table: Table, said: _Said, before: Phrase) -> bool:
    """Return whether something fits what is said, next to something that fits ``before``."""
    fits = table.select(said.phrase)
    if said.relation < 0:
        return bool(fits)
    known = table.select(before)
    there = [slot for slot in range(table.count) if known >> slot & 1]
    return any(table.related[said.relation][slot] & fits for slot in there)


def _dice(scenes: Scenes, purpose: str, draw: int) -> list[Dice]:
    stream = key(scenes.seed, "tabletop", scenes.split, "caption", purpose, draw)
    return [row[0] for row in dice(stream, scenes.index)]


def _whole(table: Table, thrown: Dice, template: Template, flip: int = -1) -> str:
    """Return a caption of every object; ``flip`` turns that object's relation into its opposite."""
    if not table.count:
        return "there is nothing"
    return _sentence([said.text for said in _tell(table, thrown, template, flip)], template)


def _tell(table: Table, thrown: Dice, template: Template, flip: int = -1) -> list[_Said]:
    """Return what is said of each object, in the order of telling: the first roll of the dice."""
    order = thrown.shuffled(table.count)
    said: list[_Said] = []
    for at, slot in enumerate(order):
        bare = _phrase(table, slot, place=False)
        form = FORMS[template.form]
        if form == "mixed":
            form = "related" if thrown.roll(2) else "placed"
        if form == "related" and at:
            noun = Noun(bare, thrown)
            relation = thrown.pick(_relations(table, slot, order[at - 1]))
            relation = relation ^ 1 if at == flip else relation  # pairs of opposites: 0-1, 2-3
            text = f"{noun:a} {thrown.pick(RELATION_WORDS[relation])} it"
            said.append(_Said(text, bare, relation))
        elif form == "placed first":
            place = Noun(Phrase(place=table.values[PLACE][slot]), thrown)
            noun = Noun(bare, thrown)
            said.append(_Said(f"{place.where} {noun:a}", _phrase(table, slot), -1))
        else:
            whole = _phrase(table, slot)
            said.append(_Said(f"{Noun(whole, thrown):a}", whole, -1))
    return said


def _sentence(said: list[str], template: Template) -> str:
    between, last = JOINS[template.join]
    text = between.join(said[:-1]) + last + said[-1] if len(said) > 1 else said[0]
    return f"{OPENINGS[template.opening]}{text}{ENDINGS[template.ending]}"


def _part(table: Table, thrown: Dice, template: Template) -> str:
    """Return a caption of a part: some objects in fewer words, a tally, or one relation."""
    if not table.count:
        return "there is nothing"
    form = thrown.roll(4)
    if form == 0 and (related := _one_relation(table, thrown)):
        return f"{related}{ENDINGS[template.ending]}"
    if form == 1:
        phrase = _less(_phrase(table, thrown.roll(table.count)), thrown)
        number = table.select(phrase).bit_count()
        noun = Noun(phrase, thrown)
        text = f"{NUMBERS[number]} {noun:s}" if number > 1 else f"one {noun:}"
        return _sentence([text], template)
    some = thrown.shuffled(table.count)[: 1 + thrown.roll(min(3, table.count))]
    nouns = [Noun(_less(_phrase(table, slot), thrown), thrown) for slot in some]
    return _sentence([f"{noun:a}" for noun in nouns], template)


def _one_relation(table: Table, thrown: Dice) -> str:
    """Return "the red circle is above the square" for two objects it names uniquely, if any."""
    if table.count < 2:
        return ""
    a, b = thrown.shuffled(table.count)[:2]
    phrases = [_phrase(table, slot, place=False) for slot in (a, b)]
    if any(only(table.select(phrase)) < 0 for phrase in phrases):
        return ""
    first, second = (Noun(phrase, thrown) for phrase in phrases)
    words = thrown.pick(RELATION_WORDS[thrown.pick(_relations(table, a, b))])
    return f"{first:the} is {words} {second:the}"


def _phrase(table: Table, slot: int, *, place: bool = True) -> Phrase:
    size, colour, shape, where = (values[slot] for values in table.values)
    return Phrase(size, colour, shape, where if place else -1)


def _less(phrase: Phrase, thrown: Dice) -> Phrase:
    """Return the phrase with some attributes left unsaid, at least one kept."""
    kept = 1 + thrown.roll(15)
    return Phrase(*(value if kept >> at & 1 else -1 for at, value in enumerate(phrase)))


def _relations(table: Table, a: int, b: int) -> list[int]:
    """Return every relation clearly true of ``a`` to ``b``; the overlap rule leaves one or two."""
    bit = 1 << a
    return [r for r in range(4) if table.related[r][b] & bit and not table.near[r // 2][b] & bit]


def _wrong_attribute(
    table: Table, thrown: Dice, kind: FoilKind, templates: Sequence[Template]
) -> tuple[str, str] | None:
    """Return a caption and the same with one attribute wrong, or one exchanged between two."""
    altered = _exchanged(table, thrown) if kind == "exchanged" else _changed(table, thrown, kind)
    if altered is None:
        return None
    # Every object gets its place, so the caption fits the scene only if the objects match as sets.
    template = thrown.pick([t for t in templates if FORMS[t.form].startswith("placed")])
    word = thrown.roll(1 << 32)
    wrong = replace(table, values=altered)
    return _whole(table, Dice(word), template), _whole(wrong, Dice(word), template)


def _changed(table: Table, thrown: Dice, kind: str) -> list[list[int]] | None:
    attribute = {"size": SIZE, "colour": COLOUR, "shape": SHAPE}[kind]
    values = [list(column) for column in table.values]
    slots = thrown.shuffled(table.count)
    shift = 1 + thrown.roll(len(VALUES[attribute]) - 1)
    for slot in slots:
        old = values[attribute][slot]
        values[attribute][slot] = (old + shift) % len(VALUES[attribute])
        if table.may_be(values[SHAPE][slot], values[COLOUR][slot]):
            return values
        values[attribute][slot] = old
    return None


def _exchanged(table: Table, thrown: Dice) -> list[list[int]] | None:
    """Return the values with the colours, or the shapes, of two objects exchanged."""
    slots, first = thrown.shuffled(table.count), thrown.roll(2)
    pairs = [(a, b) for at, a in enumerate(slots) for b in slots[:at]]
    before = sorted(zip(*(column[: table.count] for column in table.values), strict=True))
    for attribute in ((COLOUR, SHAPE), (SHAPE, COLOUR))[first]:
        for a, b in pairs:
            values = [list(column) for column in table.values]
            column = values[attribute]
            column[a], column[b] = column[b], column[a]
            after = sorted(zip(*(c[: table.count] for c in values), strict=True))
            spoken = all(table.may_be(values[SHAPE][s], values[COLOUR][s]) for s in (a, b))
            if after != before and spoken:
                return values
    return None


def _wrong_relation(
    table: Table, thrown: Dice, kind: FoilKind, templates: Sequence[Template]
) -> tuple[str, str] | None:
    """Return a caption and the same with one relation turned round."""
    del kind
    template = thrown.pick([t for t in templates if FORMS[t.form] == "related"])
    for _ in range(8):
        word = thrown.roll(1 << 32)
        order = Dice(word).shuffled(table.count)
        # Both named without place, uniquely: no other reading could make the wrong relation true.
        known = [only(table.select(_phrase(table, slot, place=False))) >= 0 for slot in order]
        flips = [at for at in range(1, table.count) if known[at - 1] and known[at]]
        if flips:
            flip = thrown.pick(flips)
            return _whole(table, Dice(word), template), _whole(table, Dice(word), template, flip)
    return None
