"""What the figures of perception are measured on: scenes, pictures and texts, each encoded once."""

from functools import cached_property
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from nexus.encode.joint import Encoder
from nexus.evaluate.retrieval import Scale
from nexus.suites.fitting import fit_all, fit_paired
from nexus.suites.sights import Sight, encode_texts, look, see
from nexus.system import Senses
from nexus.train.parts import Parts

UNSEEN: Final = 1 << 40
"""First training scene of probes and scales: of the training distribution, but never trained on."""
_TOLD: Final = 1024
"""Captions the scale of texts is taken from."""


class Workbench:
    """What the figures are measured on; each picture and text is encoded once."""

    def __init__(self, senses: Senses) -> None:
        self.senses, self.recipe, self.world = senses, senses.recipe, senses.world
        self.grid = self.recipe.world.side // self.recipe.encode.vision.patch
        self.floors: dict[str, dict[str, float]] = {}
        """What each trivial baseline reaches, figure by figure."""

    def sight(self, encoder: Encoder, split: str, count: int, first: int = 0) -> Sight:
        """Return scenes of a split as an encoder sees them."""
        scenes = self.world.scenes(self.recipe.seed, split, np.arange(first, first + count))
        return look(encoder, self.world, scenes, side=self.recipe.world.side)

    @cached_property
    def test(self) -> Sight:
        """The scenes everything is measured on."""
        return self.sight(self.senses.encoder, "test", self.recipe.evaluate.scenes)

    @cached_property
    def train(self) -> Sight:
        """The scenes probes and scales are fitted on."""
        return self.sight(self.senses.encoder, "train", self.recipe.evaluate.probe_scenes, UNSEEN)

    @cached_property
    def pairs(self) -> Sight:
        """Scenes with a pair of shape and colour that training never showed."""
        return self.sight(self.senses.encoder, "pairs", max(1, len(self.test) // 2))

    @cached_property
    def untrained(self) -> Encoder:
        """The encoder training began with."""
        parts = Parts(recipe=self.recipe, world=self.world, vocabulary=self.senses.tokenizer.size)
        return parts.encoder().eval().requires_grad_(False)

    @cached_property
    def blank_test(self) -> Sight:
        """The test pictures as the untrained encoder sees them."""
        return see(self.untrained, self.test.scenes, self.test.images)

    def texts(self, encoder: Encoder, texts: list[str]) -> Float[Tensor, "text joint"]:
        """Return pooled latents of texts."""
        longest = self.recipe.encode.text.words
        return encode_texts(encoder, self.senses.tokenizer, texts, longest=longest)

    @cached_property
    def captions(self) -> list[str]:
        """One full caption of each test scene."""
        return self.world.describe(self.test.scenes)

    @cached_property
    def seen_scale(self) -> Scale:
        """The scale of pooled latents of pictures."""
        return Scale.of(self.train.pooled)

    @cached_property
    def told_scale(self) -> Scale:
        """The scale of pooled latents of captions."""
        told = self.world.describe(self.train.scenes.take(slice(0, _TOLD)))
        return Scale.of(self.texts(self.senses.encoder, told))

    @cached_property
    def picture(self) -> Float[Tensor, "scene joint"]:
        """Test pictures in the joint space, unit length."""
        return self.seen_scale.unit(self.test.pooled)

    @cached_property
    def caption(self) -> Float[Tensor, "scene joint"]:
        """Their captions in the joint space, unit length."""
        return self.told(self.captions)

    def told(self, texts: list[str]) -> Float[Tensor, "text joint"]:
        """Return texts in the joint space, unit length."""
        return self.told_scale.unit(self.texts(self.senses.encoder, texts))

    def fit(self, rows: slice, texts: list[str]) -> Float[Tensor, "picture text"]:
        """Return the score of these test pictures with every text."""
        cosine = self.picture[rows] @ self.told(texts).T
        return fit_all(self.senses, self.test.tokens[rows], cosine, texts)

    def fit_own(self, rows: Int64[np.ndarray, " row"], texts: list[str]) -> Float[Tensor, " row"]:
        """Return the score of these test pictures, each with its own text."""
        at = torch.from_numpy(rows)
        cosine = (self.picture[at] * self.told(texts)).sum(-1)
        return fit_paired(self.senses, self.test.tokens[at], cosine, texts)
