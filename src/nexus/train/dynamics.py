"""Learning what an action changes: from frozen latents to those of the rendered next scene."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, Int64
from torch import Tensor, nn
from torch.nn import functional

from nexus.config import PhaseConfig
from nexus.encode.joint import Encoder
from nexus.logic.language import Term, Vocabulary
from nexus.predict.dynamics import LatentDynamics
from nexus.train.frozen import FrozenPhase
from nexus.train.latent_cache import LatentCache, encode_scenes
from nexus.train.phase import Losses
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.scene import Scenes
from nexus.worlds.tabletop.whatif import WhatIf, what_if

LONGEST = 16
"""Longest action, in symbols: a colour and four filters take fifteen."""
CHANGED = 0.1
"""A patch whose latent moved by more than this (mean square over channels) has changed."""
ROLL_OUT = 2
"""Actions in a row that are learned."""


def action_ids(actions: Sequence[Term], vocabulary: Vocabulary) -> Int[Tensor, "action symbol"]:
    """Return each action's symbols as numbers: symbol k of the vocabulary as k + 1, padded with 0.

    An action longer than ``LONGEST`` is cut.
    """
    number = {symbol: k + 1 for k, symbol in enumerate(vocabulary.symbols)}
    ids = torch.zeros(len(actions), LONGEST, dtype=torch.long)
    for row, action in enumerate(actions):
        told = [number[symbol] for symbol in str(action).split()[:LONGEST]]
        ids[row, : len(told)] = torch.tensor(told)
    return ids


def change_loss(
    imagined: Float[Tensor, "batch patch width"],
    true: Float[Tensor, "batch patch width"],
    before: Float[Tensor, "batch patch width"],
) -> Float[Tensor, ""]:
    """Return smooth-L1 of the changed patches and of as many unchanged ones, the worst, half each.

    An action touches a few of the patches: a plain mean is smallest where hardly anything happens,
    and a mean over all unchanged ones, which are mostly empty table, forgives taking away
    everything where one thing was meant.
    """
    error = functional.smooth_l1_loss(imagined, true, reduction="none").mean(-1)
    changed = (true - before).square().mean(-1) > CHANGED
    moved, still = error[changed], error[~changed]
    worst = still.topk(min(len(still), max(1, len(moved)))).values
    return 0.5 * (moved.sum() / max(1, len(moved)) + worst.sum() / max(1, len(worst)))


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicsBatch:
    """Latents before any action and after each, with the actions."""

    tokens: Float[Tensor, "time batch patch width"]
    actions: Int[Tensor, "step batch symbol"]


class _Learner(nn.Module):
    """The dynamics with its roll-out loss."""

    def __init__(self, dynamics: LatentDynamics) -> None:
        super().__init__()
        self.dynamics = dynamics

    def forward(self, batch: DynamicsBatch) -> Losses:
        """Return the mean loss over the imagined steps; each starts where the last was imagined."""
        imagined = self.dynamics.imagine(batch.tokens[0], list(batch.actions)).steps
        losses = [
            change_loss(imagined[k], batch.tokens[k + 1], batch.tokens[k])
            for k in range(len(imagined))
        ]
        parts = {f"step_{k + 1}": loss for k, loss in enumerate(losses)}
        return Losses(total=torch.stack(losses).mean(), parts=parts)


class DynamicsPhase(FrozenPhase):
    """Teaches ``dynamics`` actions in a row; world and encoder show what happens."""

    def __init__(
        self,
        dynamics: LatentDynamics,
        encoder: Encoder,
        world: Tabletop,
        cache: LatentCache,
        config: PhaseConfig,
        *,
        seed: int,
        side: int,
    ) -> None:
        super().__init__("dynamics", _Learner(dynamics), config, seed=seed)
        self.encoder, self.world, self.cache, self.side = encoder, world, cache, side

    def batch(self, step: int, rank: int, world: int) -> DynamicsBatch:
        """Return this step's scenes, ``ROLL_OUT`` actions and what is seen after each."""
        rows = self.cache.rows(self.seed, self.name, step, self.config.batch)[rank::world]
        epoch = (step - 1) * self.config.batch // len(self.cache)
        changes, rows = chain(self.world, self.cache.scenes, rows, draw=ROLL_OUT * epoch)
        frames = [self.cache.batch(rows)]
        for change in changes:
            after, _ = encode_scenes(self.encoder, self.world, change.after, side=self.side)
            frames.append(after.float())
        told = [
            action_ids([c.told for c in change.changes], self.world.vocabulary)
            for change in changes
        ]
        return DynamicsBatch(tokens=torch.stack(frames), actions=torch.stack(told))


def chain(
    world: Tabletop, scenes: Scenes, rows: Int64[np.ndarray, " n"], *, draw: int
) -> tuple[list[WhatIf], Int64[np.ndarray, " kept"]]:
    """Return ``ROLL_OUT`` changes in a row of these scenes, and the rows where all can be told."""
    while True:  # a row that falls out late falls out of the earlier changes too
        changes: list[WhatIf] = []
        now, kept = scenes.take(rows), rows
        for k in range(ROLL_OUT):
            change = what_if(now, world.step, draw=draw + k)
            now, kept = change.after, kept[change.rows]
            changes.append(change)
        if len(kept) == len(rows):
            return changes, kept
        rows = kept
