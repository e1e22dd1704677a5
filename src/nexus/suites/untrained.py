"""A system of a recipe's sizes without training, made to do the work of a trained one.

What nets compute takes as long whatever their weights are. But an untrained parser writes queries
without end, and an untrained read-out sees two dozen things at once: the engines behind them would
be timed on nonsense. So both compute all that they would, and what they say is then replaced by
what is so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor, nn
from torch.nn import functional

from nexus.base.records import Decision, Observation, Question
from nexus.config import Recipe
from nexus.decide.answer import Calibration
from nexus.logic.language import Vocabulary
from nexus.reason.grounding import CellLogits
from nexus.reason.parser.grammar import Grammar
from nexus.reason.reflection import Reflection
from nexus.suites import briefly
from nexus.system import Senses, System
from nexus.train.grounding import cell_targets
from nexus.train.parts import Parts
from nexus.worlds.tabletop import Tabletop

SURE = 12.0
"""Log-odds of what is so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A picture, a question about it, and what its read-out should say."""

    seen: Observation
    question: Question
    cells: CellLogits


class Dictation(Grammar):
    """A grammar in which only one query can be written, symbol by symbol."""

    def __init__(self, vocabulary: Vocabulary, longest: int) -> None:
        super().__init__(vocabulary, longest)
        self.dictated: list[int] = []

    def may_follow(self, prefix: tuple[int, ...]) -> Bool[Tensor, " symbol"]:
        """Return that only the next symbol of the query may follow."""
        next_ = torch.tensor(self.dictated[len(prefix)])
        return functional.one_hot(next_, len(self.symbols)).bool()


class Knowing:
    """An untrained system, and questions about whose pictures it is told what is so."""

    def __init__(self, recipe: Recipe, folder: Path, *, questions: int) -> None:
        world, tokenizer = Tabletop(), briefly.words(recipe)
        parts = Parts(recipe=recipe, world=world, vocabulary=tokenizer.size)
        self.system = System.fresh(
            parts,
            Senses.fresh(parts, tokenizer),
            calibration=Calibration(),
            reflection=Reflection(folder / "logs"),
        )
        parser, grounding = self.system.parser, self.system.grounding
        self.dictation = Dictation(world.vocabulary, recipe.reason.query_symbols)
        parser.network.grammar, parser.certain = self.dictation, 0.0
        parser.network.trained.fill_(True)
        self.asked = asked(recipe, world, grounding.factors, grounding.grid, questions)
        self._cells = self.asked[0].cells
        grounding.register_forward_hook(self._told)

    def ask(self, number: int) -> Asked:
        """Return a question, in turn, after telling parser and read-out what is so about it."""
        one = self.asked[number % len(self.asked)]
        self.dictation.dictated = self.dictation.encode(one.question.query.split())
        self._cells = one.cells
        return one

    def answer(self, one: Asked) -> Decision:
        """Return the decision on a question just asked, from a fresh memory."""
        memory = self.system.memory.initial()
        return self.system.think_all([one.seen], [one.question.text], memory)[0][0]

    def _told(self, module: nn.Module, given: object, said: object) -> CellLogits:
        del module, given, said
        return self._cells


def asked(
    recipe: Recipe, world: Tabletop, factors: dict[str, int], grid: int, count: int
) -> Sequence[Asked]:
    """Return one question about each of ``count`` test scenes; kinds come as they come."""
    scenes = world.scenes(recipe.seed, "test", np.arange(count))
    images = world.render(scenes, side=recipe.world.side)
    questions = [some[0] for some in world.ask(scenes, per_scene=1)]
    target = cell_targets(scenes, grid, factors)
    found: list[Asked] = []
    for row, (image, question) in enumerate(zip(images, questions, strict=True)):
        here = slice(row, row + 1)
        cells = CellLogits(
            objectness=SURE * (2.0 * target.near[here].float() - 1.0),
            offset=target.offset[here],
            attributes={
                name: SURE * functional.one_hot(target.attributes[name][here], n + 1).float()
                for name, n in factors.items()
            },
        )
        seen = Observation(image=image, source=f"test scene {row}")
        found.append(Asked(seen=seen, question=question, cells=cells))
    return found
