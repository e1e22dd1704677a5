"""Bench "collapse": which strengths of SIGReg keep the latents alive, with nothing else to help.

Contrastive matching and asking both hold latents apart, so both are off: what is left are masked
and cross-modal prediction towards an EMA target, which a constant would satisfy. A run has
collapsed if its patch latents use less than a quarter of their width (RankMe), or if a linear
probe reads shape from them no better than from the untrained encoder.
"""

import time
from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import torch

from nexus.config import Recipe, overlay
from nexus.evaluate.gauges import measure
from nexus.evaluate.probes import Objects, fit_probe
from nexus.suites import briefly, results
from nexus.suites.results import Figure
from nexus.suites.sights import see
from nexus.suites.workbench import Workbench
from nexus.train.phase import Progress
from nexus.worlds.tabletop.scene import SHAPES

WEIGHTS: Final = (0.0, 0.001, 0.01, 0.1, 1.0)
"""Weights of SIGReg; 0 is the EMA target alone."""
BATCHES: Final = (32, 128)
RATES: Final = (0.005, 0.02, 0.08)
"""Learning rates of Muon; AdamW's keep their ratio to it."""
RANK: Final = 0.25
"""Share of the width below which latents count as collapsed."""


def bench_collapse(
    recipe: Recipe, *, steps: int, progress: Progress, weights: Sequence[float] = WEIGHTS
) -> dict[str, Any]:
    """Return RankMe and probe of every run, and how many of each weight collapsed."""
    began = time.process_time()
    figures: dict[str, Figure] = {}
    tokenizer = briefly.words(recipe)
    for weight in weights:
        fallen = 0
        for batch, rate in product(BATCHES, RATES):
            made = variant(recipe, weight=weight, batch=batch, rate=rate, steps=steps)
            trained = briefly.phase(made, tokenizer)
            briefly.run(trained, last=steps)
            bench = briefly.bench(trained, made)
            rank, probe, floor = health(bench)
            fallen += rank < RANK or probe <= floor
            name = f"sigreg_{weight:g}_batch_{batch}_rate_{rate:g}"
            figures[f"{name}/rank"] = Figure(value=rank, floor=RANK, n=len(bench.test))
            figures[f"{name}/probe_shape"] = Figure(value=probe, floor=floor, n=len(bench.test))
            progress.note(f"{name}: rank {rank:.2f}, shape {probe:.2f} ({floor:.2f})")
        runs = len(BATCHES) * len(RATES)
        figures[f"sigreg_{weight:g}/collapsed"] = Figure(value=fallen, n=runs)
    return results.result("collapse", figures, recipe, cpu_s=time.process_time() - began)


def variant(recipe: Recipe, *, weight: float, batch: int, rate: float, steps: int) -> Recipe:
    """Return the recipe with prediction alone, guarded by SIGReg of this weight."""
    config = recipe.train.perception
    objective = {"ask": 0.0, "contrastive": 0.0, "image": 1.0, "text": 1.0, "cross": 1.0}
    return overlay(
        recipe,
        {
            "objective": {**objective, "sigreg": weight, "jepa_every": 1},
            "train": {
                "perception": {
                    "batch": batch,
                    "muon_rate": rate,
                    "rate": config.rate * rate / config.muon_rate,
                    "steps": steps,
                }
            },
        },
    )


def health(bench: Workbench) -> tuple[float, float, float]:
    """Return RankMe of the patch latents over their width, and what probes read of shape.

    First from the latents, then from those of the untrained encoder.
    """
    tokens = bench.test.tokens
    rank = measure(tokens[:, ::7].flatten(0, 1).float()).rank_me / tokens.shape[-1]
    blank = see(bench.untrained, bench.train.scenes, bench.train.images)
    accuracy: list[float] = []
    for train, test in ((bench.train, bench.test), (blank, bench.blank_test)):
        seen, held = (Objects.of(sight.scenes, bench.grid) for sight in (train, test))
        label = seen.labels(train.scenes, "shape")
        if not torch.isfinite(train.tokens).all():
            return rank, 0.0, 1.0
        probe = fit_probe(seen.latents(train.tokens), label, classes=len(SHAPES))
        right = probe.right(held.latents(test.tokens), held.labels(test.scenes, "shape"))
        accuracy.append(float(right.mean()))
    return rank, accuracy[0], accuracy[1]
