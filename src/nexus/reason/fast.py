"""The fast route: a few thoughts read the question, then the picture, then each other, and answer.

They are tokens of a ``Reasoner``, whose working memory looks up words and picture in every cycle.
The answer comes from the thoughts, never from the steps beside it: those explain and are not
executed. Nothing here is shared with the slow route but the latents both start from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nexus.config import ReasonConfig
from nexus.nn.attention import Block, CrossBlock
from nexus.nn.positions import sincos_2d
from nexus.nn.records import Latents, TextLatents, Thought
from nexus.predict.ask import AskPredictor
from nexus.reason.reasoner import Inputs, Mind, Read, Reasoner

THOUGHTS = 8
"""Tokens a question is thought about in; the first one answers."""
END = 0
"""Step symbol after the last; symbol k of a vocabulary has number k + 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FastLogits:
    """What the fast route says, before calibration."""

    cycles: Float[Tensor, "cycle question answer"]
    """The answer after each cycle."""
    halt: Float[Tensor, "cycle question"]
    """Log-odds that it is right as it stands."""
    steps: Float[Tensor, "explained position symbol"]
    """The explanation of every question, or of as many as were asked to explain themselves."""

    @property
    def answer(self) -> Float[Tensor, "question answer"]:
        """The last answer."""
        return self.cycles[-1]


class FastReasoner(nn.Module):
    """Learned thoughts in a reasoner that reads words and picture, and what explains them."""

    position: Tensor
    temperature: Tensor

    def __init__(
        self,
        config: ReasonConfig,
        *,
        picture: int,
        words: int,
        grid: int,
        answers: int,
        symbols: int,
    ) -> None:
        super().__init__()
        width, heads = config.width, config.heads
        self.look, self.hear = nn.Linear(picture, width), nn.Linear(words, width)
        self.register_buffer("position", sincos_2d(grid, width), persistent=False)
        self.nothing = nn.Parameter(torch.zeros(1, 1, width))
        self.thoughts = nn.Parameter(torch.randn(1, THOUGHTS, width))
        self.scan = nn.ModuleList([Block(width, heads, mlp_ratio=2)])
        self.reasoner = Reasoner(
            width=width,
            heads=heads,
            answers=answers,
            working_depth=config.depth,
            reads=2,
            cycles=config.cycles,
        )
        self.trust = nn.Parameter(torch.zeros(()))
        self.places = nn.Parameter(torch.randn(1, config.query_symbols, width))
        self.explain = nn.ModuleList([CrossBlock(width, heads, 1)])
        self.symbol = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, symbols + 1))
        self.register_buffer("temperature", torch.ones(()))

    def forward(
        self,
        picture: Float[Tensor, "picture patch width"],
        question: TextLatents,
        impression: Float[Tensor, "question answer"],
        *,
        positions: int | None = None,
        every: int = 1,
    ) -> FastLogits:
        """Return answer and step logits of every question.

        Each picture is asked ``len(question) / len(picture)`` questions in a row, which share its
        keys and values. The first ``impression`` counts as far as it has proved right: it starts
        at nothing, for perception that was never asked questions says anything, and loudly.
        ``positions`` limits the steps that are said, and one question in ``every`` says them.
        """
        words, keep = self.hear(question.tokens), ~question.padding
        inputs = Inputs(
            tokens=self.thoughts.expand(len(words), -1, -1),
            reads=(Read(tokens=words, keep=keep), Read(tokens=self._memory(picture))),
        )
        thought = list(self.reasoner.think(inputs))
        steps = self._say(thought[-1][0], words, keep, positions, every)
        return FastLogits(
            cycles=torch.stack([said.answer[:, 0] for _, said in thought])
            + self.trust * impression,
            halt=torch.stack([said.halt for _, said in thought]),
            steps=self.symbol(steps),
        )

    def _say(
        self,
        mind: Mind,
        words: Float[Tensor, "question word inner"],
        keep: Bool[Tensor, "question word"],
        positions: int | None,
        every: int,
    ) -> Float[Tensor, "explained position inner"]:
        """Return what is said at each step position: each reads thoughts and words on its own."""
        words, keep = words[::every], keep[::every]
        thoughts = (mind.fast + mind.slow)[::every]
        place = self.places[:, :positions].expand(len(words), -1, -1)
        keep = torch.cat([keep.new_ones(thoughts.shape[:2]), keep], dim=1)
        return self.explain[0](place, torch.cat([thoughts, words], dim=1), keep=keep)

    def _memory(
        self, picture: Float[Tensor, "picture patch width"]
    ) -> Float[Tensor, "picture memory inner"]:
        """Return what thoughts may read: patches that know where they are, and one that is nothing.

        Attention averages, and an average cannot count; beside a "nothing" of fixed weight it can.
        """
        x = self.scan[0](self.look(picture) + self.position)
        return torch.cat([x, self.nothing.expand(len(x), -1, -1)], dim=1)

    @torch.no_grad()
    def reason(self, latents: Latents, impression: Float[Tensor, "question answer"]) -> Thought:
        """Return the calibrated thought about each question, beside its picture."""
        logits = self(latents.tokens, latents.question, impression)
        answer = (logits.answer / self.temperature).softmax(-1)
        return Thought(
            answer=answer, steps=logits.steps.softmax(-1), confidence=answer.max(-1).values
        )


@torch.no_grad()
def first_impression(
    asker: AskPredictor,
    picture: Float[Tensor, "picture patch width"],
    question: Float[Tensor, "question joint"],
    answers: Sequence[int],
) -> Float[Tensor, "question answer"]:
    """Return how well perception finds each answer to fit, asked the question as it stands.

    Pictures are asked the same number of questions in a row; ``answers`` says which of the asker's
    answers these are.
    """
    query = question.view(len(picture), -1, question.shape[-1])
    return asker.logits(query, picture)[..., list(answers)].flatten(0, 1)


def step_symbols(thought: Thought, row: int, symbols: Sequence[str]) -> tuple[str, ...]:
    """Return the likeliest step symbols of one question, up to the first end."""
    said: list[int] = thought.steps[row].argmax(-1).tolist()
    length = said.index(END) if END in said else len(said)
    return tuple([symbols[k - 1] for k in said[:length]])
