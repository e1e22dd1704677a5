"""A small system that really learns in seconds: what the tests of noise need a signal from."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import tomli_w
import torch
from jaxtyping import Float
from torch import Tensor, nn

from nexus.config import (
    DecideConfig,
    EncodeConfig,
    EvaluateConfig,
    ObjectiveConfig,
    PhaseConfig,
    PredictConfig,
    ReasonConfig,
    Recipe,
    TextConfig,
    TrainConfig,
    VisionConfig,
    WorldConfig,
)
from nexus.decide.answer import Calibration
from nexus.encode.joint import Encoder
from nexus.encode.vision import pixels
from nexus.reason.grounding import Grounding
from nexus.reason.parser import Parser
from nexus.reason.reflection import Reflection
from nexus.store.runs import Run
from nexus.system import Senses, System
from nexus.train import parser as parser_training
from nexus.train.frozen import FrozenPhase
from nexus.train.grounding import CellTargets, calibrate, cell_targets, grounding_loss
from nexus.train.latent_cache import cache
from nexus.train.loop import LoopSettings, run_phase
from nexus.train.parser import ParserPhase
from nexus.train.parts import Parts
from nexus.train.perception import PerceptionPhase
from nexus.train.perception_model import PerceptionModel
from nexus.train.phase import Losses, Phase
from nexus.worlds.tabletop import LOOK_ANSWERS, Tabletop
from nexus.worlds.tokenizer import Tokenizer

WORLD = Tabletop()


def small(*, rate: float = 2e-3, steps: int, batch: int = 32, per_scene: int = 16) -> PhaseConfig:
    """Return a short phase."""
    return PhaseConfig(steps=steps, batch=batch, per_scene=per_scene, rate=rate, warmup=20)


RECIPE = Recipe(
    name="noise",
    world=WorldConfig(side=32, vocabulary=400),
    encode=EncodeConfig(
        joint=64,
        vision=VisionConfig(width=64, depth=1, heads=2, patch=4, window=8, stem=96),
        text=TextConfig(width=64, depth=1, heads=2),
    ),
    # The target follows closely: training is too short for a slow one to arrive anywhere.
    predict=PredictConfig(width=64, heads=2, ema_start=0.5, ema_end=0.9),
    objective=ObjectiveConfig(
        image=0,
        text=0,
        cross=0,
        contrastive=0,
        sigreg=0,
        statements=0,
        questions=0,
        nameless=0,
        grain=0,
    ),
    reason=ReasonConfig(parser_width=64, parser_depth=1, parser_heads=2),
    decide=DecideConfig(certain=0.7),
    evaluate=EvaluateConfig(scenes=192, questions=300, probe_scenes=64),
    train=TrainConfig(perception=small(steps=70), gauge_every=1000, checkpoint_every=1000),
)


def parts_and_tokenizer() -> tuple[Parts, Tokenizer]:
    """Return the small modules' builder, and the tokenizer their text encoder is sized for."""
    told = WORLD.describe(WORLD.scenes(0, "train", np.arange(300)))
    tokenizer = Tokenizer.train([*told, *sorted(WORLD.words())], size=RECIPE.world.vocabulary)
    return Parts(recipe=RECIPE, world=WORLD, vocabulary=tokenizer.size), tokenizer


def trained(folder: Path, phase: Phase, config: PhaseConfig) -> None:
    """Train a phase by the project's own loop, in the run at ``folder``."""
    run = Run.create(
        folder, recipe=tomli_w.dumps(asdict(RECIPE)), config_hash=RECIPE.hash, seed=RECIPE.seed
    )
    assert run_phase(phase, run, LoopSettings.of(RECIPE.train, config)).status == "finished"
    phase.module.eval().requires_grad_(False)


def asking(folder: Path, change: Callable[[PerceptionModel], None] = lambda _: None) -> Senses:
    """Return senses trained to be asked; ``change`` may spoil the model before it is trained."""
    parts, tokenizer = parts_and_tokenizer()
    phase = PerceptionPhase(parts, tokenizer)
    change(phase.module)
    trained(folder, phase, RECIPE.train.perception)
    phase.module.settle(phase.words(LOOK_ANSWERS))
    return Senses(
        recipe=RECIPE,
        world=WORLD,
        tokenizer=tokenizer,
        encoder=phase.encoder,
        asker=phase.module.ask,
        memory=parts.memory(),
    )


class _Seer(nn.Module):
    """Encoder and read-out, taught together what is where."""

    def __init__(self, encoder: Encoder, grounding: Grounding) -> None:
        super().__init__()
        self.vision, self.grounding = encoder.vision, grounding

    def forward(self, batch: tuple[Tensor, CellTargets]) -> Losses:
        images, target = batch
        return Losses(total=grounding_loss(self.grounding(self.vision(pixels(images))), target))


class _SeeingPhase(FrozenPhase):
    """A shortcut to eyes that see: perception learns the same without labels, in minutes."""

    def batch(self, step: int, rank: int, world: int) -> tuple[Tensor, CellTargets]:
        """Return fresh scenes and what their cells should say."""
        del rank, world
        size = self.config.batch
        scenes = WORLD.scenes(self.seed, "train", np.arange(step * size, (step + 1) * size))
        images = WORLD.render(scenes, side=RECIPE.world.side)
        factors = self.module.grounding.factors
        return torch.from_numpy(images), cell_targets(scenes, 8, factors)


def thinking(folder: Path, *, seeing: int, reading: int) -> System:
    """Return a system whose slow route is trained: eyes, read-out and parser."""
    parts, tokenizer = parts_and_tokenizer()
    encoder, grounding, network = parts.encoder(), parts.grounding(), parts.parser()
    eyes = small(steps=seeing)
    trained(folder, _SeeingPhase("seeing", _Seer(encoder, grounding), eyes, seed=0), eyes)
    held_out = cache(encoder, WORLD, seed=0, split="val", count=256, side=RECIPE.world.side)
    calibrate(grounding, held_out)
    words = small(steps=reading, batch=64, per_scene=4)
    trained(folder, ParserPhase(network, WORLD, words, seed=0), words)
    senses = Senses(
        recipe=RECIPE,
        world=WORLD,
        tokenizer=tokenizer,
        encoder=encoder.eval(),
        asker=parts.asker(),
        memory=parts.memory(),
    )
    return System(
        senses=senses,
        memory=senses.memory,
        parser=Parser(network, WORLD.words(), certain=0.3),
        dynamics=parts.dynamics(),
        fast=parts.fast(),
        grounding=grounding,
        calibration=Calibration(),
        reflection=Reflection(folder / "logs"),
    )


def noise_like(x: Float[Tensor, "..."], generator: torch.Generator) -> Float[Tensor, "..."]:
    """Return Gaussian noise of the same shape, and of the same mean and spread a dimension."""
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    flat = x.reshape(-1, x.shape[-1])
    return flat.mean(0) + flat.std(0, correction=0) * noise


SCENES_READ = 1500
"""Training scenes whose questions the small parser reads."""
assert parser_training.SCENES >= SCENES_READ
