"""How often answers are wrong when only the surest are given, for every share of them.

The risk-coverage curve (El-Yaniv and Wiener 2010, "On the foundations of noise-free selective
classification"): from the surest answer on, one after the other is given, and the share that was
right so far stands beside the share of all questions that were answered so far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from nexus.suites.figures import OURS, SECOND, drawn

POINTS: Final = 24
"""Most points of a curve that are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """What giving the answers at least this sure comes to."""

    least: float
    """Probability from which on answers are given."""
    coverage: float
    """Answers among all questions that have one."""
    precision: float
    """Right ones among answers."""
    answered: int


def risk_coverage(
    sure: Float[np.ndarray, " answer"], right: Bool[np.ndarray, " answer"], questions: int
) -> tuple[Point, ...]:
    """Return the curve's points, the surest answers first; answers equally sure are given together.

    ``questions`` counts those that were not answered, too. Without answers there is no point.
    """
    order = np.argsort(-sure, kind="stable")
    sure, right = sure[order], np.cumsum(right[order])
    ends = np.flatnonzero(np.append(sure[1:] != sure[:-1], len(sure) > 0))
    kept = (
        ends[np.unique(np.linspace(0, len(ends) - 1, POINTS).round().astype(int))]
        if len(ends)
        else ends
    )
    return tuple(
        Point(
            least=float(sure[at]),
            coverage=float((at + 1) / questions),
            precision=float(right[at] / (at + 1)),
            answered=int(at) + 1,
        )
        for at in kept
    )


def draw_risk(folder: Path, curves: Mapping[str, Sequence[Point]]) -> None:
    """Draw curves into ``figures/risk_coverage.png`` of the run at ``folder``.

    Raises:
        StorageError: the disk refused.
    """
    caption = (
        "Share of answers that are right against the share of questions answered, when only the "
        "surest answers are given. Solid: sentences in a make that was never taught are not read; "
        "dashed: they are."
    )
    with drawn(folder, "risk_coverage", caption, width=6.4, height=3.6) as figure:
        panel = figure.subplots()
        for name, points in curves.items():
            kind, _, strict = name.partition(", ")
            panel.plot(
                [x.coverage for x in points],
                [x.precision for x in points],
                color=OURS if kind == "paraphrases" else SECOND,
                linestyle="-" if strict == "as taught" else "--",
                label=name,
            )
        panel.set(xlim=(0, 1.0), xlabel="questions answered", ylabel="answers that are right")
        panel.legend(loc="lower left")
