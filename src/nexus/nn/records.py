"""The tensor records that cross stages; fields carry their shapes."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class TextLatents:
    """What a batch of texts means to the model."""

    tokens: Float[Tensor, "batch word width"]
    padding: Bool[Tensor, "batch word"]
    """True where there is no word."""
    pooled: Float[Tensor, "batch joint"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Latents:
    """What a batch of pictures means, beside the questions asked about them."""

    tokens: Float[Tensor, "batch patch width"]
    """One latent a patch, row by row from the top left."""
    pooled: Float[Tensor, "batch joint"]
    question: TextLatents
    recalled: Float[Tensor, "batch joint"]
    """What the memory expected to see in place of ``pooled``."""
    surprise: Float[Tensor, " batch"]
    """Distance of ``pooled`` from ``recalled``; 1.0 is the 99th percentile of training."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imagination:
    """Latents after each imagined action, first to last."""

    steps: Float[Tensor, "step batch patch width"]

    @property
    def last(self) -> Float[Tensor, "batch patch width"]:
        """The end of the imagined future."""
        return self.steps[-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Thought:
    """What the fast route thinks, for a batch of questions."""

    answer: Float[Tensor, "batch answer"]
    """Calibrated probability of each answer of the vocabulary."""
    steps: Float[Tensor, "batch position symbol"]
    """Probability of each explanatory step symbol at each position."""
    confidence: Float[Tensor, " batch"]
