"""How well pictures and texts find each other, and what that is worth.

Retrieval among random scenes is a weak test: a bag of colours and places wins it without knowing a
shape or which colour belongs to which. It is quoted only beside foils and probes.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Mean and spread of pooled latents over training scenes: what makes cosines comparable."""

    centre: Float[Tensor, " joint"]
    spread: Float[Tensor, " joint"]

    @classmethod
    def of(cls, pooled: Float[Tensor, "n joint"]) -> "Scale":
        """Return the scale of these latents."""
        return cls(centre=pooled.mean(0), spread=pooled.std(0, correction=0).clamp(min=1e-6))

    def unit(self, pooled: Float[Tensor, "n joint"]) -> Float[Tensor, "n joint"]:
        """Return latents standardised and of length 1."""
        return functional.normalize((pooled - self.centre) / self.spread, dim=-1)


def galleries(n: int, *, among: int) -> list[slice]:
    """Return rows in galleries of ``among``; what fills none is left out, unless it is all."""
    size = min(n, among)
    return [slice(k * size, (k + 1) * size) for k in range(max(1, n // among))]


def found_first(score: Float[Tensor, "n n"]) -> Bool[Tensor, " n"]:
    """Return whether each row scores highest, of all columns, with the column of its number."""
    return score.argmax(1) == torch.arange(len(score))


def paraphrase_gap(
    one: Float[Tensor, "n joint"], other: Float[Tensor, "n joint"]
) -> Float[Tensor, " n"]:
    """Return, scene by scene, cosine with its paraphrase less mean cosine with other scenes'."""
    cosine = one @ other.T
    same = cosine.diagonal()
    return same - (cosine.sum(1) - same) / (len(one) - 1)
