"""Sets of answers that hold the true one as often as asked: split conformal prediction.

The promise is an average over draws of calibration rows and new rows alike, and rests on nothing
but that they are exchangeable: it breaks when the world drifts, which is what ``drift`` watches.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, inf

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from nexus.base.errors import ConfigError, DataError

EVERYONE = "everyone"
"""The one group there is when nobody names groups."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conformal:
    """What calibration found: the strangest an answer may be and still be in the set, by group."""

    alpha: float
    """Share of sets that may miss the true answer, at most."""
    grouped: bool
    """Whether the promise holds in each group (Mondrian) or over all of them (marginal)."""
    most: Mapping[Hashable, float]
    """Most strangeness ``1 - p`` of a member; infinite where a group has too few rows."""
    rows: Mapping[Hashable, int]
    """Calibration rows of each group."""

    @property
    def too_few(self) -> tuple[Hashable, ...]:
        """Groups with too few calibration rows to leave any answer out: their sets are full."""
        return tuple(group for group, most in self.most.items() if most == inf)

    def sets(
        self,
        probabilities: Float[np.ndarray, "n class"],
        groups: Shaped[np.ndarray, " n"] | None = None,
    ) -> Bool[np.ndarray, "n class"]:
        """Return which answers belong to each row's set; it may be empty, or full.

        Raises:
            DataError: a probability is not a number, or the groups are not given as in ``fit``.
        """
        return _strangeness(probabilities) <= self._limits(len(probabilities), groups)[:, None]

    def informed(
        self, n: int, groups: Shaped[np.ndarray, " n"] | None = None
    ) -> Bool[np.ndarray, " n"]:
        """Return which of ``n`` rows have a set that rests on enough rows; the others are full."""
        return self._limits(n, groups) < inf

    def _limits(self, n: int, groups: Shaped[np.ndarray, " n"] | None) -> Float[np.ndarray, " n"]:
        if self.grouped != (groups is not None):
            said = "with" if self.grouped else "without"
            raise DataError(f"these sets were calibrated {said} groups", hint=f"ask {said} groups")
        names = [EVERYONE] * n if groups is None else groups.tolist()
        return np.array([self.most.get(name, inf) for name in names])


def fit(
    probabilities: Float[np.ndarray, "n class"],
    labels: Int[np.ndarray, " n"],
    *,
    alpha: float,
    groups: Shaped[np.ndarray, " n"] | None = None,
) -> Conformal:
    """Return sets that miss the true answer of at most a share ``alpha`` of new rows.

    Split conformal prediction (arXiv:2107.07511, Sec. 1): a class is as strange as ``1 - p``, and
    may be as strange as the ``ceil((n + 1) (1 - alpha))``-th least strange true class of ``n``
    rows that nothing was trained on. Where scores do not tie, coverage is also at most
    ``1 - alpha + 1 / (n + 1)``. With ``groups`` this is done in each (Mondrian; Vovk 2012).

    Raises:
        ConfigError: ``alpha`` is not inside (0, 1).
        DataError: there are no rows, or a probability is not a number.
    """
    if not 0.0 < alpha < 1.0:
        raise ConfigError(f"conformal.alpha must lie inside (0, 1), got {alpha}")
    if not len(labels):
        raise DataError("no rows to calibrate sets on")
    strange = _strangeness(probabilities)[np.arange(len(labels)), labels]
    names = [EVERYONE] * len(labels) if groups is None else groups.tolist()
    members: dict[Hashable, list[float]] = {name: [] for name in sorted(set(names))}
    for name, value in zip(names, strange.tolist(), strict=True):
        members[name].append(value)
    return Conformal(
        alpha=alpha,
        grouped=groups is not None,
        most={name: _quantile(values, alpha) for name, values in members.items()},
        rows={name: len(values) for name, values in members.items()},
    )


def _quantile(values: list[float], alpha: float) -> float:
    # The fraction that was written: 1 - 0.7 in binary is above 0.3 and would round up.
    rank = ceil((len(values) + 1) * (1 - Fraction(str(alpha))))
    return sorted(values)[rank - 1] if rank <= len(values) else inf


def _strangeness(probabilities: Float[np.ndarray, "n class"]) -> Float[np.ndarray, "n class"]:
    if not np.isfinite(probabilities).all():
        raise DataError(
            "a probability is not a finite number", hint="look for NaN in what was thought"
        )
    return 1.0 - probabilities.astype(np.float64)
