"""Frozen latents of the first scenes of a split, made once and used by every later phase.

On a CPU the picture encoder is most of the cost of the phases that do not change it. A cache is no
state: it is a pure function of encoder, world and count, made again after a restart.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from nexus.encode.joint import Encoder
from nexus.nn.seeding import stream
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.outlines import ORDINARY, taught
from nexus.worlds.tabletop.scene import Scenes

BATCH = 64
"""Scenes encoded together; fixed, because another batch may round differently."""
ONE_IN = 4
"""One scene in this many is seen again with strange shapes, where the read-out learns of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LatentCache:
    """Scenes beside their latents."""

    scenes: Scenes
    tokens: Float[Tensor, "scene patch width"]
    """Patch latents in half precision; ``batch`` gives them back in single."""
    pooled: Float[Tensor, "scene joint"]
    strange: Int64[np.ndarray, "scene 6"]
    """What each object was drawn as instead of its shape; see ``outlines.taught``."""

    def __len__(self) -> int:
        return len(self.scenes)

    def rows(self, seed: int, phase: str, step: int, count: int) -> Int64[np.ndarray, " count"]:
        """Return the scenes of a step, counted from 1: a pure function.

        Epoch by epoch each scene comes once, in an order of that epoch's own.
        """
        at = np.arange((step - 1) * count, step * count)
        orders = {
            int(e): torch.randperm(
                len(self), generator=stream(seed, phase, "order", int(e))
            ).numpy()
            for e in np.unique(at // len(self))
        }
        return np.array([orders[int(a // len(self))][a % len(self)] for a in at], dtype=np.int64)

    def batch(self, rows: Int64[np.ndarray, " count"]) -> Float[Tensor, "count patch width"]:
        """Return the patch latents of these rows, in single precision."""
        return self.tokens[torch.from_numpy(rows)].float()


@torch.no_grad()
def encode_scenes(
    encoder: Encoder,
    world: Tabletop,
    scenes: Scenes,
    *,
    side: int,
    strange: Int64[np.ndarray, "scene 6"] | None = None,
) -> tuple[Float[Tensor, "scene patch width"], Float[Tensor, "scene joint"]]:
    """Return patch latents (half precision) and pooled latents of scenes, encoder in eval mode."""
    was = encoder.training
    encoder.eval()
    tokens: list[Tensor] = []
    pooled: list[Tensor] = []
    for start in range(0, len(scenes), BATCH):
        rows = slice(start, start + BATCH)
        odd = None if strange is None else strange[rows]
        images = world.render(scenes.take(rows), side=side, strange=odd)
        patch, whole = encoder.picture(torch.from_numpy(images))
        tokens.append(patch.half())
        pooled.append(whole)
    encoder.train(was)
    return torch.cat(tokens), torch.cat(pooled)


def cache(
    encoder: Encoder, world: Tabletop, *, seed: int, split: str, count: int, side: int
) -> LatentCache:
    """Return the latents of scenes 0 to ``count - 1`` of a split."""
    scenes = world.scenes(seed, split, np.arange(count))
    tokens, pooled = encode_scenes(encoder, world, scenes, side=side)
    strange = np.full(scenes.shape.shape, ORDINARY)
    return LatentCache(scenes=scenes, tokens=tokens, pooled=pooled, strange=strange)


def with_strange(
    ordinary: LatentCache, encoder: Encoder, world: Tabletop, side: int
) -> LatentCache:
    """Return the cache and every ``ONE_IN``-th of its scenes again, with strange shapes in it."""
    scenes = ordinary.scenes.take(slice(None, None, ONE_IN))
    strange = taught(scenes)
    tokens, pooled = encode_scenes(encoder, world, scenes, side=side, strange=strange)
    return LatentCache(
        scenes=ordinary.scenes.take(np.r_[: len(ordinary), : len(ordinary) : ONE_IN]),
        tokens=torch.cat([ordinary.tokens, tokens]),
        pooled=torch.cat([ordinary.pooled, pooled]),
        strange=np.vstack([ordinary.strange, strange]),
    )
