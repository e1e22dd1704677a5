"""Noticing that the world has changed: Page's CUSUM over a stream of disagreement scores.

``S[t] = max(0, S[t-1] + score[t] - reference)``, and an alarm where ``S[t] > threshold``, after
which the sum starts again from 0 (Page, Biometrika 41, 1954). Scores lie in [0, 1].

How the threshold is set. So many stable scores do not tell the true ones exactly, and the rate of
false alarms is steep in what they leave open; so streams are drawn not from them but from scores as
bad as they may be, with 95 % confidence. For right and wrong that is the exact upper bound of the
rate. Else it is one of 400 resamples: false alarms fall as ``exp(-theta threshold)``, where
``mean(exp(theta (score - reference))) = 1`` (Siegmund, Sequential Analysis, 1985), and taken is the
resample whose mean of that, at the theta of the scores themselves, is the 95th percentile (after
Gandy and Kvaloy, Scand. J. Stat. 40, 2013). The least threshold is taken at which the alarms of
such streams, by an upper bound of 95 %, are within what is allowed; fresh streams then confirm it,
or raise it. Draws are a function of seed, stream and position: the same scores always make the same
detector. Two things are taken on trust: that examples are independent, so that a stream that comes
in runs must be thinned first, and that no stable score is far above all that were given.
"""

from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p, sqrt

import numpy as np
from jaxtyping import Bool, Float, Int

from nexus.base.errors import ConfigError, DataError
from nexus.base.randomness import integers, key

STREAMS = 400
"""Streams simulated side by side."""
LENGTH = 2_500
"""Examples counted of each; an allowed rate r below 1 takes 1 / r times as many."""
WARM = 250
"""Examples of each before those: a sum that has just begun is not yet as high as it will be."""
STEP = 1.02
"""Thresholds this factor apart are not told apart."""
_FINE = 10_000
"""Rates are simulated to one in this many, rounded up."""
RESAMPLES = 400
TRUST = 0.95
"""Confidence that the true stable scores are no worse than those simulated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What is remembered of a stream; the default is a stream not begun."""

    total: float = 0.0
    """The sum, in units of the score."""
    seen: int = 0
    since: int = 0
    """Examples seen when the sum last was 0: the likeliest moment of a change (Page's estimate)."""
    alarm: bool = False
    """Whether the last example raised an alarm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarms:
    """The state after a stretch of stream, and which of its examples raised an alarm."""

    watch: Watch
    at: Int[np.ndarray, " alarm"]
    """Positions in the stretch, from 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cusum:
    """A detector with its measured false-alarm rate; made by ``fit`` or ``fit_rate``."""

    reference: float
    """Scores above this add to the sum, scores below take from it."""
    threshold: float
    per_10k: float
    """False alarms per 10,000 examples, if the stable scores are just like those given."""
    per_10k_upper: float
    """Upper bound of that, if they are as bad as they may be: what was allowed, or less."""
    simulated: int
    """Examples that each of the two was measured on."""

    def observe(self, watch: Watch, score: float) -> Watch:
        """Return the state after one more example.

        Raises:
            DataError: the score does not lie in [0, 1].
        """
        if not 0.0 <= score <= 1.0:
            raise DataError(f"a disagreement score must lie in [0, 1], got {score}")
        fresh = watch.alarm or watch.total == 0.0
        total = max(0.0, (0.0 if watch.alarm else watch.total) + score - self.reference)
        return Watch(
            total=total,
            seen=watch.seen + 1,
            since=watch.seen if fresh else watch.since,
            alarm=total > self.threshold,
        )

    def observe_all(self, watch: Watch, scores: Float[np.ndarray, " n"]) -> Alarms:
        """Return the state after a stretch of stream, with every alarm in it."""
        at: list[int] = []
        for position, score in enumerate(scores.tolist()):
            watch = self.observe(watch, score)
            if watch.alarm:
                at.append(position)
        return Alarms(watch=watch, at=np.array(at, dtype=np.int64))


def fit(
    stable: Float[np.ndarray, " n"],
    *,
    shift: float | None = None,
    allowed: float = 1.0,
    seed: int = 0,
) -> Cusum:
    """Return a detector of a rise of the mean score by ``shift``: the reference is half way up.

    ``shift`` is a standard deviation of the stable scores unless given; ``allowed`` is the most
    false alarms per 10,000 examples.

    Raises:
        ConfigError: ``shift`` or ``allowed`` is not above 0.
        DataError: stable scores are too few or leave [0, 1], or no threshold will do.
    """
    _check(stable)
    shift = float(stable.std()) if shift is None else shift
    if not shift > 0.0:
        raise ConfigError(
            f"drift.shift must be above 0, got {shift}", hint="give the rise of the mean to notice"
        )
    reference = float(stable.mean()) + shift / 2
    bad = worst(stable, reference, stream=key(seed, "drift", "worst"))
    return _measured(stable, bad, reference, allowed=allowed, seed=seed)


def fit_rate(
    wrong: Bool[np.ndarray, " n"], *, changed: float, allowed: float = 1.0, seed: int = 0
) -> Cusum:
    """Return a detector of errors that come at rate ``changed`` instead of their stable rate.

    It sums Bernoulli log-likelihood ratios (Reynolds and Stoumbos, J. Qual. Technol. 31, 1999): a
    score is 1.0 for wrong and 0.0 for right. The stable rate is the posterior mean under Jeffreys'
    prior, so that it is above 0 where nothing was wrong.

    Raises:
        ConfigError: ``changed`` is not above the stable rate, or ``allowed`` not above 0.
        DataError: stable examples are too few, or no threshold will do.
    """
    _check(wrong)
    rate = (float(wrong.sum()) + 0.5) / (len(wrong) + 1)
    if not rate < changed < 1.0:
        raise ConfigError(
            f"drift.changed must lie between the stable rate {rate:.4f} and 1, got {changed}"
        )
    reference = bernoulli_reference(rate, changed)
    upper = rate_upper(int(wrong.sum()), len(wrong))
    bad = (np.arange(_FINE) < upper * _FINE).astype(np.float64)
    return _measured(wrong.astype(np.float64), bad, reference, allowed=allowed, seed=seed)


def bernoulli_reference(stable: float, changed: float) -> float:
    """Return the reference at which this sum is that of log-likelihood ratios, but for its unit.

    ``log(p1/p0) x + log((1-p1)/(1-p0)) (1-x) = unit * (x - reference)`` for x in {0, 1}.
    """
    unit = log(changed * (1 - stable) / (stable * (1 - changed)))
    return log((1 - stable) / (1 - changed)) / unit


def worst(
    stable: Float[np.ndarray, " n"], reference: float, *, stream: int
) -> Float[np.ndarray, " n"]:
    """Return scores as bad as the true ones may be: the resample of 95th percentile."""
    theta = exponent(stable, reference)
    harm = np.exp(theta * (stable - stable.max()))
    rows = integers(stream, np.arange(RESAMPLES), len(stable), len(stable))
    order = np.argsort(harm[rows].mean(1), kind="stable")
    return stable[rows[order[ceil(TRUST * RESAMPLES) - 1]]]


def exponent(stable: Float[np.ndarray, " n"], reference: float, *, most: float = 1e3) -> float:
    """Return the theta > 0 at which ``exp(theta (score - reference))`` has mean 1, or ``most``.

    There is one if the mean is below the reference and some score above.
    """
    rise, low, high = stable - reference, 0.0, most
    while high - low > 1e-6 * high:
        theta = (low + high) / 2
        top = theta * float(rise.max())
        log_mean = top + log(float(np.exp(theta * rise - top).mean()))
        low, high = (theta, high) if log_mean < 0.0 else (low, theta)
    return high


def resampled(
    scores: Float[np.ndarray, " n"], *, stream: int, streams: int, length: int
) -> Float[np.ndarray, "length stream"]:
    """Return streams of scores drawn with replacement.

    Stream ``i`` is a function of ``stream`` (a key), ``i``, and nothing else.
    """
    return scores[integers(stream, np.arange(streams), length, len(scores))].T


def count_alarms(
    scores: Float[np.ndarray, "length stream"], reference: float, threshold: float, *, warm: int = 0
) -> Int[np.ndarray, " stream"]:
    """Return how many alarms each stream raises after its first ``warm`` examples."""
    total = np.zeros(scores.shape[1])
    count = np.zeros(scores.shape[1], dtype=np.int64)
    for at, rise in enumerate(scores - reference):
        total = np.maximum(total + rise, 0.0)
        over = total > threshold
        if over.any():
            total[over] = 0.0
            count += over & (at >= warm)
    return count


def mean_upper(count: Int[np.ndarray, " stream"]) -> float:
    """Return the 95 % upper confidence bound of the mean number of alarms a stream.

    The larger of the exact Poisson bound, which holds where alarms are few, and the normal bound,
    which allows for alarms that come in clusters.
    """
    spread = float(count.std(ddof=1)) / sqrt(len(count))
    return max(poisson_upper(int(count.sum())) / len(count), float(count.mean()) + 1.645 * spread)


def poisson_upper(count: int, *, miss: float = 0.05) -> float:
    """Return the largest mean under which ``count`` events or fewer are as rare as ``miss``.

    The exact upper confidence bound of a Poisson mean (Garwood, Biometrika 28, 1936).
    """
    low, high = max(1e-9, float(count)), 2.0 * count + 20.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        term = total = 1.0  # of the likeliest count, which is the highest; the rest in its units
        for k in range(count, 0, -1):
            term *= k / middle
            total += term
        chance = count * log(middle) - middle - lgamma(count + 1) + log(total)
        low, high = (middle, high) if chance > log(miss) else (low, middle)
    return high


def rate_upper(count: int, of: int, *, miss: float = 1 - TRUST) -> float:
    """Return the largest rate at which ``count`` or fewer of ``of`` are as rare as ``miss``.

    The exact upper confidence bound of Clopper and Pearson (Biometrika 26, 1934).
    """
    low, high = count / of, 1.0
    while high - low > 1e-9:
        rate = (low + high) / 2
        terms = [
            lgamma(of + 1)
            - lgamma(k + 1)
            - lgamma(of - k + 1)
            + k * log(rate)
            + (of - k) * log1p(-rate)
            for k in range(count + 1)
        ]
        top = max(terms)
        chance = top + log(sum(exp(t - top) for t in terms))
        low, high = (rate, high) if chance > log(miss) else (low, rate)
    return high


def _measured(
    stable: Float[np.ndarray, " n"],
    bad: Float[np.ndarray, " m"],
    reference: float,
    *,
    allowed: float,
    seed: int,
) -> Cusum:
    """Return the most sensitive detector that keeps to what is allowed on scores like ``bad``."""
    if not allowed > 0.0:
        raise ConfigError(f"drift.allowed must be above 0, got {allowed}")
    length = round(LENGTH * max(1.0, 1.0 / allowed))

    def drawn(scores: Float[np.ndarray, " m"], purpose: str) -> Float[np.ndarray, "length stream"]:
        of = key(seed, "drift", purpose)
        return resampled(scores, stream=of, streams=STREAMS, length=WARM + length)

    def per_10k_upper(scores: Float[np.ndarray, "length stream"], threshold: float) -> float:
        count = count_alarms(scores, reference, threshold, warm=WARM)
        return mean_upper(count) * 10_000 / length

    tried, low, high = drawn(bad, "choose"), 0.0, 1 / 8
    while per_10k_upper(tried, high) > allowed:
        low, high = high, 2 * high
        if high > length:
            raise DataError(
                f"no threshold keeps to {allowed} false alarms per 10,000 examples",
                hint="give more stable scores, or a larger shift",
            )
    while high > STEP * low and high > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if per_10k_upper(tried, middle) > allowed else (low, middle)
    fresh = drawn(bad, "confirm")
    while (upper := per_10k_upper(fresh, high)) > allowed:
        high *= STEP
    alarms = count_alarms(drawn(stable, "report"), reference, high, warm=WARM)
    return Cusum(
        reference=reference,
        threshold=high,
        per_10k=float(alarms.mean()) * 10_000 / length,
        per_10k_upper=upper,
        simulated=STREAMS * length,
    )


def _check(stable: Float[np.ndarray, " n"] | Bool[np.ndarray, " n"]) -> None:
    if len(stable) < 100:
        raise DataError(f"{len(stable)} stable scores are too few", hint="give 100 or more")
    if not ((stable >= 0) & (stable <= 1)).all():
        raise DataError("a stable score does not lie in [0, 1]")
