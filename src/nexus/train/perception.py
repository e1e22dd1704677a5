"""The perception phase: where its batches come from, when masks are drawn, and its health."""

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from nexus.encode.joint import Encoder
from nexus.evaluate.gauges import Gauges, measure
from nexus.nn.seeding import seeded, stream
from nexus.predict.masks import Mask, image_mask, text_mask
from nexus.train.optimizer import build as build_optimizer
from nexus.train.parts import Parts
from nexus.train.perception_model import PerceptionBatch, PerceptionModel, Words
from nexus.train.phase import ALARM
from nexus.train.schedule import ramp
from nexus.worlds.tabletop import looks, twins
from nexus.worlds.tabletop.scene import Scenes
from nexus.worlds.tokenizer import Tokenizer

MASKED = 2
"""One scene in this many is used for masked prediction, on the steps that have any."""
GAUGED = 256
"""Scenes of split val on which health is measured."""
ALARM_STEPS = 200
"""How long the regularisers weigh double after an alarm."""


class PerceptionPhase:
    """Teaches encoder and predictors to see and to read; keeps no hidden state but an alarm."""

    name = "perception"
    metric = "ask"

    def __init__(self, parts: Parts, tokenizer: Tokenizer) -> None:
        self.recipe, self.world, self.tokenizer = parts.recipe, parts.world, tokenizer
        self.config = self.recipe.train.perception
        self.steps = self.config.steps
        with seeded(self.recipe.seed, self.name):
            self.module = PerceptionModel(self.recipe, parts.encoder(), parts.asker())
        self._guarded_until = 0

    @property
    def encoder(self) -> Encoder:
        """The encoder being trained."""
        return self.module.encoder

    def batch(self, step: int, rank: int, world: int) -> PerceptionBatch:
        """Return this rank's rows of the batch of ``step``; a family of twins stays together."""
        family = self.recipe.objective.family
        each = max(1, self.config.batch // family)
        index = np.arange((step - 1) * each, step * each)[rank::world]
        scenes = self.world.scenes(self.recipe.seed, "train", index)
        if family > 1:
            scenes = twins(scenes, families=family)
        return self.make(scenes, step=step, masked=step % self.recipe.objective.jepa_every == 0)

    def make(self, scenes: Scenes, *, step: int, masked: bool) -> PerceptionBatch:
        """Return the batch of these scenes: pictures, captions, looks, and masks if wanted."""
        asked = looks(scenes, per_scene=self.config.per_scene)
        used, query = np.unique(asked.query, return_inverse=True)
        told = self.world.describe(scenes)
        captions = self.words(told)
        hide = self.recipe.objective
        return PerceptionBatch(
            step=step,
            guard=2.0 if step <= self._guarded_until else 1.0,
            images=torch.from_numpy(self.world.render(scenes, side=self.recipe.world.side)),
            captions=captions,
            caption_id=torch.tensor([crc32(text.encode()) for text in told]),
            queries=self.words([asked.queries[i] for i in used]),
            answers=self.words(asked.answers),
            query=torch.from_numpy(query.reshape(asked.query.shape)),
            answer=torch.from_numpy(asked.answer),
            valid=torch.from_numpy(asked.valid),
            image_mask=self._image_mask(scenes, step) if masked and hide.image else None,
            text_mask=self._text_mask(captions, step) if masked and hide.text else None,
        )

    def words(self, texts: Sequence[str]) -> Words:
        """Return texts as tokens."""
        ids, padding = self.tokenizer.encode_batch(list(texts), self.recipe.encode.text.words)
        return Words(ids=torch.from_numpy(ids), padding=torch.from_numpy(padding))

    def optimizer(self) -> Optimizer:
        """Return Muon for the blocks' matrices and AdamW for the rest, as the recipe says."""
        return build_optimizer(self.module, self.config)

    def after_step(self, step: int) -> None:
        """Move the target encoder; its decay rises to ``ema_end`` over the run."""
        predict = self.recipe.predict
        decay = ramp(step, first=1, last=self.steps, low=predict.ema_start, high=predict.ema_end)
        self.module.target.follow(self.module.encoder, decay=decay)

    @torch.no_grad()
    def gauges(self, step: int) -> Mapping[str, float]:
        """Return the health of patch latents and of both pooled latents, on val scenes."""
        del step
        scenes = self.world.scenes(self.recipe.seed, "val", np.arange(GAUGED))
        self.module.eval()
        images = torch.from_numpy(self.world.render(scenes, side=self.recipe.world.side))
        tokens, seen = self.encoder.picture(images)
        captions = self.words(self.world.describe(scenes))
        told = self.encoder.words(captions.ids, captions.padding).pooled
        readings = {
            "patch": measure(tokens[:, ::7].flatten(0, 1)),
            "image": measure(self.module.see(seen)),
            "text": measure(self.module.tell(told)),
        }
        self.module.train()
        values = {f"{n}_{g}": v for n, reading in readings.items() for g, v in _numbers(reading)}
        return values | {ALARM: float(any(r.state == "collapsed" for r in readings.values()))}

    def on_alarm(self, step: int) -> None:
        """Let the guards against collapse weigh double for the next ``ALARM_STEPS`` steps."""
        self._guarded_until = step + ALARM_STEPS

    def state(self) -> Mapping[str, Tensor]:
        """Return until when the guards weigh double."""
        return {"guarded_until": torch.tensor(self._guarded_until)}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take that back."""
        self._guarded_until = int(state["guarded_until"])

    def _image_mask(self, scenes: Scenes, step: int) -> Mask:
        mask = self.recipe.predict.mask
        return image_mask(
            mask.image,
            rows=max(1, len(scenes) // MASKED),
            grid=self.recipe.world.side // self.recipe.encode.vision.patch,
            context=mask.image_context,
            targets=mask.image_targets,
            generator=stream(self.recipe.seed, self.name, "image mask", step),
        )

    def _text_mask(self, captions: Words, step: int) -> Mask:
        mask = self.recipe.predict.mask
        return text_mask(
            mask.text,
            captions.padding[: max(1, len(captions.ids) // MASKED)],
            hidden=mask.text_hidden,
            generator=stream(self.recipe.seed, self.name, "text mask", step),
        )


def _numbers(reading: Gauges) -> Sequence[tuple[str, float]]:
    return [
        ("rank_me", reading.rank_me),
        ("std", reading.std),
        ("sigreg", reading.sigreg),
    ]
