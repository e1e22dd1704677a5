"""Every contender is trained within the budget and judged on the same boards."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from nexus.config import PhaseConfig, ReasonerConfig, Recipe, TrainConfig, overlay
from nexus.suites import recursion
from nexus.suites.recursion import CONTENDERS, ENTERED, Lesson
from nexus.suites.rivals import parameters, thinking
from nexus.train.phase import Silent
from nexus.worlds.puzzles import Sudoku, get

QUICK = PhaseConfig(steps=9, batch=4, warmup=1)
RECIPE = Recipe(
    reasoner=ReasonerConfig(
        width=16, heads=2, working_depth=1, core_depth=1, segments=2, think=2, boards=16
    ),
    train=TrainConfig(sudoku6=QUICK, khop=QUICK, maze=QUICK),
)


@pytest.mark.parametrize("task", list(ENTERED))
def test_every_contender_of_every_task_is_judged_band_by_band(
    task: recursion.Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recursion, "EACH", 6)
    monkeypatch.setattr(recursion, "HELD_OUT", 6)
    monkeypatch.setattr(recursion, "PACED", 1)
    seeds = 2 if task == "khop" else 1
    found = recursion.bench_recursion(
        RECIPE, tmp_path, task=task, cpu_s=0.1, seeds=seeds, progress=Silent()
    )
    bands = [band.replace(" ", "_") for band in get(task).bands]
    assert set(found["figures"]) == {f"{n}/{band}" for n in ENTERED[task] for band in bands}
    for figure in found["figures"].values():
        assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
        assert (figure["n"], figure["seeds"]) == (6, seeds)
    for name in ENTERED[task]:
        assert len(found["steps"][name]) == len(found["spent_cpu_s"][name]) == seeds
        assert min(found["steps"][name]) >= 1
        assert found["parameters"][name] == pytest.approx(found["parameters"]["ours"], rel=0.15)


def test_who_takes_part_exists() -> None:
    assert {name for names in ENTERED.values() for name in names} == set(CONTENDERS)


def test_the_unrelated_are_told_nothing_and_lose_nothing_else() -> None:
    data = Sudoku().sample(0, "train", np.arange(8))
    lesson = Lesson(recipe=RECIPE, puzzle=Sudoku(), data=data, held_out=data, cpu_s=0.05)
    told, untold = lesson.boards(), lesson.boards(related=False)
    assert told.related.kinds == 4
    assert untold.related.kinds == 0
    assert parameters(told) - parameters(untold) == 2 * 2 * 4  # layers, heads, kinds


def test_without_recursion_every_layer_is_used_once() -> None:
    data = Sudoku().sample(0, "train", np.arange(8))
    lesson = Lesson(recipe=RECIPE, puzzle=Sudoku(), data=data, held_out=data, cpu_s=0.05)

    def uses(once: bool) -> int:
        used: list[nn.Module] = []
        made = replace(lesson, recipe=overlay(RECIPE, recursion.ONCE)) if once else lesson
        boards = made.boards()
        for block in [*boards.reasoner.working.blocks, *boards.reasoner.core.blocks]:
            block.register_forward_hook(lambda module, *_: used.append(module))
        thinking(boards, cycles=made.recipe.reasoner.think)(torch.from_numpy(data.given))
        assert len(set(used)) == 2
        return len(used)

    assert uses(once=True) == 2
    config = RECIPE.reasoner
    assert uses(once=False) == config.think * (config.fast_steps + 1)
    assert recursion.ours(lesson, once=True).parameters == parameters(lesson.boards())
