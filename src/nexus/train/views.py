"""What a step asks of its scenes, and the grain on its pictures."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from nexus.logic.language import HYPOTHETICAL
from nexus.worlds.tabletop import looks, statements
from nexus.worlds.tabletop.ask import ask as world_questions
from nexus.worlds.tabletop.scene import Scenes


@dataclass(frozen=True, kw_only=True, slots=True)
class Queries:
    """What is asked of each scene: looks, then statements to affirm or deny, then questions."""

    texts: tuple[list[str], list[str]]
    """Of looks, which are short, and of the rest; numbered from the first to the last."""
    answers: tuple[str, ...]
    """Every answer text there is."""
    query: Int64[np.ndarray, "n each"]
    answer: Int64[np.ndarray, "n each"]
    valid: Bool[np.ndarray, "n each"]


def ask(
    scenes: Scenes,
    *,
    looks_each: int,
    statements_each: int,
    questions_each: int,
    named: Bool[np.ndarray, " n"],
    strange: Int64[np.ndarray, "n 6"],
) -> Queries:
    """Return looks at all scenes; statements and questions about those whose colours have names.

    ``named`` scenes come first, and nothing in them is ``strange``. A question about what would be
    so if something were done is not valid: nothing has been imagined here.
    """
    seen = looks(scenes, per_scene=looks_each, named=named, strange=strange)
    used, query = np.unique(seen.query, return_inverse=True)
    told = int(named.sum())
    known = scenes.take(slice(0, told))
    said = statements(known, per_scene=statements_each)
    asked = world_questions(known, per_scene=questions_each) if questions_each else [[]] * told
    each = statements_each + questions_each
    extra, answer = np.zeros((2, len(scenes), each), dtype=np.int64)
    valid = np.zeros((len(scenes), each), dtype=bool)
    extra[:told] = len(used) + np.arange(told * each).reshape(told, -1)
    yes, no = seen.answers.index("yes"), seen.answers.index("no")
    answer[:told, :statements_each] = np.where(said.true, yes, no)
    valid[:told, :statements_each] = True
    for row, questions in enumerate(asked):
        for column, question in enumerate(questions, statements_each):
            answer[row, column] = seen.answers.index(question.answer)
            valid[row, column] = question.query.split()[0] not in HYPOTHETICAL
    texts = [
        text
        for stated, questions in zip(said.texts, asked, strict=True)
        for text in (*stated, *(question.text for question in questions))
    ]
    return Queries(
        texts=([seen.queries[i] for i in used], texts),
        answers=seen.answers,
        query=np.hstack([query.reshape(seen.query.shape), extra]),
        answer=np.hstack([seen.answer, answer]),
        valid=np.hstack([seen.valid, valid]),
    )


def grainy(
    image: UInt8[Tensor, "side side 3"], most: float, generator: torch.Generator
) -> UInt8[Tensor, "side side 3"]:
    """Return the picture with pixel noise, its standard deviation uniform up to ``most`` of 1."""
    strength = 255 * most * torch.rand((), generator=generator)
    noisy = image + strength * torch.randn(image.shape, generator=generator)
    return noisy.round().clamp(0, 255).to(torch.uint8)
