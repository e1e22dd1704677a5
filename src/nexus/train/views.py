"""What a step asks of its scenes, and the grain on its pictures."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from nexus.worlds.tabletop import looks, statements
from nexus.worlds.tabletop.scene import Scenes


@dataclass(frozen=True, kw_only=True, slots=True)
class Queries:
    """What is asked of each scene: looks, then statements to affirm or deny."""

    texts: tuple[list[str], list[str]]
    """Of looks, which are short, and of statements; numbered from the first to the last."""
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
    named: Bool[np.ndarray, " n"],
    strange: Int64[np.ndarray, "n 6"],
) -> Queries:
    """Return looks at all scenes, and statements about those whose colours have names.

    ``named`` scenes come first, and nothing in them is ``strange``.
    """
    seen = looks(scenes, per_scene=looks_each, named=named, strange=strange)
    used, query = np.unique(seen.query, return_inverse=True)
    told = int(named.sum())
    said = statements(scenes.take(slice(0, told)), per_scene=statements_each)
    extra, verdict = np.zeros((2, len(scenes), statements_each), dtype=np.int64)
    extra[:told] = len(used) + np.arange(told * statements_each).reshape(told, -1)
    verdict[:told] = np.where(said.true, seen.answers.index("yes"), seen.answers.index("no"))
    return Queries(
        texts=([seen.queries[i] for i in used], [text for row in said.texts for text in row]),
        answers=seen.answers,
        query=np.hstack([query.reshape(seen.query.shape), extra]),
        answer=np.hstack([seen.answer, verdict]),
        valid=np.hstack([seen.valid, np.broadcast_to(named[:, None], extra.shape)]),
    )


def grainy(
    image: UInt8[Tensor, "side side 3"], most: float, generator: torch.Generator
) -> UInt8[Tensor, "side side 3"]:
    """Return the picture with pixel noise, its standard deviation uniform up to ``most`` of 1."""
    strength = 255 * most * torch.rand((), generator=generator)
    noisy = image + strength * torch.randn(image.shape, generator=generator)
    return noisy.round().clamp(0, 255).to(torch.uint8)
