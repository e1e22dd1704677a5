"""Is this latent space alive? Readings that a falling loss cannot fake."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from nexus.base.errors import InputError
from nexus.nn.sigreg import sigreg_gauge

State = Literal["healthy", "warn", "collapsed"]

WARN_RANK, COLLAPSED_RANK = 0.25, 0.05
"""RankMe as a share of the most it can be (rows or width). 7 of 256 was seen to be useless."""
WARN_DEAD, COLLAPSED_DEAD = 0.25, 0.75
"""Share of dimensions that hardly vary."""
COLLAPSED_SPREAD = 0.01
"""Share of the latents' size that differs between rows; below it all rows are one vector."""
WARN_SIGREG = 0.05
"""SIGReg gauge as a share of the rows; half the dimensions dead reads this. It grows with the rows
for any cloud that is not Gaussian, so it warns and never condemns."""
DEAD = 0.1
"""A dimension is dead when its deviation is below this share of the root mean square of all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gauges:
    """Readings of one batch of latents; all but ``std`` ignore its scale and its offset."""

    rows: int
    width: int
    rank_me: float
    """RankMe of the centred latents: how many dimensions are used, at most ``width``."""
    effective_rank: float
    """Effective rank of their covariance: stricter, for it counts variances."""
    std: float
    """Mean over dimensions of the standard deviation over rows."""
    dead: float
    """Share of dimensions that hardly vary, in [0, 1]."""
    spread: float
    """Share of the latents' root mean square that differs between rows, in [0, 1]."""
    sigreg: float
    """SIGReg gauge after one shift and one scale for all: 1 is an isotropic Gaussian."""

    @property
    def rank_share(self) -> float:
        """RankMe as a share of the most these rows and this width allow."""
        return self.rank_me / min(self.rows - 1, self.width)

    @property
    def state(self) -> State:
        """``healthy``, ``warn`` or ``collapsed``, by the thresholds at the top of this file."""
        if (
            self.spread < COLLAPSED_SPREAD
            or self.rank_share < COLLAPSED_RANK
            or self.dead >= COLLAPSED_DEAD
        ):
            return "collapsed"
        if (
            self.rank_share < WARN_RANK
            or self.dead >= WARN_DEAD
            or self.sigreg > max(2.0, WARN_SIGREG * self.rows)
        ):
            return "warn"
        return "healthy"


@torch.no_grad()
def measure(latents: Float[Tensor, "rows width"]) -> Gauges:
    """Return the readings of these rows, which must be of different examples.

    Rows are centred first: an offset that all share carries nothing, and would read as rank one.

    Raises:
        InputError: fewer than two rows, or a number that is not finite.
    """
    rows, width = latents.shape
    if rows < 2 or not latents.isfinite().all():
        raise InputError(
            f"gauges need at least two rows of finite latents, got {rows} x {width}",
            hint="if there are enough rows, a latent is infinite or not a number",
        )
    latents = latents.double()
    centred = latents - latents.mean(0)
    std = per_dim_std(latents)
    size, scale = latents.square().mean().sqrt(), centred.square().mean().sqrt()
    return Gauges(
        rows=rows,
        width=width,
        rank_me=rank_me(centred),
        effective_rank=effective_rank(latents),
        std=std.mean().item(),
        dead=(std <= DEAD * scale).double().mean().item(),
        spread=(scale / size.clamp(min=1e-30)).item(),
        sigreg=sigreg_gauge(centred / scale.clamp(min=1e-30)),
    )


def rank_me(latents: Float[Tensor, "rows width"]) -> float:
    """Return RankMe: ``exp`` of the entropy of the normalised singular values, uncentred.

    ``p_k = sigma_k / sum sigma + 1e-7`` (Garrido et al., arXiv:2210.02885, Eq. 1). Between 1 and
    the smaller side of the matrix.
    """
    return _perplexity(torch.linalg.svdvals(latents.double()), epsilon=1e-7)


def effective_rank(latents: Float[Tensor, "rows width"]) -> float:
    """Return the effective rank of the latents' covariance (Roy and Vetterli, EUSIPCO 2007).

    ``exp`` of the entropy of its normalised eigenvalues, which are the squares of the singular
    values of the centred latents.
    """
    latents = latents.double()
    return _perplexity(torch.linalg.svdvals(latents - latents.mean(0)).square(), epsilon=0.0)


def per_dim_std(latents: Float[Tensor, "rows width"]) -> Float[Tensor, " width"]:
    """Return each dimension's standard deviation over the rows."""
    return latents.std(0)


def _perplexity(values: Float[Tensor, " n"], *, epsilon: float) -> float:
    """Return ``exp`` of the entropy of the values as shares of their sum; 1 if all are 0."""
    share = values / values.sum().clamp(min=1e-30) + epsilon
    return torch.special.entr(share).sum().exp().item()
