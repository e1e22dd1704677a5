"""Everything perception learns from, as one module: pictures, captions, and small questions.

One picture is encoded once. Its patch latents answer many queries (the answer's latent is
predicted, not its class), its pooled latent meets its caption's, and on some steps hidden patches
and words are predicted from what is left of their own modality.
"""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional

from nexus.config import Recipe
from nexus.encode.joint import Encoder
from nexus.encode.vision import pixels
from nexus.nn.attention import mlp
from nexus.nn.distributed import global_mean
from nexus.nn.positions import sincos_1d, sincos_2d
from nexus.nn.projector import Standardise
from nexus.nn.seeding import stream
from nexus.nn.sigreg import sigreg
from nexus.nn.vicreg import vicreg
from nexus.predict.ask import AskPredictor
from nexus.predict.masks import Mask
from nexus.predict.objectives import contrastive, distance
from nexus.predict.predictor import LatentPredictor
from nexus.predict.target import EmaTarget
from nexus.train.phase import Losses


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A batch of texts as token ids; ``padding`` is True where there is no token."""

    ids: Int[Tensor, "text word"]
    padding: Bool[Tensor, "text word"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PerceptionBatch:
    """One step's pictures, what is said of them and what is asked about them."""

    step: int
    guard: float
    """Factor on the guards against collapse."""
    images: UInt8[Tensor, "batch side side 3"]
    captions: Words
    """Of the first pictures; the rest show colours that have no name."""
    caption_id: Int[Tensor, " batch"]
    """Equal for equal captions, on any rank: what says the same is no wrong match."""
    queries: tuple[Words, ...]
    """Each query text of the batch once; those of like length together, for padding costs time."""
    answers: Words
    """Every answer text there is: the candidates."""
    query: Int[Tensor, "batch look"]
    answer: Int[Tensor, "batch look"]
    valid: Bool[Tensor, "batch look"]
    image_mask: Mask | None
    """Absent on steps without masked prediction."""
    text_mask: Mask | None


class PerceptionModel(nn.Module):
    """Encoder, its slow target, the predictors, and the loss that joins them."""

    def __init__(self, recipe: Recipe, encoder: Encoder, asker: AskPredictor) -> None:
        super().__init__()
        config, vision, joint = recipe.predict, recipe.encode.vision, recipe.encode.joint
        self.objective, self.seed = recipe.objective, recipe.seed
        grid = recipe.world.side // vision.patch
        self.encoder = encoder
        self.target = EmaTarget(encoder)
        self.ask = asker
        predictor = partial(
            LatentPredictor, width=config.width, depth=config.depth, heads=config.heads
        )
        self.image = predictor(source=vision.width, position=sincos_2d(grid, config.width))
        text = recipe.encode.text
        self.text = predictor(source=text.width, position=sincos_1d(text.words, config.width))
        self.to_text, self.to_image = mlp(joint, 2 * joint), mlp(joint, 2 * joint)
        self.see, self.tell, self.reply = (Standardise(joint) for _ in range(3))

    def forward(self, batch: PerceptionBatch) -> Losses:
        """Return the weighted terms of this batch; terms of weight 0 are not computed."""
        weight = self.objective
        image = pixels(batch.images)
        patches = self.encoder.vision(image)
        parts: dict[str, Tensor] = {}
        if weight.ask:
            parts["ask"] = self._asked(batch, patches)
        if weight.contrastive or weight.cross or weight.sigreg or weight.vicreg:
            parts |= self._joined(batch, patches)
        if weight.image and batch.image_mask is not None:
            parts["image"] = self._hidden_patches(image, batch.image_mask)
        if weight.text and batch.text_mask is not None:
            parts["text"] = self._hidden_words(batch.captions, batch.text_mask)
        total = torch.stack([getattr(weight, name) * part for name, part in parts.items()]).sum()
        return Losses(total=total, parts={name: part.detach() for name, part in parts.items()})

    def answer_latents(self, answers: Words) -> Float[Tensor, "answer joint"]:
        """Return the slow encoder's latent of each answer text, standardised, of unit length."""
        with torch.no_grad():
            pooled = self.target.encoder.words(answers.ids, answers.padding).pooled
            return functional.normalize(self.reply(pooled), dim=-1)

    @torch.no_grad()
    def settle(self, answers: Words) -> None:
        """End training: the asker keeps the answers' latents, which the slow encoder gave it."""
        self.eval()
        self.ask.answers.copy_(self.answer_latents(answers))

    def _asked(self, batch: PerceptionBatch, patches: Tensor) -> Float[Tensor, ""]:
        """Cross-entropy of each predicted latent among all answers' latents (arXiv:2512.10942)."""
        queries = torch.cat([self.encoder.words(q.ids, q.padding).pooled for q in batch.queries])
        answers = self.answer_latents(batch.answers)
        logits = self.ask.logits(queries[batch.query], patches, answers)
        each = functional.cross_entropy(
            logits.flatten(0, 1), batch.answer.flatten(), reduction="none"
        )
        return global_mean(each, batch.valid.flatten())

    def _joined(self, batch: PerceptionBatch, patches: Tensor) -> dict[str, Tensor]:
        """Align the pooled latents of picture and caption, and keep both from collapsing."""
        weight = self.objective
        named = patches[: len(batch.captions.ids)]
        seen = self.see(self.encoder.vision.pool(named))
        told = self.tell(self.encoder.words(batch.captions.ids, batch.captions.padding).pooled)
        parts: dict[str, Tensor] = {}
        if weight.contrastive:
            parts["contrastive"] = contrastive(
                seen, told, (-self.encoder.sharpness).exp(), text_id=batch.caption_id
            )
        if weight.cross:
            there = distance(self.to_text(seen), told, weight.distance)
            back = distance(self.to_image(told), seen, weight.distance)
            parts["cross"] = (there + back) / 2
        if weight.sigreg:
            each = [
                sigreg(z, stream(self.seed, "sigreg", batch.step), slices=weight.slices)
                for z in (seen, told)
            ]
            parts["sigreg"] = batch.guard * torch.stack(each).mean()
        if weight.vicreg:
            parts["vicreg"] = batch.guard * torch.stack([vicreg(seen), vicreg(told)]).mean()
        return parts

    def _hidden_patches(self, image: Tensor, mask: Mask) -> Float[Tensor, ""]:
        """Predict hidden patches' target latents (I-JEPA, arXiv:2301.08243), on the masked rows."""
        rows = image[: len(mask.context)]
        visible = self.encoder.vision(rows, mask.context)
        predicted = self.image(visible, mask.context, mask.target)
        with torch.no_grad():
            aim = self.target.encoder.vision(rows)
        return distance(predicted, _take(aim, mask.target), self.objective.distance)

    def _hidden_words(self, captions: Words, mask: Mask) -> Float[Tensor, ""]:
        """Predict hidden words' target latents from the words that are left."""
        rows = len(mask.context)
        ids, padding = captions.ids[:rows], captions.padding[:rows]
        hidden = torch.ones_like(padding).scatter(1, mask.context, False)
        visible = self.encoder.text.tokens(ids, padding | hidden)
        predicted = self.text(
            _take(visible, mask.context), mask.context, mask.target, keep=mask.context_real
        )
        with torch.no_grad():
            aim = self.target.encoder.text.tokens(ids, padding)
        return distance(
            predicted, _take(aim, mask.target), self.objective.distance, mask.target_real
        )


def _take(
    latents: Float[Tensor, "batch place width"], at: Int[Tensor, "batch some"]
) -> Float[Tensor, "batch some width"]:
    return latents.gather(1, at[..., None].expand(-1, -1, latents.shape[-1]))
