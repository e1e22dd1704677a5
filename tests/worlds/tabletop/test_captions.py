"""Captions are true, varied and in known words; foils are false and differ in one thing."""

import re
from itertools import permutations

import numpy as np
import pytest

from nexus.worlds.tabletop import Tabletop, foils, paraphrases, phrases, statements
from nexus.worlds.tabletop.captions import HELD_OUT, OPENINGS, USUAL
from nexus.worlds.tabletop.language import (
    COLOUR_WORDS,
    PLACE_WORDS,
    RELATION_WORDS,
    SHAPE_WORDS,
    SIZE_WORDS,
    split_words,
)
from nexus.worlds.tabletop.scene import Scenes

WORLD = Tabletop()
SIZE = {w: i for i, ws in enumerate(SIZE_WORDS) for w in ws}
COLOUR = {w: i for i, ws in enumerate(COLOUR_WORDS) for w in ws}
SHAPE = {form[0]: i for i, forms in enumerate(SHAPE_WORDS) for form in forms}
PLACE = {w: i for i, ws in enumerate(PLACE_WORDS) for w in ws}
RELATION = {f"{w} it": i for i, ws in enumerate(RELATION_WORDS) for w in ws}


def read(caption: str) -> list[tuple[int, int, int, int, int]]:
    """Size, colour, shape, place and relation to the one before (-1: unsaid) of each object."""
    opening = max((o for o in OPENINGS if caption.startswith(o)), key=len)
    said = []
    for part in re.split(r", and |, | and |; ", caption.removeprefix(opening).rstrip(".")):
        place = PLACE.get(max((w for w in PLACE if w in part), key=len, default=""), -1)
        relation = next((i for w, i in RELATION.items() if part.endswith(f" {w}")), -1)
        size, colour, shape = re.findall(
            f"({'|'.join(SIZE)}) ({'|'.join(COLOUR)}) ({'|'.join(SHAPE)})", part
        )[0]
        said.append((SIZE[size], COLOUR[colour], SHAPE[shape], place, relation))
    return said


def is_true(caption: str, scenes: Scenes, i: int) -> bool:
    """Whether the objects can be matched so that all that is said holds: by trying every way."""
    said, n = read(caption), int(scenes.count[i])
    if len(said) != n:
        return False
    x, y = scenes.x[i], scenes.y[i]
    rel = (lambda a, b: x[a] < x[b], lambda a, b: x[a] > x[b])
    rel += (lambda a, b: y[a] < y[b], lambda a, b: y[a] > y[b])
    return any(
        all(
            (s, c, f) == (scenes.size[i, k], scenes.colour[i, k], scenes.shape[i, k])
            and p in (-1, scenes.place[i, k])
            and (r < 0 or rel[r](k, order[at - 1]))
            for at, (k, (s, c, f, p, r)) in enumerate(zip(order, said, strict=True))
        )
        for order in permutations(range(n))
    )


@pytest.mark.parametrize("split", ["train", "templates"])
def test_full_captions_are_true_and_in_known_words(split: str) -> None:
    scenes = WORLD.scenes(2, split, np.arange(150))
    for i, caption in enumerate(WORLD.describe(scenes)):
        assert is_true(caption, scenes, i), caption
        assert set(split_words(caption)) <= WORLD.words()
    for caption in WORLD.describe(scenes, partial=True):
        assert set(split_words(caption)) <= WORLD.words()


def test_there_are_many_ways_to_tell_a_scene_and_some_are_held_out() -> None:
    assert len(USUAL) + len(HELD_OUT) >= 200
    assert not set(USUAL) & set(HELD_OUT)
    scenes = WORLD.scenes(2, "train", np.array([4]))
    assert len({WORLD.describe(scenes, draw=d)[0] for d in range(60)}) > 50


@pytest.mark.parametrize("kind", ["colour", "size", "shape", "exchanged", "relation"])
def test_foils_are_false_beside_true_captions_and_differ_in_one_thing(kind) -> None:
    scenes = WORLD.scenes(4, "test", np.arange(120))
    made = foils(scenes, kind)
    assert len(made.rows) > 60
    for row, true, wrong in zip(made.rows, made.true, made.wrong, strict=True):
        assert is_true(true, scenes, row)
        assert not is_true(wrong, scenes, row), (true, wrong)
        differing = [a != b for a, b in zip(read(true), read(wrong), strict=True)]
        assert sum(differing) == (2 if kind == "exchanged" else 1)
        if kind != "relation":
            assert all(p >= 0 for *_, p, _ in read(true))


def test_paraphrases_differ_and_are_both_true() -> None:
    scenes = WORLD.scenes(5, "val", np.arange(60))
    for i, (a, b) in enumerate(zip(*paraphrases(scenes), strict=True)):
        assert a != b
        assert is_true(a, scenes, i)
        assert is_true(b, scenes, i)


def affirms(statement: str, scenes: Scenes, i: int) -> bool:
    """Whether some object is as said last, related as said to one that is as said before it."""
    said = read(statement)
    x, y = scenes.x[i], scenes.y[i]
    rel = (lambda a, b: x[a] < x[b], lambda a, b: x[a] > x[b])
    rel += (lambda a, b: y[a] < y[b], lambda a, b: y[a] > y[b])

    def fits(k: int, thing: tuple[int, int, int, int, int]) -> bool:
        own = (scenes.size[i, k], scenes.colour[i, k], scenes.shape[i, k])
        return thing[:3] == own and thing[3] in (-1, scenes.place[i, k])

    here = range(int(scenes.count[i]))
    last, relation = said[-1], said[-1][-1]
    assert len(said) == (1 if relation < 0 else 2)
    if relation < 0:
        return any(fits(a, last) for a in here)
    return any(
        fits(a, last) and fits(b, said[0]) and rel[relation](a, b) for a in here for b in here
    )


def test_statements_are_phrases_of_captions_true_or_false_as_they_say() -> None:
    scenes = WORLD.scenes(4, "train", np.arange(200))
    said = statements(scenes, per_scene=6)
    assert 0.4 < said.true.mean() < 0.65
    related = 0
    for i, row in enumerate(said.texts):
        for text, true in zip(row, said.true[i], strict=True):
            assert affirms(text, scenes, i) == true, text
            related += text.endswith(" it")
    assert related > 100
    one = statements(scenes.take([7]), per_scene=6)
    assert one.texts == said.texts[7:8]


def test_the_phrases_of_a_true_caption_are_all_affirmed_and_of_a_foil_not_all() -> None:
    scenes = WORLD.scenes(4, "test", np.arange(80))
    for i, caption in enumerate(WORLD.describe(scenes)):
        assert len(phrases(caption)) == scenes.count[i]
        assert all(affirms(phrase, scenes, i) for phrase in phrases(caption))
    made = foils(scenes, "exchanged")
    for row, wrong in zip(made.rows, made.wrong, strict=True):
        assert not all(affirms(phrase, scenes, row) for phrase in phrases(wrong))
