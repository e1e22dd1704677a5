"""Pictures encoded once, and texts by an encoder, for every figure that needs them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from nexus.encode.joint import Encoder
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.scene import Scenes
from nexus.worlds.tokenizer import Tokenizer

TOGETHER = 64
"""Pictures or texts encoded in one batch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """Scenes, their pictures, and what an encoder makes of those."""

    scenes: Scenes
    images: UInt8[np.ndarray, "scene side side 3"]
    tokens: Float[Tensor, "scene patch width"]
    """Patch latents in half precision."""
    pooled: Float[Tensor, "scene joint"]

    def __len__(self) -> int:
        return len(self.scenes)


def see(encoder: Encoder, scenes: Scenes, images: UInt8[np.ndarray, "scene side side 3"]) -> Sight:
    """Return pictures of scenes with their latents."""
    tokens, pooled = encode_images(encoder, images)
    return Sight(scenes=scenes, images=images, tokens=tokens, pooled=pooled)


def look(encoder: Encoder, world: Tabletop, scenes: Scenes, *, side: int) -> Sight:
    """Return scenes drawn and encoded."""
    return see(encoder, scenes, world.render(scenes, side=side))


@torch.no_grad()
def encode_images(
    encoder: Encoder, images: UInt8[np.ndarray, "scene side side 3"]
) -> tuple[Float[Tensor, "scene patch width"], Float[Tensor, "scene joint"]]:
    """Return patch latents in half precision, and pooled latents."""
    tokens: list[Tensor] = []
    pooled: list[Tensor] = []
    for start in range(0, len(images), TOGETHER):
        patches, whole = encoder.picture(torch.from_numpy(images[start : start + TOGETHER]))
        tokens.append(patches.half())
        pooled.append(whole)
    return torch.cat(tokens), torch.cat(pooled)


@torch.no_grad()
def encode_texts(
    encoder: Encoder, tokenizer: Tokenizer, texts: Sequence[str], *, longest: int
) -> Float[Tensor, "text joint"]:
    """Return the pooled latent of each text; texts of one length are read together."""
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
    pooled: list[Tensor] = []
    for start in range(0, len(order), TOGETHER):
        chosen = [texts[i] for i in order[start : start + TOGETHER]]
        ids, padding = tokenizer.encode_batch(chosen, longest)
        pooled.append(encoder.words(torch.from_numpy(ids), torch.from_numpy(padding)).pooled)
    return torch.cat(pooled)[torch.from_numpy(np.argsort(order))]
