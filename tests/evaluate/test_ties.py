"""A caption is true of its own scene, a foil is not, and no search disagrees with brute force."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import LanguageError
from nexus.evaluate.ties import ceiling, told, true_of
from nexus.worlds.tabletop import Tabletop, foils
from nexus.worlds.tabletop.captions import FoilKind
from nexus.worlds.tabletop.scene import Scenes

WORLD = Tabletop()


def _scenes(split: str, count: int, first: int = 0) -> Scenes:
    return WORLD.scenes(0, split, np.arange(first, first + count))


@pytest.mark.parametrize("split", ["test", "templates", "pairs"])
def test_every_caption_is_true_of_its_own_scene(split: str) -> None:
    scenes = _scenes(split, 211)
    for draw in (0, 3):
        assert true_of(WORLD.describe(scenes, draw=draw), scenes).diagonal().all()


@pytest.mark.parametrize("kind", ["colour", "size", "shape", "exchanged", "relation"])
def test_no_foil_is_true_of_its_scene(kind: FoilKind) -> None:
    made = foils(_scenes("test", 211), kind)
    scenes = _scenes("test", 211).take(made.rows)
    assert true_of(made.true, scenes).diagonal().all()
    assert not true_of(made.wrong, scenes).diagonal().any()


def _brute(caption: str, scenes: Scenes, row: int) -> bool:
    """Try every assignment of the objects told to the objects there."""
    said, count = told(caption), int(scenes.count[row])
    if len(said) != count:
        return False
    x, y = scenes.x[row], scenes.y[row]
    for slots in permutations(range(count)):
        fits = True
        for at, (each, slot) in enumerate(zip(said, slots, strict=True)):
            values = (scenes.size, scenes.colour, scenes.shape)
            fits &= all(v[row, slot] == e for v, e in zip(values, each[:3], strict=True))
            fits &= each.place in (-1, scenes.place[row, slot])
            if each.relation >= 0:
                before = slots[at - 1]
                ahead = (x[slot] - x[before], x[before] - x[slot], y[slot] - y[before])
                fits &= (*ahead, y[before] - y[slot])[each.relation] < 0
        if fits:
            return True
    return False


@given(st.integers(0, 5000))
def test_truth_of_captions_is_what_brute_force_finds(first: int) -> None:
    # Scenes of few kinds of objects, so that captions are often true of another scene.
    scenes = _scenes("test", 60, first)
    scenes = scenes.take(np.flatnonzero(scenes.count >= 3)[:5])
    alike = replace(
        scenes,
        count=np.full(5, 3),
        shape=np.zeros((5, 6), dtype=np.int64),
        colour=scenes.colour % 2,
        size=np.zeros((5, 6), dtype=np.int64),
    )
    captions = WORLD.describe(alike)
    found = true_of(captions, alike)
    for at, caption in enumerate(captions):
        assert found[at].tolist() == [_brute(caption, alike, row) for row in range(5)]


def test_two_equal_scenes_halve_the_ceiling_of_both() -> None:
    scenes = _scenes("test", 5).take([0, 1, 2, 3, 1])
    most = ceiling(true_of(WORLD.describe(scenes), scenes))
    assert most[0].tolist() == [1.0, 0.5, 1.0, 1.0, 0.5]
    assert most[1].tolist() == [1.0, 0.5, 1.0, 1.0, 0.5]


def test_what_is_no_full_caption_is_refused_by_name() -> None:
    with pytest.raises(LanguageError, match="a red thing"):
        told("there is a red thing")
