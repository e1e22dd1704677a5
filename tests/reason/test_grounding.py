"""Grounding: perfect cells give perfect facts; untrained ones make none up; reading is fast."""

import time

import numpy as np
import torch

from nexus.base.records import Truth
from nexus.evaluate.metrics import score_scenes
from nexus.nn.seeding import seeded, stream
from nexus.reason.facts import state
from nexus.reason.grounding import CellLogits, Grounding
from nexus.train.grounding import CellTargets, cell_targets
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.outlines import ORDINARY, stars
from nexus.worlds.tabletop.scene import COLOURS, SHAPES, Scenes

WORLD, GRID = Tabletop(), 8


def _grounding(width: int = 16) -> Grounding:
    with seeded(0, "test", "grounding"):
        return Grounding(width=width, heads=2, grid=GRID, vocabulary=WORLD.vocabulary, certain=0.9)


def _oracle(
    scenes: Scenes,
    grounding: Grounding,
    sure: float = 20.0,
    target: CellTargets | None = None,
) -> CellLogits:
    """Return the logits of a read-out that knows the scene."""
    target = target or cell_targets(scenes, GRID, grounding.factors)
    return CellLogits(
        objectness=sure * (2 * target.near.float() - 1),
        offset=target.offset,
        attributes={
            name: sure * torch.nn.functional.one_hot(v, grounding.factors[name] + 1).float()
            for name, v in target.attributes.items()
        },
    )


def test_a_read_out_that_knows_gives_the_gold_facts() -> None:
    grounding = _grounding()
    grounding.error.fill_(1e-4)
    # Two centres of scene 1243 lie in one cell: the first such scene of the split.
    scenes = WORLD.scenes(0, "train", np.array([*range(150), 1243]))
    seen = state(
        grounding.claims(_oracle(scenes, grounding)),
        WORLD.vocabulary,
        error=grounding.error,
        certain=0.9,
    )
    score = score_scenes(seen, WORLD.facts(scenes), WORLD.vocabulary)
    assert score.perfect == score.scenes == 151
    assert score.invented == 0
    for name, tally in score.factors.items():
        assert tally.wrong == 0, name
        # A centre within 4e-4 of a border, or of another's column or row, is honestly unknown.
        assert tally.unknown <= 0.005 * tally.total, name


def test_a_shape_without_a_name_is_none_of_the_shapes_and_all_else_is_known() -> None:
    grounding = _grounding()
    grounding.error.fill_(1e-4)
    scenes = WORLD.scenes(0, "train", np.arange(60))
    strange = stars(scenes)
    target = cell_targets(scenes, GRID, grounding.factors, strange)
    claims = grounding.claims(_oracle(scenes, grounding, target=target))
    seen = state(claims, WORLD.vocabulary, error=grounding.error, certain=0.9)
    for row, facts in enumerate(seen):
        assert len(facts.objects) == scenes.count[row]
        for name, (x, y) in facts.centres.items():
            away = np.hypot(scenes.x[row] - x, scenes.y[row] - y) + ~scenes.exists[row]
            slot = away.argmin()
            shapes = {v: facts.of(("shape", name, v)) for v in SHAPES}
            right = SHAPES[scenes.shape[row, slot]]
            odd = strange[row, slot] != ORDINARY
            for shape, truth in shapes.items():
                assert truth is (Truth.TRUE if shape == right and not odd else Truth.FALSE)
            assert facts.of(("colour", name, COLOURS[scenes.colour[row, slot]])) is Truth.TRUE


def test_reading_a_picture_does_not_depend_on_its_batch() -> None:
    grounding = _grounding()
    tokens = 3 * torch.randn(5, GRID**2, 16, generator=stream(0, "tokens"))
    together = grounding.read(tokens)
    order = [3, 0, 4, 2, 1]
    shuffled = grounding.read(tokens[order])
    for at, row in enumerate(order):
        assert shuffled[at].objects == together[row].objects
        for atom, p in together[row].probability.items():
            assert abs(shuffled[at].probability[atom] - p) < 1e-4


def test_temperature_moves_confidence_and_never_the_likeliest_value() -> None:
    grounding = _grounding()
    logits = grounding(3 * torch.randn(3, GRID**2, 16, generator=stream(0, "tokens")))
    sharp = grounding.claims(logits)
    grounding.temperature("shape").fill_(5.0)
    soft = grounding.claims(logits)
    assert (
        soft.attributes["shape"].max(-1).values < sharp.attributes["shape"].max(-1).values
    ).all()
    assert torch.equal(soft.attributes["shape"].argmax(-1), sharp.attributes["shape"].argmax(-1))
    assert torch.equal(soft.attributes["colour"], sharp.attributes["colour"])


def test_decoding_takes_a_few_milliseconds_at_most_a_scene() -> None:
    grounding = _grounding()
    logits = _oracle(WORLD.scenes(0, "val", np.arange(128)), grounding)

    def decode() -> float:
        begun = time.process_time()
        state(grounding.claims(logits), WORLD.vocabulary, error=grounding.error, certain=0.9)
        return (time.process_time() - begun) / 128

    assert min(decode() for _ in range(5)) < 4e-3  # a fifth of it without the run-time checks
