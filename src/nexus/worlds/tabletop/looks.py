"""Looks: small questions of place that teach perception, as index tables instead of strings.

All query and answer texts are built once; a batch of looks is a few arrays of indices into them.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from nexus.base.randomness import key, uniform
from nexus.worlds.tabletop.outlines import ORDINARY
from nexus.worlds.tabletop.scene import ANSWERS, COLOURS, MAX_OBJECTS, SHAPES, SIZES, Scenes

CELLS: Final = 8
"""The picture is spoken of as 8 x 8 cells: "column 3 row 5", counted from 1 at the top left."""
CLEAR: Final = 0.10
"""A cell shows nothing if no object's centre is this near its own, as a fraction of the side."""
KINDS: Final = ("colour", "shape", "size", "nothing", "where", "how many")
_ATTRIBUTES: Final = (("colour", COLOURS), ("shape", SHAPES), ("size", SIZES))
_CELLS: Final = tuple(f"column {c + 1} row {r + 1}" for r, c in product(range(CELLS), range(CELLS)))
LOOK_ANSWERS: Final = (
    *(value for _, values in _ATTRIBUTES for value in values),
    *("nothing", *_CELLS, *map(str, range(MAX_OBJECTS + 1)), "yes", "no", "unnamed"),
)
"""Every answer a look, or a statement to affirm or deny, can have."""
ANSWER_AT: Final = tuple(LOOK_ANSWERS.index(answer) for answer in ANSWERS)
"""Where the answers to the world's questions are among these."""
_SHARES: Final = (0.19, 0.19, 0.11, 0.15, 0.20, 0.16)  # of the kinds, in their order
_NOBODY: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """A batch of looks: of scene ``i``, ``queries[query[i, j]]`` has ``answers[answer[i, j]]``."""

    queries: tuple[str, ...]
    """Every query text there is, each once; the same tuple in every batch."""
    answers: tuple[str, ...]
    """Every answer text there is, each once; the same tuple in every batch."""
    query: Int64[np.ndarray, "n looks"]
    answer: Int64[np.ndarray, "n looks"]
    valid: Bool[np.ndarray, "n looks"]
    """False where no clear look of the kind drawn was found; skip those."""
    kind: Int64[np.ndarray, "n looks"]
    """Index into ``KINDS``."""


@lru_cache(maxsize=1)
def texts() -> tuple[str, ...]:
    """Return all query texts, in the order of their indices."""
    queries = [f"the {name} at {cell}" for name, _ in _ATTRIBUTES for cell in _CELLS]
    queries += [f"where is the {_said(*phrase, 'thing', '')}" for phrase in _phrases()]
    queries += [f"how many {_said(*phrase, 'things', 's')}" for phrase in _phrases()]
    return tuple(queries)


def _phrases() -> list[tuple[int, int, int]]:
    """Return (size, colour, shape), each -1 for unsaid, in the order of ``_phrase_number``."""
    return list(product(range(-1, 2), range(-1, 8), range(-1, 4)))


def _phrase_number(
    size: Int64[np.ndarray, "..."],
    colour: Int64[np.ndarray, "..."],
    shape: Int64[np.ndarray, "..."],
) -> Int64[np.ndarray, "..."]:
    return ((size + 1) * 9 + colour + 1) * 5 + shape + 1


def _said(size: int, colour: int, shape: int, anything: str, plural: str) -> str:
    noun = anything if shape < 0 else SHAPES[shape] + ("es" if SHAPES[shape][-1] == "s" else "s")
    if shape >= 0 and not plural:
        noun = SHAPES[shape]
    words = [SIZES[size] if size >= 0 else "", COLOURS[colour] if colour >= 0 else "", noun]
    return " ".join(word for word in words if word)


_WHERE: Final = len(_ATTRIBUTES) * CELLS * CELLS
_HOW_MANY: Final = _WHERE + 3 * 9 * 5
_FIRST_VALUE: Final = np.array(
    [0, 8, 12]
)  # answers: colours, shapes, sizes, nothing, cells, counts
_NOTHING: Final = 14
_FIRST_CELL: Final = 15
_FIRST_COUNT: Final = _FIRST_CELL + CELLS * CELLS
_UNNAMED: Final = len(LOOK_ANSWERS) - 1


def looks(
    scenes: Scenes,
    *,
    per_scene: int,
    stream_name: str = "looks",
    named: Bool[np.ndarray, " n"] | None = None,
    strange: Int64[np.ndarray, "n 6"] | None = None,
) -> Looks:
    """Return ``per_scene`` looks a scene; another ``stream_name`` draws others.

    Of a scene that is not ``named`` no colour is asked and none is said: it has no words for them.
    The shape of a ``strange`` object is "unnamed", and no phrase that says a shape fits it.

    Kinds: colour, shape or size at an object's cell (skipped if two centres share the cell); the
    same asked of a clear cell ("nothing"); where the one thing is that a phrase fits; how many
    things a phrase fits.
    """
    n = len(scenes)
    stream = key(scenes.seed, "tabletop", scenes.split, stream_name)
    u = uniform(stream, scenes.index, per_scene * 5).reshape(n, per_scene, 5)
    kind = np.searchsorted(np.cumsum(_SHARES), u[..., 0], side="right").clip(0, len(KINDS) - 1)
    told = np.ones(n, dtype=bool) if named is None else named
    odd = np.zeros(scenes.shape.shape, dtype=bool) if strange is None else strange != ORDINARY
    kind = np.where((kind == 0) & ~told[:, None], 1, kind)
    slot = (u[..., 1] * scenes.count[:, None]).astype(np.int64)
    cell = (scenes.y * CELLS).astype(np.int64) * CELLS + (scenes.x * CELLS).astype(np.int64)
    at = np.take_along_axis(cell, slot, axis=1)
    query, answer = np.zeros((2, n, per_scene), dtype=np.int64)
    valid = np.zeros((n, per_scene), dtype=bool)

    alone = _alone(scenes, cell)
    for k, (name, _) in enumerate(_ATTRIBUTES):
        here = kind == k
        value = np.take_along_axis(getattr(scenes, name), slot, axis=1)
        query[here] = (k * CELLS * CELLS + at)[here]
        answer[here] = (_FIRST_VALUE[k] + value)[here]
        if name == "shape":
            answer[here & np.take_along_axis(odd, slot, axis=1)] = _UNNAMED
        valid[here] = np.take_along_axis(alone, slot, axis=1)[here]

    here = kind == 3
    rows, columns = np.nonzero(here)
    query[here], valid[here] = _empty_cells(scenes, rows, u[rows, columns])
    answer[here] = _NOTHING

    phrase, fit = _phrased(scenes, u, slot, kind, told, odd)
    for k, first in ((4, _WHERE), (5, _HOW_MANY)):
        query[kind == k] = (first + phrase)[kind == k]
    answer[kind == 4] = (_FIRST_CELL + at)[kind == 4]
    valid[kind == 4] = (fit == 1)[kind == 4]
    answer[kind == 5] = (_FIRST_COUNT + fit)[kind == 5]
    valid[kind == 5] = True
    return Looks(
        queries=texts(), answers=LOOK_ANSWERS, query=query, answer=answer, valid=valid, kind=kind
    )


def _alone(scenes: Scenes, cell: Int64[np.ndarray, "n 6"]) -> Bool[np.ndarray, "n 6"]:
    """Return which objects share their cell with no other object's centre."""
    same = (cell[:, :, None] == cell[:, None]) & scenes.exists[:, None]
    return same.sum(-1) == 1


def _empty_cells(
    scenes: Scenes, rows: Int64[np.ndarray, " m"], u: Float64[np.ndarray, "m 5"]
) -> tuple[Int64[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
    """Return a query about a random cell for each of these scenes, and whether it shows nothing."""
    cell = (u[:, 2] * CELLS * CELLS).astype(np.int64)
    x, y = (cell % CELLS + 0.5) / CELLS, (cell // CELLS + 0.5) / CELLS
    gap = np.hypot(scenes.x[rows] - x[:, None], scenes.y[rows] - y[:, None])
    asked = (u[:, 3] * len(_ATTRIBUTES)).astype(np.int64)
    clear = np.all((gap > CLEAR) | ~scenes.exists[rows], axis=1)
    return asked * CELLS * CELLS + cell, clear


def _phrased(
    scenes: Scenes,
    u: Float64[np.ndarray, "n looks 5"],
    slot: Int64[np.ndarray, "n looks"],
    kind: Int64[np.ndarray, "n looks"],
    named: Bool[np.ndarray, " n"],
    odd: Bool[np.ndarray, "n 6"],
) -> tuple[Int64[np.ndarray, "n looks"], Int64[np.ndarray, "n looks"]]:
    """Return a phrase for each look, by its number, and how many objects it fits.

    A "where" phrase always says what its object is; a third of the "how many" phrases are about
    values drawn afresh, so that none is an answer too.
    """
    mask = 1 + (u[..., 2] * 7).astype(np.int64)
    mask = np.where((kind == 4) & (u[..., 4] < 0.5), 7, mask)  # the full phrase is oftener unique
    mask = np.where(named[:, None], mask, np.where(mask == 2, 4, mask & ~2))  # bit 1 is colour
    nameless = np.take_along_axis(odd, slot, axis=1)
    mask = np.where(nameless, np.where(mask == 4, 1, mask & ~4), mask)  # bit 2 is shape
    fresh = (kind == 5) & (u[..., 4] < 1 / 3)
    any_value = (u[..., 3] * 64).astype(np.int64)
    drawn = (any_value % 2, any_value // 2 % 8, any_value // 16)
    shape = np.where(odd, len(SHAPES), scenes.shape)
    said: list[np.ndarray] = []
    fits = np.broadcast_to(scenes.exists[:, None], (*slot.shape, MAX_OBJECTS))
    for bit, (column, value) in enumerate(
        zip((scenes.size, scenes.colour, shape), drawn, strict=True)
    ):
        own = np.where(fresh, value, np.take_along_axis(column, slot, axis=1))
        own = np.where(mask >> bit & 1, own, _NOBODY)
        fits = fits & ((own == _NOBODY)[..., None] | (column[:, None] == own[..., None]))
        said.append(own)
    return _phrase_number(*said), fits.sum(-1)
