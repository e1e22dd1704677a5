"""What one relation after another comes to: a rule table, of which one rule may later change."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64

from nexus.base.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Relations and how two compose.

    If a is b under relation ``r`` and b is c under ``s``, then a is c under ``table[r, s]``.
    A chain composes from its first tile on: ``((r1 r2) r3) r4``. In a group any other bracketing
    gives the same; after one rule has changed, this one is what is meant.
    """

    relations: tuple[str, ...]
    """A phrase for each: "{b} turned left" is what a is."""
    table: Int64[np.ndarray, "relation relation"]

    def __post_init__(self) -> None:
        n = len(self.relations)
        if self.table.shape != (n, n) or not ((self.table >= 0) & (self.table < n)).all():
            raise ConfigError(
                f"the rule table of {n} relations must be {n} x {n} with entries below {n}",
                hint=f"it has shape {self.table.shape}, entries up to {int(self.table.max())}",
            )

    def compose(self, chain: list[int]) -> int:
        """Return what a chain of one or more relations comes to."""
        composed, *rest = chain
        for relation in rest:
            composed = int(self.table[composed, relation])
        return composed

    def used(self, chain: list[int]) -> list[tuple[int, int]]:
        """Return the entries of ``table`` that composing a chain looks up, in order."""
        return [(self.compose(chain[:at]), chain[at]) for at in range(1, len(chain))]

    def changed(self, first: int, second: int, to: int) -> "Rules":
        """Return the rules with one changed: ``first`` after ``second`` now comes to ``to``."""
        table = self.table.copy()
        table[first, second] = to
        return replace(self, table=table)

    @property
    def mark(self) -> str:
        """Return eight hexadecimal digits that tell these rules from others."""
        told = repr((self.relations, self.table.tolist()))
        return hashlib.sha256(told.encode()).hexdigest()[:8]


def triangle() -> Rules:
    """Return the six ways to turn and flip a triangle: S3, the least non-abelian group.

    Relation ``i + 3 f`` is: flip if ``f``, then turn ``i`` thirds to the left. As flipping and then
    turning left is turning right and then flipping, the thirds of what comes after a flip count
    backwards. Each row and each column of the table has every relation once, so the composition of
    a chain is uniform while any one of its facts is unknown.
    """
    turn, flip = np.arange(6) % 3, np.arange(6) // 3
    turned = (turn[:, None] + np.where(flip == 1, -1, 1)[:, None] * turn) % 3
    return Rules(
        relations=(
            "unchanged",
            "turned left",
            "turned right",
            "flipped",
            "flipped then turned left",
            "flipped then turned right",
        ),
        table=turned + 3 * (flip[:, None] ^ flip),
    )
