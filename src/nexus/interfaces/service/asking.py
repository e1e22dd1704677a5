"""One question about one picture: input checked, the system asked, the decision returned."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nexus.base.errors import InputError
from nexus.base.records import Decision, Observation
from nexus.interfaces.pictures import read_picture
from nexus.interfaces.sentences import read_question
from nexus.interfaces.service.runs import find, recipe_of

if TYPE_CHECKING:
    from nexus.config import Recipe
    from nexus.worlds.protocol import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A question, what it was about, and the decision."""

    question: str
    picture: str
    """Where the picture came from."""
    run: Path
    decision: Decision


def ask(question: str, *, image: Path | None, scene: int | None, run: str = "") -> Answered:
    """Return the decision on ``question`` about a picture file or a test scene.

    The input is judged before the system is loaded, so that a mistake is answered at once.

    Raises:
        InputError: the question or the picture cannot be used.
        CheckpointError: there is no such run, or it is not trained to the end.
    """
    from nexus.worlds.registry import get

    folder = find(run)
    recipe = recipe_of(folder)
    world = get(recipe.world.name)
    question = read_question(question, words=world.words())
    if image is not None:
        seen = read_picture(image, side=recipe.world.side)
    else:
        seen = observe_scene(world, recipe, scene or 0)
    decision = _think(folder, seen, question)
    return Answered(question=question, picture=seen.source, run=folder, decision=decision)


def observe_scene(world: "World[object]", recipe: "Recipe", index: int) -> Observation:
    """Return the picture of one scene of the test split, which no training sees."""
    from nexus.worlds.protocol import Seen

    if index < 0:
        raise InputError(f"a scene is numbered from 0, got {index}")
    if not isinstance(world, Seen):
        raise InputError(f"world {world.name} has no pictures", hint="ask about an --image")
    scenes = world.scenes(recipe.seed, "test", np.array([index]))
    picture = world.render(scenes, side=recipe.world.side)[0]
    return Observation(image=picture, source=f"{world.name} test scene {index}")


def _think(folder: Path, seen: Observation, question: str) -> Decision:
    from nexus.base.device import set_threads
    from nexus.system import System

    set_threads()
    system = System.load(folder)
    decision, _ = system.think(seen, question, system.memory.initial())
    return decision
