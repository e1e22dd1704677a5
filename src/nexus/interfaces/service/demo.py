"""The whole of NEXUS once over, by one command: data, training, figures, report.

Every stage leaves what it made in the run's folder and is skipped where that is there already, so
the same command after an interruption goes on, and after success only shows the results.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nexus.config import recipe as recipe_named
from nexus.interfaces.service import data
from nexus.interfaces.service.measuring import Suite, measure
from nexus.interfaces.service.runs import folder_of
from nexus.interfaces.service.training import HALVES, train_into, trained
from nexus.store.provenance import code_hash

if TYPE_CHECKING:
    from nexus.train.phase import Progress

_SCENES: Final = 256
"""Scenes exported for a person to look at; training draws its own without end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the demo leaves behind."""

    run: Path
    report: Path
    results: Mapping[str, Mapping[str, Any]]
    """Suite -> its result."""


def demo(
    *,
    run: str,
    recipe: str,
    tell: Callable[[str], None],
    progress: "Progress | None" = None,
) -> Shown:
    """Make, train, measure and report one run; ``tell`` hears of each stage as it begins."""
    from nexus.interfaces.service.reporting import report

    made_from, folder = recipe_named(recipe), folder_of(run)
    world = made_from.world
    tell(f"data: {_SCENES} scenes of world {world.name}")
    data.make(world.name, out=folder / "data", scenes=_SCENES, seed=made_from.seed, side=world.side)
    for half in HALVES:
        if not trained(folder, half):
            tell(f"training: {half}")
            train_into(made_from, folder, half, progress=progress)
    suites: tuple[Suite, ...] = ("perception", "questions")
    results = {suite: _result(suite, folder, made_from.hash, tell) for suite in suites}
    tell("report")
    return Shown(run=folder, report=report(str(folder.absolute())), results=results)


def _result(
    suite: Suite, folder: Path, recipe_hash: str, tell: Callable[[str], None]
) -> Mapping[str, Any]:
    """Return the stored result if this very code and recipe made it, else measure again."""
    path = folder / "evaluation" / f"{suite}.json"
    if path.exists():
        try:
            stored: Mapping[str, Any] = json.loads(path.read_bytes())
        except ValueError:
            stored = {}
        if (stored.get("hash"), stored.get("code_hash")) == (recipe_hash, code_hash()):
            return stored
    tell(f"figures: {suite}")
    return measure(suite, folder)
