"""What a run's folder holds that a report can show; nothing is computed anew here."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nexus.base.errors import DataError
from nexus.store.runs import Run
from nexus.suites.results import less_is_better
from nexus.train import metrics


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number a suite measured."""

    name: str
    value: float | None
    floor: float | None = None
    """What a trivial baseline reaches."""
    low: float | None = None
    high: float | None = None
    """The 95 % interval."""
    n: int | None = None
    """Items it was measured on."""

    @property
    def margin(self) -> float | None:
        """How much better than its floor the value is; negative where it is worse."""
        if self.value is None or self.floor is None:
            return None
        better = self.value - self.floor
        return -better if less_is_better(self.name) else better


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One suite's result, as ``evaluation/<suite>.json`` has it."""

    suite: str
    figures: tuple[Figure, ...]
    recipe: str
    hash: str
    seconds: float | None
    """CPU seconds the suite took."""
    kinds: Mapping[str, Mapping[str, float | None]]
    """Kind of question -> what was measured for it alone."""
    causes: Mapping[str, int]
    """Why it was answered or not -> how often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One question of the test split with what was answered."""

    picture: Path
    question: str
    gold: str
    answer: str
    """Empty when abstaining."""
    confidence: float
    cause: str

    @property
    def outcome(self) -> str:
        """``right``, ``wrong`` or ``abstained``."""
        if not self.answer:
            return "abstained"
        return "right" if self.answer == self.gold else "wrong"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """Everything there is to show of one run."""

    run: Run
    recipe: Mapping[str, Any]
    evaluations: tuple[Evaluation, ...]
    asked: tuple[Asked, ...]
    pictures: Mapping[str, Path]
    """Figures the suites drew, by name."""
    captions: Mapping[str, str]
    metrics: tuple[Mapping[str, Any], ...]
    """The rows of ``metrics.jsonl``."""


def read_contents(folder: Path) -> Contents:
    """Return what the run at ``folder`` holds.

    Raises:
        CheckpointError: there is no run.
        DataError: a result file of it is damaged.
    """
    run = Run.open(folder)
    results = sorted((folder / "evaluation").glob("*.json"))
    figures = folder / "figures"
    return Contents(
        run=run,
        recipe=tomllib.loads(run.recipe),
        evaluations=tuple(read_evaluation(p) for p in results if p.stem != "examples"),
        asked=_asked(folder),
        pictures={p.stem: p for p in sorted(figures.glob("*.png"))},
        captions=_json(figures / "captions.json", {}),
        metrics=tuple(_metrics(run.metrics)),
    )


def read_evaluation(path: Path) -> Evaluation:
    """Return one suite's stored result."""
    found = _json(path, {})
    try:
        return evaluation(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, f"lacks {error}") from None


def evaluation(result: Mapping[str, Any]) -> Evaluation:
    """Return a suite's result as a record; keys a table does not show are left out."""
    names = ("value", "floor", "low", "high", "n")
    return Evaluation(
        suite=result["suite"],
        figures=tuple(
            Figure(name=name, **{key: given.get(key) for key in names})
            for name, given in result["figures"].items()
        ),
        recipe=result["recipe"],
        hash=result["hash"],
        seconds=result.get("cpu_s"),
        kinds=result.get("kinds", {}),
        causes=result.get("causes", {}),
    )


def _asked(folder: Path) -> tuple[Asked, ...]:
    path = folder / "evaluation" / "examples.json"
    names = ("question", "gold", "answer", "confidence", "cause")
    try:
        return tuple(
            Asked(picture=folder / item["picture"], **{name: item[name] for name in names})
            for item in _json(path, [])
        )
    except (KeyError, TypeError) as error:
        raise _damaged(path, f"lacks {error}") from None


def _metrics(path: Path) -> list[dict[str, Any]]:
    try:
        return metrics.read(path)
    except ValueError as error:
        raise _damaged(path, str(error)) from None


def _json(path: Path, absent: Any) -> Any:
    if not path.is_file():
        return absent
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{path} is damaged: {why}", hint="delete it and run `nexus evaluate` for that suite again"
    )
