"""Looks say what is where, and nothing where nothing is: each is checked by hand against state."""

import numpy as np
import pytest
from tests.worlds.tabletop.twin import objects_of

from nexus.worlds.tabletop import Tabletop, looks
from nexus.worlds.tabletop.language import split_words
from nexus.worlds.tabletop.looks import KINDS
from nexus.worlds.tabletop.outlines import ORDINARY, taught
from nexus.worlds.tabletop.scene import COLOURS, Scenes

WORLD = Tabletop()


def right(
    query: str, answer: str, scenes: Scenes, i: int, strange: np.ndarray | None = None
) -> bool:
    """Whether a person reading the state would give this answer and no other."""
    world = objects_of(scenes, i)
    for k, o in enumerate(world):
        if strange is not None and strange[i, k] != ORDINARY:
            o["shape"] = "unnamed"
    for o in world:
        o["cell"] = f"column {int(o['x'] * 8) + 1} row {int(o['y'] * 8) + 1}"
    words = query.split()
    if query.startswith("the "):
        cell = " ".join(words[3:])
        here = [o for o in world if o["cell"] == cell]
        if answer != "nothing":
            return len(here) == 1 and here[0][words[1]] == answer
        x, y = ((int(words[k]) - 0.5) / 8 for k in (4, 6))
        return all(np.hypot(o["x"] - x, o["y"] - y) > 0.10 for o in world)
    said = {w.removesuffix("es") if w == "crosses" else w.removesuffix("s") for w in words}
    said -= {"where", "i", "the", "how", "many", "thing"}  # "is" loses its s as well
    fit = [
        o
        for o in world
        if said <= {o["shape"].removesuffix("s"), o["colour"], o["size"]} | {o["shape"]}
    ]
    if words[0] == "how":
        return answer == str(len(fit))
    return len(fit) == 1 and fit[0]["cell"] == answer


@pytest.mark.parametrize("split", ["train", "pairs"])
def test_every_valid_look_is_right(split: str) -> None:
    scenes = WORLD.scenes(1, split, np.arange(120))
    seen = looks(scenes, per_scene=18)
    assert seen.query.shape == (120, 18)
    for i, j in np.argwhere(seen.valid):
        query, answer = seen.queries[seen.query[i, j]], seen.answers[seen.answer[i, j]]
        assert right(query, answer, scenes, i), (query, answer)


def test_texts_are_unique_and_in_known_words_and_kinds_have_their_shares() -> None:
    seen = looks(WORLD.scenes(1, "train", np.arange(400)), per_scene=18)
    assert len(set(seen.queries)) == len(seen.queries)
    assert len(set(seen.answers)) == len(seen.answers)
    assert set(split_words(" ".join(seen.queries + seen.answers))) <= WORLD.words()
    kinds = np.bincount(seen.kind[seen.valid], minlength=len(KINDS)) / seen.valid.sum()
    assert seen.valid.mean() > 0.9
    assert abs(kinds[KINDS.index("nothing")] - 0.15) < 0.02
    assert kinds.min() > 0.08


def test_looks_depend_on_index_and_name_alone() -> None:
    scenes = WORLD.scenes(1, "val", np.arange(20))
    one, all_of = looks(scenes.take([7]), per_scene=5), looks(scenes, per_scene=5)
    assert (one.query[0] == all_of.query[7]).all()
    assert (looks(scenes, per_scene=5, stream_name="b").query != all_of.query).any()


def test_of_colours_without_a_name_nothing_is_asked_and_nothing_said() -> None:
    scenes = WORLD.scenes(1, "train", np.arange(120))
    named = np.arange(120) % 2 == 0
    seen, usual = looks(scenes, per_scene=18, named=named), looks(scenes, per_scene=18)
    assert (seen.query[named] == usual.query[named]).all()
    said = {seen.queries[seen.query[i, j]] for i, j in np.argwhere(seen.valid & ~named[:, None])}
    kept = {text for text in said if not text.startswith("the colour at")}
    assert not {colour for colour in COLOURS for text in kept if colour in text.split()}
    rest = said - kept  # of an empty cell the colour may be asked: there is none
    for i, j in np.argwhere(seen.valid & ~named[:, None]):
        if seen.queries[seen.query[i, j]] in rest:
            assert seen.answers[seen.answer[i, j]] == "nothing"
        assert right(seen.queries[seen.query[i, j]], seen.answers[seen.answer[i, j]], scenes, i)


def test_a_strange_shape_is_unnamed_and_fits_no_phrase_that_says_a_shape() -> None:
    scenes = WORLD.scenes(1, "train", np.arange(120))
    strange = taught(scenes)
    seen = looks(scenes, per_scene=18, strange=strange)
    unnamed = 0
    for i, j in np.argwhere(seen.valid):
        query, answer = seen.queries[seen.query[i, j]], seen.answers[seen.answer[i, j]]
        assert right(query, answer, scenes, i, strange), (query, answer)
        unnamed += answer == "unnamed"
    assert unnamed > 60
