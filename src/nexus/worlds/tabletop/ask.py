"""Questions about a scene, with their meaning, reasoning steps and gold answer.

Gold answers are read off the scene's state by set operations, never by an engine. How the answers
are kept balanced is told in ``balance``; clearness of ties and uniqueness of "the" are kept here.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from nexus.base.errors import LanguageError
from nexus.base.randomness import key
from nexus.base.records import Question
from nexus.worlds.dice import Dice, dice
from nexus.worlds.tabletop.balance import Draft
from nexus.worlds.tabletop.imagined import imagined
from nexus.worlds.tabletop.language import COLOUR_WORDS, NAMES, RELATION_WORDS, Noun, steps
from nexus.worlds.tabletop.plain import compared, counted, existing, queried
from nexus.worlds.tabletop.relational import relational
from nexus.worlds.tabletop.scene import Scenes
from nexus.worlds.tabletop.state import Table, tables
from nexus.worlds.tabletop.templates import FAMILIES, KINDS

_MAKE: Final[dict[str, Callable[[Table, Dice], Draft | None]]] = {
    "exist": existing,
    "count": counted,
    "query": queried,
    "compare": compared,
    "relation": relational,
    "hypothetical": imagined,
}


def ask(scenes: Scenes, *, per_scene: int, draw: int = 0) -> list[list[Question]]:
    """Return ``per_scene`` questions for each scene; another ``draw`` asks others.

    Raises:
        LanguageError: a scene is empty, so nothing about it could be otherwise.

    Kinds take turns from a random start. A scene's question ``q`` does not depend on ``per_scene``.
    """
    if (bare := np.flatnonzero(scenes.count == 0)).size:
        raise LanguageError(f"scene {int(scenes.index[bare[0]])} is empty: nothing to ask about")
    stream = key(scenes.seed, "tabletop", scenes.split, "ask", draw)
    held_out = scenes.split == "templates"
    asked: list[list[Question]] = []
    for table, row in zip(tables(scenes), dice(stream, scenes.index, 1 + per_scene), strict=True):
        start = row[0].roll(len(KINDS))
        asked.append(
            [
                _question(table, thrown, start + turn, held_out)
                for turn, thrown in enumerate(row[1:])
            ]
        )
    return asked


def _question(table: Table, thrown: Dice, turn: int, held_out: bool) -> Question:
    """Return one question of the kind whose turn it is, or of one the scene is rich enough for."""
    make = _MAKE[KINDS[turn % len(KINDS)]]
    draft = make(table, thrown) or make(table, thrown)
    while draft is None:
        draft = _MAKE[thrown.pick(KINDS)](table, thrown)
    return _worded(draft, thrown, held_out)


def _worded(draft: Draft, thrown: Dice, held_out: bool) -> Question:
    family = FAMILIES[draft.family]
    wording = thrown.pick(family.held_out if held_out else family.usual)
    relations = [thrown.pick(RELATION_WORDS[r]) for r in draft.relations] + ["", ""]
    term = draft.term()
    text = wording.text.format(
        *[Noun(phrase, thrown) for phrase in draft.phrases],
        rel=relations[0],
        rel2=relations[1],
        attr=NAMES[draft.attribute],
        colour=thrown.pick(COLOUR_WORDS[draft.colour]),
    )
    return Question(
        text=text,
        query=str(term),
        steps=steps(term),
        answer=draft.answer,
        kind=family.kind,
        template=wording.name,
    )
