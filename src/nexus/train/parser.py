"""Teaching the parser to read: questions and their meanings, and no picture anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int64
from torch import Tensor, nn
from torch.nn import functional

from nexus.base.records import Question
from nexus.config import PhaseConfig
from nexus.nn.seeding import stream
from nexus.reason.parser.coverage import counts, sayings
from nexus.reason.parser.network import UNKNOWN, ParserNetwork
from nexus.reason.parser.reading import Lexicon, padded, present, split_words
from nexus.train.frozen import FrozenPhase
from nexus.train.phase import Losses
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.scene import Scenes

SCENES: Final = 2048
"""Training scenes that are asked about; asking costs more than learning from what was asked."""
TOGETHER: Final = 4
"""Batches whose questions are sorted by length and dealt out again, to save padding."""
HIDDEN: Final = 4
"""Most words in a row hidden in half of the questions, so that no one phrase can be rested upon."""
NONE: Final = -1
"""Marks where a query has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParserBatch:
    """Questions and what they mean, by number."""

    words: Int[Tensor, "batch word"]
    keep: Bool[Tensor, "batch word"]
    """True where there is a word."""
    query: Int[Tensor, "batch symbol"]
    """``NONE`` after the end."""


class Lessons:
    """Questions with their meanings, as numbers."""

    def __init__(
        self, questions: Sequence[Question], network: ParserNetwork, lexicon: Lexicon
    ) -> None:
        self.words = [lexicon.encode(split_words(q.text)) for q in questions]
        self.queries = [network.grammar.encode(q.query.split()) for q in questions]

    @classmethod
    def about(
        cls, scenes: Scenes, per_scene: int, network: ParserNetwork, world: Tabletop
    ) -> "Lessons":
        """Return lessons from the questions ``world`` asks about these scenes."""
        asked = world.ask(scenes, per_scene=per_scene)
        return cls([q for row in asked for q in row], network, Lexicon(world.words()))

    def __len__(self) -> int:
        return len(self.words)

    def batch(self, rows: Sequence[int]) -> ParserBatch:
        """Return these rows as tensors."""
        words = [self.words[i] for i in rows]
        return ParserBatch(
            words=padded(words, UNKNOWN),
            keep=present(words),
            query=padded([self.queries[i] for i in rows], NONE),
        )

    def lengths(self) -> Int64[np.ndarray, "question 2"]:
        """Return how long each query is, and each question."""
        both = zip(map(len, self.queries), map(len, self.words), strict=True)
        return np.array(list(both), dtype=np.int64)


class _Learner(nn.Module):
    """The network with its loss: nats a query, the mean over the rows."""

    def __init__(self, network: ParserNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: ParserBatch) -> Losses:
        before = batch.query[:, :-1].clamp(min=0)
        logits = self.network(batch.words, batch.keep, before)
        loss = functional.cross_entropy(
            logits.flatten(0, 1), batch.query.flatten(), ignore_index=NONE, reduction="sum"
        )
        return Losses(total=loss / len(batch.query))


class ParserPhase(FrozenPhase):
    """Training of the parser on questions about the first scenes of split train.

    ``config.batch`` counts questions here; each is met once an epoch, in batches of one length.
    """

    def __init__(
        self,
        network: ParserNetwork,
        world: Tabletop,
        config: PhaseConfig,
        *,
        seed: int,
        scenes: int = SCENES,
    ) -> None:
        super().__init__("parser", _Learner(network), config, seed=seed)
        self.network, self.world, self.scenes = network, world, scenes
        self._order = lru_cache(2)(self._ordered)

    @cached_property
    def lessons(self) -> Lessons:
        """All that is learnt from; made when first needed, for a finished phase needs none."""
        scenes = self.world.scenes(self.seed, "train", np.arange(self.scenes))
        return Lessons.about(scenes, self.config.per_scene, self.network, self.world)

    def batch(self, step: int, rank: int, world: int) -> ParserBatch:
        """Return rows ``rank::world`` of the questions of a step, some of their words hidden."""
        size = self.config.batch
        epoch, at = divmod(step - 1, len(self.lessons) // size)
        rows = self._order(epoch)[at * size : (at + 1) * size]
        whole = self.lessons.batch(rows.tolist())
        hidden = _hidden(whole.keep, stream(self.seed, "parser", "hidden", step))
        words = whole.words.masked_fill(hidden, UNKNOWN)
        mine = slice(rank, None, world)
        return ParserBatch(words=words[mine], keep=whole.keep[mine], query=whole.query[mine])

    def _ordered(self, epoch: int) -> Int64[np.ndarray, " question"]:
        """Return the rows of an epoch: shuffled, sorted by length within ``TOGETHER`` batches."""
        size = self.config.batch
        g = stream(self.seed, "parser", "order", epoch)
        shuffled = torch.randperm(len(self.lessons), generator=g).numpy()
        batches = len(shuffled) // size
        lengths = self.lessons.lengths()[shuffled]
        group = np.arange(len(shuffled)) // (TOGETHER * size)
        ordered = shuffled[np.lexsort((lengths[:, 1], lengths[:, 0], group))][: batches * size]
        turn = torch.randperm(batches, generator=g).numpy()
        return ordered.reshape(batches, size)[turn].reshape(-1)

    def after_step(self, step: int) -> None:
        """Note, once, which words there are and what they say; checkpoints keep it from then on."""
        if step == 1:
            words = counts(self.lessons.words, len(self.network.trained))
            symbols = counts(self.lessons.queries, len(self.network.grammar.symbols))
            self.network.trained.copy_(words.any(0))
            self.network.says.copy_(sayings(words, symbols))


def _hidden(keep: Bool[Tensor, "batch word"], g: torch.Generator) -> Bool[Tensor, "batch word"]:
    """Return which words to hide: up to ``HIDDEN`` in a row, in half of the rows."""
    rows = len(keep)
    start = (torch.rand(rows, 1, generator=g) * keep.sum(1, keepdim=True)).long()
    length = torch.randint(1, HIDDEN + 1, (rows, 1), generator=g)
    length = length * (torch.rand(rows, 1, generator=g) < 0.5)
    at = torch.arange(keep.shape[1])
    return (at >= start) & (at < start + length)


def calibrate_parser(
    network: ParserNetwork, world: Tabletop, *, seed: int, scenes: int = 256
) -> None:
    """Set the temperature that makes gold queries of split val likeliest (arXiv:1706.04599).

    Never below 1: on wordings it was trained with a parser hardly errs, which is no reason to be
    surer of others.
    """
    lessons = Lessons.about(world.scenes(seed, "val", np.arange(scenes)), 4, network, world)
    order = np.lexsort(lessons.lengths().T)
    logits, gold = zip(
        *(
            _choices(network, lessons.batch(rows.tolist()))
            for rows in np.array_split(order, max(1, len(order) // 256))
        ),
        strict=True,
    )
    network.temperature.fill_(fitted_temperature(torch.cat(logits), torch.cat(gold)))


@torch.no_grad()
def _choices(
    network: ParserNetwork, batch: ParserBatch
) -> tuple[Float[Tensor, "choice symbol"], Int[Tensor, " choice"]]:
    """Return the logits at each symbol of the gold queries, and the symbol."""
    logits = network(batch.words, batch.keep, batch.query[:, :-1].clamp(min=0))
    held = batch.query != NONE
    return logits[held], batch.query[held]


def fitted_temperature(
    logits: Float[Tensor, "choice symbol"], gold: Int[Tensor, " choice"]
) -> float:
    """Return the temperature in [1, 10] of least cross-entropy, to 1 %."""
    candidates = torch.logspace(0, 1, 232).tolist()
    losses = [float(functional.cross_entropy(logits / t, gold)) for t in candidates]
    return candidates[int(np.argmin(losses))]
