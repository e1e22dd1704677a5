"""One change a scene: told as the beginning of a hypothetical query, done in the world.

The telling names the object by what is unique about it, as a question does; the doing names it by
its slot. From both come the pictures before and after that a dynamics model learns from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.randomness import key
from nexus.logic.language import Term
from nexus.worlds.dice import Dice, dice
from nexus.worlds.tabletop.phrasing import fitting, naming, values_of
from nexus.worlds.tabletop.scene import COLOURS, Scenes
from nexus.worlds.tabletop.state import Table, tables

TRIES: Final = 8
"""Objects tried before a scene is said to have none that can be named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is done to one scene."""

    told: Term
    """``remove`` or ``recolour v`` over the set that holds the one object, as in a query."""
    done: str
    """The same in the action notation: ``remove o2``, ``recolour o1 blue``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatIf:
    """Scenes, one change each, and the scenes after it."""

    before: Scenes
    changes: tuple[Change, ...]
    after: Scenes
    rows: Int64[np.ndarray, " kept"]
    """Where in the scenes asked about each of these was."""


def what_if(
    scenes: Scenes, step: Callable[[Scenes, Sequence[str]], Scenes], *, draw: int = 0
) -> WhatIf:
    """Return one change for each scene that has an object which can be named; few have none.

    ``step`` is the world's own. Another ``draw`` chooses other changes. After the only object is
    taken away the table is empty, and has no further change.
    """
    stream = key(scenes.seed, "tabletop", scenes.split, "what if", draw)
    drawn = [
        _change(table, thrown)
        for table, (thrown,) in zip(tables(scenes), dice(stream, scenes.index), strict=True)
    ]
    kept: Bool[np.ndarray, " n"] = np.array([change is not None for change in drawn], dtype=bool)
    rows = np.flatnonzero(kept)
    changes = tuple(change for change in drawn if change is not None)
    before = scenes.take(rows)
    after = step(before, [change.done for change in changes])
    return WhatIf(before=before, changes=changes, after=after, rows=rows)


def _change(table: Table, thrown: Dice) -> Change | None:
    """Return a change of one object that a phrase names, or None after ``TRIES`` objects."""
    for _ in range(TRIES if table.count else 0):
        slot = thrown.roll(table.count)
        if (phrase := naming(table, thrown, slot)) is None:
            continue
        which = (fitting(phrase),)
        if thrown.roll(2):
            return Change(told=Term(op="remove", children=which), done=f"remove o{slot + 1}")
        _, old, shape, _ = values_of(table, slot)
        new = (old + 1 + thrown.roll(len(COLOURS) - 1)) % len(COLOURS)
        if table.may_be(shape, new):
            value = COLOURS[new]
            told = Term(op="recolour", arguments=(value,), children=which)
            return Change(told=told, done=f"recolour o{slot + 1} {value}")
    return None
