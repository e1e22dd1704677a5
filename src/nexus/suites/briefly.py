"""Phases trained for a benchmark: no run folder, no checkpoints, the steps of a real run."""

import math
import time

import numpy as np
import torch

from nexus.config import PhaseConfig, Recipe, overlay
from nexus.suites.workbench import Workbench
from nexus.system import Senses
from nexus.train.parts import Parts
from nexus.train.perception import PerceptionPhase
from nexus.train.phase import Phase
from nexus.train.schedule import Schedule
from nexus.worlds.tabletop import LOOK_ANSWERS, Tabletop
from nexus.worlds.tokenizer import Tokenizer

TOLD = 1024
"""Scenes whose captions the tokenizer is made from."""
PACED = 4
"""Steps whose CPU time says what a step costs."""


def words(recipe: Recipe) -> Tokenizer:
    """Return a tokenizer of the world's captions and words."""
    world = Tabletop()
    told = world.describe(world.scenes(recipe.seed, "train", np.arange(TOLD)))
    return Tokenizer.train([*told, *sorted(world.words())], size=recipe.world.vocabulary)


def phase(recipe: Recipe, tokenizer: Tokenizer) -> PerceptionPhase:
    """Return the perception phase of a recipe, untrained."""
    parts = Parts(recipe=recipe, world=Tabletop(), vocabulary=tokenizer.size)
    return PerceptionPhase(parts, tokenizer)


def pace(trial: Phase, config: PhaseConfig, *, paced: int = PACED) -> float:
    """Return the CPU-seconds of a step, from ``paced`` steps of a phase that then is worn out."""
    drive(trial, config, last=2)
    began = time.process_time()
    drive(trial, config, last=2 + paced, first=3)
    return (time.process_time() - began) / paced


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """Return the recipe with that many steps of perception."""
    return overlay(recipe, {"train": {"perception": {"steps": steps}}})


def run(trained: PerceptionPhase, *, last: int, first: int = 1) -> None:
    """Train perception from one step to another, and settle what it takes for answers."""
    drive(trained, trained.config, last=last, first=first)
    trained.module.settle(trained.words(LOOK_ANSWERS))


def drive(trained: Phase, config: PhaseConfig, *, last: int, first: int = 1) -> None:
    """Train any phase from one step to another; the optimiser is a new one."""
    optimizer = trained.optimizer()
    schedule = Schedule(steps=config.steps, warmup=config.warmup, decay_from=config.decay_from)
    peaks = [group["lr"] for group in optimizer.param_groups]
    learning = [p for p in trained.module.parameters() if p.requires_grad]
    trained.module.train()
    for step in range(first, last + 1):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = schedule.factor(min(step, config.steps)) * peak
        optimizer.zero_grad()
        trained.module(trained.batch(step, 0, 1)).total.backward()
        torch.nn.utils.clip_grad_norm_(learning, config.clip or math.inf)
        optimizer.step()
        trained.after_step(step)


def bench(trained: PerceptionPhase, recipe: Recipe) -> Workbench:
    """Return what the figures of perception are measured on, for a phase that was trained."""
    parts = Parts(recipe=recipe, world=Tabletop(), vocabulary=trained.tokenizer.size)
    return Workbench(
        Senses(
            recipe=recipe,
            world=parts.world,
            tokenizer=trained.tokenizer,
            encoder=trained.encoder.eval(),
            asker=trained.module.ask.eval(),
            memory=parts.memory(),
        )
    )
