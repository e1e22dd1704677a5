"""VICReg's two guards against collapse: every dimension varies, no two dimensions agree."""

import torch
from jaxtyping import Float
from torch import Tensor

from nexus.nn.distributed import all_reduce_sum


def covariance_matrix(latents: Float[Tensor, "batch width"]) -> Float[Tensor, "width width"]:
    """Return the unbiased covariance of the global batch, differentiably; float32 at least.

    Two rows are the least that have one; fewer give zeros.
    """
    latents = latents.float() if latents.dtype.itemsize < 4 else latents
    count = all_reduce_sum(latents.new_tensor(float(len(latents))))
    centred = latents - all_reduce_sum(latents.sum(0)) / count
    return all_reduce_sum(centred.T @ centred) / (count - 1).clamp(min=1)


def variance_hinge(
    covariance: Float[Tensor, "width width"], *, floor: float = 1.0
) -> Float[Tensor, ""]:
    """Return how far the standard deviations fall short of ``floor``, averaged over dimensions.

    ``mean_j max(0, floor - sqrt(var_j + 1e-4))`` (arXiv:2105.04906, Eq. 1 and 2).
    """
    return (floor - (covariance.diagonal() + 1e-4).sqrt()).relu().mean()


def covariance_penalty(covariance: Float[Tensor, "width width"]) -> Float[Tensor, ""]:
    """Return the squared off-diagonal covariances, summed and divided by the width (Eq. 4)."""
    off = covariance - torch.diag(covariance.diagonal())
    return off.square().sum() / len(covariance)


def vicreg(
    latents: Float[Tensor, "batch width"], *, variance: float = 1.0, covariance: float = 0.04
) -> Float[Tensor, ""]:
    """Return the weighted guards of the global batch; the weights keep the paper's 25 to 1."""
    matrix = covariance_matrix(latents)
    return variance * variance_hinge(matrix) + covariance * covariance_penalty(matrix)
