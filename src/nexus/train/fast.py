"""Teaching the fast route to answer: frozen latents and questions in, answers and steps out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from nexus.base.records import Question
from nexus.config import PhaseConfig
from nexus.encode.joint import Encoder
from nexus.evaluate.calibration import fit_temperature
from nexus.logic.hypothetical import actions
from nexus.logic.language import HYPOTHETICAL, Vocabulary, parse
from nexus.nn.records import TextLatents
from nexus.predict.ask import AskPredictor
from nexus.predict.dynamics import LatentDynamics
from nexus.reason.fast import END, FastReasoner, first_impression
from nexus.train.dynamics import action_ids
from nexus.train.frozen import FrozenPhase
from nexus.train.latent_cache import BATCH, LatentCache
from nexus.train.phase import Losses
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.looks import ANSWER_AT

STEP_WEIGHT = 0.5
"""Weight of the explanation beside the answer."""
EXPLAINED = 4
"""One question in so many explains itself in training: that costs as much as answering."""
HALT = 0.2
"""Weight of knowing whether the answer is right yet."""
PER_SCENE = 6
"""Questions a held-out scene, when the temperature is fitted."""
Tokenize = Callable[[Sequence[str]], tuple[Int[Tensor, "text word"], Bool[Tensor, "text word"]]]
"""Texts to token numbers and padding, as the text encoder takes them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Pictures, the same number of questions about each in a row, and what to say."""

    picture: Float[Tensor, "picture patch width"]
    question: TextLatents
    impression: Float[Tensor, "question choice"]
    """What perception says at first, of every answer."""
    answer: Int[Tensor, " question"]
    steps: Int[Tensor, "question position"]
    """Query symbols by number, symbol k of the vocabulary as k + 1, then ``END``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FastBatch:
    """Questions about what is seen, and about what would be seen after an action."""

    seen: Asked
    imagined: Asked | None


def step_ids(
    queries: Sequence[str], vocabulary: Vocabulary, longest: int
) -> Int[Tensor, "question position"]:
    """Return the symbols of each query by number; columns to the longest one and its end."""
    number = {symbol: k + 1 for k, symbol in enumerate(vocabulary.symbols)}
    said = [[number[symbol] for symbol in query.split()][:longest] for query in queries]
    ids = torch.full((len(said), min(longest, 1 + max(map(len, said)))), END)
    for row, symbols in enumerate(said):
        ids[row, : len(symbols)] = torch.tensor(symbols)
    return ids


class Asker:
    """Turns questions and latents into what the fast route learns from, with frozen encoders."""

    def __init__(
        self,
        senses: tuple[Encoder, AskPredictor],
        dynamics: LatentDynamics,
        world: Tabletop,
        tokenize: Tokenize,
        *,
        longest: int,
    ) -> None:
        (self.encoder, self.perceive), self.dynamics, self.world = senses, dynamics, world
        self.tokenize, self.longest = tokenize, longest
        self.number = {answer: k for k, answer in enumerate(world.answers)}

    @torch.no_grad()
    def asked(
        self, picture: Float[Tensor, "picture patch width"], questions: Sequence[Question]
    ) -> Asked:
        """Return questions beside their pictures; ``questions`` come picture by picture."""
        ids, padding = self.tokenize([q.text for q in questions])
        question = self.encoder.words(ids, padding)
        return Asked(
            picture=picture,
            question=question,
            impression=first_impression(self.perceive, picture, question.pooled, ANSWER_AT),
            answer=torch.tensor([self.number[q.answer] for q in questions]),
            steps=step_ids([q.query for q in questions], self.world.vocabulary, self.longest),
        )

    @torch.no_grad()
    def imagine(
        self, picture: Float[Tensor, "question patch width"], questions: Sequence[Question]
    ) -> Float[Tensor, "question patch width"]:
        """Return each picture as imagined after the one action its question supposes."""
        terms = [actions(parse(q.query, self.world.vocabulary))[0] for q in questions]
        return self.dynamics(picture, action_ids(terms, self.world.vocabulary))


def hypothetical(question: Question) -> bool:
    """Return whether the question is about what would be so after an action."""
    return question.query.split()[0] in HYPOTHETICAL


class _Learner(nn.Module):
    """The fast route with its loss."""

    def __init__(self, fast: FastReasoner) -> None:
        super().__init__()
        self.fast = fast

    def forward(self, batch: FastBatch) -> Losses:
        """Return the mean loss a question: its answer, and a little of its explanation."""
        groups = [batch.seen] if batch.imagined is None else [batch.seen, batch.imagined]
        count = sum(len(group.answer) for group in groups)
        found = [(len(group.answer) / count, fast_loss(self.fast, group)) for group in groups]
        return Losses(
            total=torch.stack([share * losses.total for share, losses in found]).sum(),
            parts={
                name: torch.stack([share * losses.parts[name] for share, losses in found]).sum()
                for name in found[0][1].parts
            },
        )


def fast_loss(fast: FastReasoner, asked: Asked) -> Losses:
    """Return the loss of some questions: of answers and doubts after every cycle, and of steps."""
    logits = fast(
        asked.picture,
        asked.question,
        asked.impression,
        positions=asked.steps.shape[1],
        every=EXPLAINED,
    )
    target = asked.answer.expand(len(logits.cycles), -1)
    right = (logits.cycles.argmax(-1) == target).to(logits.halt.dtype)
    answer = functional.cross_entropy(logits.cycles.flatten(0, 1), target.flatten())
    halt = functional.binary_cross_entropy_with_logits(logits.halt, right)
    steps = functional.cross_entropy(logits.steps.flatten(0, 1), asked.steps[::EXPLAINED].flatten())
    return Losses(
        total=answer + HALT * halt + STEP_WEIGHT * steps,
        parts={"answer": answer.detach(), "halt": halt.detach(), "steps": steps.detach()},
    )


class FastPhase(FrozenPhase):
    """Teaches the fast route; several questions a picture share what is computed of it."""

    metric = "answer"

    def __init__(
        self,
        fast: FastReasoner,
        asker: Asker,
        cache: LatentCache,
        config: PhaseConfig,
        *,
        seed: int,
    ) -> None:
        super().__init__("fast", _Learner(fast), config, seed=seed)
        self.asker, self.cache = asker, cache

    def batch(self, step: int, rank: int, world: int) -> FastBatch:
        """Return this step's pictures with ``per_scene`` questions each, one in six imagined."""
        rows = self.cache.rows(self.seed, self.name, step, self.config.batch)[rank::world]
        epoch = (step - 1) * self.config.batch // len(self.cache)
        asked = self.asker.world.ask(
            self.cache.scenes.take(rows), per_scene=self.config.per_scene, draw=epoch
        )
        return split(self.asker, self.cache.batch(rows), asked)


def split(
    asker: Asker, picture: Float[Tensor, "picture patch width"], asked: Sequence[Sequence[Question]]
) -> FastBatch:
    """Return the questions about each picture, as many of each, and the hypothetical ones apart.

    A picture with fewer plain questions than another repeats its own; one with none lends the
    batch a hypothetical question as if it were plain, which no world does.
    """
    plain = [
        [q for q in questions if not hypothetical(q)] or list(questions) for questions in asked
    ]
    each = max(1, len(asked[0]) - 1)
    level = [qs[k % len(qs)] for qs in plain for k in range(each)]
    supposed = [(row, q) for row, qs in enumerate(asked) for q in qs if hypothetical(q)]
    imagined: Asked | None = None
    if supposed:
        questions = [q for _, q in supposed]
        before = picture[torch.tensor([row for row, _ in supposed])]
        imagined = asker.asked(asker.imagine(before, questions), questions)
    return FastBatch(seen=asker.asked(picture, level), imagined=imagined)


@torch.no_grad()
def calibrate_fast(fast: FastReasoner, asker: Asker, held_out: LatentCache) -> None:
    """Set the temperature of the answers from questions about scenes not trained on."""
    logits: list[Tensor] = []
    answers: list[Tensor] = []
    for start in range(0, len(held_out), BATCH):
        rows = np.arange(start, min(start + BATCH, len(held_out)))
        asked = asker.world.ask(held_out.scenes.take(rows), per_scene=PER_SCENE)
        batch = split(asker, held_out.batch(rows), asked)
        for group in (batch.seen, *([batch.imagined] if batch.imagined else [])):
            said = fast(group.picture, group.question, group.impression, positions=1)
            logits.append(said.answer)
            answers.append(group.answer)
    fast.temperature.fill_(fit_temperature(torch.cat(logits).numpy(), torch.cat(answers).numpy()))
