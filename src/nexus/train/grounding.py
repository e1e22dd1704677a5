"""Teaching the read-out what is where, on frozen latents, and measuring how far to trust it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from nexus.config import PhaseConfig
from nexus.evaluate.calibration import fit_binary_temperature, fit_temperature
from nexus.reason.grounding import CellLogits, Grounding
from nexus.train.frozen import FrozenPhase
from nexus.train.latent_cache import LatentCache
from nexus.train.phase import Losses
from nexus.worlds.tabletop.outlines import ORDINARY
from nexus.worlds.tabletop.scene import Scenes

MARGIN = 0.25
"""How far outside a cell, in cells, a centre may lie and still be claimed by it. Without this, a
centre on a border is half of each cell's, and one object in twelve was left unknown."""
COLDEST = 0.5
"""Least temperature: so few held-out scenes cannot show that more certainty is deserved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellTargets:
    """What every cell should say."""

    near: Bool[Tensor, "batch cell"]
    """True where an object's centre lies in the cell or within ``MARGIN`` of it."""
    offset: Float[Tensor, "batch cell 2"]
    """The nearest centre, from the cell's top left corner, in cells."""
    attributes: Mapping[str, Tensor]
    """Attribute -> index of that object's value ``[batch cell]``; one too high if it has none."""


def cell_targets(
    scenes: Scenes,
    grid: int,
    factors: Mapping[str, int],
    strange: Int64[np.ndarray, "n 6"] | None = None,
) -> CellTargets:
    """Return the targets of a read-out; of two centres as near, the later slot's, seen on top."""
    cell = np.arange(grid * grid)
    corner = np.stack([cell % grid, cell // grid], axis=-1)[None, :, None]
    centre = np.stack([scenes.x, scenes.y], axis=-1)[:, None] * grid
    offset = centre - corner
    away = np.abs(offset - 0.5).max(-1)
    away[np.broadcast_to(~scenes.exists[:, None], away.shape)] = np.inf
    slot = away.shape[-1] - 1 - away[..., ::-1].argmin(-1)[..., None]
    near = np.take_along_axis(away, slot, -1)[..., 0] <= 0.5 + MARGIN
    values = {
        name: np.take_along_axis(getattr(scenes, name)[:, None], slot, -1)[..., 0]
        for name in factors
    }
    if strange is not None:
        odd = np.take_along_axis(strange[:, None], slot, -1)[..., 0] != ORDINARY
        values["shape"] = np.where(odd, factors["shape"], values["shape"])
    return CellTargets(
        near=torch.from_numpy(near),
        offset=torch.from_numpy(
            np.take_along_axis(offset, slot[..., None], 2)[:, :, 0].astype(np.float32)
        ),
        attributes={name: torch.from_numpy(v) for name, v in values.items()},
    )


def grounding_loss(logits: CellLogits, target: CellTargets) -> Float[Tensor, ""]:
    """Return the mean loss a claiming cell: is one near, where, and each attribute."""
    near = target.near
    loss = functional.binary_cross_entropy_with_logits(
        logits.objectness, near.float(), reduction="sum"
    )
    loss = loss + 4.0 * functional.smooth_l1_loss(
        logits.offset[near], target.offset[near], reduction="sum", beta=0.1
    )
    for name, x in logits.attributes.items():
        loss = loss + functional.cross_entropy(
            x[near], target.attributes[name][near], reduction="sum"
        )
    return loss / near.sum().clamp(min=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundingBatch:
    """Frozen latents and what their cells should say."""

    tokens: Float[Tensor, "batch patch width"]
    target: CellTargets


class _Learner(nn.Module):
    """The read-out with its loss."""

    def __init__(self, grounding: Grounding) -> None:
        super().__init__()
        self.grounding = grounding

    def forward(self, batch: GroundingBatch) -> Losses:
        """Return the loss of a batch."""
        return Losses(total=grounding_loss(self.grounding(batch.tokens), batch.target))


class GroundingPhase(FrozenPhase):
    """Teaches ``grounding`` what is where in the cached scenes."""

    def __init__(
        self, grounding: Grounding, cache: LatentCache, config: PhaseConfig, *, seed: int
    ) -> None:
        super().__init__("grounding", _Learner(grounding), config, seed=seed)
        self.cache, self.grid, self.factors = cache, grounding.grid, grounding.factors

    def batch(self, step: int, rank: int, world: int) -> GroundingBatch:
        """Return the latents of this step's scenes, and their targets."""
        rows = self.cache.rows(self.seed, self.name, step, self.config.batch)[rank::world]
        scenes, strange = self.cache.scenes.take(rows), self.cache.strange[rows]
        target = cell_targets(scenes, self.grid, self.factors, strange)
        return GroundingBatch(tokens=self.cache.batch(rows), target=target)


@torch.no_grad()
def calibrate(grounding: Grounding, held_out: LatentCache) -> None:
    """Set temperatures and the centre's error from scenes not trained on, claiming cells only.

    The error is the root mean square along each axis, never under a thousandth of the side.
    """
    target = cell_targets(held_out.scenes, grounding.grid, grounding.factors, held_out.strange)
    logits = grounding(held_out.tokens.float())
    near = target.near
    fitted = {
        "object": fit_binary_temperature(
            logits.objectness.flatten().numpy(), near.flatten().numpy(), low=COLDEST
        )
    }
    for name, x in logits.attributes.items():
        label = target.attributes[name][near].numpy()
        fitted[name] = fit_temperature(x[near].numpy(), label, low=COLDEST)
    for name, value in fitted.items():
        grounding.temperature(name).fill_(value)
    own = near & ((target.offset >= 0) & (target.offset < 1)).all(-1)  # these speak loudest
    miss = (logits.offset[own] - target.offset[own]) / grounding.grid
    grounding.error.copy_(miss.square().mean(0).sqrt().clamp(min=1e-3))
