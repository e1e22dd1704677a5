"""Retrieval and foils on the pictures of a data set, whoever drew them: a prompt is a caption.

Nothing but the pictures and their captions differs from suite "perception": the floors, the
galleries and the scale of the latents are its own. Read a low figure with care, for it does not
say who failed: the senses, or the image model that drew what it was not told.
"""

import time
from functools import cached_property
from pathlib import Path
from typing import Any

from nexus.base.errors import DataError
from nexus.suites import results
from nexus.suites.perception import foil_figures, retrieval_figures
from nexus.suites.sights import Sight, see
from nexus.suites.workbench import Workbench
from nexus.system import Senses
from nexus.worlds.loading import Loaded, load


class MadeBench(Workbench):
    """A workbench whose test pictures and captions come from a data set."""

    def __init__(self, senses: Senses, made: Loaded) -> None:
        super().__init__(senses)
        world, side = made.manifest.world, made.images.shape[1]
        if world != self.world.name or side != self.recipe.world.side:
            raise DataError(
                f"the data set shows {world} at {side} pixels, this run knows "
                f"{self.world.name} at {self.recipe.world.side}",
                hint=f"nexus data make --side {self.recipe.world.side}",
            )
        self.made = made

    @cached_property
    def test(self) -> Sight:
        """The pictures of the data set."""
        return see(self.senses.encoder, self.made.scenes, self.made.images)

    @cached_property
    def captions(self) -> list[str]:
        """What they were made from."""
        return self.made.captions


def evaluate(senses: Senses, folder: Path, data: Path, *, split: str = "test") -> dict[str, Any]:
    """Measure the data set at ``data``, and store and return the result in the run at ``folder``.

    Raises:
        DataError: the data set is damaged, or not one this run can look at.
    """
    began = time.process_time()
    bench = MadeBench(senses, load(data, split))
    found = results.result(
        "made",
        retrieval_figures(bench) | foil_figures(bench),
        senses.recipe,
        cpu_s=time.process_time() - began,
        floors=bench.floors,
        source=bench.made.manifest.source,
        split=split,
    )
    results.store(folder, found)
    return found
