"""How far the fast and the slow thought are apart, and what that says of being wrong.

Three signs of doubt, each in [0, 1]: the distance of two distributions, the share of noisy votes
for the commonest answer, and the share of guises (other names for the same symbols) in which the
answer stays the same.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nexus.base.errors import DataError


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """A logistic map from one sign of doubt to the probability of being wrong; made by ``fit``."""

    bias: float
    weight: float

    def probability(self, sign: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
        """Return the probability that each answer is wrong."""
        return (self.bias + self.weight * sign).sigmoid()


@dataclass(frozen=True, kw_only=True, slots=True)
class Vote:
    """What most of several thoughts about the same thing answer."""

    answer: Int[Tensor, "batch *answer"]
    """The commonest answer; of equally common ones, the one given first."""
    share: Float[Tensor, " batch"]
    """Share of the votes that are for it."""


def divergence(
    fast: Float[Tensor, "*batch answer"], slow: Float[Tensor, "*batch answer"]
) -> Float[Tensor, "*batch"]:
    """Return the Jensen-Shannon divergence of two distributions in bits: 0 is equal, 1 disjoint.

    ``H((p + q) / 2) - (H(p) + H(q)) / 2`` with base 2 (Lin, IEEE Trans. Inf. Theory 37, 1991), as
    half the sum of two relative entropies to the mean. A share of 0 adds nothing.
    """
    mean = (fast + slow) / 2

    def to_mean(p: Float[Tensor, "*batch answer"]) -> Float[Tensor, "*batch"]:
        # Where p is 0 the ratio counts for nothing; 1 keeps its logarithm finite.
        ratio = torch.where(p > 0, p, 1.0) / torch.where(p > 0, mean, 1.0)
        return (p * ratio.log2()).sum(-1)

    return ((to_mean(fast) + to_mean(slow)) / 2).clamp(0.0, 1.0)


def fit(sign: Float[Tensor, " row"], wrong: Bool[Tensor, " row"], *, ridge: float = 1e-2) -> Doubt:
    """Return the logistic map of greatest likelihood on rows that nothing was trained on.

    Newton's method on the log-likelihood less ``ridge * weight^2 / 2``, which keeps a sign that
    tells right from wrong without fail finite; the bias is all but free of it.

    Raises:
        DataError: there are no rows, or a sign is not finite.
    """
    if not len(sign) or not sign.isfinite().all():
        raise DataError(
            "doubt cannot be fitted: no rows, or a sign that is not finite",
            hint="give held-out rows with finite divergence",
        )
    x = torch.stack([torch.ones_like(sign), sign], dim=1).double()
    penalty = torch.diag(torch.tensor([1e-6, ridge], dtype=torch.float64))
    weights = torch.zeros(2, dtype=torch.float64)
    for _ in range(100):
        p = (x @ weights).clamp(-30, 30).sigmoid()
        gradient = x.T @ (p - wrong.double()) + penalty @ weights
        curve = (x * (p * (1 - p))[:, None]).T @ x + penalty
        step = torch.linalg.solve(curve, gradient)
        weights = weights - step * min(1.0, 5.0 / max(1e-12, float(step.abs().max())))
        if float(step.abs().max()) < 1e-10:
            break
    return Doubt(bias=float(weights[0]), weight=float(weights[1]))


def vote(votes: Int[Tensor, "vote batch *answer"]) -> Vote:
    """Return the commonest answer of each row and its share; a board counts as one answer."""
    whole = votes.flatten(2) if votes.dim() > 2 else votes[..., None]
    alike = (whole[:, None] == whole[None]).all(-1).sum(1)  # [vote batch]
    first = (alike == alike.amax(0)).int().argmax(0)  # of equals, argmax returns the first
    rows = torch.arange(votes.shape[1])
    return Vote(answer=votes[first, rows], share=alike[first, rows] / len(votes))


def unmasked(
    answers: Int[Tensor, "guise batch *answer"], names: Int[Tensor, "guise symbol"]
) -> Int[Tensor, "guise batch *answer"]:
    """Return answers in the true symbols, where guise ``g`` calls symbol ``s`` ``names[g, s]``.

    Raises:
        DataError: a guise gives two symbols one name.
    """
    symbols = torch.arange(names.shape[1])
    if not (names.sort(1).values == symbols).all():
        raise DataError("a guise must name every symbol once", hint="each row is a permutation")
    back = names.argsort(1)
    return back.gather(1, answers.flatten(1)).view(answers.shape)


def invariance(
    answer: Int[Tensor, "batch *answer"], guises: Int[Tensor, "guise batch *answer"]
) -> Float[Tensor, " batch"]:
    """Return the share of guises whose answer, in the true symbols and places, is ``answer``."""
    same = (guises == answer).view(*guises.shape[:2], -1).all(-1)
    return same.float().mean(0)
