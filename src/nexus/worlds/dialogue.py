"""Longer texts about a scene: instruction trees, self-play dialogues and chains of thought.

All are made from scene state, deterministic, and say where they come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nexus.base.errors import LanguageError
from nexus.base.randomness import key
from nexus.base.records import Question
from nexus.logic.language import Term, parse
from nexus.worlds.dice import Dice, dice
from nexus.worlds.tabletop.ask import ask
from nexus.worlds.tabletop.captions import describe
from nexus.worlds.tabletop.language import (
    NAMES,
    NUMBERS,
    PLACE_WORDS,
    VALUES,
    Noun,
    Phrase,
    plain_step,
)
from nexus.worlds.tabletop.scene import PLACES, RELATIONS, VOCABULARY, Scenes
from nexus.worlds.tabletop.state import Table, only, tables

_MOST_TURNS: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruction:
    """One instruction with its answer, refined into smaller ones that together carry it out."""

    text: str
    answer: str
    parts: tuple["Instruction", ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the tree as plain JSON."""
        return {
            "instruction": self.text,
            "answer": self.answer,
            "parts": [part.as_json() for part in self.parts],
        }

    def lines(self, depth: int = 0) -> list[str]:
        """Return the tree as indented lines, each instruction followed by its answer."""
        own = f"{'  ' * depth}{self.text}: {self.answer}"
        return [own, *(line for part in self.parts for line in part.lines(depth + 1))]


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One thing said in a dialogue."""

    speaker: str
    """asker or answerer."""
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialogue:
    """A game of guessing which object is meant; it ends when only one is left."""

    turns: tuple[Turn, ...]
    provenance: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


def provenance(scenes: Scenes, row: int) -> dict[str, str | int]:
    """Return what makes this scene again: world, seed, split and index."""
    return {
        "world": "tabletop",
        "seed": scenes.seed,
        "split": scenes.split,
        "index": int(scenes.index[row]),
    }


def trees(scenes: Scenes) -> list[Instruction]:
    """Return for each scene "tell what is in the picture", down to one attribute a leaf."""
    captions = describe(scenes)
    return [
        Instruction(
            text="tell what is in the picture",
            answer=caption,
            parts=(
                Instruction(text="count the objects", answer=NUMBERS[table.count]),
                *(_object_tree(table, slot) for slot in range(table.count)),
            ),
        )
        for table, caption in zip(tables(scenes), captions, strict=True)
    ]


def _object_tree(table: Table, slot: int) -> Instruction:
    values = [VALUES[a][column[slot]] for a, column in enumerate(table.values)]
    size, colour, shape, place = values
    where = PLACE_WORDS[PLACES.index(place)][0]
    leaves = tuple(
        Instruction(text=f"say its {name}", answer=value)
        for name, value in zip(NAMES, (size, colour, shape, where), strict=True)
    )
    return Instruction(
        text=f"tell about object {slot + 1}", answer=f"{size} {colour} {shape}", parts=leaves
    )


def dialogues(scenes: Scenes) -> list[Dialogue]:
    """Return a game for each scene: the asker finds out which object the answerer has in mind."""
    stream = key(scenes.seed, "tabletop", scenes.split, "dialogue")
    return [
        Dialogue(turns=_game(table, thrown), provenance=provenance(scenes, row))
        for row, (table, (thrown,)) in enumerate(
            zip(tables(scenes), dice(stream, scenes.index), strict=True)
        )
    ]


def _game(table: Table, thrown: Dice) -> tuple[Turn, ...]:
    secret, left = thrown.roll(table.count), table.everything
    turns = [
        Turn(speaker="answerer", text="i am thinking of one thing in the picture."),
        Turn(speaker="asker", text=f"there are {left.bit_count()}. i will ask."),
    ]
    while only(left) < 0 and len(turns) < _MOST_TURNS:
        if (phrase := _splitting(table, left, thrown)) is None:
            break  # what is left looks alike, even in place
        hit = bool(table.select(phrase) >> secret & 1)
        left &= table.select(phrase) if hit else ~table.select(phrase)
        turns += [
            Turn(speaker="asker", text=f"does it fit: {Noun(phrase, thrown):a}?"),
            Turn(speaker="answerer", text=f"{'yes' if hit else 'no'}, {left.bit_count()} left."),
        ]
    values = Phrase(*(column[secret] for column in table.values))
    guess = f"it is {Noun(values, thrown):the}."
    if only(left) < 0:
        guess = "i can not tell them apart."
    return (*turns, Turn(speaker="asker", text=guess), Turn(speaker="answerer", text="right."))


def _splitting(table: Table, left: int, thrown: Dice) -> Phrase | None:
    """Return the one-attribute phrase that splits what is left most evenly; ties by chance."""
    best, chosen, half = 0, None, left.bit_count() / 2
    for attribute in thrown.shuffled(len(NAMES)):
        for value, fit in enumerate(table.fits[attribute]):
            share = (fit & left).bit_count()
            if (evenness := half - abs(share - half)) > best:
                best, chosen = evenness, Phrase(**{NAMES[attribute]: value})
    return chosen


def chains(scenes: Scenes, *, per_scene: int) -> list[list[str]]:
    """Return questions thought through aloud: each step with what it finds, then the answer."""
    return [
        [_chain(table, question) for question in questions]
        for table, questions in zip(tables(scenes), ask(scenes, per_scene=per_scene), strict=True)
    ]


def _chain(table: Table, question: Question) -> str:
    term = parse(question.query, VOCABULARY)
    thoughts = [
        f"{plain_step(node)}: {_amount(found(table, node))}"
        if node.op in ("objects", "filter", "related")
        else plain_step(node)
        for node in _in_order(term)
    ]
    return f"{question.text} {'; '.join(thoughts)}. so {question.answer}."


def _in_order(term: Term) -> list[Term]:
    """Return the nodes as a person takes them: a supposition before the question about it.

    What is found after a supposition is told of the scene as it is; only the answer is of the
    scene supposed, so the nodes below the supposed question are left out.
    """
    if term.op in ("remove", "recolour"):
        return [*term.children[0].walk(), term, *list(term.children[1].walk())[-1:]]
    return list(term.walk())


def found(table: Table, term: Term) -> int:
    """Return the set of slots a set-valued query term stands for.

    Raises:
        LanguageError: the term is no set, or "the" thing it relates to is not one thing.
    """
    match term.op:
        case "objects":
            return table.everything
        case "filter":
            attribute, value = term.arguments
            at = NAMES.index(attribute)
            return table.fits[at][VALUES[at].index(value)] & found(table, term.children[0])
        case "related":
            if (slot := only(found(table, term.children[0]))) < 0:
                raise LanguageError(f"{str(term.children[0])!r} is not one object")
            return table.related[RELATIONS.index(term.arguments[0])][slot]
        case op:
            raise LanguageError(f"{op!r} does not stand for a set")


def _amount(chosen: int) -> str:
    number = chosen.bit_count()
    return f"{NUMBERS[number]} thing{'' if number == 1 else 's'}"
