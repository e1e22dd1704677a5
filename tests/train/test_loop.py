"""The loop stops when it must, keeps evidence, and lets one trainer at a time train."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy import SETTINGS, Toy, open_run

from nexus.base.errors import ConfigError, StorageError, TrainingError
from nexus.config import PhaseConfig, TrainConfig
from nexus.nn.weights import from_bytes, hash_of
from nexus.train.loop import run_phase
from nexus.train.metrics import read
from nexus.train.phase import Losses
from nexus.train.trainer import LoopSettings

QUIET = replace(SETTINGS, tensorboard=False)


def test_it_learns(tmp_path: Path) -> None:
    run_phase(Toy(), open_run(tmp_path), QUIET)
    errors = [line["losses"]["error"] for line in read(tmp_path / "metrics.jsonl")]
    assert errors[-1] < 0.7 * errors[0]


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_what_is_not_finite_stops_training_before_it_reaches_the_weights(
    tmp_path: Path, what: str
) -> None:
    toy = Toy()
    real, seen = toy.module.forward, []

    def forward(batch) -> Losses:
        seen.append(hash_of(toy.module))
        losses = real(batch)
        if len(seen) < 20:
            return losses
        zero = toy.module.out.bias.sum() * 0.0  # sqrt has no finite slope at 0
        return replace(
            losses, total=losses.total + (zero.sqrt() if what == "gradient" else zero / 0)
        )

    toy.module.forward = forward
    with pytest.raises(TrainingError, match=r"step 20: .*not finite.*toy_step_00020"):
        run_phase(toy, open_run(tmp_path), QUIET)
    evidence = tmp_path / "evidence" / "toy_step_00020"
    record = json.loads((evidence / "seen.json").read_text())
    assert "out.bias" in record["not_finite"]
    weights = from_bytes((evidence / "weights.safetensors").read_bytes(), source="evidence")
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())
    assert hash_of(toy.module) == seen[-1]


def test_collapse_that_returns_is_given_up(tmp_path: Path) -> None:
    toy = Toy(collapses=(30,), push_heals=False)
    with pytest.raises(TrainingError, match="collapse came back after 3 restores"):
        run_phase(toy, open_run(tmp_path), QUIET)
    events = [line for line in read(tmp_path / "metrics.jsonl") if "event" in line]
    assert [(e["restores"], e["collapsed"], e["step"]) for e in events] == [
        (1, 39, 26),
        (2, 39, 26),
        (3, 39, 26),
    ]


def test_a_single_alarm_sends_nothing_back(tmp_path: Path) -> None:
    toy = Toy()
    toy.gauges = lambda step: {"average_norm": 1.0, "alarm": float(step == 33)}  # type: ignore[method-assign]
    run_phase(toy, open_run(tmp_path), QUIET)
    assert not any("event" in line for line in read(tmp_path / "metrics.jsonl"))


def test_an_unknown_metric_is_named(tmp_path: Path) -> None:
    toy = Toy()
    toy.metric = "averge_norm"
    with pytest.raises(ConfigError, match=r"'averge_norm'.*average_norm"):
        run_phase(toy, open_run(tmp_path), QUIET)


def test_a_run_has_one_trainer(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    with run.lock(), pytest.raises(StorageError, match="another process"):
        run_phase(Toy(), run, QUIET)


def test_tensorboard_gets_the_curves(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run_phase(Toy(steps=13), open_run(tmp_path), SETTINGS)
    events = EventAccumulator(str(tmp_path / "tensorboard" / "toy"))
    events.Reload()
    curve = [(e.step, e.value) for e in events.Scalars("losses/error")]
    lines = read(tmp_path / "metrics.jsonl")
    assert curve == [(x["step"], pytest.approx(x["losses"]["error"])) for x in lines]


def test_the_recipe_drives_the_loop() -> None:
    train = TrainConfig(log_every=2, gauge_every=3, checkpoint_every=5)
    settings = LoopSettings.of(train, PhaseConfig(warmup=7, decay_from=0.25, clip=0.0))
    assert settings == LoopSettings(
        warmup=7, decay_from=0.25, log_every=2, gauge_every=3, checkpoint_every=5
    )
