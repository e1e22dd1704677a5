"""Test-time memory: an associative map that keeps learning while the model runs, as a value.

It associates what a picture is made of (the mean of its patch latents) with how the picture reads
as a whole (its pooled latent). A picture whose parts do not predict its whole is a surprise.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from nexus.nn.records import Latents


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryState:
    """What the memory knows. Immutable: a write returns a new state, so undo is free."""

    weight: Float[Tensor, "batch joint width"]
    """M: associations, value = M key."""
    momentum: Float[Tensor, "batch joint width"]
    """S: the trend of recent surprise."""


def write(
    state: MemoryState,
    key: Float[Tensor, "batch width"],
    value: Float[Tensor, "batch joint"],
    *,
    rate: float,
    persistence: float,
    forget: float,
) -> MemoryState:
    """Return the state after storing one association a row.

    The rule of Titans (arXiv:2501.00663, section 3.1) for a linear memory, whose gradient is in
    closed form: ``loss = |M k - v|^2 / 2``, ``S' = persistence S - rate dloss/dM``,
    ``M' = (1 - forget) M + S'``.
    """
    error = read(state, key) - value
    gradient = torch.einsum("bv,bk->bvk", error, key)
    momentum = persistence * state.momentum - rate * gradient
    return MemoryState(weight=(1 - forget) * state.weight + momentum, momentum=momentum)


def read(state: MemoryState, key: Float[Tensor, "batch width"]) -> Float[Tensor, "batch joint"]:
    """Return the value stored under each key: ``v = M k``."""
    return torch.einsum("bvk,bk->bv", state.weight, key)


class TestTimeMemory(nn.Module):
    """The rule with its fixed constants, and the state every conversation starts from."""

    __test__ = False  # the name is the field's; it is no test case
    initial_weight: Tensor
    centre: Tensor
    scale: Tensor

    def __init__(self, *, width: int, joint: int) -> None:
        super().__init__()
        self.rate, self.persistence, self.forget = 0.5, 0.0, 0.0
        self.register_buffer("initial_weight", torch.zeros(joint, width + 1))
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("scale", torch.ones(()))

    def initial(self, batch: int = 1) -> MemoryState:
        """Return the state after training and before anything was asked."""
        weight = self.initial_weight.expand(batch, -1, -1)
        return MemoryState(weight=weight, momentum=torch.zeros_like(weight))

    def recall_and_write(self, latents: Latents, state: MemoryState) -> tuple[Latents, MemoryState]:
        """Return latents with what was expected and how surprising they are, and the new state."""
        key, value = self.key(latents.tokens), functional.normalize(latents.pooled, dim=-1)
        expected = read(state, key)
        surprise = (expected - value).norm(dim=-1) / self.scale
        after = write(
            state, key, value, rate=self.rate, persistence=self.persistence, forget=self.forget
        )
        return replace(latents, recalled=expected, surprise=surprise), after

    def key(self, tokens: Float[Tensor, "batch patch width"]) -> Float[Tensor, "batch key"]:
        """Return a unit vector for the parts: the centred mean patch latent beside a constant."""
        mean = tokens.mean(dim=1) - self.centre
        return functional.normalize(functional.pad(mean, (0, 1), value=1.0), dim=-1)

    @torch.no_grad()
    def consolidate(
        self, tokens: Float[Tensor, "batch patch width"], pooled: Float[Tensor, "batch joint"]
    ) -> None:
        """Set the initial state from training latents: the fixed point of endless rehearsal.

        Writing the same associations for ever with a vanishing rate ends at the least-squares map,
        so that is solved for directly (ridge 1e-4). Surprise is scaled to its 99th percentile.
        """
        self.centre.copy_(tokens.mean(dim=(0, 1)))
        key, value = self.key(tokens), functional.normalize(pooled, dim=-1)
        gram = key.T @ key + 1e-4 * len(key) * torch.eye(key.shape[1])
        self.initial_weight.copy_(torch.linalg.solve(gram, key.T @ value).T)
        error = (key @ self.initial_weight.T - value).norm(dim=-1)
        self.scale.copy_(error.quantile(0.99))
