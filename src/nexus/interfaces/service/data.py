"""Data sets on request."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexus.worlds.sources.protocol import Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """What draws the pictures of a data set; see ``nexus.worlds.sources.registry.get``."""

    source: str = "render"
    workflow: Path | None = None
    steps: int = 20
    guidance: float = 7.5


def make(
    world: str,
    *,
    out: Path,
    scenes: int,
    seed: int,
    side: int,
    drawing: Drawing | None = None,
    progress: "Progress | None" = None,
) -> None:
    """Write a data set of ``world`` into the folder ``out``; an equal one is verified and kept."""
    from nexus.worlds import export, registry
    from nexus.worlds.sources import registry as sources

    wanted = drawing or Drawing()
    source = sources.get(
        wanted.source,
        registry.get(world),
        workflow=wanted.workflow,
        steps=wanted.steps,
        guidance=wanted.guidance,
    )
    export.make(world, out, scenes=scenes, seed=seed, side=side, source=source, progress=progress)


def show(folder: Path, *, out: Path) -> None:
    """Draw a contact sheet of the data set in ``folder`` as the PNG ``out``."""
    from nexus.worlds import export

    export.show(folder, out)


def verify(folder: Path) -> None:
    """Return if every byte of the data set in ``folder`` is what its manifest says.

    Raises:
        DataError: a file is missing or changed; it is named.
    """
    from nexus.worlds import export

    export.verify(folder)
