"""A measured share, and how surely it is known."""

from dataclasses import dataclass
from math import sqrt

from nexus.base.errors import DataError


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """An estimate between two bounds of stated coverage."""

    value: float
    low: float
    high: float


def wilson(right: int, of: int, *, z: float = 1.96) -> Interval:
    """Return a share with Wilson's score interval (JASA 22, 1927); ``z`` = 1.96 covers 95 %.

    Raises:
        DataError: ``of`` is 0.
    """
    if of < 1:
        raise DataError(f"a share of {of} items has no interval")
    p, n = right / of, float(of)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(value=p, low=max(0.0, centre - half), high=min(1.0, centre + half))
