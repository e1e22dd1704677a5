"""Scenes side by side: what the scenes of every world have in common."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from jaxtyping import Int64


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Scenes of one split; a world adds its arrays, each with a row a scene."""

    count: Int64[np.ndarray, " n"]
    """How many things each scene has."""
    index: Int64[np.ndarray, " n"]
    """Which scenes of the split these are."""
    seed: int
    split: str

    def __len__(self) -> int:
        return len(self.count)

    def take(self, rows: Int64[np.ndarray, " m"] | slice | list[int]) -> Self:
        """Return the scenes at these rows of the batch, in this order; rows may repeat."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {name: part[rows] for name, part in parts.items() if isinstance(part, np.ndarray)}
        return replace(self, **arrays)
