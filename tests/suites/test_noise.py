"""Nothing is answered by accident: noise in any one place drops its figure to the floor.

Each test replaces one thing by noise of the same type, shape and scale, in the test and not in the
code: what the asker is taught, what is asked, what is seen, and what a question is read as.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.suites.seeing import RECIPE, SCENES_READ, WORLD, asking, noise_like, thinking

from nexus.nn.records import TextLatents
from nexus.nn.seeding import stream
from nexus.suites.answers import think_about
from nexus.suites.asked import answered, guessed
from nexus.suites.question_only import Guesser, majority_right
from nexus.suites.sights import look
from nexus.system import Senses, System
from nexus.train import parser as parser_training
from nexus.train.perception_model import PerceptionModel
from nexus.worlds.tabletop import looks

SLACK = 0.06
"""How far above its floor noise may come out by chance: two standard errors of these samples."""


@pytest.fixture(scope="module")
def senses(tmp_path_factory: pytest.TempPathFactory) -> Senses:
    """Return senses trained as they are."""
    return asking(tmp_path_factory.mktemp("asking") / "clean")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    """Return a system whose slow route answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser_training, "SCENES", SCENES_READ)
        return thinking(tmp_path_factory.mktemp("thinking") / "clean", seeing=260, reading=200)


def asked_colour(senses: Senses) -> tuple[float, float]:
    """Return figure ``asked_colour`` of these senses, and its floor."""
    scenes = WORLD.scenes(0, "test", np.arange(RECIPE.evaluate.scenes))
    sight = look(senses.encoder, WORLD, scenes, side=RECIPE.world.side)
    asked = looks(scenes, per_scene=16)
    rows = asked.valid & (asked.kind == 0)
    right = answered(senses, sight, asked) == asked.answer
    return float(right[rows].mean()), guessed(asked, rows)


def slow_accuracy(system: System) -> tuple[float, float]:
    """Return figure ``slow_accuracy`` of this system, and its floor."""
    answers = think_about(system, "test", RECIPE.evaluate.questions)
    blind = (
        majority_right(answers.questions),
        Guesser.train(WORLD, seed=0, count=2000).right(answers.questions),
    )
    return float(answers.slow_right.mean()), max(float(b.mean()) for b in blind)


def _noisy_words(encoder: Any, *, name: str) -> Callable[..., TextLatents]:
    """Return ``encoder.words`` with other pooled latents each time: noise of their own scale."""
    true, calls = encoder.words, iter(range(1 << 30))

    def words(*arguments: Any) -> TextLatents:
        latents: TextLatents = true(*arguments)
        noise = noise_like(latents.pooled.detach(), stream(0, name, next(calls)))
        return replace(latents, pooled=noise)

    return words


def test_noise_for_target_latents_teaches_nothing(senses: Senses, tmp_path: Path) -> None:
    def spoil(model: PerceptionModel) -> None:
        model.target.encoder.words = _noisy_words(model.target.encoder, name="targets")

    clean, floor = asked_colour(senses)
    noisy, _ = asked_colour(asking(tmp_path / "noisy", spoil))
    print(f"asked colour {clean:.3f}, with noise {noisy:.3f}, floor {floor:.3f}")
    assert clean > floor + 0.15
    assert noisy <= floor + SLACK


def test_noise_for_text_latents_of_the_query_asks_nothing(
    senses: Senses, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean, floor = asked_colour(senses)
    monkeypatch.setattr(senses.encoder, "words", _noisy_words(senses.encoder, name="queries"))
    noisy, _ = asked_colour(senses)
    print(f"asked colour {clean:.3f}, with noise {noisy:.3f}, floor {floor:.3f}")
    assert clean > floor + 0.15
    assert noisy <= floor + SLACK


@pytest.mark.parametrize(
    ("stage", "reading"),
    [("grounding", "read"), ("parser", "parse_batch")],  # facts of a picture, queries of questions
)
def test_what_another_row_was_read_as_proves_nothing_here(
    system: System, monkeypatch: pytest.MonkeyPatch, stage: str, reading: str
) -> None:
    clean, floor = slow_accuracy(system)
    part = getattr(system, stage)
    true = getattr(part, reading)
    monkeypatch.setattr(part, reading, lambda given: _shuffled(true(given)))
    noisy, _ = slow_accuracy(system)
    print(f"{stage}: slow accuracy {clean:.3f}, with noise {noisy:.3f}, floor {floor:.3f}")
    assert clean > floor + 0.05
    assert noisy <= floor + SLACK


def _shuffled(items: list[Any]) -> list[Any]:
    """Return the items, each in another's place: independent of the row, of the same distribution.

    Rows next to each other share a scene, so the shift is about half of the batch.
    """
    shift = max(1, len(items) // 2)
    return [*items[shift:], *items[:shift]]
