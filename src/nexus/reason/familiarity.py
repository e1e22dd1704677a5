"""How unlike anything trained on a latent is, by two scores that fail in different ways.

*Neighbours*: the distance to the k-th nearest training latent (arXiv:2204.06507); far from all of
them is strange. *Mahalanobis*: how far it is from the nearest class, less how far from everything
(arXiv:2106.09022), so that directions in which all classes vary alike do not count.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from nexus.base.errors import ConfigError, DataError

LEAST_HELD_OUT = 100
"""Fewer held-out latents than this have no 99th percentile."""
_BLOCK = 1024
"""Rows whose distances to every training latent are held in memory at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfamiliarity:
    """Both scores; 0.0 is the median and 1.0 the 99th percentile of held-out familiar latents."""

    neighbours: Float[Tensor, " batch"]
    mahalanobis: Float[Tensor, " batch"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gaussians:
    """Classes that share one covariance."""

    means: Float[Tensor, "class width"]
    whiten: Float[Tensor, "width width"]
    """Inverse of the covariance's lower Cholesky factor: whitened, distances are Euclidean."""

    def nearest(self, x: Float[Tensor, "batch width"]) -> Float[Tensor, " batch"]:
        """Return the squared Mahalanobis distance to the nearest class."""
        apart = torch.cdist(x @ self.whiten.T, self.means @ self.whiten.T, compute_mode=_EXACT)
        return apart.amin(1).square()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """Takes the median of held-out familiar scores to 0.0 and their 99th percentile to 1.0."""

    median: float
    most: float

    def __call__(self, raw: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
        """Return scores in these units."""
        return (raw - self.median) / (self.most - self.median)


@dataclass(frozen=True, kw_only=True, slots=True)
class Familiarity:
    """What familiar latents look like; made by ``fit``, never changed."""

    bank: Float[Tensor, "row width"]
    """Training latents, of length 1."""
    nearest: int
    """k: the distance to the k-th nearest of the bank counts."""
    classes: Gaussians
    whole: Gaussians | None
    """All classes as one; None where there is one class, and its plain Mahalanobis distance."""
    neighbours: Scale
    mahalanobis: Scale

    def score(self, latents: Float[Tensor, "batch width"]) -> Unfamiliarity:
        """Return how unfamiliar each latent is; rows do not see each other.

        Raises:
            DataError: a latent is not finite.
        """
        x = _directions(latents)
        return Unfamiliarity(
            neighbours=self.neighbours(_kth_distance(x, self.bank, self.nearest)),
            mahalanobis=self.mahalanobis(_relative(x, self.classes, self.whole)),
        )


def fit(
    train: Float[Tensor, "row width"],
    held_out: Float[Tensor, "new width"],
    *,
    classes: Int[Tensor, " row"] | None = None,
    nearest: int = 10,
) -> Familiarity:
    """Return what ``train`` looks like, in units set by ``held_out``: as familiar, and not in it.

    Latents count by their direction alone. Without ``classes`` they are all of one.

    Raises:
        ConfigError: there are fewer than ``nearest`` training latents.
        DataError: a latent is not finite, held-out latents are too few, or none differ.
    """
    if not 1 <= nearest <= len(train):
        raise ConfigError(
            f"familiarity.nearest must lie between 1 and {len(train)} training latents,"
            f" got {nearest}"
        )
    if len(held_out) < LEAST_HELD_OUT:
        raise DataError(
            f"{len(held_out)} held-out latents have no 99th percentile",
            hint=f"hold out {LEAST_HELD_OUT} or more",
        )
    x, new = _directions(train), _directions(held_out)
    member = torch.zeros(len(x), dtype=torch.long) if classes is None else classes.long()
    _, member = member.unique(return_inverse=True)
    found = _gaussians(x, member)
    whole = _gaussians(x, torch.zeros_like(member)) if int(member.max()) else None
    return Familiarity(
        bank=x,
        nearest=nearest,
        classes=found,
        whole=whole,
        neighbours=_scale(_kth_distance(new, x, nearest)),
        mahalanobis=_scale(_relative(new, found, whole)),
    )


def shrunk_covariance(x: Float[Tensor, "row width"]) -> Float[Tensor, "width width"]:
    """Return the covariance of centred rows, shrunk towards the identity by Ledoit and Wolf (2004).

    ``(1 - s) S + s (tr S / width) I``, with the ``s`` in [0, 1] that errs least in expectation:
    invertible even where there are fewer rows than dimensions.

    Raises:
        DataError: all rows are equal.
    """
    n, width = x.shape
    sample = x.T @ x / n
    mean = sample.diagonal().mean()
    spread = sample.square().sum() - width * mean.square()  # |S - mean I|^2
    error = (x.square().sum(1).square().sum() / n - sample.square().sum()) / n
    if not float(mean) > 1e-12:
        raise DataError("training latents do not differ", hint="look for a collapsed encoder")
    s = (error / spread.clamp_min(1e-300)).clamp(0.0, 1.0)
    return (1 - s) * sample + s * mean * torch.eye(width, dtype=x.dtype)


_EXACT = "donot_use_mm_for_euclid_dist"
"""Differences before squares: equal latents are exactly 0 apart."""


def _gaussians(x: Float[Tensor, "row width"], member: Int[Tensor, " row"]) -> Gaussians:
    count = torch.bincount(member).to(x.dtype)
    means = torch.zeros(len(count), x.shape[1], dtype=x.dtype).index_add(0, member, x)
    means = means / count[:, None]
    factor = torch.linalg.cholesky(shrunk_covariance(x - means[member]))
    eye = torch.eye(x.shape[1], dtype=x.dtype)
    return Gaussians(means=means, whiten=torch.linalg.solve_triangular(factor, eye, upper=False))


def _relative(
    x: Float[Tensor, "batch width"], classes: Gaussians, whole: Gaussians | None
) -> Float[Tensor, " batch"]:
    return classes.nearest(x) - (0.0 if whole is None else whole.nearest(x))


def _kth_distance(
    x: Float[Tensor, "batch width"], bank: Float[Tensor, "row width"], k: int
) -> Float[Tensor, " batch"]:
    near = [
        torch.cdist(block, bank, compute_mode=_EXACT).kthvalue(k, dim=1).values
        for block in x.split(_BLOCK)
    ]
    return torch.cat(near) if near else x.new_zeros(0)


def _scale(raw: Float[Tensor, " new"]) -> Scale:
    median, most = (float(q) for q in raw.quantile(raw.new_tensor([0.5, 0.99])))
    if not most > median:
        raise DataError("held-out latents do not differ", hint="look for a collapsed encoder")
    return Scale(median=median, most=most)


def _directions(latents: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
    bad = ~latents.isfinite().all(1)
    if bad.any():
        raise DataError(
            f"latent {int(bad.nonzero()[0])} of {len(latents)} is not finite",
            hint="look for NaN in the picture or the encoder; nothing is said of such a latent",
        )
    return normalize(latents.detach().double(), dim=1)
