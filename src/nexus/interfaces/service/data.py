"""Data sets on request."""

from pathlib import Path


def make(world: str, *, out: Path, scenes: int, seed: int, side: int) -> None:
    """Write a data set of ``world`` into the folder ``out``; an equal one is verified and kept."""
    from nexus.worlds import export

    export.make(world, out, scenes=scenes, seed=seed, side=side)


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
