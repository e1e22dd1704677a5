"""The benches of objectives train every variant for real, and call a constant latent collapsed."""

from dataclasses import replace

import pytest
import torch

from nexus.config import PhaseConfig, Recipe, overlay, recipe
from nexus.suites import ablation, briefly, collapse, results
from nexus.suites.results import Figure
from nexus.train.perception import PerceptionPhase
from nexus.train.phase import Silent

SMALL: Recipe = overlay(
    recipe("smoke"), {"evaluate": {"scenes": 24, "probe_scenes": 48, "questions": 8}}
)


def test_every_variant_is_a_recipe_and_some_are_trained(monkeypatch) -> None:
    for changes in ablation.VARIANTS.values():
        overlay(SMALL, changes)
    few = {name: ablation.VARIANTS[name] for name in ("all", "contrastive_only")}
    monkeypatch.setattr(ablation, "VARIANTS", few)
    cost = {True: 0.2, False: 0.1}  # a clock of its own: with asking a step costs twice
    monkeypatch.setattr(briefly, "pace", lambda trial, _: cost[trial.recipe.objective.ask > 0])
    found = ablation.bench_ablation(SMALL, cpu_s=0.2, seeds=1, progress=Silent())
    assert {name.split("/")[0] for name in found["figures"]} == set(few)
    assert {name.split("/")[1] for name in found["figures"]} == set(ablation.SHOWN)
    assert found["steps"] == {"all": 1, "contrastive_only": 2}


def test_a_step_costs_time_and_each_variant_is_charged_its_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizer = briefly.words(SMALL)
    assert briefly.pace(briefly.phase(SMALL, tokenizer), SMALL.train.perception, paced=1) > 0
    few = {name: ablation.VARIANTS[name] for name in ("all", "no_ask")}
    monkeypatch.setattr(ablation, "VARIANTS", few)
    busy = iter((1.0, 9.0, 2.0, 1.0, 3.0, 3.0))  # how much slower the machine is in each turn

    def paced(trial: PerceptionPhase, config: PhaseConfig) -> float:
        assert config == trial.config
        return next(busy) * (0.2 if trial.recipe.objective.ask else 0.1)

    monkeypatch.setattr(briefly, "pace", paced)
    assert ablation.costs(SMALL) == {"all": 0.2, "no_ask": 0.1}


def test_seeds_are_averaged_and_the_worst_is_named() -> None:
    runs = [Figure(value=value, floor=0.1, n=7) for value in (0.5, 0.2, 0.8)]
    assert results.over_seeds(runs) == Figure(value=0.5, floor=0.1, low=0.2, high=0.8, n=7, seeds=3)


def test_collapse_counts_the_runs_that_fell(monkeypatch) -> None:
    monkeypatch.setattr(collapse, "BATCHES", (8,))
    monkeypatch.setattr(collapse, "RATES", (0.02,))
    found = collapse.bench_collapse(SMALL, steps=2, progress=Silent(), weights=(0.0, 0.1))
    fallen = [found["figures"][f"sigreg_{w}/collapsed"]["value"] for w in ("0", "0.1")]
    assert all(value in (0, 1) for value in fallen)
    assert "sigreg_0.1_batch_8_rate_0.02/rank" in found["figures"]


def test_a_constant_latent_has_collapsed_and_an_untrained_one_is_its_own_floor() -> None:
    tokenizer = briefly.words(SMALL)
    trained = briefly.phase(SMALL, tokenizer)
    rank, probe, floor = collapse.health(briefly.bench(trained, SMALL))
    assert probe == floor
    with torch.no_grad():
        trained.encoder.vision.norm.weight.zero_()
    rank, probe, floor = collapse.health(briefly.bench(trained, SMALL))
    assert rank < collapse.RANK
    assert probe < floor


def test_a_variant_has_prediction_alone() -> None:
    made = collapse.variant(SMALL, weight=0.1, batch=8, rate=0.04, steps=3)
    assert made.objective == replace(
        SMALL.objective,
        ask=0.0,
        contrastive=0.0,
        image=1.0,
        text=1.0,
        cross=1.0,
        sigreg=0.1,
        jepa_every=1,
    )
    config = made.train.perception
    assert (config.batch, config.steps, config.muon_rate) == (8, 3, 0.04)
    assert config.rate / SMALL.train.perception.rate == 0.04 / SMALL.train.perception.muon_rate
