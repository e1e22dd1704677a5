"""The whole of NEXUS once over, by one command: data, training, figures, a change, report.

Every stage leaves what it made in the run's folder and is skipped where that is there already, so
the same command after an interruption goes on, and after success only shows the results.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nexus.base.errors import DataError
from nexus.config import Recipe
from nexus.config import recipe as recipe_named
from nexus.interfaces.service import data, reviewing
from nexus.interfaces.service.measuring import Suite, measure
from nexus.interfaces.service.reviewing import Shown as ShownChange
from nexus.interfaces.service.runs import folder_of
from nexus.interfaces.service.training import HALVES, train_into, trained
from nexus.store.provenance import code_hash

if TYPE_CHECKING:
    from nexus.suites.drifting import Change
    from nexus.suites.story import Played
    from nexus.train.phase import Progress

_SCENES: Final = 256
"""Scenes exported for a person to look at; training draws its own without end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """A change to what thinks, from the world's change to where it stands."""

    world: "Change"
    """What changed in the world, which nobody told the machine."""
    relations: tuple[str, ...]
    shown: ShownChange
    played: "Played | None"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the demo leaves behind."""

    run: Path
    report: Path
    results: Mapping[str, Mapping[str, Any]]
    """Suite -> its result."""
    story: Story | str
    """Or why there is none, in plain words."""


def demo(
    *,
    run: str,
    recipe: str,
    tell: Callable[[str], None],
    unattended: bool = False,
    progress: "Progress | None" = None,
) -> Shown:
    """Make, train, measure and report one run; ``tell`` hears of each stage as it begins.

    ``unattended`` has a demo key decide about the change that waits.
    """
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
    tell("story: a rule of a small world changes")
    told = story(folder, made_from, unattended=unattended, progress=progress)
    tell("report")
    page = report(str(folder.absolute()))
    return Shown(run=folder, report=page, results=results, story=told)


def story(
    folder: Path, recipe: Recipe, *, unattended: bool = False, progress: "Progress | None" = None
) -> Story | str:
    """Return the story of the run at ``folder``, told once; or why there is none.

    Raises:
        ReviewError: it is ``unattended``, and the change is a person's to decide.
        NexusError: see ``suites.story``.
    """
    from nexus.base.device import set_threads
    from nexus.suites import story as stories
    from nexus.train.phase import Silent

    set_threads()
    try:
        change = stories.waiting(folder, recipe, progress or Silent())
    except DataError as error:
        return f"No change to tell of: {error}"
    played = None
    if unattended and change.state == "pending":
        played = stories.play(folder, recipe, change)
    return Story(
        world=stories.PLAN.change(recipe),
        relations=stories.known().rules.relations,
        shown=reviewing.shown(str(folder), change.change),
        played=played,
    )


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
