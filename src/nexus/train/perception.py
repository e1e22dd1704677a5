"""The perception phase: where its batches come from, when masks are drawn, and its health."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from zlib import crc32

import numpy as np
import torch
from jaxtyping import Int64, UInt8
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
from nexus.train.views import ask, grainy
from nexus.worlds.tabletop import twins
from nexus.worlds.tabletop.outlines import ORDINARY, taught
from nexus.worlds.tabletop.scene import MAX_OBJECTS
from nexus.worlds.tokenizer import Tokenizer

MASKED = 2
"""One scene in this many is used for masked prediction, on the steps that have any."""
GAUGED = 256
"""Scenes of split val on which health is measured."""
FEWEST = 2
"""Objects the curriculum begins with."""
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
        """Return this rank's rows of the batch of ``step``; a family of twins stays together.

        Only which words are hidden depends on how many ranks there are.
        """
        objective, family = self.recipe.objective, self.recipe.objective.family
        each, mine = max(1, self.config.batch // family), slice(rank, None, world)
        row = np.arange(each)
        scenes = self.world.scenes(self.recipe.seed, "train", (step - 1) * each + row[mine])
        named = np.repeat((row < each - int(objective.nameless * each))[mine], family)
        if family > 1:
            scenes = twins(scenes, families=family)
        scenes = scenes.at_most(self._objects(step))
        share = objective.strange if 2 * step > self.steps else 0.0
        strange = np.where(named[:, None], ORDINARY, taught(scenes, share))
        asked = ask(
            scenes,
            looks_each=self.config.per_scene,
            statements_each=objective.statements,
            questions_each=objective.questions,
            named=named,
            strange=strange,
        )
        captions = self.world.describe(scenes.take(slice(0, int(named.sum()))))
        words = self.words(captions)
        images = self.world.render(
            scenes, side=self.recipe.world.side, named=named, strange=strange
        )
        masked = step % objective.jepa_every == 0
        return PerceptionBatch(
            step=step,
            guard=2.0 if step <= self._guarded_until else 1.0,
            images=self._grainy(torch.from_numpy(images), np.repeat(row[mine], family), step),
            captions=words,
            caption_id=torch.tensor([crc32(text.encode()) for text in captions]),
            queries=tuple([self.words(texts) for texts in asked.texts if texts]),
            answers=self.words(asked.answers),
            query=torch.from_numpy(asked.query),
            answer=torch.from_numpy(asked.answer),
            valid=torch.from_numpy(asked.valid),
            image_mask=self._image_mask(each * family, step, mine)
            if masked and objective.image
            else None,
            text_mask=self._text_mask(words, step, rank) if masked and objective.text else None,
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

    def _objects(self, step: int) -> int:
        """Return how many objects a scene of this step may have: the curriculum."""
        last = round(self.recipe.objective.grow * self.steps)
        return int(ramp(step, first=1, last=last, low=FEWEST, high=MAX_OBJECTS))

    def _stream(self, what: str, step: int, row: int = 0) -> torch.Generator:
        return stream(self.recipe.seed, self.name, what, step, row)

    def _grainy(
        self,
        images: UInt8[Tensor, "batch side side 3"],
        row: Int64[np.ndarray, " batch"],
        step: int,
    ) -> UInt8[Tensor, "batch side side 3"]:
        """Return the pictures, those in even rows of the whole batch with grain."""
        most = self.recipe.objective.grain
        for at in np.flatnonzero(row % 2 == 0) if most else ():
            images[at] = grainy(images[at], most, self._stream("grain", step, int(row[at])))
        return images

    def _image_mask(self, scenes: int, step: int, mine: slice) -> Mask:
        mask = self.recipe.predict.mask
        whole = image_mask(
            mask.image,
            rows=max(mine.step, scenes // MASKED),  # one for each rank at least
            grid=self.recipe.world.side // self.recipe.encode.vision.patch,
            context=mask.image_context,
            targets=mask.image_targets,
            generator=self._stream("image mask", step),
        )
        return Mask(**{f.name: getattr(whole, f.name)[mine] for f in fields(Mask)})

    def _text_mask(self, captions: Words, step: int, rank: int) -> Mask:
        mask = self.recipe.predict.mask
        return text_mask(
            mask.text,
            captions.padding[: max(1, len(captions.ids) // MASKED)],
            hidden=mask.text_hidden,
            generator=self._stream("text mask", step, rank),
        )


def _numbers(reading: Gauges) -> Sequence[tuple[str, float]]:
    return [
        ("rank_me", reading.rank_me),
        ("std", reading.std),
        ("sigreg", reading.sigreg),
    ]
