"""How well a score ranks: apart what it should tell apart, and right answers before wrong ones.

Ties are exact: what a score does not order counts as ordered at random, in expectation.
"""

from math import ceil

import numpy as np
from jaxtyping import Bool, Float

from nexus.base.errors import DataError


def auroc(score: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]) -> float:
    """Return the probability that a positive scores above a negative; a tie counts half.

    The area under the ROC curve by Mann and Whitney's statistic, counted in whole halves.

    Raises:
        DataError: one of the two kinds is missing, or a score is not a number.
    """
    high, low = _apart(score, positive)
    ordered = np.sort(low)
    halves = np.searchsorted(ordered, high, "left") + np.searchsorted(ordered, high, "right")
    return int(halves.sum()) / (2 * len(high) * len(low))


def fpr_at_tpr(
    score: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"], *, tpr: float = 0.95
) -> float:
    """Return the share of negatives flagged when at least a share ``tpr`` of positives is.

    Flagged is what scores at least the threshold, and the threshold is the highest that will do.

    Raises:
        DataError: one of the two kinds is missing, or a score is not a number.
    """
    high, low = _apart(score, positive)
    threshold = np.sort(high)[-_share_of(tpr, len(high))]
    return float((low >= threshold).mean())


def aurc(confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> float:
    """Return the mean share of wrong answers among the k most confident, over k = 1 ... n.

    The area under the risk-coverage curve (arXiv:1805.08206); 0 is the best.

    Raises:
        DataError: there is nothing to rank, or a confidence is not a number.
    """
    return float((1 - accuracy_by_coverage(confidence, right)).mean())


def accuracy_at(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], *, coverage: float
) -> float:
    """Return the share right of the most confident answers that cover at least ``coverage``.

    Raises:
        DataError: there is nothing to rank, or a confidence is not a number.
    """
    curve = accuracy_by_coverage(confidence, right)
    return float(curve[_share_of(coverage, len(curve)) - 1])


def accuracy_by_coverage(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Return the share right among the k most confident answers, for k = 1 ... n.

    Raises:
        DataError: there is nothing to rank, or a confidence is not a number.
    """
    _check(confidence)
    _, level, count = np.unique(-confidence, return_inverse=True, return_counts=True)
    share = np.bincount(level, weights=right, minlength=len(count)) / count
    return np.cumsum(np.repeat(share, count)) / np.arange(1, len(right) + 1)


def _share_of(share: float, n: int) -> int:
    """Return the least whole number that is a share of ``n``, and at least 1."""
    if not 0.0 < share <= 1.0:
        raise DataError(f"a share of items must lie in (0, 1], got {share}")
    return max(1, ceil(share * n - 1e-9))  # 0.95 in binary is not quite 95 / 100


def _apart(
    score: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " q"]]:
    _check(score)
    high, low = score[positive], score[~positive]
    if not (len(high) and len(low)):
        raise DataError(f"{len(high)} positives cannot be told from {len(low)} negatives")
    return high, low


def _check(score: Float[np.ndarray, " n"]) -> None:
    if not len(score):
        raise DataError("no items to rank")
    if np.isnan(score).any():
        raise DataError("a score to rank by is not a number")
