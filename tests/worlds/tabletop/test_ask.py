"""Questions are right, unambiguous, well formed and balanced: no wording gives an answer away."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from functools import lru_cache

import numpy as np
import pytest
from tests.worlds.tabletop.twin import answer, objects_of

from nexus.base.records import Question
from nexus.logic.language import parse
from nexus.worlds.tabletop import ANSWERS, VOCABULARY, Tabletop
from nexus.worlds.tabletop.language import split_words
from nexus.worlds.tabletop.scene import SPLITS
from nexus.worlds.tabletop.templates import FAMILIES, KINDS

WORLD = Tabletop()


@lru_cache
def asked(split: str, count: int) -> list[Question]:
    scenes = WORLD.scenes(0, split, np.arange(3000, 3000 + count))
    return [q for row in WORLD.ask(scenes, per_scene=6) for q in row]


@pytest.mark.parametrize("split", SPLITS)
def test_gold_answers_agree_with_the_obvious_twin(split: str) -> None:
    scenes = WORLD.scenes(11, split, np.arange(120))
    for i, row in enumerate(WORLD.ask(scenes, per_scene=6)):
        world = objects_of(scenes, i)
        for q in row:
            term = parse(q.query, VOCABULARY)
            assert str(term) == q.query
            assert q.answer in ANSWERS
            assert answer(term, world) == q.answer, (q.text, q.query)
            assert set(split_words(" ".join((q.text, *q.steps)))) <= WORLD.words()


def test_every_kind_and_family_is_asked_and_draws_differ() -> None:
    questions = asked("train", 1500)
    assert {q.kind for q in questions} == set(KINDS)
    assert {q.template.split(".")[0] for q in questions} == set(FAMILIES)
    scenes = WORLD.scenes(0, "train", np.arange(50))
    assert WORLD.ask(scenes, per_scene=1) != WORLD.ask(scenes, per_scene=1, draw=1)
    assert [r[:2] for r in WORLD.ask(scenes, per_scene=5)] == WORLD.ask(scenes, per_scene=2)


def test_held_out_wordings_are_used_in_their_split_only() -> None:
    usual = {q.template for split in ("train", "val", "test", "pairs") for q in asked(split, 100)}
    held_out = {q.template for q in asked("templates", 200)}
    assert not usual & held_out
    words = {w for f in FAMILIES.values() for t in f.usual for w in split_words(t.text)}
    new = {w for f in FAMILIES.values() for t in f.held_out for w in split_words(t.text)} - words
    assert not new, "a held-out wording must be new as a wording, not have new words"


def test_half_of_all_yes_no_answers_are_yes() -> None:
    """Within 4 %, of all and of each kind; rare kinds get their 3.5 standard errors instead."""
    by_kind: defaultdict[str, list[bool]] = defaultdict(list)
    for q in asked("train", 1500):
        if q.answer in ("yes", "no"):
            by_kind[q.kind].append(q.answer == "yes")
            by_kind["all"].append(q.answer == "yes")
    assert len(by_kind["all"]) > 3000
    for kind, answers in by_kind.items():
        bound = 0.04 if kind == "all" else max(0.04, 3.5 * 0.5 / len(answers) ** 0.5)
        assert abs(np.mean(answers) - 0.5) <= bound, kind


def majority(name: Callable[[Question], Hashable]) -> dict[str, float]:
    """Held-out accuracy by sort of answer of always saying the commonest answer seen before."""
    seen: defaultdict[Hashable, Counter[str]] = defaultdict(Counter)
    for q in asked("train", 1500):
        seen[sort_of(q), name(q)][q.answer] += 1
        seen[sort_of(q)][q.answer] += 1
    hits: defaultdict[str, list[bool]] = defaultdict(list)
    for q in asked("test", 600):
        counts = seen.get((sort_of(q), name(q)), Counter())
        known = counts if counts.total() >= 5 else seen[sort_of(q)]
        hits[sort_of(q)].append(known.most_common(1)[0][0] == q.answer)
    return {sort: float(np.mean(hit)) for sort, hit in hits.items()}


def sort_of(q: Question) -> str:
    """What the answer is a sort of: yes or no, a number, a shape, a colour or a size."""
    if q.answer in ("yes", "no"):
        return "yes or no"
    if q.answer.isdigit():
        return "number"
    return next(name for name, vs in VOCABULARY.attributes.items() if q.answer in vs)


BOUNDS = {"yes or no": 0.54, "number": 0.40, "shape": 0.36, "colour": 0.25, "size": 0.57}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(lambda q: q.template, id="template"),
        pytest.param(lambda q: (q.kind, frozenset(q.query.split())), id="kind and words"),
        pytest.param(lambda q: q.query, id="the whole question"),
    ],
)
def test_nothing_in_the_wording_gives_the_answer_away(
    name: Callable[[Question], Hashable],
) -> None:
    """Chance is 1/2, about 1/4 (0 to 3 are nearly even), 1/4, 1/8 and 1/2."""
    for sort, accuracy in majority(name).items():
        assert accuracy <= BOUNDS[sort], sort
