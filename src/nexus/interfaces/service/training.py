"""Training on request: checks first, then the pipeline."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import tomli_w

from nexus.base.errors import CheckpointError
from nexus.config import Recipe
from nexus.interfaces.service.runs import folder_of
from nexus.review.approved import Approved
from nexus.store.runs import Run

if TYPE_CHECKING:
    from nexus.train.phase import Progress

Half: TypeAlias = Literal["perception", "questions"]
"""perception: encoders and predictors; questions: what asks, grounds, parses and answers."""

HALVES: Final[tuple[Half, ...]] = ("perception", "questions")
"""In the order they are trained."""
_LAST: Final[Mapping[Half, str]] = {"perception": "memory", "questions": "calibration"}
"""What each half publishes last."""
_PARSER: Final = "sentences"
"""What training the parser of sentences publishes."""


def train(
    recipe: Recipe,
    half: Half | Literal["reasoner", "parser"],
    *,
    task: str = "sudoku6",
    run: str = "",
    resume: bool = False,
    progress: "Progress | None" = None,
) -> Path:
    """Train one part of the system and return the run's folder; a stopped run goes on by itself.

    ``task`` is what a reasoner is trained on.

    Raises:
        CheckpointError: ``resume`` is asked for where no run has begun.
        ConfigError: the run was begun with another recipe.
    """
    folder = folder_of(run or recipe.name)
    if resume and not (folder / "run.json").exists():
        raise CheckpointError(
            f"there is no run in {folder} to resume", hint="leave out --resume to begin one"
        )
    if half == "reasoner":
        reasoner_into(recipe, folder, task, progress=progress)
    elif half == "parser":
        parser_into(recipe, folder, progress=progress)
    else:
        train_into(recipe, folder, half, progress=progress)
    return folder


def reasoner_into(
    recipe: Recipe, folder: Path, task: str, *, progress: "Progress | None" = None
) -> None:
    """Train the reasoner on one puzzle into ``folder``, a new run or one of this same recipe."""
    Run.create(
        folder, recipe=tomli_w.dumps(asdict(recipe)), config_hash=recipe.hash, seed=recipe.seed
    )
    from nexus.base.device import set_threads
    from nexus.train.puzzles import train_puzzle

    set_threads()
    train_puzzle(recipe, folder, task, progress)


def parser_into(recipe: Recipe, folder: Path, *, progress: "Progress | None" = None) -> None:
    """Train the parser of sentences into ``folder``, a new run or one of this same recipe."""
    Run.create(
        folder, recipe=tomli_w.dumps(asdict(recipe)), config_hash=recipe.hash, seed=recipe.seed
    )
    from nexus.base.device import set_threads
    from nexus.train.sentence_parser import train_sentences

    set_threads()
    train_sentences(recipe, folder, progress)


def parser_trained(folder: Path) -> bool:
    """Return whether the run at ``folder`` has a parser of sentences."""
    return (folder / "run.json").exists() and _PARSER in Approved.open(folder).artefacts


def first() -> bool:
    """Return whether this process measures and speaks: of those torchrun started, one does."""
    return os.environ.get("RANK", "0") == "0"


def trained(folder: Path, half: Half) -> bool:
    """Return whether one half of the run at ``folder`` is trained to its end."""
    return (folder / "run.json").exists() and _LAST[half] in Approved.open(folder).artefacts


def train_into(
    recipe: Recipe, folder: Path, half: Half, *, progress: "Progress | None" = None
) -> None:
    """Train one half into ``folder``, a new run or one begun with this same recipe."""
    text = tomli_w.dumps(asdict(recipe))
    # Before torch is imported: another recipe, or a folder that cannot be written, is refused now.
    Run.create(folder, recipe=text, config_hash=recipe.hash, seed=recipe.seed)
    from nexus.base.device import set_threads
    from nexus.train.pipeline import train

    set_threads()
    train(recipe, folder, half, progress)
    if half == "questions" and first() and not trained(folder, half):
        from nexus.suites.confidence import fit_confidence

        fit_confidence(folder)
