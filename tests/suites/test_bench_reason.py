"""The system that is timed does the work of a trained one, and every part of it is timed."""

import time
from pathlib import Path

import pytest
import torch

from nexus.config import overlay, recipe
from nexus.logic.language import HYPOTHETICAL
from nexus.suites import bench_reason
from nexus.suites.bench_reason import ANSWER, CHECKPOINT, REFLECTION, Saving, Watch
from nexus.suites.untrained import Knowing
from nexus.train.checkpoint import Checkpoints, load

SMALL = recipe("smoke")


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Knowing:
    return Knowing(SMALL, tmp_path_factory.mktemp("knowing"), questions=12)


def test_the_slow_route_proves_the_true_answers(knowing: Knowing) -> None:
    """Were the engines idle, or busy with nonsense, their time would mean nothing."""
    asked = [knowing.ask(number) for number in range(12)]
    right = 0
    for number, one in enumerate(asked):
        knowing.ask(number)
        decision = knowing.answer(one)
        if one.question.query.split()[0] not in HYPOTHETICAL:
            assert decision.slow.answer == one.question.answer
            assert decision.verdict.valid
            right += 1
    assert right >= 6


def test_the_nets_compute_although_what_they_say_is_replaced(knowing: Knowing) -> None:
    """Every net of the system runs in an answer."""
    ran: set[str] = set()
    system = knowing.system
    nets = {"encoder": system.senses.encoder.vision, "words": system.senses.encoder.text}
    nets |= {"cells": system.grounding.cell, "fast": system.fast}
    nets |= {"reader": system.parser.network.reader, "writer": system.parser.network.writer}
    hooks = [
        net.register_forward_hook(lambda *_, name=name: ran.add(name)) for name, net in nets.items()
    ]
    knowing.answer(knowing.ask(0))
    for hook in hooks:
        hook.remove()
    assert ran == set(nets)


def test_shares_are_of_the_time_of_a_call() -> None:
    def busy(seconds: float) -> None:
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass

    def one() -> None:
        busy(0.03)

    def three() -> None:
        busy(0.09)

    watch = Watch(parts={"one": (one,), "three": (three,), "none": (busy, one, three)[:0]})
    assert watch.take(lambda: (one(), three(), 7)[2]) == 7
    (share,) = watch.shares
    assert sum(share.values()) == pytest.approx(1)
    assert share["three"] > 2 * share["one"] > 0
    assert share["none"] == 0
    assert watch.cpu[0] >= 0.12


def test_the_result_has_the_agreed_form(tmp_path: Path) -> None:
    found = bench_reason.bench_reason(SMALL, tmp_path, rounds=4, saves=2)
    for name, n in (
        ("answer_ms", 4),
        ("reflection_ms", 4),
        ("checkpoint_save_s", 2),
        ("rollback_s", 2),
    ):
        figure = found["figures"][name]
        assert 0 < figure["low"] <= figure["value"] <= figure["high"]
        assert figure["n"] == n
    for kind, parts in (("answer", ANSWER), ("reflection", REFLECTION)):
        shares = {p: found["figures"][f"part/{kind}/{p}"]["value"] for p in (*parts, "rest")}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
        assert all(share > 0 for share in shares.values()), shares
    for part in CHECKPOINT:
        assert found["figures"][f"part/checkpoint_save/{part}"]["value"] > 0
    assert found["threads"] == torch.get_num_threads()
    assert found["checkpoint_bytes"] > 4e6 * found["parameters_millions"]["perception"]
    assert not list(tmp_path.iterdir())


def test_what_is_saved_is_a_checkpoint_training_goes_on_from(tmp_path: Path) -> None:
    saving = Saving(overlay(SMALL, {"seed": 3}), tmp_path)
    saving()
    saving()
    path = Checkpoints(tmp_path / "checkpoints").last()
    assert path is not None
    assert load(path, saving.phase, saving.optimizer).state.step == 2
    held = sum(len(state) for state in saving.optimizer.state.values())
    assert held > len(list(saving.phase.module.parameters())) / 2
