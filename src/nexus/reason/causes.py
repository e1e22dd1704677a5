"""Naming what wrong answers have in common: the tag that is over-represented among them, if any.

A tag is a plain word about an example: ``relation:left_of``, ``rule:3x5``, ``kind:count``. A cause
is a pattern in what went wrong and no proof of why: of two tags that always come together the first
by name is named.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt

import numpy as np
from jaxtyping import Bool

from nexus.base.errors import ConfigError, DataError
from nexus.base.intervals import wilson


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """A tag whose examples go wrong more often than the rest."""

    tag: str
    wrong_with: int
    """Wrong examples that have the tag."""
    n_with: int
    wrong_without: int
    n_without: int
    low: float
    """Lower end of the 95 % interval of ``effect``."""
    high: float
    p: float
    """One-sided Fisher test, times the number of tags tested (Bonferroni), at most 1."""
    tested: int
    """Tags tested."""
    wrong: str = "wrong"
    """What went wrong with the examples, in words that follow "9 of 10"."""

    @property
    def share_with(self) -> float:
        """Share wrong of the examples that have the tag."""
        return self.wrong_with / self.n_with

    @property
    def share_without(self) -> float:
        """Share wrong of the rest."""
        return self.wrong_without / self.n_without

    @property
    def effect(self) -> float:
        """How much larger the share wrong is with the tag than without."""
        return self.share_with - self.share_without


def find_cause(
    tags: Sequence[Set[str]],
    wrong: Bool[np.ndarray, " n"],
    *,
    alpha: float = 0.01,
    least_effect: float = 0.1,
    least_rows: int = 5,
) -> Cause | None:
    """Return the tag that is most surely over-represented among wrong examples, or None.

    Tested is each tag that ``least_rows`` examples have and that as many lack: a choice that does
    not look at ``wrong``. On pure noise a cause is named at most in a share ``alpha`` of cases. The
    cause named has the least p of those whose effect is ``least_effect`` or more.

    Raises:
        ConfigError: ``alpha`` or ``least_effect`` is not inside (0, 1), or ``least_rows`` below 1.
        DataError: there are not as many tag sets as examples.
    """
    for name, value in (("alpha", alpha), ("least_effect", least_effect)):
        if not 0.0 < value < 1.0:
            raise ConfigError(f"causes.{name} must lie inside (0, 1), got {value}")
    if least_rows < 1:
        raise ConfigError(f"causes.least_rows must be at least 1, got {least_rows}")
    if len(tags) != len(wrong):
        raise DataError(f"{len(tags)} sets of tags for {len(wrong)} examples")
    n, bad = len(wrong), int(wrong.sum())
    having = Counter(tag for row in tags for tag in row)
    failed = Counter(tag for row, w in zip(tags, wrong.tolist(), strict=True) if w for tag in row)
    tested = sorted(t for t, m in having.items() if least_rows <= m <= n - least_rows)
    best, least = None, inf
    for tag in tested:
        m, w = having[tag], failed[tag]
        if w / m - (bad - w) / (n - m) < least_effect:
            continue
        log_p = log_tail(w, of=m, bad=bad, n=n) + log(len(tested))
        if log_p < least:
            best, least = tag, log_p
    if best is None or least > log(alpha):
        return None
    m, w = having[best], failed[best]
    low, high = _interval(w, m, bad - w, n - m)
    return Cause(
        tag=best,
        wrong_with=w,
        n_with=m,
        wrong_without=bad - w,
        n_without=n - m,
        low=low,
        high=high,
        p=exp(least),
        tested=len(tested),
    )


def log_tail(wrong: int, *, of: int, bad: int, n: int) -> float:
    """Return the log of the chance that ``wrong`` or more of ``of`` examples are bad by luck.

    Fisher's exact one-sided test: ``of`` examples drawn from ``n`` without return, ``bad`` of which
    are bad. In logarithms, for chances may be smaller than the smallest number there is.
    """
    whole = _log_choose(n, of)
    terms = [
        _log_choose(bad, k) + _log_choose(n - bad, of - k) - whole
        for k in range(max(wrong, of - (n - bad)), min(of, bad) + 1)
    ]
    if not terms:
        return -inf
    top = max(terms)
    return min(0.0, top + log(sum(exp(t - top) for t in terms)))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _interval(w: int, m: int, v: int, rest: int) -> tuple[float, float]:
    """Return the 95 % interval of ``w / m - v / rest`` (Newcombe, 1998, method 10)."""
    p, q = w / m, v / rest
    with_tag, without = wilson(w, m), wilson(v, rest)
    low = p - q - sqrt((p - with_tag.low) ** 2 + (without.high - q) ** 2)
    high = p - q + sqrt((with_tag.high - p) ** 2 + (q - without.low) ** 2)
    return max(-1.0, low), min(1.0, high)
