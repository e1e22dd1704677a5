"""The words of the table: synonyms, noun phrases, and a query's steps in plain words."""

import re
from typing import Final, NamedTuple

from nexus.logic.language import HYPOTHETICAL, Term
from nexus.worlds.dice import Dice
from nexus.worlds.tabletop.scene import ANSWERS, COLOURS, PLACES, RELATIONS, SHAPES, SIZES

# A word written twice is chosen twice as often: the plain word stays the usual one.
SIZE_WORDS: Final = (("small", "small", "little", "tiny"), ("big", "big", "large"))
COLOUR_WORDS: Final = tuple(
    {"purple": ("purple", "purple", "violet"), "cyan": ("cyan", "cyan", "turquoise")}.get(c, (c,))
    for c in COLOURS
)
SHAPE_WORDS: Final = (
    (("circle", "circles"), ("circle", "circles"), ("disc", "discs")),
    (("square", "squares"), ("square", "squares"), ("box", "boxes")),
    (("triangle", "triangles"),),
    (("cross", "crosses"), ("cross", "crosses"), ("plus", "pluses")),
)
ANYTHING: Final = (("thing", "things"), ("object", "objects"))
PLACE_WORDS: Final = (
    ("at the top left", "at the top left", "in the upper left"),
    ("at the top centre", "at the top centre", "in the upper middle"),
    ("at the top right", "at the top right", "in the upper right"),
    ("at the centre left", "at the centre left", "in the middle left"),
    ("in the middle", "in the middle", "in the centre"),
    ("at the centre right", "at the centre right", "in the middle right"),
    ("at the bottom left", "at the bottom left", "in the lower left"),
    ("at the bottom centre", "at the bottom centre", "in the lower middle"),
    ("at the bottom right", "at the bottom right", "in the lower right"),
)
RELATION_WORDS: Final = (
    ("left of", "to the left of"),
    ("right of", "to the right of"),
    ("above", "above", "over"),
    ("below", "below", "under"),
)
NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six")

SIZE, COLOUR, SHAPE, PLACE = range(4)
NAMES: Final = ("size", "colour", "shape", "place")
VALUES: Final = (SIZES, COLOURS, SHAPES, PLACES)


class Phrase(NamedTuple):
    """What a noun phrase says: an index into each attribute's values, or -1 for nothing said."""

    size: int = -1
    colour: int = -1
    shape: int = -1
    place: int = -1

    def implies(self, other: "Phrase") -> bool:
        """Return whether whatever this phrase fits, ``other`` fits too."""
        return all(theirs in (-1, mine) for mine, theirs in zip(self, other, strict=True))

    def term(self, base: Term) -> Term:
        """Return the query term of what fits this phrase among ``base``."""
        for attribute in (PLACE, SHAPE, COLOUR, SIZE):
            if (value := self[attribute]) >= 0:
                name = NAMES[attribute]
                arguments = (name, VALUES[attribute][value])
                base = Term(op="filter", arguments=arguments, children=(base,))
        return base


EVERYTHING: Final = Term(op="objects")


class Noun:
    """A phrase with its words chosen; ``f"{noun:a}"``, ``:the`` and ``:s`` (plural) say it."""

    __slots__ = ("_adjectives", "_forms", "_place")

    def __init__(self, phrase: Phrase, dice: Dice) -> None:
        size, colour, shape, place = phrase
        adjectives = f"{dice.pick(SIZE_WORDS[size])} " if size >= 0 else ""
        if colour >= 0:
            adjectives += f"{dice.pick(COLOUR_WORDS[colour])} "
        self._adjectives = adjectives
        self._forms = dice.pick(SHAPE_WORDS[shape] if shape >= 0 else ANYTHING)
        self._place = f" {dice.pick(PLACE_WORDS[place])}" if place >= 0 else ""

    @property
    def where(self) -> str:
        """The place alone: ``at the top left``."""
        return self._place[1:]

    def __format__(self, form: str) -> str:
        if form == "s":
            return f"{self._adjectives}{self._forms[1]}{self._place}"
        words = f"{self._adjectives}{self._forms[0]}"
        article = ("an" if words[0] in "aeiou" else "a") if form == "a" else form
        return f"{article}{' ' if article else ''}{words}{self._place}"


_STEPS: Final = {
    "objects": "look at everything",
    "exists": "say whether there is any",
    "count": "count them",
    "more": "say whether the first are more than the second",
    "fewer": "say whether the first are fewer than the second",
    "equal": "say whether the first are as many as the second",
    "remove": "imagine it taken away",
}


def steps(term: Term) -> tuple[str, ...]:
    """Return how a person would work the query out, first to last, in plain words.

    >>> from nexus.logic.language import parse
    >>> from nexus.worlds.tabletop.scene import VOCABULARY
    >>> steps(parse("count filter colour red objects", VOCABULARY))
    ('look at everything', 'keep what is red', 'count them')
    """
    below = [step for child in term.children for step in steps(child)]
    if term.op in HYPOTHETICAL:  # first find the object, then imagine, then answer
        return (*steps(term.children[0]), plain_step(term), *steps(term.children[1]))
    return (*below, plain_step(term))


def plain_step(term: Term) -> str:
    """Return one step in plain words: what is done at this node of the query."""
    match term.op, term.arguments:
        case "filter", ("place", value):
            return f"keep what is {PLACE_WORDS[PLACES.index(value)][0]}"
        case "filter", ("shape", value):
            return f"keep every {value}"
        case "filter", (_, value):
            return f"keep what is {value}"
        case "related", (relation,):
            return f"look at what is {plain_relation(relation)} it"
        case "describe", (attribute,):
            return f"say its {attribute}"
        case "same", (attribute,):
            return f"say whether they have the same {attribute}"
        case "holds", (relation,):
            return f"say whether the first is {plain_relation(relation)} the second"
        case "recolour", (colour,):
            return f"imagine it painted {colour}"
        case op, _:
            return _STEPS[op]


def plain_relation(relation: str) -> str:
    """Return the usual words for a relation: ``left of`` for ``left_of``."""
    return RELATION_WORDS[RELATIONS.index(relation)][0]


def lexicon() -> frozenset[str]:
    """Return every word that nouns, places, relations, numbers and answers are made of."""
    texts = [*ANSWERS, *NUMBERS, *NAMES, "a an the", *_STEPS.values()]
    texts += ["keep what is every say its whether they have the same first second it painted"]
    for table in (SIZE_WORDS, COLOUR_WORDS, PLACE_WORDS, RELATION_WORDS):
        texts += [word for words in table for word in words]
    texts += [word for forms in (*SHAPE_WORDS, ANYTHING) for form in forms for word in form]
    return frozenset(word for text in texts for word in split_words(text))


def split_words(text: str) -> list[str]:
    """Return the lower-case words and numbers of a text, punctuation dropped."""
    return re.findall(r"[a-z]+|\d+", text.lower())
