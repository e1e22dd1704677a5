"""The one form in which every suite says what it measured, and where that is kept.

A number stands beside its floor (what a trivial baseline reaches on the same items), its 95 %
interval and the number of items, or it is not a result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from math import isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float

from nexus.base.intervals import Interval, wilson
from nexus.config import Recipe
from nexus.evaluate.calibration import paired_bootstrap
from nexus.store.files import write_json
from nexus.store.provenance import code_hash


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number; what was not measured is None."""

    value: float | None
    floor: float | None = None
    """What the best trivial baseline reaches on the same items."""
    low: float | None = None
    high: float | None = None
    """The 95 % interval: items resampled, one training run."""
    n: int = 0
    """Items."""
    seeds: int = 1
    """Training runs."""
    streams: int = 1
    """Streams of examples that were lived through, of one training run."""

    @classmethod
    def of(cls, interval: Interval, *, n: int, floor: float | None = None) -> "Figure":
        """Return an interval as a figure."""
        return cls(value=interval.value, floor=floor, low=interval.low, high=interval.high, n=n)


LESS: Final = (
    *("ece*", "forged*", "stars*", "conformal_coverage_error", "*_exact_noisy_*", "*collapsed"),
    *("false_*", "detection_delay*", "proposal_delay", "old_rule_*", "denied_*", "harmless_*"),
    "*right_words_flagged",
    *("*_redrawn", "adapted_cpu_s", "checkpoint_save_s", "rollback_s", "*_ms", "*_ms_????"),
    *("rules_recovered_noise", "rules_cpu_s"),
    *("step_moved_gb", "weights_gb", "gradients_gb", "optimizer_gb", "target_gb"),
    *("activations_gb", "step_tflop", "params_millions", "part/*"),
)
"""Patterns of names of figures of which less is better."""
NOT_MEASURED = Figure(value=None)


def share(right: Bool[np.ndarray, " n"], *, floor: float | None = None) -> Figure:
    """Return the share that is right with Wilson's interval; nothing of nothing."""
    if not len(right):
        return Figure(value=None, floor=floor)
    return Figure.of(wilson(int(right.sum()), len(right)), n=len(right), floor=floor)


def mean(values: Float[np.ndarray, " n"], *, floor: float | None = None) -> Figure:
    """Return the mean with its bootstrap interval; nothing of nothing."""
    if not len(values):
        return Figure(value=None, floor=floor)
    return Figure.of(paired_bootstrap(values, np.zeros(len(values))), n=len(values), floor=floor)


def less_is_better(name: str) -> bool:
    """Return whether less of a figure is better; of what no pattern knows, more is."""
    return any(fnmatchcase(name, pattern) for pattern in LESS)


def result(
    suite: str, figures: Mapping[str, Figure], recipe: Recipe, *, cpu_s: float, **details: object
) -> dict[str, Any]:
    """Return the JSON object of a suite; ``details`` are tables beside the figures."""
    return {
        "suite": suite,
        "figures": {name: _plain(asdict(figure)) for name, figure in figures.items()},
        **{name: _plain(value) for name, value in details.items()},
        "recipe": recipe.name,
        "hash": recipe.hash,
        "code_hash": code_hash(),
        "cpu_s": round(cpu_s, 1),
    }


def worst(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the results of several training runs as one: each figure from its worst run.

    ``per_seed`` keeps every run's value.
    """
    figures: dict[str, Any] = {}
    per_seed: dict[str, Any] = {}
    for name in found[0]["figures"]:
        each = [run["figures"][name] for run in found]
        values = [figure["value"] for figure in each]
        per_seed[name] = values
        measured = [figure for figure in each if figure["value"] is not None]
        pick = max if less_is_better(name) else min
        chosen = pick(measured, key=lambda figure: figure["value"]) if measured else each[0]
        figures[name] = {**chosen, "seeds": len(measured)}
    cpu_s = round(sum(run["cpu_s"] for run in found), 1)
    return {**found[0], "figures": figures, "per_seed": per_seed, "cpu_s": cpu_s}


def over_seeds(found: Sequence[Figure]) -> Figure:
    """Return the mean over training runs, the worst and the best as its interval.

    A single run keeps its own interval.
    """
    measured = [f for f in found if f.value is not None]
    values = [f.value for f in measured if f.value is not None]
    if len(measured) < 2:
        return measured[0] if measured else NOT_MEASURED
    return Figure(
        value=float(np.mean(values)),
        floor=found[0].floor,
        low=min(values),
        high=max(values),
        n=found[0].n,
        seeds=len(values),
    )


def worst_stream(name: str, each: Sequence[float], pooled: Figure) -> Figure:
    """Return a figure of several streams of one training run: ``pooled``, but for its value.

    The value is the worst of ``each`` stream's; interval and items are those of all streams
    together, so the value may lie outside.
    """
    pick = max if less_is_better(name) else min
    return replace(pooled, value=float(pick(each)), streams=len(each))


def store(folder: Path, found: Mapping[str, Any]) -> None:
    """Keep a suite's result in the run at ``folder``, in place of an older one."""
    write_json(folder / "evaluation" / f"{found['suite']}.json", found)


def _plain(value: Any) -> Any:
    """Return a value JSON can hold: numbers of numpy as Python's, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if isfinite(value) else None
    return value
