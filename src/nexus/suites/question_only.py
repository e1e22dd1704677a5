"""What the words of a question give away: answers guessed without any picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from nexus.base.records import Question
from nexus.evaluate.probes import Probe, fit_probe
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.language import split_words

LESSONS = 5000
"""Training questions the guesser learns from."""
RIDGE = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class Guesser:
    """A logistic regression from the words of a question to its answer."""

    words: dict[str, int]
    answers: tuple[str, ...]
    probe: Probe

    @classmethod
    def train(cls, world: Tabletop, *, seed: int, count: int = LESSONS) -> "Guesser":
        """Return a guesser that has read ``count`` training questions and their answers."""
        scenes = world.scenes(seed, "train", np.arange(-(-count // 2)))
        questions = [q for some in world.ask(scenes, per_scene=2) for q in some][:count]
        words = {word: k for k, word in enumerate(sorted(world.words()))}
        label = torch.tensor([world.answers.index(q.answer) for q in questions])
        bags = _bags(words, questions)
        probe = fit_probe(bags, label, classes=len(world.answers), ridge=RIDGE)
        return cls(words=words, answers=world.answers, probe=probe)

    def right(self, questions: Sequence[Question]) -> Bool[np.ndarray, " question"]:
        """Return which answers it guesses right."""
        label = torch.tensor([self.answers.index(q.answer) for q in questions])
        return self.probe.right(_bags(self.words, questions), label)


def majority_right(questions: Sequence[Question]) -> Bool[np.ndarray, " question"]:
    """Return which answers are the commonest of their kind among these very questions."""
    kinds = np.array([q.kind for q in questions])
    answers = np.array([q.answer for q in questions])
    right = np.zeros(len(questions), dtype=bool)
    for kind in np.unique(kinds):
        values, count = np.unique(answers[kinds == kind], return_counts=True)
        right |= (kinds == kind) & (answers == values[count.argmax()])
    return right


def _bags(words: dict[str, int], questions: Sequence[Question]) -> Float[Tensor, "question word"]:
    """Return 1 where a word occurs in a question; unknown words are passed over."""
    bags = torch.zeros(len(questions), len(words))
    for row, question in enumerate(questions):
        bags[row, [words[w] for w in split_words(question.text) if w in words]] = 1.0
    return bags
