"""Suite "questions": two routes, each alone and both together, beside what needs no picture.

Accuracy among answered questions is only quoted with the share that is answered, on the same items.
"""

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float

from nexus.base.intervals import wilson
from nexus.base.randomness import integers, key
from nexus.evaluate.calibration import reliability
from nexus.suites import results
from nexus.suites.answers import Answers, think_about
from nexus.suites.examples import keep_examples
from nexus.suites.figures_questions import draw_questions
from nexus.suites.forgery import forge
from nexus.suites.question_only import Guesser, majority_right
from nexus.suites.results import Figure
from nexus.suites.strange import strange_figure
from nexus.system import System

FORGERIES: Final = 10_000
"""Wrong certificates shown to the checker; a small suite shows four for each of its questions."""
_OTHER_SPLITS: Final = ("templates", "pairs")
_DRAWS: Final = 200


def evaluate(system: System, folder: Path) -> dict[str, Any]:
    """Measure, store and return the suite's result; examples and pictures go beside it."""
    began = time.process_time()
    count = system.recipe.evaluate.questions
    guesser = Guesser.train(system.world, seed=system.recipe.seed)
    answers = think_about(system, "test", count)
    figures = route_figures(answers, guesser) | calibration_figures(answers, system)
    figures |= forgery_figure(system, min(FORGERIES, 4 * count))
    figures |= strange_figure(system, max(2, count // 4))
    for split in _OTHER_SPLITS:
        others = route_figures(think_about(system, split, max(2, count // 6)), guesser)
        figures |= {f"{name}_{split}": figure for name, figure in others.items()}
    found = results.result(
        "questions",
        figures,
        system.recipe,
        cpu_s=time.process_time() - began,
        kinds=by_kind(answers, guesser),
        causes=Counter(d.cause for d in answers.decisions),
        floors=_floors(answers, guesser),
    )
    results.store(folder, found)
    keep_examples(folder, answers)
    draw_questions(folder, system, answers)
    return found


def route_figures(answers: Answers, guesser: Guesser) -> dict[str, Figure]:
    """Return each route's accuracy (an abstention is not right), and the two together."""
    checked, proved = answers.checked, answers.slow_answered
    floor = max(_floors(answers, guesser).values())
    alone = answers.answered & ~checked
    return {
        "fast_accuracy": results.share(answers.fast_right, floor=floor),
        "slow_accuracy": results.share(answers.slow_right, floor=floor),
        "slow_coverage": results.share(proved),
        "slow_precision": results.share(answers.slow_right[proved]),
        "checked_accuracy": _right_among(answers, guesser, checked),
        "checked_coverage": results.share(checked),
        "proved_alone_accuracy": _right_among(answers, guesser, alone),
        "proved_alone_coverage": results.share(alone),
    }


def _right_among(answers: Answers, guesser: Guesser, rows: Bool[np.ndarray, " question"]) -> Figure:
    """Return the share right of those given in some rows, over guessing without looking."""
    blind = _floors(answers, guesser, rows)
    return results.share(answers.right[rows], floor=max(blind.values(), default=None))


def _floors(
    answers: Answers, guesser: Guesser, rows: Bool[np.ndarray, " question"] | None = None
) -> dict[str, float]:
    """Return what is right without looking: each kind's commonest answer, a guess by the words."""
    chosen = np.ones(len(answers), dtype=bool) if rows is None else rows
    if not chosen.any():
        return {}
    blind = {
        "majority of the kind": majority_right(answers.questions),
        "words of the question": guesser.right(answers.questions),
    }
    return {name: float(right[chosen].mean()) for name, right in blind.items()}


def by_kind(answers: Answers, guesser: Guesser) -> Mapping[str, Mapping[str, float | int]]:
    """Return accuracies and coverage of each kind of question, beside the floors."""
    table: dict[str, Mapping[str, float | int]] = {}
    for kind in sorted(set(answers.kinds.tolist())):
        rows = answers.kinds == kind
        checked, answered = rows & answers.checked, rows & answers.answered
        table[kind] = {
            "n": int(rows.sum()),
            "fast": float(answers.fast_right[rows].mean()),
            "slow": float(answers.slow_right[rows].mean()),
            "checked": float(answers.right[checked].mean()) if checked.any() else float("nan"),
            "coverage": float(checked.sum() / rows.sum()),
            "answered": float(answered.sum() / rows.sum()),
            "right": float(answers.right[answered].mean()) if answered.any() else float("nan"),
            "floor": max(_floors(answers, guesser, rows).values()),
        }
    return table


def calibration_figures(answers: Answers, system: System) -> dict[str, Figure]:
    """Return the calibration error over all questions, and over the answered ones.

    The floor is the error of always being certain: the share that is wrong.
    """
    right, answered = answers.likelier_right(system.calibration), answers.answered
    return {
        "ece": _ece(answers.confidence, right),
        "ece_answered": _ece(answers.confidence[answered], right[answered]),
    }


def _ece(confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> Figure:
    """Return the error with its bootstrap interval; both are biased upwards."""
    n = len(right)
    if not n:
        return results.NOT_MEASURED
    rows = integers(key(0, "ece"), np.arange(_DRAWS), n, n)
    again = [reliability(confidence[some], right[some]).ece for some in rows]
    low, high = np.quantile(again, [0.025, 0.975])
    value = reliability(confidence, right).ece
    return Figure(
        value=value,
        floor=float(1 - right.mean()),
        low=min(value, float(low)),
        high=max(value, float(high)),
        n=n,
    )


def forgery_figure(system: System, count: int) -> dict[str, Figure]:
    """Return how many forged certificates about test scenes the checker takes for valid.

    The floor is a checker that takes everything.
    """
    scenes = system.world.scenes(system.recipe.seed, "test", np.arange(max(64, count // 8)))
    facts = system.world.facts(scenes)
    report = forge(
        count,
        seed=system.recipe.seed,
        scene=lambda index: facts[index % len(facts)],
        vocabulary=system.world.vocabulary,
    )
    interval = wilson(report.accepted, report.tried)
    return {
        "forged_certificates_accepted": Figure(
            value=float(report.accepted),
            floor=float(report.tried),
            low=interval.low * report.tried,
            high=interval.high * report.tried,
            n=report.tried,
        )
    }
