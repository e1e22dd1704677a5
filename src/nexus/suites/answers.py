"""What both routes said of questions with known answers, and what that comes to in numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from nexus.base.records import Decision, Observation, Question
from nexus.decide.answer import Calibration
from nexus.evaluate.calibration import RouteRecord
from nexus.system import System
from nexus.worlds.tabletop.scene import Scenes

TOGETHER = 64
"""Questions thought about in one batch."""
PER_SCENE = 2
"""Questions about each scene: kinds take turns, so all of them come up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Questions about scenes of a split, and the system's decisions."""

    scenes: Scenes
    images: UInt8[np.ndarray, "scene side side 3"]
    row: Int[np.ndarray, " question"]
    """Which scene each question is about."""
    questions: tuple[Question, ...]
    decisions: tuple[Decision, ...]

    def __len__(self) -> int:
        return len(self.questions)

    @property
    def gold(self) -> tuple[str, ...]:
        """The true answers, from world state."""
        return tuple(question.answer for question in self.questions)

    @property
    def fast_right(self) -> Bool[np.ndarray, " question"]:
        """Where the fast route is right."""
        return self.matching(d.fast.answer for d in self.decisions)

    @property
    def slow_right(self) -> Bool[np.ndarray, " question"]:
        """Where the slow route is right; where it abstains it is not."""
        return self.matching(d.slow.answer for d in self.decisions)

    @property
    def slow_answered(self) -> Bool[np.ndarray, " question"]:
        """Where the slow route has a checked proof of some answer."""
        return np.array([bool(d.slow.answer) for d in self.decisions])

    @property
    def answered(self) -> Bool[np.ndarray, " question"]:
        """Where the system answers, with a checked proof."""
        return np.array([not d.abstained for d in self.decisions])

    @property
    def checked(self) -> Bool[np.ndarray, " question"]:
        """Where it answers because both routes say the same; elsewhere by the proof alone."""
        return np.array([d.cause == "agreed" for d in self.decisions])

    @property
    def right(self) -> Bool[np.ndarray, " question"]:
        """Where the system answers and is right."""
        return self.matching(d.answer for d in self.decisions)

    @property
    def kinds(self) -> np.ndarray:
        """The kind of each question."""
        return np.array([question.kind for question in self.questions])

    @property
    def confidence(self) -> Float[np.ndarray, " question"]:
        """Calibrated probability that the answer (abstaining: the likelier route's) is right."""
        return np.array([d.confidence for d in self.decisions])

    def likelier_right(self, calibration: Calibration) -> Bool[np.ndarray, " question"]:
        """Return where the answer that ``confidence`` speaks of is right."""
        return self.matching(likelier(d, calibration) for d in self.decisions)

    def matching(self, answers: Iterable[str]) -> Bool[np.ndarray, " question"]:
        """Return where these answers are the true ones."""
        return np.array([a == g for a, g in zip(answers, self.gold, strict=True)])

    @property
    def record(self) -> RouteRecord:
        """What calibration is fitted on."""
        slow = [d.slow for d in self.decisions]
        return RouteRecord(
            fast=np.array([d.fast.confidence for d in self.decisions]),
            fast_right=self.fast_right,
            proof=np.array([s.confidence if s.answer else np.nan for s in slow]),
            proof_right=self.slow_right,
            agreed=np.array([d.slow.answer == d.fast.answer for d in self.decisions]),
        )


def likelier(decision: Decision, calibration: Calibration) -> str:
    """Return the answer whose probability ``decision.confidence`` is: see ``decide``."""
    fast, slow = decision.fast, decision.slow
    if not decision.abstained:
        return decision.answer
    if decision.cause == "disagreed":
        proved = calibration.proof_alone(slow.confidence)
        return slow.answer if proved > calibration.alone(fast.confidence) else fast.answer
    return fast.answer


def think_about(system: System, split: str, count: int, *, first: int = 0) -> Answers:
    """Return decisions on ``count`` questions about scenes of a split, from scene ``first`` on."""
    recipe, world = system.recipe, system.world
    each = -(-count // PER_SCENE)
    scenes = world.scenes(recipe.seed, split, np.arange(first, first + each))
    images = world.render(scenes, side=recipe.world.side)
    asked = world.ask(scenes, per_scene=PER_SCENE)
    row = np.repeat(np.arange(each), PER_SCENE)[:count]
    questions = [question for some in asked for question in some][:count]
    decisions: list[Decision] = []
    for start in range(0, count, TOGETHER):
        here = slice(start, start + TOGETHER)
        seen = [Observation(image=images[i], source=f"{split} scene {i}") for i in row[here]]
        texts = [question.text for question in questions[here]]
        some, _ = system.think_all(seen, texts, system.memory.initial(len(texts)))
        decisions.extend(some)
    return Answers(
        scenes=scenes,
        images=images,
        row=row,
        questions=tuple(questions),
        decisions=tuple(decisions),
    )
