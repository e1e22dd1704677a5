"""Bench "recursion": what thinking in cycles is worth, at equal parameters and CPU-seconds.

Everyone is taught the same boards in the same order and guises, with the recipe's batch, rates and
optimiser, and judged on the same boards. The number of steps is set before training from the cost
of a few, so that schedules are in steps; what was spent stands beside the figures.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

import numpy as np
from torch import nn

from nexus.config import PhaseConfig, Recipe, overlay
from nexus.reason.boards import BoardReasoner
from nexus.suites import briefly, results, tiny
from nexus.suites.results import Figure
from nexus.suites.rivals import (
    RivalPhase,
    Solver,
    flat,
    likeliest,
    parameters,
    recurrent,
    solved,
    thinking,
)
from nexus.train.parts import Parts
from nexus.train.phase import Phase, Progress
from nexus.train.puzzles import artefact
from nexus.train.reasoner import BoardPhase
from nexus.worlds import puzzles
from nexus.worlds.puzzles import Puzzle, Puzzles, of_band
from nexus.worlds.tabletop import Tabletop

NetT = TypeVar("NetT", bound=nn.Module)
Task: TypeAlias = Literal["sudoku6", "khop", "maze"]
EACH: Final = 500
"""Boards a band."""
HELD_OUT: Final = 300
"""Boards of split val by which a rival's weights are chosen."""
PACED: Final = 12
"""Steps whose CPU time says what a step costs."""
ONCE: Final = {"reasoner": {"fast_steps": 1, "cycles": 1, "segments": 1, "think": 1}}
"""What leaves the reasoner without recursion: each of its layers is used once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What is to be learned, from what, and for how long."""

    recipe: Recipe
    puzzle: Puzzle
    data: Puzzles
    held_out: Puzzles
    """Boards by which a contender's weights may be chosen."""
    cpu_s: float

    @property
    def config(self) -> PhaseConfig:
        """How the reasoner is trained on this puzzle."""
        return getattr(self.recipe.train, self.puzzle.name)

    def boards(self, *, related: bool = True) -> BoardReasoner:
        """Return the reasoner, untrained."""
        parts = Parts(recipe=self.recipe, world=Tabletop(), vocabulary=1)
        return parts.boards(self.puzzle, related=related)

    def phase(self, boards: BoardReasoner, config: PhaseConfig, *, segments: int) -> BoardPhase:
        """Return the phase that trains the reasoner, each batch in so many segments."""
        return BoardPhase(
            artefact(self.puzzle.name),
            boards,
            self.puzzle,
            self.data,
            config,
            segments=segments,
            seed=self.recipe.seed,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Pupil:
    """A contender after its training."""

    solver: Solver
    steps: int
    cpu_s: float
    """What its training took."""
    parameters: int


def ours(lesson: Lesson, *, related: bool = True, once: bool = False) -> Pupil:
    """Train the reasoner: told the relations or not, thinking in cycles or ``once``."""
    lesson = replace(lesson, recipe=overlay(lesson.recipe, ONCE)) if once else lesson
    config = lesson.recipe.reasoner
    boards = lesson.boards(related=related)
    steps, cpu_s = _trained(
        lambda net, phase: lesson.phase(net, phase, segments=config.segments),
        (lesson.boards(related=related), boards),
        lesson,
    )
    solver = thinking(boards.eval(), cycles=config.think)
    return Pupil(solver=solver, steps=steps, cpu_s=cpu_s, parameters=parameters(boards))


def rival(lesson: Lesson, make: Callable[..., nn.Module]) -> Pupil:
    """Train a net without recursion, as large as the reasoner."""
    like = lesson.boards()
    trial, net = (make(lesson.recipe, lesson.puzzle, like) for _ in range(2))
    steps, cpu_s = _trained(
        lambda net, phase: RivalPhase("rival", net, lesson.phase(like, phase, segments=1), phase),
        (trial, net),
        lesson,
    )
    solver = likeliest(net.eval())
    return Pupil(solver=solver, steps=steps, cpu_s=cpu_s, parameters=parameters(net))


def _trained(
    phase: Callable[[NetT, PhaseConfig], Phase], nets: tuple[NetT, NetT], lesson: Lesson
) -> tuple[int, float]:
    """Train the second of two equal nets, the first being worn out to learn what a step costs.

    Returns:
        How many steps it took, and how many CPU-seconds.
    """
    trial, net = nets
    cost = briefly.pace(phase(trial, lesson.config), lesson.config, paced=PACED)
    config = replace(lesson.config, steps=max(1, round(lesson.cpu_s / cost)))
    began = time.process_time()
    briefly.drive(phase(net, config), config, last=config.steps)
    return config.steps, time.process_time() - began


def package(lesson: Lesson, kind: tiny.Kind) -> Pupil:
    """Train the package's tiny recursive model, as large as the reasoner."""
    like = lesson.boards()
    model = tiny.tiny(lesson.recipe, lesson.puzzle, like, kind=kind)
    batches = lesson.phase(like, lesson.config, segments=1)
    taught = tiny.teach(model, batches, lesson.held_out, recipe=lesson.recipe, cpu_s=lesson.cpu_s)
    return Pupil(
        solver=taught.solver,
        steps=taught.steps,
        cpu_s=taught.cpu_s,
        parameters=parameters(model),
    )


CONTENDERS: Final[Mapping[str, Callable[[Lesson], Pupil]]] = {
    "ours": ours,
    "ours_unrelated": partial(ours, related=False),
    "ours_once": partial(ours, once=True),
    "flat": partial(rival, make=flat),
    "flat_unrelated": partial(rival, make=partial(flat, related=False)),
    "recurrent": partial(rival, make=recurrent),
    "tiny": partial(package, kind="attention"),
    "tiny_related": partial(package, kind="related"),
    "tiny_mixer": partial(package, kind="mixer"),
}
"""Contender -> how it is trained. Who is not called unrelated is told the puzzle's relations, but
for ``recurrent``, ``tiny`` and ``tiny_mixer``."""
ENTERED: Final[Mapping[Task, tuple[str, ...]]] = {
    "sudoku6": (
        *("ours", "ours_unrelated", "ours_once", "flat", "flat_unrelated"),
        *("tiny", "tiny_related", "tiny_mixer"),
    ),
    "khop": ("ours", "flat", "recurrent"),
    "maze": ("ours", "ours_once", "flat"),
}
"""Who takes part; the package wants an answer in every cell, which k-hop does not have."""


def bench_recursion(
    recipe: Recipe, folder: Path, *, task: Task, cpu_s: float, seeds: int, progress: Progress
) -> dict[str, Any]:
    """Return the share of boards each contender solves, band by band.

    The value is the mean over ``seeds`` trainings on the same boards, from other first weights in
    another order; ``low`` and ``high`` are the worst and the best. Boards are kept in ``folder``.
    """
    began = time.process_time()
    puzzle, count = puzzles.get(task), recipe.reasoner.boards
    data = puzzles.cached(puzzle, folder, seed=recipe.seed, split="train", count=count)
    test = {
        band: puzzle.sample(recipe.seed, "test", of_band(puzzle, "test", band, EACH))
        for band in puzzle.bands
    }
    held_out = puzzle.sample(recipe.seed, "val", np.arange(HELD_OUT))
    found: dict[str, list[Figure]] = {}
    pupils: dict[str, list[Pupil]] = {name: [] for name in ENTERED[task]}
    for seed in range(seeds):
        made = overlay(recipe, {"seed": recipe.seed + seed})
        lesson = Lesson(recipe=made, puzzle=puzzle, data=data, held_out=held_out, cpu_s=cpu_s)
        for name, taught in pupils.items():
            pupil = CONTENDERS[name](lesson)
            taught.append(pupil)
            told = list[str]()
            for band, boards in test.items():
                share = results.share(solved(pupil.solver, boards), floor=_floor(boards, puzzle))
                found.setdefault(f"{name}/{band.replace(' ', '_')}", []).append(share)
                told.append(f"{band} {share.value:.3f}")
            spent = f"{pupil.steps} steps, {pupil.cpu_s:.0f} CPU-s"
            progress.note(f"{name}, seed {seed}: {spent}; solves {', '.join(told)}")
    return results.result(
        "recursion",
        {name: results.over_seeds(figures) for name, figures in found.items()},
        recipe,
        cpu_s=time.process_time() - began,
        task=task,
        budget_cpu_s=cpu_s,
        spent_cpu_s={name: [pupil.cpu_s for pupil in taught] for name, taught in pupils.items()},
        steps={name: [pupil.steps for pupil in taught] for name, taught in pupils.items()},
        parameters={name: taught[0].parameters for name, taught in pupils.items()},
    )


def _floor(boards: Puzzles, puzzle: Puzzle) -> float:
    """Return the share that guessing solves: nothing to speak of where a board asks much."""
    return 1 / puzzle.answers if boards.asked.sum(1).max() == 1 else 0.0
