"""A scene as sets of objects, each set one small integer: bit ``k`` is the object in slot ``k``.

Captions, questions and foils are all judged on these, so they are true of the scene's state and
owe nothing to an engine.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.worlds.tabletop.language import COLOUR, VALUES, Phrase
from nexus.worlds.tabletop.scene import HELD_OUT, MAX_OBJECTS, Scenes, held_out_colour

PLACE_MARGIN: Final = 0.04
"""A centre closer than this to a third's border is too near to ask for its place."""
RELATION_MARGIN: Final = 0.06
"""Two centres less apart than this along the asked axis are too near to ask for the relation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One scene; every ``int`` here is a set of slots."""

    count: int
    everything: int
    values: list[list[int]]
    """By attribute (size, colour, shape, place) and slot: its value."""
    fits: list[list[int]]
    """By attribute and value: what has that value."""
    related: list[list[int]]
    """By relation and slot: what is left of (right of, above, below) the object in the slot."""
    near: list[list[int]]
    """By axis and slot: what is too near along that axis to ask for a relation."""
    border: int
    """What is too near a third's border to ask for its place."""
    novel: bool
    """Whether held-out pairs of shape and colour may be spoken of."""

    def select(self, phrase: Phrase) -> int:
        """Return what fits the phrase."""
        size, colour, shape, place = phrase
        chosen = self.everything
        if size >= 0:
            chosen &= self.fits[0][size]
        if colour >= 0:
            chosen &= self.fits[1][colour]
        if shape >= 0:
            chosen &= self.fits[2][shape]
        return chosen & self.fits[3][place] if place >= 0 else chosen

    def without(self, slot: int) -> "Table":
        """Return the scene after removing one object."""
        return replace(self, everything=self.everything & ~(1 << slot))

    def recoloured(self, slot: int, colour: int) -> "Table":
        """Return the scene after painting one object."""
        fits, bit = list(self.fits), 1 << slot
        fits[COLOUR] = [
            held | bit if c == colour else held & ~bit for c, held in enumerate(fits[COLOUR])
        ]
        return replace(self, fits=fits)

    def may_be(self, shape: int, colour: int) -> bool:
        """Return whether this pair may be spoken of in this split."""
        return self.novel or colour != HELD_OUT[shape]


def _bits(member: Bool[np.ndarray, "n 6 ..."]) -> Int64[np.ndarray, "n ..."]:
    return np.tensordot(member, 1 << np.arange(MAX_OBJECTS), axes=([1], [0])).astype(np.int64)


def tables(scenes: Scenes) -> list[Table]:
    """Return each scene as sets of slots."""
    on = scenes.exists
    place = scenes.place
    columns = (scenes.size, scenes.colour, scenes.shape, place)
    fits = [
        _bits((column[..., None] == np.arange(len(values))) & on[..., None]).tolist()
        for column, values in zip(columns, VALUES, strict=True)
    ]
    both = on[:, :, None] & on[:, None] & ~np.eye(MAX_OBJECTS, dtype=bool)
    # offset[i, b, a]: how far b lies to the right of (below) a
    across, down = (c[:, :, None] - c[:, None] for c in (scenes.x, scenes.y))
    related = [_bits(both & side) for side in (across < 0, across > 0, down < 0, down > 0)]
    near = [_bits(both & (np.abs(d) < RELATION_MARGIN)) for d in (across, down)]
    to_border = np.minimum(
        *(np.abs(np.stack([c - 1 / 3, c - 2 / 3])).min(0) for c in (scenes.x, scenes.y))
    )
    rows = zip(
        scenes.count.tolist(),
        _bits(on).tolist(),
        np.stack(columns, axis=1).tolist(),
        *fits,
        np.stack(related, axis=1).tolist(),
        np.stack(near, axis=1).tolist(),
        _bits(on & (to_border < PLACE_MARGIN)).tolist(),
        strict=True,
    )
    novel = scenes.split == "pairs"
    return [
        Table(
            count=count,
            everything=everything,
            values=values,
            fits=[size, colour, shape, where],
            related=rel,
            near=close,
            border=border,
            novel=novel,
        )
        for count, everything, values, size, colour, shape, where, rel, close, border in rows
    ]


def has_held_out_pair(scenes: Scenes) -> Bool[np.ndarray, " n"]:
    """Return which scenes show a held-out pair of shape and colour."""
    return (scenes.exists & (scenes.colour == held_out_colour(scenes.shape))).any(1)


def only(chosen: int) -> int:
    """Return the one slot of a set, or -1 when it holds none or several."""
    return chosen.bit_length() - 1 if chosen and not chosen & (chosen - 1) else -1
