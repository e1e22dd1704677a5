"""Training the parser of sentences, from its lessons to what is published."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from nexus.config import Recipe
from nexus.reason.sentences.network import SentenceNetwork
from nexus.reason.sentences.pointing import alike
from nexus.reason.sentences.reading import SentenceParser
from nexus.store.runs import Run
from nexus.train.interrupt import interruptible
from nexus.train.parts import Parts
from nexus.train.phase import Progress, Silent
from nexus.train.pipeline import Workshop
from nexus.train.ranks import joined
from nexus.train.sentences import Lesson, SentencePhase, lessons
from nexus.worlds.tabletop import Tabletop

NAME: Final = "sentences"
"""Under which the parser of sentences is published."""
HELD_OUT: Final = 2_000
"""Sentences of split val, of theories and of planning, on which confidence is calibrated."""


def train_sentences(recipe: Recipe, folder: Path, progress: Progress | None = None) -> None:
    """Train the parser of sentences in the run at ``folder``, from where it was left.

    Raises:
        Interrupted: someone asked to stop; all is saved.
        NexusError: see ``run_phase``.
    """
    with joined(), interruptible() as stop:
        shop = Workshop(
            recipe=recipe, run=Run.open(folder), world=Tabletop(), progress=progress, stop=stop
        )
        if NAME in shop.approved.artefacts:
            (progress or Silent()).note("the parser of sentences is trained already")
            return
        network = Parts(recipe=recipe, world=shop.world, vocabulary=1).sentences()
        config = recipe.train.sentences
        taught = recipe.sentences
        phase = SentencePhase(
            network, config, count=taught.lessons, seed=recipe.seed, planned=taught.planned
        )
        shop.phase(phase, config)
        planned = HELD_OUT if taught.planned else 0
        calibrate_sentences(network.eval(), lessons(recipe.seed, "val", HELD_OUT, planned))
        shop.publish(NAME, network)


def calibrate_sentences(network: SentenceNetwork, held_out: Sequence[Lesson]) -> None:
    """Make probabilities of what the network says of sentences it was not taught.

    Only readings that nothing else speaks against count: it is of them that one must be sure.
    """
    parser = SentenceParser(network, certain=0.0, heard=0)
    drafts = parser.write([lesson.words for lesson in held_out])
    pairs = [
        (draft.likely, alike(draft.symbols, lesson.symbols, lesson.words))
        for draft, lesson in zip(drafts, held_out, strict=True)
        if not parser.doubt(lesson.words, draft.symbols, 1.0)
    ]
    likely = torch.tensor([x for x, _ in pairs], dtype=torch.float64)
    right = torch.tensor([x for _, x in pairs], dtype=torch.bool)
    network.scale.copy_(torch.tensor(fitted_scale(likely, right)))


def fitted_scale(
    likely: Float[Tensor, " reading"], right: Bool[Tensor, " reading"]
) -> tuple[float, float]:
    """Return slope and offset of the logistic curve from log-probability to being right.

    Platt (1999), with his targets, which are never 0 or 1: so few as there are, mistakes tell
    where the curve falls, and where there are none at all it stays below 1. Nothing read at all
    gives a curve that is never sure. The best of a grid, then of a finer one around it.
    """
    if not len(right):
        return 1.0, -20.0
    yes, no = int(right.sum()), int((~right).sum())
    target = torch.where(right, (yes + 1) / (yes + 2), 1 / (no + 2)).double()
    slopes, offsets = np.geomspace(0.05, 20.0, 33), np.linspace(-10.0, 12.0, 45)
    best = (1.0, 0.0)
    for _ in range(3):
        grid = [(float(a), float(b)) for a in slopes for b in offsets]
        losses = [
            float(functional.binary_cross_entropy_with_logits(a * likely + b, target))
            for a, b in grid
        ]
        best = grid[int(np.argmin(losses))]
        ratio, gap = slopes[1] / slopes[0], offsets[1] - offsets[0]
        slopes = best[0] * np.geomspace(1 / ratio, ratio, 9)
        offsets = best[1] + np.linspace(-gap, gap, 9)
    return best
