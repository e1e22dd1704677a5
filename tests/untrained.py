"""A run whose reasoners know nothing: what tests of boards on the command line start from."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import tomli_w

from nexus.config import ReasonerConfig, Recipe
from nexus.interfaces.boards import TASKS
from nexus.nn.weights import module_bytes
from nexus.reason.boards import BoardReasoner
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.train.parts import Parts
from nexus.train.puzzles import artefact
from nexus.worlds.puzzles import get
from nexus.worlds.tabletop import Tabletop

Nexus = Callable[..., tuple[int, str, str]]
"""Runs a command line in this process: exit code, stdout, stderr."""
RECIPE = Recipe(
    name="small",
    reasoner=ReasonerConfig(width=16, heads=2, working_depth=1, core_depth=1, cycles=1, think=3),
)


def untrained(task: str) -> BoardReasoner:
    parts = Parts(recipe=RECIPE, world=Tabletop(), vocabulary=1)
    return parts.boards(get(task)).eval().requires_grad_(False)


def untrained_run(folder: Path) -> Path:
    """Return ``folder``, now a run with an untrained reasoner for each task."""
    text = tomli_w.dumps(asdict(RECIPE))
    Run.create(folder, recipe=text, config_hash=RECIPE.hash, seed=0)
    for task in TASKS:
        Gate(folder).found(artefact(task), module_bytes(untrained(task)), kind="core")
    return folder
