"""The text of a world: what a tokenizer, and later a language model, learns its words from."""

import numpy as np

from nexus.worlds.protocol import Asked, Told, World
from nexus.worlds.tabletop.looks import texts


def corpus(world: World[object], *, seed: int, scenes: int) -> list[str]:
    """Return captions, questions with steps and answers, and every word of ``world``.

    Every word occurs often enough to become one token, rare ones included.
    """
    batch = world.scenes(seed, "train", np.arange(scenes))
    told: list[str] = [" ".join(sorted(world.words()))] * 8
    if isinstance(world, Told):
        told += world.describe(batch) + world.describe(batch, partial=True)
    if isinstance(world, Asked):
        for questions in world.ask(batch, per_scene=4):
            for question in questions:
                told += [question.text, *question.steps, question.answer]
    if world.name == "tabletop":
        queries, answers = texts()
        told += [*queries, *answers]
    return told
