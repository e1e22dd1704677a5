"""How well a text fits a picture: what it is like as a whole, and what it says phrase by phrase.

A pooled latent says which things there are and forgets whose colour is whose. So each phrase of a
caption is also put to the picture as a statement, and the score is

    ``sharpness cos(picture, caption) + sum over phrases of log p(yes | phrase, picture)``,

one score for every figure that compares pictures with texts.
"""

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from nexus.suites.sights import encode_texts
from nexus.system import Senses
from nexus.worlds.tabletop import LOOK_ANSWERS, phrases

YES: Final = LOOK_ANSWERS.index("yes")
NO: Final = LOOK_ANSWERS.index("no")
_PICTURES: Final = 4
"""Pictures that all phrases are put to at a time."""


@torch.no_grad()
def fit_all(
    senses: Senses,
    tokens: Float[Tensor, "picture patch width"],
    cosine: Float[Tensor, "picture text"],
    texts: Sequence[str],
) -> Float[Tensor, "picture text"]:
    """Return the score of every picture with every text; ``cosine`` is of the pooled latents."""
    said, text, phrase = _phrases(texts)
    queries = _latents(senses, said)
    held = torch.zeros(len(texts), len(said))
    held.index_put_((text, phrase), torch.ones(()), accumulate=True)
    rows = [
        _affirmed(senses, queries.expand(len(some), -1, -1), some.float()) @ held.T
        for some in tokens.split(_PICTURES)
    ]
    return senses.encoder.sharpness.exp() * cosine + torch.cat(rows)


@torch.no_grad()
def fit_paired(
    senses: Senses,
    tokens: Float[Tensor, "row patch width"],
    cosine: Float[Tensor, " row"],
    texts: Sequence[str],
) -> Float[Tensor, " row"]:
    """Return the score of each picture with its own text."""
    said, text, phrase = _phrases(texts)
    queries = _latents(senses, said)
    score = senses.encoder.sharpness.exp() * cosine
    for rows, which in zip(text.split(256), phrase.split(256), strict=True):
        affirmed = _affirmed(senses, queries[which][:, None], tokens[rows].float())
        score = score.index_add(0, rows, affirmed[:, 0])
    return score


def _phrases(texts: Sequence[str]) -> tuple[list[str], Int[Tensor, " use"], Int[Tensor, " use"]]:
    """Return each phrase once, and each use of one: in which text, and which phrase."""
    uses = [(row, phrase) for row, text in enumerate(texts) for phrase in phrases(text)]
    said = sorted({phrase for _, phrase in uses})
    number = {phrase: k for k, phrase in enumerate(said)}
    return (
        said,
        torch.tensor([row for row, _ in uses]),
        torch.tensor([number[phrase] for _, phrase in uses]),
    )


def _latents(senses: Senses, texts: Sequence[str]) -> Float[Tensor, "text joint"]:
    longest = senses.recipe.encode.text.words
    return encode_texts(senses.encoder, senses.tokenizer, texts, longest=longest)


def _affirmed(
    senses: Senses,
    queries: Float[Tensor, "picture query joint"],
    tokens: Float[Tensor, "picture patch width"],
) -> Float[Tensor, "picture query"]:
    """Return the log-probability that each statement is affirmed rather than denied."""
    logits = senses.asker.logits(queries, tokens)
    return functional.logsigmoid(logits[..., YES] - logits[..., NO])
