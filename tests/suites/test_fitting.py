"""The score of picture and caption is the slow sum over phrases, alone or among others."""

from dataclasses import replace
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from nexus.suites.fitting import fit_all, fit_paired
from nexus.suites.sights import encode_texts, look
from nexus.system import Senses
from nexus.worlds.tabletop import LOOK_ANSWERS, phrases


@pytest.fixture(scope="module")
def senses(smoke: Path) -> Senses:
    """Return the smoke run's senses; what they learned does not matter here."""
    return Senses.load(smoke)


def affirmed(senses: Senses, tokens: torch.Tensor, phrase: str) -> float:
    """The log-probability of "yes" against "no", one phrase and one picture at a time."""
    query = encode_texts(senses.encoder, senses.tokenizer, [phrase], longest=96)
    said = functional.normalize(senses.asker(query[None], tokens[None].float()), dim=-1)[0, 0]
    yes, no = (
        float(said @ senses.asker.answers[LOOK_ANSWERS.index(word)]) for word in ("yes", "no")
    )
    sharpness = float(senses.asker.sharpness.exp())
    return -log(1 + exp(sharpness * (no - yes)))


def test_the_score_is_the_sum_over_phrases_and_the_cosine(senses: Senses) -> None:
    world = senses.world
    scenes = world.scenes(0, "test", np.arange(5))
    sight = look(senses.encoder, world, scenes, side=senses.recipe.world.side)
    captions = world.describe(scenes)
    cosine = torch.rand(5, 5, generator=torch.Generator().manual_seed(0)) * 2 - 1
    every = fit_all(senses, sight.tokens, cosine, captions)
    scale = float(senses.encoder.sharpness.exp())
    for row in range(5):
        for at, caption in enumerate(captions):
            slow = scale * float(cosine[row, at])
            slow += sum(affirmed(senses, sight.tokens[row], text) for text in phrases(caption))
            assert float(every[row, at]) == pytest.approx(slow, abs=2e-3)
    own = fit_paired(senses, sight.tokens, cosine.diagonal(), captions)
    torch.testing.assert_close(own, every.diagonal(), atol=2e-3, rtol=0)


def test_denying_everything_leaves_the_longest_caption_last(senses: Senses) -> None:
    """A score that ignored its phrases would not notice."""
    asker = senses.asker
    no = asker.answers[LOOK_ANSWERS.index("no")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asker, "forward", lambda query, _: no.expand(*query.shape))
        scenes = senses.world.scenes(0, "test", np.arange(4))
        tokens = torch.zeros(4, 64, senses.recipe.encode.vision.width)
        texts = senses.world.describe(scenes)
        score = fit_all(replace(senses, asker=asker), tokens, torch.zeros(4, 4), texts)
    length = torch.tensor([len(phrases(text)) for text in texts])
    assert score[0].argmin() == length.argmax()
