"""Bench "lite": what a step of perception costs, and how long a GPU of a desktop would take it.

The step is the real one (``PerceptionPhase``, its batch, its optimiser), counted at the recipe's
own batch on tensors without data; nothing is timed. The time on an RTX 3090 is a prediction, its
assumptions beside it in the result.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from torch import nn

from nexus.config import Recipe
from nexus.suites import briefly, results
from nexus.suites.counting import Cost, cost, held, size, without_data
from nexus.suites.results import Figure
from nexus.train.optimizer import build
from nexus.train.perception import PerceptionPhase
from nexus.train.perception_model import PerceptionBatch, PerceptionModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A GPU as its maker publishes it."""

    name: str
    fp32: float
    """Operations a second on float32, without tensor cores."""
    bf16: float
    """Operations a second of tensor cores on dense bfloat16, sums kept in float32."""
    bandwidth: float
    """Bytes a second of its memory."""
    memory: float
    """Bytes."""


RTX_3090: Final = Card(
    name="RTX 3090", fp32=35.6e12, bf16=71e12, bandwidth=936e9, memory=24 * 2**30
)
"""NVIDIA Ampere GA102 GPU Architecture whitepaper (2021), table of the GeForce RTX 3090."""
EFFICIENCY: Final = 0.5
"""Share of the published rate that matrix products of these widths are taken to reach."""
RESERVED: Final = 2 * 2**30
"""Bytes taken to be lost to the driver, the libraries' workspaces and fragments of free memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A recipe's step of perception, in operations and bytes."""

    masked: Cost
    """A step that also predicts hidden patches and words; the largest."""
    plain: Cost
    """A step that does not."""
    optimizer: Cost
    every: int
    """One step in this many is masked."""
    weights: int
    """Bytes of what learns; its gradients are as many."""
    target: int
    """Bytes of the slow encoder."""
    state: int
    """Bytes the optimiser keeps."""

    @property
    def memory(self) -> float:
        """Bytes held when backward begins to free activations, all gradients being there."""
        return 2 * self.weights + self.target + self.state + self.masked.kept

    @property
    def mean(self) -> Cost:
        """The average step, forward and backward."""
        rest = self.every - 1
        return Cost(
            flops=(self.masked.flops + rest * self.plain.flops) / self.every,
            moved=(self.masked.moved + rest * self.plain.moved) / self.every,
        )


def bench_lite(recipe: Recipe) -> dict[str, Any]:
    """Return what the average step of perception costs, counted, and what it would take on a GPU.

    The time of a step is the longer of computing at ``EFFICIENCY`` and of moving every operation's
    operands once (a roofline: doi:10.1145/1498765.1498785). Both stand in ``rtx3090_ms``: a
    framework that runs one operation at a time hides little of one behind the other, so expect
    between the longer and their sum. In bfloat16 everything moved is taken to be half as many
    bytes. Weights are float32, so are activations where memory is judged.
    """
    began = time.process_time()
    phase = briefly.phase(recipe, briefly.words(recipe))
    batch = phase.batch(recipe.objective.jepa_every, 0, 1)
    found = profile(phase, batch)
    narrow = predicted(found, rate=RTX_3090.bf16, width=0.5)
    full = predicted(found, rate=RTX_3090.fp32, width=1.0)
    figures = {
        "params_millions": _figure(found.weights / 4e6),
        "step_tflop": _figure(found.mean.flops / 1e12),
        "step_moved_gb": _figure(found.mean.moved / 1e9),
        "weights_gb": _figure(found.weights / 1e9),
        "gradients_gb": _figure(found.weights / 1e9),
        "optimizer_gb": _figure(found.state / 1e9),
        "target_gb": _figure(found.target / 1e9),
        "activations_gb": _figure(found.masked.kept / 1e9),
        "fits_24_gb": _figure(float(found.memory + RESERVED <= RTX_3090.memory)),
        "rtx3090_step_ms_bf16": _figure(max(narrow.values())),
        "rtx3090_step_ms_fp32": _figure(max(full.values())),
    }
    return results.result(
        "lite",
        figures,
        recipe,
        cpu_s=time.process_time() - began,
        shapes=shapes(batch),
        parameters_millions=parameters(phase.module),
        tflop={
            "masked_step": found.masked.flops / 1e12,
            "plain_step": found.plain.flops / 1e12,
            "masked_every": found.every,
            "optimizer": found.optimizer.flops / 1e12,
        },
        rtx3090_ms={"bf16": narrow, "fp32": full},
        assumed={
            "card": asdict(RTX_3090),
            "efficiency": EFFICIENCY,
            "reserved_gb": RESERVED / 1e9,
            "bytes": "every operation's operands and results, once; half as many in bf16",
            "memory": "float32 activations of a masked step, each storage once",
            "counted": "at the recipe's batch, on tensors without data; nothing extrapolated",
        },
    )


def profile(phase: PerceptionPhase, batch: PerceptionBatch) -> Profile:
    """Return what a step on ``batch``, which has masks, costs, and one on it without them."""
    recipe = phase.recipe
    scope, (module, batch) = without_data((phase.module.train(), batch))
    learning = [p for p in module.parameters() if p.requires_grad]
    with scope:
        everything = held(module)
        plain = cost(lambda: module(_unmasked(batch)).total, everything)
        module.zero_grad(set_to_none=True)
        masked = cost(lambda: module(batch).total, everything)
        optimizer = build(module, recipe.train.perception)
        step = cost(lambda: optimizer.step())
        state = size(x for kept in optimizer.state.values() for x in kept.values())
    return Profile(
        masked=masked,
        plain=plain,
        optimizer=step,
        every=recipe.objective.jepa_every,
        weights=size(learning),
        target=size(held(module.target)),
        state=state,
    )


def predicted(found: Profile, *, rate: float, width: float) -> Mapping[str, float]:
    """Return the card's milliseconds of computing and of moving in the average step.

    The optimiser is part of it, and stays in float32 but for its matrix products.

    Args:
        found: the step, in operations and bytes of float32.
        rate: operations a second, published.
        width: bytes moved over those of float32.
    """
    flops = found.mean.flops + found.optimizer.flops
    moved = width * found.mean.moved + found.optimizer.moved
    return {
        "computing": 1e3 * flops / (rate * EFFICIENCY),
        "moving": 1e3 * moved / RTX_3090.bandwidth,
    }


def parameters(module: PerceptionModel) -> Mapping[str, float]:
    """Return the millions of parameters of each part that learns."""
    parts: Mapping[str, nn.Module] = {
        "encoder_vision": module.encoder.vision,
        "encoder_text": module.encoder.text,
        "predictor_ask": module.ask,
        "predictor_image": module.image,
        "predictor_text": module.text,
        "predictor_cross": nn.ModuleList([module.to_text, module.to_image]),
    }
    return {name: sum(p.numel() for p in part.parameters()) / 1e6 for name, part in parts.items()}


def shapes(batch: PerceptionBatch) -> Mapping[str, list[int] | list[list[int]]]:
    """Return the shape of what a step is made from."""
    masks = {"image": batch.image_mask, "text": batch.text_mask}
    return {
        "images": list(batch.images.shape),
        "captions": list(batch.captions.ids.shape),
        "query_texts": [list(words.ids.shape) for words in batch.queries],
        "answer_texts": list(batch.answers.ids.shape),
        "queries": list(batch.query.shape),
        **{f"{name}_context": list(mask.context.shape) for name, mask in masks.items() if mask},
        **{f"{name}_target": list(mask.target.shape) for name, mask in masks.items() if mask},
    }


def _unmasked(batch: PerceptionBatch) -> PerceptionBatch:
    return replace(batch, image_mask=None, text_mask=None)


def _figure(value: float) -> Figure:
    return Figure(value=value, n=1)
