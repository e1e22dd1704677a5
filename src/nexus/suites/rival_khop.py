"""The transformer beside the reasoner on k-hop: the best of a few, trained once a run and kept."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from torch import nn

from nexus.config import Recipe
from nexus.nn.weights import load_module
from nexus.reason.boards import BoardReasoner
from nexus.review.approved import Approved
from nexus.store.runs import Run
from nexus.suites import briefly
from nexus.suites.rivals import RivalPhase, flat, likeliest, solved
from nexus.train.checkpoint import Checkpoints
from nexus.train.interrupt import interruptible
from nexus.train.parts import Parts
from nexus.train.phase import Progress, Silent
from nexus.train.pipeline import Workshop
from nexus.train.puzzles import artefact
from nexus.train.reasoner import BoardPhase
from nexus.worlds.puzzles import Khop, Puzzles, cached
from nexus.worlds.tabletop import Tabletop


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How a transformer spends its parameters and its time."""

    layers: int
    times: int = 1
    """How often all of them are used in a row."""


SHAPES: Final[Mapping[str, Shape]] = {
    "rival-khop-2-layers": Shape(layers=2),
    "rival-khop-4-layers": Shape(layers=4),
    "rival-khop-8-layers": Shape(layers=8),
    "rival-khop-tied": Shape(layers=1, times=8),
}
"""What may be published, and under which name; the widths make all as large as the reasoner."""
HELD_OUT: Final = 900
"""Boards of split val by which the shape is chosen."""
TRIALS: Final = 3
"""Times each one's pace is taken, in turns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rival:
    """The transformer that stands beside the reasoner."""

    name: str
    """One of ``SHAPES``."""
    net: nn.Module


def rival_khop(recipe: Recipe, folder: Path, progress: Progress | None = None) -> Rival:
    """Return the transformer of as many parameters, relations given, for as many CPU-seconds.

    Which one: each of ``SHAPES`` is first taught for its part of that time, and the one that then
    answers most held-out boards is taught for all of it. The reasoner's steps are the recipe's; a
    transformer takes as many of its own as cost the same, by paces taken side by side before it
    begins. An interrupted training goes on where it was, with the shape and steps it began with.

    Raises:
        Interrupted: someone asked to stop; all is saved.
        NexusError: see ``run_phase``.
    """
    run, approved = Run.open(folder), Approved.open(folder)
    name = next((name for name in SHAPES if name in approved.artefacts), "")
    if not name:
        count, home = recipe.reasoner.boards, folder / "puzzles"
        data = cached(Khop(), home, seed=recipe.seed, split="train", count=count)
        begun = {
            name: saved[0].steps
            for name in SHAPES
            if (saved := list(Checkpoints(run.checkpoints(name)).list().values()))
        }
        if not begun:
            steps = equal_steps(recipe, data)
            first = _best(recipe, data, steps, progress or Silent())
            begun = {first: steps[first]}
        [(name, most)] = begun.items()
        config, net = replace(recipe.train.khop, steps=most), _net(recipe, name)
        phase = RivalPhase(name, net, _lessons(recipe, data, segments=1), config)
        with interruptible() as stop:
            shop = Workshop(recipe=recipe, run=run, world=Tabletop(), progress=progress, stop=stop)
            shop.phase(phase, config)
            shop.publish(name, net)
    net = _net(recipe, name)
    load_module(net, Approved.open(folder).artefact(name), source=name)
    return Rival(name=name, net=net.eval().requires_grad_(False))


def _best(recipe: Recipe, data: Puzzles, steps: Mapping[str, int], progress: Progress) -> str:
    """Return the shape that answers most held-out boards after its part of the training."""
    held_out, shares = Khop().sample(recipe.seed, "val", np.arange(HELD_OUT)), dict[str, float]()
    for name in SHAPES:
        config = replace(recipe.train.khop, steps=max(1, steps[name] // len(SHAPES)))
        net = _net(recipe, name)
        phase = RivalPhase(name, net, _lessons(recipe, data, segments=1), config)
        briefly.drive(phase, config, last=config.steps)
        shares[name] = float(solved(likeliest(net.eval()), held_out).mean())
        progress.note(f"{name}: {shares[name]:.1%} of held-out boards after {config.steps} steps")
    return max(shares, key=lambda name: shares[name])


def equal_steps(recipe: Recipe, data: Puzzles) -> dict[str, int]:
    """Return each transformer's steps that cost what all steps of the reasoner cost."""
    config, paces = recipe.train.khop, {name: list[float]() for name in SHAPES}
    for _ in range(TRIALS):
        ours = briefly.pace(_lessons(recipe, data, segments=recipe.reasoner.segments), config)
        for name, found in paces.items():
            lessons = _lessons(recipe, data, segments=1)
            rival = RivalPhase(name, _net(recipe, name), lessons, config)
            found.append(ours / briefly.pace(rival, config))
    return {
        name: max(1, round(config.steps * statistics.median(found)))
        for name, found in paces.items()
    }


def _net(recipe: Recipe, name: str) -> nn.Module:
    """Return the transformer of a shape, untrained."""
    shape = SHAPES[name]
    return flat(recipe, Khop(), _boards(recipe), depth=shape.layers, times=shape.times)


def _lessons(recipe: Recipe, data: Puzzles, *, segments: int) -> BoardPhase:
    """Return the reasoner's own phase, untrained."""
    puzzle, boards, config = Khop(), _boards(recipe), recipe.train.khop
    name = artefact(puzzle.name)
    return BoardPhase(name, boards, puzzle, data, config, segments=segments, seed=recipe.seed)


def _boards(recipe: Recipe) -> BoardReasoner:
    return Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(Khop())
