"""The transformer beside the reasoner on k-hop, trained once a run and kept in it."""

import statistics
from dataclasses import replace
from pathlib import Path
from typing import Final

from torch import nn

from nexus.config import Recipe
from nexus.nn.weights import load_module
from nexus.reason.boards import BoardReasoner
from nexus.review.approved import Approved
from nexus.store.runs import Run
from nexus.suites import briefly
from nexus.suites.rivals import RivalPhase, flat
from nexus.train.checkpoint import Checkpoints
from nexus.train.interrupt import interruptible
from nexus.train.parts import Parts
from nexus.train.phase import Progress
from nexus.train.pipeline import Workshop
from nexus.train.puzzles import artefact
from nexus.train.reasoner import BoardPhase
from nexus.worlds.puzzles import Khop, Puzzles, cached
from nexus.worlds.tabletop import Tabletop

NAME: Final = "rival-khop"
"""What it is published as."""
TRIALS: Final = 3
"""Times each one's pace is taken, in turns."""


def rival_khop(recipe: Recipe, folder: Path, progress: Progress | None = None) -> nn.Module:
    """Return the transformer of as many parameters, relations given, for as many CPU-seconds.

    The reasoner's steps are the recipe's; the transformer takes as many of its own as cost the
    same, by paces taken one beside the other before it begins. An interrupted training goes on
    where it was, with the steps it began with.

    Raises:
        Interrupted: someone asked to stop; all is saved.
        NexusError: see ``run_phase``.
    """
    run, puzzle = Run.open(folder), Khop()
    net = flat(recipe, puzzle, _boards(recipe))
    if NAME not in Approved.open(folder).artefacts:
        count, home = recipe.reasoner.boards, folder / "puzzles"
        data = cached(puzzle, home, seed=recipe.seed, split="train", count=count)
        begun = list(Checkpoints(run.checkpoints(NAME)).list().values())
        steps = begun[0].steps if begun else equal_steps(recipe, data)
        config = replace(recipe.train.khop, steps=steps)
        phase = RivalPhase(NAME, net, _lessons(recipe, data, segments=1), config)
        with interruptible() as stop:
            shop = Workshop(recipe=recipe, run=run, world=Tabletop(), progress=progress, stop=stop)
            shop.phase(phase, config)
            shop.publish(NAME, net)
    load_module(net, Approved.open(folder).artefact(NAME), source=NAME)
    return net.eval().requires_grad_(False)


def equal_steps(recipe: Recipe, data: Puzzles) -> int:
    """Return the transformer's steps that cost what all steps of the reasoner cost."""
    config, paces = recipe.train.khop, list[float]()
    for _ in range(TRIALS):
        ours = _lessons(recipe, data, segments=recipe.reasoner.segments)
        net = flat(recipe, ours.puzzle, _boards(recipe))
        rival = RivalPhase(NAME, net, _lessons(recipe, data, segments=1), config)
        paces.append(briefly.pace(ours, config) / briefly.pace(rival, config))
    return max(1, round(config.steps * statistics.median(paces)))


def _lessons(recipe: Recipe, data: Puzzles, *, segments: int) -> BoardPhase:
    """Return the reasoner's own phase, untrained."""
    puzzle, boards, config = Khop(), _boards(recipe), recipe.train.khop
    name = artefact(puzzle.name)
    return BoardPhase(name, boards, puzzle, data, config, segments=segments, seed=recipe.seed)


def _boards(recipe: Recipe) -> BoardReasoner:
    return Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(Khop())
