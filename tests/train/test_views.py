"""What a step asks has the answers it says, and grain is as strong as it says."""

import numpy as np
import torch

from nexus.train.views import ask, grainy
from nexus.worlds.tabletop import Tabletop, looks, statements
from nexus.worlds.tabletop.outlines import ORDINARY, taught

WORLD = Tabletop()


def test_looks_are_asked_of_all_scenes_and_the_rest_of_those_with_names() -> None:
    scenes = WORLD.scenes(0, "train", np.arange(20))
    named = np.arange(20) < 12
    strange = np.where(named[:, None], ORDINARY, taught(scenes))
    asked = ask(
        scenes, looks_each=5, statements_each=3, questions_each=2, named=named, strange=strange
    )
    seen = looks(scenes, per_scene=5, named=named, strange=strange)
    said, questions = statements(scenes, per_scene=3), WORLD.ask(scenes, per_scene=2)
    assert asked.query.shape == (20, 10)
    texts = [*asked.texts[0], *asked.texts[1]]
    for row in range(20):
        for k in range(5):
            assert texts[asked.query[row, k]] == seen.queries[seen.query[row, k]]
            assert asked.answers[asked.answer[row, k]] == seen.answers[seen.answer[row, k]]
            assert asked.valid[row, k] == seen.valid[row, k]
        for k in range(3):
            assert asked.valid[row, 5 + k] == named[row]
            if named[row]:
                assert texts[asked.query[row, 5 + k]] == said.texts[row][k]
                verdict = "yes" if said.true[row, k] else "no"
                assert asked.answers[asked.answer[row, 5 + k]] == verdict
        for k, question in enumerate(questions[row]):
            supposed = question.query.split()[0] in ("remove", "recolour")
            assert asked.valid[row, 8 + k] == (named[row] and not supposed)
            if named[row]:
                assert texts[asked.query[row, 8 + k]] == question.text
                assert asked.answers[asked.answer[row, 8 + k]] == question.answer


def test_grain_has_a_strength_of_its_own_up_to_the_most() -> None:
    image = torch.full((32, 32, 3), 128, dtype=torch.uint8)
    g = torch.Generator().manual_seed(0)
    seen = torch.stack([grainy(image, 0.1, g) for _ in range(40)])
    spread = (seen.float() - 128).flatten(1).std(1) / 255
    assert 0.08 < spread.max() < 0.105
    assert spread.min() < 0.02
    assert (seen.float().mean((1, 2, 3)) - 128).abs().max() < 2
