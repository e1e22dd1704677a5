"""From what is claimed about a picture, in probabilities, to facts in three truth values.

A claim is one object that may be there: how likely it is, where its centre is, and how likely each
value of each attribute is. Places and relations follow from centres and their measured error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from nexus.base.records import Atom, Facts, Truth
from nexus.logic.language import Vocabulary

PLACE: Final = "place"
"""The attribute that follows from the centre; its nine values are thirds by thirds, row by row."""
AXES: Final[Mapping[str, tuple[int, int]]] = {
    "left_of": (0, 1),
    "right_of": (0, -1),
    "above": (1, 1),
    "below": (1, -1),
}
"""Relation -> (axis, sign): ``r(a, b)`` holds where ``sign * (centre_b - centre_a)[axis] > 0``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claims:
    """Objects that may be in each picture; a slot that claims nothing has presence 0."""

    presence: Float[Tensor, "batch slot"]
    centre: Float[Tensor, "batch slot 2"]
    """Centre (x, y) as a fraction of the side."""
    attributes: Mapping[str, Tensor]
    """Attribute -> probability of each value ``[batch slot value]``, if the object exists; what
    they lack of 1 is that it has no value that has a name."""


def truth_of(probability: float, certain: float) -> Truth:
    """Return true at ``certain`` or above, false at ``1 - certain`` or below, else unknown."""
    if probability >= certain:
        return Truth.TRUE
    return Truth.FALSE if probability <= 1 - certain else Truth.UNKNOWN


def merge(claims: Claims, *, radius: float, least: float) -> Claims:
    """Return the claims with those of one object joined: the strongest keeps its say.

    Greedy suppression by falling presence (non-maximum suppression). Claims under ``least`` are
    noise and neither join nor stay. Slots are left empty, not moved.
    """
    presence = claims.presence.double()
    order = presence.argsort(dim=1, descending=True, stable=True)
    p = presence.gather(1, order)
    at = claims.centre.double().gather(1, order[..., None].expand(-1, -1, 2))
    close = torch.cdist(at, at) < radius
    alive, kept = p >= least, torch.zeros_like(p)
    for slot in range(p.shape[1]):
        joined = close[:, slot] & alive
        joined[:, :slot] = False
        joined &= alive[:, slot, None]
        kept[:, slot] = p[:, slot] * alive[:, slot]
        alive = alive & ~joined
    back = torch.zeros_like(kept).scatter(1, order, kept)
    return Claims(
        presence=back.to(claims.presence.dtype), centre=claims.centre, attributes=claims.attributes
    )


def places(
    centre: Float[Tensor, "batch slot 2"], error: Float[Tensor, "2"]
) -> Float[Tensor, "batch slot 9"]:
    """Return the probability of each place: Gaussian errors of known spread along both axes."""
    below = [torch.special.ndtr((edge / 3 - centre) / error) for edge in (1, 2)]
    third = torch.stack([below[0], below[1] - below[0], 1 - below[1]], dim=-1)
    return (third[:, :, 1, :, None] * third[:, :, 0, None, :]).flatten(2)


def relations(
    centre: Float[Tensor, "batch slot 2"], error: Float[Tensor, "2"]
) -> Float[Tensor, "batch slot slot 2"]:
    """Return the probability that slot a has the smaller x (then y) than slot b.

    ``Phi((x_b - x_a) / (error sqrt 2))``: the difference of two independent Gaussian errors.
    """
    gap = centre[:, None, :] - centre[:, :, None]
    return torch.special.ndtr(gap / (error * 2**0.5))


def state(
    claims: Claims, vocabulary: Vocabulary, *, error: Float[Tensor, "2"], certain: float
) -> list[Facts]:
    """Return the facts of each picture; objects are named o1, o2, ... in slot order.

    An object is listed when its presence exceeds ``1 - certain``: as true at ``certain`` or above,
    as unknown below. Whatever else is listed is about these objects, given that they exist.
    """
    centre = claims.centre.double()
    values = {name: p.tolist() for name, p in claims.attributes.items()}
    values[PLACE] = places(centre, error.double()).tolist()
    ahead = relations(centre, error.double()).tolist()
    rows = zip(claims.presence.tolist(), centre.tolist(), ahead, strict=True)
    found: list[Facts] = []
    for row, (presence, at, gaps) in enumerate(rows):
        slots = [k for k, p in enumerate(presence) if p > 1 - certain]
        names = [f"o{k + 1}" for k in range(len(slots))]
        atoms: dict[Atom, float] = {
            ("object", name): presence[k] for name, k in zip(names, slots, strict=True)
        }
        for attribute, options in vocabulary.attributes.items():
            told = [values[attribute][row][k] for k in slots]
            _describe(atoms, attribute, options, names, told)
        _relate(atoms, vocabulary.relations, names, [[gaps[i][j] for j in slots] for i in slots])
        found.append(
            Facts(
                objects=tuple(names),
                truth={atom: truth_of(p, certain) for atom, p in atoms.items()},
                probability=atoms,
                centres={n: (at[k][0], at[k][1]) for n, k in zip(names, slots, strict=True)},
            )
        )
    return found


def _describe(
    atoms: dict[Atom, float],
    attribute: str,
    options: Sequence[str],
    names: Sequence[str],
    probability: Sequence[Sequence[float]],
) -> None:
    """Add one attribute's atoms, in place."""
    for name, row in zip(names, probability, strict=True):
        for value, p in zip(options, row, strict=True):
            atoms[attribute, name, value] = p


def _relate(
    atoms: dict[Atom, float],
    wanted: Sequence[str],
    names: Sequence[str],
    ahead: Sequence[Sequence[Sequence[float]]],
) -> None:
    """Add the relation atoms of every ordered pair, in place."""
    for relation in wanted:
        axis, sign = AXES[relation]
        for i, a in enumerate(names):
            for j, b in enumerate(names):
                if i != j:
                    p = ahead[i][j][axis] if sign > 0 else ahead[j][i][axis]
                    atoms[relation, a, b] = p
