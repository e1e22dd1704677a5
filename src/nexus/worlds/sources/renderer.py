"""The first image source: the world draws its own scenes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from nexus.worlds.protocol import Seen


@dataclass(frozen=True, slots=True)
class Renderer:
    """Pictures that show the state to the pixel."""

    world: Seen[Any]
    exact = True

    @property
    def provenance(self) -> Mapping[str, Any]:
        """The world, its version and seed say the rest."""
        return {"name": "render"}

    @property
    def packages(self) -> Mapping[str, str]:
        """Nothing beside what every data set records."""
        return {}

    def render(self, scenes: Any, *, side: int) -> UInt8[np.ndarray, "n side side 3"]:
        """Return one RGB picture a scene."""
        return self.world.render(scenes, side=side)
