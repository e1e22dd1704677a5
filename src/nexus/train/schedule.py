"""Values that change over a run, as pure functions of the step: never of the clock."""

import math
from dataclasses import dataclass
from typing import Literal

from nexus.base.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Learning-rate factor: up over ``warmup`` steps, flat at 1, then down to almost 0.

    The trapezoid of Hägele et al. (arXiv:2405.18392): unlike a cosine over the whole run, its
    flat part does not depend on ``steps``.
    """

    steps: int
    warmup: int = 0
    decay_from: float = 1.0
    """Share of the steps after which the factor falls."""
    shape: Literal["linear", "cosine"] = "linear"

    def __post_init__(self) -> None:
        if not 0.0 <= self.decay_from <= 1.0:
            raise ConfigError(f"decay_from must lie in [0, 1], got {self.decay_from}")

    def factor(self, step: int) -> float:
        """Return the factor of ``step``, in (0, 1]; steps count from 1, so none is wasted on 0."""
        up = min(1.0, step / self.warmup) if self.warmup else 1.0
        start = round(self.decay_from * self.steps)
        left = min(1.0, (self.steps + 1 - step) / (self.steps + 1 - start))
        return up * (left if self.shape == "linear" else (1 - math.cos(math.pi * left)) / 2)


def ramp(step: int, *, first: int, last: int, low: float, high: float) -> float:
    """Return ``low`` until step ``first``, ``high`` from step ``last``, a straight line between.

    The one curriculum: object counts, EMA decay, loss weights.

    >>> [ramp(step, first=10, last=20, low=1, high=6) for step in (1, 10, 15, 20, 99)]
    [1.0, 1.0, 3.5, 6.0, 6.0]
    """
    if last <= first:
        return float(high if step >= last else low)
    share = min(1.0, max(0.0, (step - first) / (last - first)))
    return low + share * (high - low)
