"""Which scenes a full caption is true of, from world state: no score can tell those apart.

A caption leaves out where exactly things are, so it may describe another scene as well. The share
of 1 / (scenes it is true of) is the most that retrieval by that caption can reach.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from nexus.base.errors import LanguageError
from nexus.worlds.tabletop.language import (
    COLOUR_WORDS,
    PLACE_WORDS,
    RELATION_WORDS,
    SHAPE_WORDS,
    SIZE_WORDS,
)
from nexus.worlds.tabletop.scene import Scenes

_NOT_SAID: Final = -1


class Told(NamedTuple):
    """What a caption says of one object; place and relation may be left unsaid."""

    size: int
    colour: int
    shape: int
    place: int = _NOT_SAID
    relation: int = _NOT_SAID
    """To the object told just before."""


def _words(table: Sequence[Sequence[str]]) -> dict[str, int]:
    return {word: value for value, words in enumerate(table) for word in words}


_SIZE, _COLOUR, _PLACE = _words(SIZE_WORDS), _words(COLOUR_WORDS), _words(PLACE_WORDS)
_SHAPE: Final = {forms[0]: value for value, all_ in enumerate(SHAPE_WORDS) for forms in all_}
_RELATION: Final = {f"{word} it": value for word, value in _words(RELATION_WORDS).items()}


def told(caption: str) -> tuple[Told, ...]:
    """Return what a full caption says of each object, in its order.

    Raises:
        LanguageError: it is not one of this world's full captions.
    """
    parts = re.split(r", | and |; ", caption.rstrip("."))
    return tuple(_object(part) for part in parts)


def _object(part: str) -> Told:
    words = part.split()
    found = [[table[w] for w in words if w in table] for table in (_SIZE, _COLOUR, _SHAPE)]
    if any(len(values) != 1 for values in found):
        raise LanguageError(f"{part!r} does not name one size, colour and shape")
    (size,), (colour,), (shape,) = found
    return Told(size, colour, shape, _phrase(part, _PLACE), _phrase(part, _RELATION))


def _phrase(part: str, table: dict[str, int]) -> int:
    """Return the value of the longest phrase of the table that occurs: "in the middle left"."""
    found = [phrase for phrase in table if re.search(rf"\b{phrase}\b", part)]
    return table[max(found, key=len)] if found else _NOT_SAID


def true_of(captions: Sequence[str], scenes: Scenes) -> Bool[np.ndarray, "caption scene"]:
    """Return which scenes each caption is true of, read as a caption of every object there is."""
    alike: defaultdict[tuple[tuple[int, ...], ...], list[int]] = defaultdict(list)
    for row in range(len(scenes)):
        alike[tuple(sorted(_kinds(scenes, row)))].append(row)
    fits = np.zeros((len(captions), len(scenes)), dtype=bool)
    for at, caption in enumerate(captions):
        said = told(caption)
        for row in alike[tuple(sorted(each[:3] for each in said))]:
            fits[at, row] = _fits(said, scenes, row)
    return fits


def ceiling(true: Bool[np.ndarray, "caption scene"]) -> Float[np.ndarray, "2 n"]:
    """Return the most that can be expected of each query: scene by caption, caption by scene.

    Row ``i`` of captions must be of scene ``i``, so that each query has an answer.
    """
    return np.stack([1 / true.sum(1), 1 / true.sum(0)])


def _kinds(scenes: Scenes, row: int) -> list[tuple[int, int, int]]:
    columns = (scenes.size[row], scenes.colour[row], scenes.shape[row])
    return [
        (int(size), int(colour), int(shape))
        for size, colour, shape in zip(*(c[: scenes.count[row]] for c in columns), strict=True)
    ]


def _fits(said: Sequence[Told], scenes: Scenes, row: int) -> bool:
    """Return whether the objects told can be the objects there, one for one."""
    kinds, place = _kinds(scenes, row), scenes.place[row]
    x, y = scenes.x[row], scenes.y[row]

    def holds(each: Told, slot: int, before: int) -> bool:
        if each[:3] != kinds[slot] or each.place not in (_NOT_SAID, place[slot]):
            return False
        if each.relation == _NOT_SAID:
            return True
        ahead = (x[slot] < x[before], x[slot] > x[before], y[slot] < y[before], y[slot] > y[before])
        return bool(ahead[each.relation])

    def rest(used: tuple[int, ...]) -> bool:
        if len(used) == len(said):
            return True
        free = (slot for slot in range(len(kinds)) if slot not in used)
        last = used[-1] if used else _NOT_SAID
        return any(holds(said[len(used)], slot, last) and rest((*used, slot)) for slot in free)

    return len(said) == len(kinds) and rest(())
