"""The encoder of both modalities: what `think` loads, and what the target encoder copies."""

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn

from nexus.config import EncodeConfig
from nexus.encode.text import TextEncoder
from nexus.encode.vision import VisionEncoder, pixels
from nexus.nn.records import TextLatents


class Encoder(nn.Module):
    """Vision and text transformers whose pooled latents share one space."""

    def __init__(self, config: EncodeConfig, *, side: int, vocabulary: int) -> None:
        super().__init__()
        self.vision = VisionEncoder(config.vision, side=side, joint=config.joint)
        self.text = TextEncoder(config.text, vocabulary=vocabulary, joint=config.joint)
        self.sharpness = nn.Parameter(torch.tensor(10.0).log())
        """Log of 1 / temperature of the cosine of a picture with a text."""

    def picture(
        self, images: UInt8[Tensor, "batch side side 3"]
    ) -> tuple[Float[Tensor, "batch patch width"], Float[Tensor, "batch joint"]]:
        """Return patch latents and the pooled latent of each picture."""
        tokens = self.vision(pixels(images))
        return tokens, self.vision.pool(tokens)

    def words(
        self, ids: Int[Tensor, "batch word"], padding: Bool[Tensor, "batch word"]
    ) -> TextLatents:
        """Return the latents of each text; ``padding`` is True where there is no word."""
        return self.text(ids, padding)


def build(config: EncodeConfig, *, side: int, vocabulary: int) -> Encoder:
    """Return an untrained encoder; call under ``seeded``, for layers draw their first weights."""
    return Encoder(config, side=side, vocabulary=vocabulary)
