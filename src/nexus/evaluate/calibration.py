"""How far a probability may be trusted: fitting temperatures, measuring error, honest intervals."""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from jaxtyping import Bool, Float, Int

from nexus.base.errors import DataError
from nexus.base.intervals import Interval, wilson
from nexus.base.randomness import integers, key
from nexus.decide.answer import Calibration

LIMITS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Probabilities above which a proof may be an answer by itself, tried from the first on."""
BINS = 15
"""Bins of a reliability curve; each holds the same number of items ("equal mass")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reliability:
    """Confidence against accuracy, bin by bin, from the least confident."""

    confidence: Float[np.ndarray, " bin"]
    accuracy: Float[np.ndarray, " bin"]
    count: Int[np.ndarray, " bin"]

    @property
    def ece(self) -> float:
        """Expected calibration error: mean gap of confidence and accuracy, bins by their count."""
        gap = np.abs(self.confidence - self.accuracy)
        return float((gap * self.count).sum() / self.count.sum())


def reliability(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], *, bins: int = BINS
) -> Reliability:
    """Return the reliability curve over equal-mass bins (arXiv:1706.04599, Eq. 2 and 3).

    A perfectly calibrated source still measures about ``0.8 sqrt(p (1 - p) bins / n)``.

    Raises:
        DataError: there is nothing to measure.
    """
    if not len(confidence):
        raise DataError("no items to measure calibration on")
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(confidence)))
    return Reliability(
        confidence=np.array([confidence[p].mean() for p in parts]),
        accuracy=np.array([right[p].mean() for p in parts]),
        count=np.array([len(p) for p in parts]),
    )


def nll(
    logits: Float[np.ndarray, "n k"], label: Int[np.ndarray, " n"], temperature: float = 1.0
) -> float:
    """Return the mean negative log-likelihood, in nats, of ``softmax(logits / temperature)``."""
    z = logits.astype(np.float64) / temperature
    top = z.max(axis=1)
    total = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    return float((total - z[np.arange(len(z)), label]).mean())


def fit_temperature(
    logits: Float[np.ndarray, "n k"],
    label: Int[np.ndarray, " n"],
    *,
    low: float = 0.05,
    high: float = 20.0,
) -> float:
    """Return the temperature of least NLL (arXiv:1706.04599, Sec. 4.2), by golden section.

    NLL is convex in 1 / temperature, so it has one valley in log temperature. Items that are all
    right drive the temperature to ``low``; nothing below it is claimed.
    """
    shrink = (sqrt(5) - 1) / 2
    a, b = log(low), log(high)
    c, d = b - shrink * (b - a), a + shrink * (b - a)
    at_c, at_d = nll(logits, label, exp(c)), nll(logits, label, exp(d))
    while b - a > 1e-4:
        if at_c <= at_d:
            b, d, at_d = d, c, at_c
            c = b - shrink * (b - a)
            at_c = nll(logits, label, exp(c))
        else:
            a, c, at_c = c, d, at_d
            d = a + shrink * (b - a)
            at_d = nll(logits, label, exp(d))
    return exp((a + b) / 2)


def fit_binary_temperature(
    logits: Float[np.ndarray, " n"], label: Bool[np.ndarray, " n"], *, low: float = 0.05
) -> float:
    """Return the temperature of least NLL of ``sigmoid(logits / temperature)``."""
    both = np.stack([np.zeros_like(logits), logits], axis=1)
    return fit_temperature(both, label.astype(np.int64), low=low)


def fit_logistic(
    features: Float[np.ndarray, "n k"], label: Bool[np.ndarray, " n"], *, ridge: float = 1.0
) -> Float[np.ndarray, " k1"]:
    """Return the bias, then one weight a feature, of a logistic regression.

    Newton's method (iteratively re-weighted least squares) on the log-likelihood less
    ``ridge * |weights|^2 / 2``, which keeps separable data finite; the bias is free of it.
    """
    x = np.concatenate([np.ones((len(features), 1)), features], axis=1).astype(np.float64)
    penalty = ridge * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - label) + penalty @ weights
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, gradient)
        weights = weights - step * min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-8:
            break
    return weights


def log_odds(p: Float[np.ndarray, "..."], *, least: float = 1e-6) -> Float[np.ndarray, "..."]:
    """Return ``log(p / (1 - p))``, with p kept ``least`` away from 0 and 1."""
    p = np.clip(p, least, 1 - least)
    return np.log(p / (1 - p))


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRecord:
    """What both routes said of questions with known answers, one row a question."""

    fast: Float[np.ndarray, " n"]
    """Confidence of the fast route."""
    fast_right: Bool[np.ndarray, " n"]
    proof: Float[np.ndarray, " n"]
    """Probability of the checked proof; NaN where there is none."""
    proof_right: Bool[np.ndarray, " n"]
    agreed: Bool[np.ndarray, " n"]
    """Whether there is a proof and it says what the fast route says."""


def fit_decision(record: RouteRecord, *, least: int = 30, wanted: float = 0.95) -> Calibration:
    """Return the logistic map of each case: routes agree, fast has no ally, proof has none.

    A case seen fewer than ``least`` times keeps its default: the routes at their word. A proof
    alone is an answer from where such proofs are right in a share of ``wanted``: see
    ``lone_proof``.
    """
    proved = ~np.isnan(record.proof)
    fast, proof = log_odds(record.fast), log_odds(np.where(proved, record.proof, 0.5))
    default = Calibration()
    both, lone, apart = record.agreed, ~record.agreed, proved & ~record.agreed

    def fit(
        rows: Bool[np.ndarray, " n"], right: Bool[np.ndarray, " n"], *features: np.ndarray
    ) -> list[float] | None:
        if rows.sum() < least:
            return None
        columns = np.stack([f[rows] for f in features], axis=1)
        return [float(w) for w in fit_logistic(columns, right[rows])]

    agreed = fit(both, record.fast_right, fast, proof)
    alone, slow = fit(lone, record.fast_right, fast), fit(apart, record.proof_right, proof)
    return Calibration(
        agreed=(agreed[0], agreed[1], agreed[2]) if agreed else default.agreed,
        fast_only=(alone[0], alone[1]) if alone else default.fast_only,
        slow_only=(slow[0], slow[1]) if slow else default.slow_only,
        lone_proof=lone_proof(record.proof[apart], record.proof_right[apart], wanted=wanted),
    )


def lone_proof(
    proof: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], *, wanted: float
) -> float:
    """Return the least of ``LIMITS`` above which proofs are surely right in a share of ``wanted``.

    Surely: the lower end of the share's 95 % interval reaches it. Where it never does the limit is
    1.0, which no proof exceeds. Selection with a bounded risk, as in Geifman and El-Yaniv
    (NeurIPS 2017), over a few fixed limits.
    """
    for limit in LIMITS:
        rows = proof > limit
        if rows.any() and wilson(int(right[rows].sum()), int(rows.sum())).low >= wanted:
            return limit
    return 1.0


def paired_bootstrap(
    a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"], *, seed: int = 0, draws: int = 2000
) -> Interval:
    """Return the mean of ``a - b`` with its 95 % percentile interval, items resampled."""
    gap = a.astype(np.float64) - b
    rows = integers(key(seed, "bootstrap"), np.arange(draws), len(gap), len(gap))
    means = gap[rows].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(value=float(gap.mean()), low=float(low), high=float(high))
