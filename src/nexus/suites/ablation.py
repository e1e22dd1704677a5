"""Bench "ablation": what each objective contributes, at equal CPU-seconds, over several seeds.

Every variant trains from nothing for the same CPU time (so a cheaper objective gets more steps) and
is judged on the same test scenes. A term that changes nothing is said to change nothing.
"""

import math
import time
from collections.abc import Mapping
from typing import Any, Final

from nexus.config import Recipe, overlay
from nexus.suites import briefly, results
from nexus.suites.asked import asked_figures
from nexus.suites.perception import (
    foil_figures,
    paraphrase_figure,
    rank_figure,
    retrieval_figures,
)
from nexus.suites.probing import probe_figures
from nexus.suites.results import Figure
from nexus.train.phase import Progress

_OFF: Final = dict.fromkeys(("ask", "image", "text", "cross", "contrastive", "sigreg"), 0.0)
VARIANTS: Final[Mapping[str, Mapping[str, Mapping[str, float | int]]]] = {
    "all": {},
    "no_ask": {"objective": {"ask": 0.0}},
    "no_statements": {"objective": {"statements": 0}},
    "no_questions": {"objective": {"questions": 0}},
    "no_nameless": {"objective": {"nameless": 0.0}},
    "no_grain": {"objective": {"grain": 0.0}},
    "no_mask": {"objective": {"image": 0.0, "text": 0.0}},
    "no_cross": {"objective": {"cross": 0.0}},
    "no_contrastive": {"objective": {"contrastive": 0.0}},
    "no_sigreg": {"objective": {"sigreg": 0.0}},
    "no_ema": {"predict": {"ema_start": 0.0, "ema_end": 0.0}},
    "contrastive_only": {"objective": {**_OFF, "contrastive": 1.0}},
    "image_only": {"objective": {**_OFF, "image": 1.0, "sigreg": 0.05, "jepa_every": 1}},
    "text_only": {"objective": {**_OFF, "text": 1.0, "sigreg": 0.05, "jepa_every": 1}},
}
"""Variant -> what it changes in the recipe."""
TURNS: Final = 3
"""Times each variant is paced."""
SHOWN: Final = (
    *("retrieval_of_ceiling", "foil_colour", "foil_exchanged", "foil_relation", "probe_shape"),
    *("probe_shape_heldout_pairs", "probe_colour", "probe_count", "asked_shape"),
    *("paraphrase_cosine_gap", "rankme_fraction", "noise_robust"),
)
"""The figures a variant is judged by."""


def bench_ablation(
    recipe: Recipe, *, cpu_s: float, seeds: int, progress: Progress
) -> dict[str, Any]:
    """Return every figure of every variant: the mean over seeds, with the worst as ``low``.

    ``floor`` is the same figure of the untrained encoder, or chance.
    """
    began = time.process_time()
    figures: dict[str, Figure] = {}
    steps = {name: max(1, round(cpu_s / cost)) for name, cost in costs(recipe).items()}
    for name, changes in VARIANTS.items():
        found: list[dict[str, Figure]] = []
        for seed in range(seeds):
            made = briefly.with_steps(overlay(recipe, {**changes, "seed": seed}), steps[name])
            tokenizer = briefly.words(made)
            trained = briefly.phase(made, tokenizer)
            briefly.run(trained, last=steps[name])
            found.append(measured(briefly.bench(trained, made)))
            progress.note(f"{name}, seed {seed}: {steps[name]} steps")
        figures |= {f"{name}/{key}": results.over_seeds([f[key] for f in found]) for key in SHOWN}
    return results.result(
        "ablation", figures, recipe, cpu_s=time.process_time() - began, steps=steps
    )


def costs(recipe: Recipe) -> Mapping[str, float]:
    """Return the CPU-seconds of a step of each variant: the least of turns, as if nothing else ran.

    All are paced in turns, so that a busy machine costs none of them more than the others.
    """
    tokenizer = briefly.words(recipe)
    found = dict.fromkeys(VARIANTS, math.inf)
    for _ in range(TURNS):
        for name, changes in VARIANTS.items():
            made = overlay(recipe, changes)
            cost = briefly.pace(briefly.phase(made, tokenizer), made.train.perception)
            found[name] = min(found[name], cost)
    return found


def measured(bench: briefly.Workbench) -> dict[str, Figure]:
    """Return the figures a variant is judged by."""
    found = retrieval_figures(bench) | foil_figures(bench) | paraphrase_figure(bench)
    return found | probe_figures(bench) | rank_figure(bench) | asked_figures(bench)
