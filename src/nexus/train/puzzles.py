"""Training the reasoner on one puzzle, from its boards to what is published."""

from pathlib import Path
from typing import Final

import torch

from nexus.config import PhaseConfig, Recipe
from nexus.evaluate.calibration import fit_temperature
from nexus.reason.boards import BoardReasoner
from nexus.store.runs import Run
from nexus.train.interrupt import interruptible
from nexus.train.parts import Parts
from nexus.train.phase import Progress, Silent
from nexus.train.pipeline import Workshop
from nexus.train.ranks import joined
from nexus.train.reasoner import BoardPhase
from nexus.worlds import puzzles
from nexus.worlds.puzzles import Puzzles
from nexus.worlds.tabletop import Tabletop

HELD_OUT: Final = 600
"""Boards of split val on which confidence is calibrated."""


def artefact(task: str) -> str:
    """Return the name under which the reasoner of a task is published."""
    return f"reasoner-{task}"


def train_puzzle(recipe: Recipe, folder: Path, task: str, progress: Progress | None = None) -> None:
    """Train the reasoner on the puzzle ``task`` in the run at ``folder``, from where it was left.

    A smaller puzzle, such as ``khop-small``, is trained as the recipe says of its family.

    Raises:
        Interrupted: someone asked to stop; all is saved.
        ConfigError: there is no such puzzle.
        NexusError: see ``run_phase``.
    """
    puzzle = puzzles.get(task)
    config: PhaseConfig = getattr(recipe.train, task.partition("-")[0])
    with joined(), interruptible() as stop:
        shop = Workshop(
            recipe=recipe, run=Run.open(folder), world=Tabletop(), progress=progress, stop=stop
        )
        name = artefact(task)
        if name in shop.approved.artefacts:
            (progress or Silent()).note(f"{task} is trained already")
            return
        train, held_out = (
            puzzles.cached(puzzle, folder / "puzzles", seed=recipe.seed, split=split, count=count)
            for split, count in (("train", recipe.reasoner.boards), ("val", HELD_OUT))
        )
        boards = Parts(recipe=recipe, world=shop.world, vocabulary=1).boards(puzzle)
        segments = recipe.reasoner.segments
        phase = BoardPhase(name, boards, puzzle, train, config, segments=segments, seed=recipe.seed)
        shop.phase(phase, config)
        calibrate_boards(boards.eval(), held_out, cycles=recipe.reasoner.think)
        shop.publish(name, boards)


@torch.no_grad()
def calibrate_boards(boards: BoardReasoner, held_out: Puzzles, *, cycles: int) -> None:
    """Set the temperature of the cells' answers from boards not trained on."""
    said = boards.solve(torch.from_numpy(held_out.given), cycles=cycles)[-1]
    logits = said.answer.numpy()[held_out.asked]
    boards.reasoner.temperature.fill_(fit_temperature(logits, held_out.solution[held_out.asked]))
