"""Which run is meant, and which recipe it is made from."""

from pathlib import Path
from typing import Final

from nexus.base.errors import ConfigError
from nexus.config import Recipe, recipe
from nexus.store.runs import Run, newest

RUNS: Final = Path("runs")
"""Where runs live, below the folder NEXUS is started in."""


def folder_of(name: str) -> Path:
    """Return the folder of the run called ``name``; a name with a slash is a path.

    Raises:
        ConfigError: the name cannot be that of a folder.
    """
    if not name.strip() or not name.isprintable() or name in (".", ".."):
        raise ConfigError(f"{name!r} cannot name a run", hint="use letters, digits and dashes")
    return Path(name) if "/" in name else RUNS / name


def find(name: str) -> Path:
    """Return the folder of an existing run; an empty name means the newest.

    Raises:
        CheckpointError: there is no such run, or none at all.
    """
    return Run.open(folder_of(name)).folder if name else newest(RUNS).folder


def recipe_of(folder: Path) -> Recipe:
    """Return the recipe the run at ``folder`` was begun with."""
    return recipe(str(folder / "recipe.toml"))


def find_or_name(name: str, wanted: Recipe) -> Path:
    """Return where ``wanted`` is or goes: as named, its newest run, or ``runs/<recipe>``."""
    if name:
        return folder_of(name)
    runs = [Run.open(path.parent) for path in sorted(RUNS.glob("*/run.json"))]
    same = [run for run in runs if run.info.config_hash == wanted.hash]
    return max(same, key=lambda run: run.info.created).folder if same else RUNS / wanted.name
