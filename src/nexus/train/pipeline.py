"""Every phase in its order: what each needs, and what it publishes for `think` to load.

Nothing is done twice: a phase that finished only has its weights loaded, so the same command after
an interruption goes on where it was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from nexus.base.errors import ConfigError
from nexus.config import PhaseConfig, Recipe
from nexus.encode.joint import Encoder
from nexus.nn.distributed import rank
from nexus.nn.thinking import load_to_think
from nexus.nn.weights import module_bytes
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.train.dynamics import DynamicsPhase
from nexus.train.fast import Asker, FastPhase, calibrate_fast
from nexus.train.grounding import GroundingPhase, calibrate
from nexus.train.interrupt import interruptible
from nexus.train.latent_cache import LatentCache, cache, encode_scenes, with_strange
from nexus.train.loop import LoopSettings, run_phase
from nexus.train.parser import ParserPhase, calibrate_parser
from nexus.train.parts import Parts
from nexus.train.perception import PerceptionPhase
from nexus.train.phase import Phase, Progress, Silent
from nexus.train.ranks import joined, wait
from nexus.worlds.tabletop import LOOK_ANSWERS, Tabletop
from nexus.worlds.tokenizer import Tokenizer


class Interrupted(KeyboardInterrupt):
    """A phase was asked to stop and has saved; the same command goes on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """What all phases of one run share."""

    recipe: Recipe
    run: Run
    world: Tabletop
    progress: Progress | None
    stop: Callable[[], bool]

    def phase(self, phase: Phase, config: PhaseConfig) -> None:
        """Train one phase to its end.

        Raises:
            Interrupted: it was asked to stop before that; all is saved.
        """
        settings = LoopSettings.of(self.recipe.train, config)
        outcome = run_phase(phase, self.run, settings, progress=self.progress, stop=self.stop)
        if outcome.status == "interrupted":
            raise Interrupted(outcome.message)

    @property
    def approved(self) -> Approved:
        """Return what may think so far."""
        return Approved.open(self.run.folder)

    def publish(self, name: str, module: nn.Module) -> None:
        """Let the module's weights think."""
        self.publish_bytes(name, module_bytes(module.eval()))

    def publish_bytes(self, name: str, data: bytes) -> None:
        """Let these bytes think; of several processes one writes and the others wait."""
        if rank() == 0:
            Gate(self.run.folder).found(
                name, data, kind="core" if name == "fast" or name.startswith("reasoner-") else name
            )
        wait()

    def load(self, name: str, module: nn.Module) -> None:
        """Fill a module with what was published."""
        load_to_think(module, self.approved.artefact(name), source=name)


def train(
    recipe: Recipe,
    folder: Path,
    what: Literal["perception", "questions"],
    progress: Progress | None = None,
) -> None:
    """Train one half of the system in the run at ``folder``, from wherever it was left.

    Raises:
        Interrupted: someone asked to stop (Ctrl-C, SIGTERM); all is saved.
        ConfigError: the recipe's world cannot be trained on.
        NexusError: see ``run_phase``.
    """
    if recipe.world.name != Tabletop.name:
        raise ConfigError(
            f"training sees and asks about world {Tabletop.name} only, got {recipe.world.name!r}",
            hint=f"world.name {Tabletop.name}; `nexus data make` makes data of any world",
        )
    with joined(), interruptible() as stop:
        progress = progress if rank() == 0 else None
        shop = Workshop(
            recipe=recipe, run=Run.open(folder), world=Tabletop(), progress=progress, stop=stop
        )
        last, teach = _HALVES[what]
        if last in shop.approved.artefacts:
            (progress or Silent()).note(f"{what} is trained already")
        else:
            teach(shop)


def tokenizer_of(shop: Workshop) -> Tokenizer:
    """Return the run's tokenizer, trained on the world's words when there is none yet."""
    if "tokenizer" not in shop.approved.artefacts:
        tokenizer = Tokenizer.train(_told(shop), size=shop.recipe.world.vocabulary)
        shop.publish_bytes("tokenizer", tokenizer.content.encode())
    return Tokenizer(shop.approved.artefact("tokenizer").decode())


def _told(shop: Workshop) -> Iterator[str]:
    scenes = shop.world.scenes(shop.recipe.seed, "train", np.arange(shop.recipe.train.told))
    yield from shop.world.describe(scenes)
    for questions in shop.world.ask(scenes, per_scene=2):
        yield from (question.text for question in questions)
    yield from sorted(shop.world.words())


def train_perception(shop: Workshop) -> None:
    """Train encoder and asker, and fill the memory every conversation starts from."""
    tokenizer = tokenizer_of(shop)
    parts = Parts(recipe=shop.recipe, world=shop.world, vocabulary=tokenizer.size)
    phase = PerceptionPhase(parts, tokenizer)
    shop.phase(phase, shop.recipe.train.perception)
    phase.module.settle(phase.words(LOOK_ANSWERS))
    shop.publish("encoder", phase.encoder)
    shop.publish("asker", phase.module.ask)
    memory = parts.memory()
    scenes = shop.world.scenes(shop.recipe.seed, "train", np.arange(shop.recipe.train.held_out))
    tokens, pooled = encode_scenes(phase.encoder, shop.world, scenes, side=shop.recipe.world.side)
    memory.consolidate(tokens.float(), pooled)
    shop.publish("memory", memory)


def train_questions(shop: Workshop) -> None:
    """Train what stands on frozen latents, then measure how far each part is to be trusted."""
    train, seed, side = shop.recipe.train, shop.recipe.seed, shop.recipe.world.side
    tokenizer = tokenizer_of(shop)
    parts = Parts(recipe=shop.recipe, world=shop.world, vocabulary=tokenizer.size)
    encoder = parts.encoder()
    perceive = parts.asker()
    shop.load("encoder", encoder)
    shop.load("asker", perceive)
    seen, held_out = (
        _cached(shop, encoder, split, count)
        for split, count in (("train", train.cached), ("val", train.held_out))
    )

    grounding = parts.grounding()
    odd, odd_held_out = (with_strange(c, encoder, shop.world, side) for c in (seen, held_out))
    shop.phase(GroundingPhase(grounding, odd, train.grounding, seed=seed), train.grounding)
    calibrate(grounding.eval(), odd_held_out)
    shop.publish("grounding", grounding)

    dynamics = parts.dynamics()
    shop.phase(
        DynamicsPhase(dynamics, encoder, shop.world, seen, train.dynamics, seed=seed, side=side),
        train.dynamics,
    )
    shop.publish("dynamics", dynamics)

    fast = parts.fast()
    asker = Asker(
        (encoder, perceive),
        dynamics,
        shop.world,
        lambda texts: _tokens(tokenizer, texts, shop.recipe.encode.text.words),
        longest=shop.recipe.reason.query_symbols,
    )
    shop.phase(FastPhase(fast, asker, seen, train.fast, seed=seed), train.fast)
    calibrate_fast(fast.eval(), asker, held_out)
    shop.publish("fast", fast)

    network = parts.parser()
    shop.phase(ParserPhase(network, shop.world, train.parser, seed=seed), train.parser)
    calibrate_parser(network.eval(), shop.world, seed=seed)
    shop.publish("parser", network)


def _cached(shop: Workshop, encoder: Encoder, split: str, count: int) -> LatentCache:
    recipe = shop.recipe
    return cache(
        encoder, shop.world, seed=recipe.seed, split=split, count=count, side=recipe.world.side
    )


def _tokens(
    tokenizer: Tokenizer, texts: Sequence[str], longest: int
) -> tuple[Int[Tensor, "text word"], Bool[Tensor, "text word"]]:
    ids, padding = tokenizer.encode_batch(texts, longest)
    return torch.from_numpy(ids), torch.from_numpy(padding)


_HALVES: Final[Mapping[str, tuple[str, Callable[[Workshop], None]]]] = {
    "perception": ("memory", train_perception),
    "questions": ("parser", train_questions),
}
"""Half -> the artefact it publishes last, and how it is trained."""
