"""Bench "step": our step of masked prediction against a plain I-JEPA of PyTorch's own layers.

Both have the same width, depth, heads, pictures, masks, loss and float type, and one code path
around them. The peer differs in what it is made of: ``nn.TransformerEncoder``; one linear layer
on each patch, where ours has a perceptron on a wider window, which costs far more; a predictor in
which context and mask tokens all read each other (I-JEPA, arXiv:2301.08243), where ours lets only
the hidden read the visible; fused AdamW, where ours has what the recipe says.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW, Optimizer

from nexus.config import PhaseConfig, Recipe, VisionConfig
from nexus.encode.vision import VisionEncoder, pixels
from nexus.nn.positions import sincos_2d
from nexus.nn.seeding import seeded, stream
from nexus.predict.masks import Mask, image_mask
from nexus.predict.objectives import distance
from nexus.predict.predictor import LatentPredictor
from nexus.predict.target import EmaTarget
from nexus.suites import results
from nexus.suites.results import Figure
from nexus.train.optimizer import BETAS
from nexus.train.optimizer import build as build_optimizer
from nexus.train.perception import MASKED
from nexus.worlds.tabletop import Tabletop

ROUNDS: Final = 15
WARMUP: Final = 3
TOKENS: Final = 2048
"""Most patches of a batch: half of the batch of `tiny`, which is what masks see of it."""
FORWARD: Final = ("context", "target", "predictor")
PARTS: Final = (*FORWARD, "backward", "optimizer", "follow")


class Jepa(nn.Module):
    """An encoder, its slow copy and a predictor: what both contenders are."""

    def __init__(self, encoder: nn.Module, predictor: nn.Module) -> None:
        super().__init__()
        self.encoder, self.predictor = encoder, predictor
        self.target = EmaTarget(encoder)


class PlainEncoder(nn.Module):
    """The plain ViT: a linear layer on each patch, positions, PyTorch's pre-norm layers."""

    position: Tensor

    def __init__(self, config: VisionConfig, *, side: int) -> None:
        super().__init__()
        self.patch = config.patch
        self.embed = nn.Linear(3 * config.patch**2, config.width)
        grid = side // config.patch
        self.register_buffer("position", sincos_2d(grid, config.width), persistent=False)
        self.blocks = _layers(config.width, config.depth, config.heads)

    def forward(
        self,
        image: Float[Tensor, "batch 3 side side"],
        context: Int[Tensor, "batch kept"] | None = None,
    ) -> Float[Tensor, "batch patch width"]:
        """Return one latent a patch, or of the ``context`` patches alone."""
        seen = functional.unfold(image, self.patch, stride=self.patch)
        x = self.embed(seen.transpose(1, 2)) + self.position
        return self.blocks(x if context is None else take(x, context))


class PlainPredictor(nn.Module):
    """I-JEPA's predictor: context latents and mask tokens, with positions, in one sequence."""

    position: Tensor

    def __init__(self, *, source: int, width: int, depth: int, heads: int, grid: int) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(source, width), nn.Linear(width, source)
        self.mask = nn.Parameter(torch.zeros(width))
        self.register_buffer("position", sincos_2d(grid, width), persistent=False)
        self.blocks = _layers(width, depth, heads)

    def forward(
        self,
        visible: Float[Tensor, "batch kept source"],
        context: Int[Tensor, "batch kept"],
        target: Int[Tensor, "batch hidden"],
    ) -> Float[Tensor, "batch hidden source"]:
        """Return predictions at ``target`` positions from latents at ``context`` positions."""
        known = self.enter(visible) + self.position[context]
        x = self.blocks(torch.cat([known, self.mask + self.position[target]], dim=1))
        return self.leave(x[:, context.shape[1] :])


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Seconds of each part of one step."""

    cpu: Mapping[str, float]
    wall: Mapping[str, float]


def bench_step(recipe: Recipe, *, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return by how much our step is faster than the plain one: above 1 is faster.

    A ratio is the median over rounds in which both took a step, one after the other, the first in
    turn; ``low`` and ``high`` are the 5 % and 95 % quantiles. CPU seconds, but for ``wall``.
    ``forward_x`` and ``gradient_x`` (forward and backward) leave the optimisers out, which differ
    and cost the same whatever the batch: where ``rows`` says that fewer pictures were timed than
    the recipe masks, ``step_x`` makes too much of them.
    """
    began = time.process_time()
    rows = rows_of(recipe)
    image, mask = pictures(recipe, rows), masks(recipe, rows)
    contenders = {"ours": ours(recipe), "peer": peer(recipe)}
    config = recipe.train.perception
    optimizers = {
        "ours": build_optimizer(contenders["ours"], config),
        "peer": plain_adamw(contenders["peer"], config),
    }
    found: dict[str, list[Times]] = {name: [] for name in contenders}
    for turn in range(WARMUP + rounds):
        for name in ("ours", "peer") if turn % 2 else ("peer", "ours"):
            found[name].append(step(contenders[name], optimizers[name], image, mask, recipe))
    kept = {name: times[WARMUP:] for name, times in found.items()}
    cpu, wall = (
        {name: [getattr(t, clock) for t in times] for name, times in kept.items()}
        for clock in ("cpu", "wall")
    )
    figures = {
        "step_x": _ratio(cpu, PARTS),
        "step_wall_x": _ratio(wall, PARTS),
        "forward_x": _ratio(cpu, FORWARD),
        "gradient_x": _ratio(cpu, (*FORWARD, "backward")),
    }
    return results.result(
        "step",
        figures,
        recipe,
        cpu_s=time.process_time() - began,
        cpu_ms={name: _medians(times) for name, times in cpu.items()},
        wall_ms={name: _medians(times) for name, times in wall.items()},
        parameters_millions={
            name: sum(p.numel() for p in jepa.parameters() if p.requires_grad) / 1e6
            for name, jepa in contenders.items()
        },
        optimizers={name: type(optimizer).__name__ for name, optimizer in optimizers.items()},
        shapes={
            "images": list(image.shape),
            "context": list(mask.context.shape),
            "target": list(mask.target.shape),
            "vision": asdict(recipe.encode.vision),
            "predictor": [recipe.predict.width, recipe.predict.depth, recipe.predict.heads],
        },
        rows={"timed": rows, "of_the_recipe": recipe.train.perception.batch // MASKED},
        threads=torch.get_num_threads(),
    )


def step(jepa: Jepa, optimizer: Optimizer, image: Tensor, mask: Mask, recipe: Recipe) -> Times:
    """Take one step of masked prediction and return how long each part of it took."""
    marks = [(time.process_time(), time.perf_counter())]

    def mark() -> None:
        marks.append((time.process_time(), time.perf_counter()))

    optimizer.zero_grad(set_to_none=True)
    total = loss(jepa, image, mask, recipe, mark=mark)
    total.backward()
    mark()
    optimizer.step()
    mark()
    jepa.target.follow(jepa.encoder, decay=recipe.predict.ema_start)
    mark()
    spent = np.diff(np.array(marks), axis=0)
    return Times(
        cpu=dict(zip(PARTS, spent[:, 0].tolist(), strict=True)),
        wall=dict(zip(PARTS, spent[:, 1].tolist(), strict=True)),
    )


def loss(
    jepa: Jepa, image: Tensor, mask: Mask, recipe: Recipe, *, mark: Callable[[], object] = bool
) -> Float[Tensor, ""]:
    """Return how far predictions are from the slow encoder's latents; ``mark`` after each part."""
    visible = jepa.encoder(image, mask.context)
    mark()
    aim = take(jepa.target(image), mask.target)
    mark()
    predicted = jepa.predictor(visible, mask.context, mask.target)
    found = distance(predicted, aim, recipe.objective.distance)
    mark()
    return found


def ours(recipe: Recipe) -> Jepa:
    """Return our encoder and predictor of pictures, untrained."""
    vision, predict = recipe.encode.vision, recipe.predict
    with seeded(recipe.seed, "bench step", "ours"):
        encoder = VisionEncoder(vision, side=recipe.world.side, joint=recipe.encode.joint)
        predictor = LatentPredictor(
            source=vision.width,
            width=predict.width,
            depth=predict.depth,
            heads=predict.heads,
            position=sincos_2d(encoder.grid, predict.width),
        )
        return Jepa(encoder, predictor).train()


def peer(recipe: Recipe) -> Jepa:
    """Return a plain I-JEPA of the same sizes, untrained."""
    vision, predict = recipe.encode.vision, recipe.predict
    with seeded(recipe.seed, "bench step", "peer"):
        predictor = PlainPredictor(
            source=vision.width,
            width=predict.width,
            depth=predict.depth,
            heads=predict.heads,
            grid=recipe.world.side // vision.patch,
        )
        return Jepa(PlainEncoder(vision, side=recipe.world.side), predictor).train()


def plain_adamw(jepa: Jepa, config: PhaseConfig) -> Optimizer:
    """Return AdamW in its fastest form, over everything that learns."""
    learning = [p for p in jepa.parameters() if p.requires_grad]
    decay = config.weight_decay
    return AdamW(learning, lr=config.rate, betas=BETAS, weight_decay=decay, fused=True)


def rows_of(recipe: Recipe) -> int:
    """Return how many pictures a step masks: the recipe's, or as many as ``TOKENS`` allows."""
    grid = recipe.world.side // recipe.encode.vision.patch
    return max(1, min(recipe.train.perception.batch // MASKED, TOKENS // grid**2))


def pictures(recipe: Recipe, rows: int) -> Float[Tensor, "batch 3 side side"]:
    """Return the first training pictures."""
    world = Tabletop()
    scenes = world.scenes(recipe.seed, "train", np.arange(rows))
    return pixels(torch.from_numpy(world.render(scenes, side=recipe.world.side)))


def masks(recipe: Recipe, rows: int) -> Mask:
    """Return masks as the recipe draws them."""
    config = recipe.predict.mask
    return image_mask(
        config.image,
        rows=rows,
        grid=recipe.world.side // recipe.encode.vision.patch,
        context=config.image_context,
        targets=config.image_targets,
        generator=stream(recipe.seed, "bench step", "mask"),
    )


def take(
    latents: Float[Tensor, "batch place width"], at: Int[Tensor, "batch some"]
) -> Float[Tensor, "batch some width"]:
    """Return the latents at some places of each row."""
    return latents.gather(1, at[..., None].expand(-1, -1, latents.shape[-1]))


def _layers(width: int, depth: int, heads: int) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(
        width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True
    )
    norm = nn.LayerNorm(width)
    return nn.TransformerEncoder(layer, depth, norm, enable_nested_tensor=False)


def _ratio(times: Mapping[str, Sequence[Mapping[str, float]]], parts: Sequence[str]) -> Figure:
    """Return the peer's time over ours in some parts: the median over rounds, and its spread."""
    peer, mine = ([sum(t[part] for part in parts) for t in times[who]] for who in ("peer", "ours"))
    ratios = np.array(peer) / np.array(mine)
    low, middle, high = np.quantile(ratios, [0.05, 0.5, 0.95]).tolist()
    return Figure(value=middle, low=low, high=high, n=len(ratios))


def _medians(times: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """Return the median milliseconds of each part and of the whole step."""
    parts = {part: 1e3 * statistics.median(t[part] for t in times) for part in PARTS}
    return {**parts, "step": 1e3 * statistics.median(sum(t.values()) for t in times)}
