"""Planning problems told in English: every sentence says its gold, and together they say all."""

from itertools import combinations

import numpy as np
import pytest

from nexus.base.errors import ConfigError
from nexus.logic.equivalence import equivalent
from nexus.logic.linear import decode
from nexus.logic.relations import RELATION
from nexus.logic.sentences import sentences
from nexus.logic.theory import World
from nexus.reason.problems import assemble
from nexus.reason.sentences.words import LONGEST
from nexus.worlds.planning import wording
from nexus.worlds.planning.names import REAL
from nexus.worlds.planning.telling import ToldProblem, drills, problems
from nexus.worlds.planning.wording import Ways, bent
from told_plans import gold

INDEX = np.arange(24)


@pytest.fixture(scope="module", params=["train", "test", "templates"])
def told(request: pytest.FixtureRequest) -> list[ToldProblem]:
    """Texts of a split, with a plan and without."""
    return [x for no in (False, True) for x in problems(3, request.param, INDEX, unsolvable=no)]


def test_what_the_sentences_say_is_the_problem_that_was_posed(told: list[ToldProblem]) -> None:
    for one in told:
        found = assemble(gold(one))
        assert found.problem is not None, (one.text, found.reason)
        assert equivalent(found.problem, one.posed.problem)
        named = assemble(gold(one), one.posed.family)
        assert named.problem == found.problem


def test_sentences_stand_where_they_say_and_say_their_gold(told: list[ToldProblem]) -> None:
    for one in told:
        assert [x.span for x in one.sentences] == list(sentences(one.text))
        for x in one.sentences:
            assert one.text[x.span.start : x.span.stop] == x.text
            assert decode(x.symbols, x.words, World.OPEN) == x.meaning
            assert len(x.words) <= LONGEST


def test_a_mystery_tells_what_each_of_its_words_means(told: list[ToldProblem]) -> None:
    for one in told:
        plain = [x for s in one.sentences for x in (*s.meaning.facts, *s.meaning.wanted)]
        usual = {x.atom[0] for x in plain if x.atom[0].startswith(RELATION)}
        meant = {x.atom[1] for s in one.sentences for x in s.meaning.means}
        assert bool(meant) is one.mystery
        assert not (one.mystery and usual)
        if one.mystery:
            spoken = {x.atom[0] for x in plain if not x.atom[0].startswith("a_")}
            assert spoken <= meant
    assert any(x.mystery for x in told)
    assert {x.posed.family for x in told} == {"blocksworld", "logistics"}


def test_a_text_depends_on_its_index_alone() -> None:
    some = problems(1, "test", np.array([9, 4]))
    assert [x.text for x in some] == [x.text for x in problems(1, "test", np.arange(10))][9:3:-5]
    assert drills(1, "val", np.array([5]))[0].text == drills(1, "val", np.arange(6))[5].text


def test_drills_say_their_gold_or_nothing() -> None:
    found = drills(0, "train", np.arange(800))
    for x in found:
        assert decode(x.symbols, x.words, World.OPEN) == x.meaning
    silent = np.mean([x.meaning.abstains for x in found])
    goals = np.mean([bool(x.meaning.wanted) for x in found])
    assert 0.05 < silent < 0.25
    assert 0.2 < goals < 0.5
    for part in ("_not", "means", "holds", "goal", "rule", "hand_empty", "inside"):
        assert any(part in " ".join(x.symbols) for x in found)


def every_ways() -> list[Ways]:
    tables = (wording.BODIES, wording.GROUPS, wording.TOO, wording.WHICH, wording.GOAL_FRAMES)
    single = (wording.FACT_FRAMES, wording.MODALS, wording.SAME, wording.DECLARED)
    both = [x for table in tables for x in table.values()]
    return [*both, *wording.ORDERS.values(), *wording.MEANS.values(), *single, wording.ALL_DECLARED]


def test_what_is_held_out_is_never_taught() -> None:
    taught = {x for ways in every_ways() for x in ways.taught}
    held = {x for ways in every_ways() for x in ways.held}
    assert not taught & held
    assert len(held) > 60
    texts = [x.text for one in problems(0, "train", np.arange(300)) for x in one.sentences]
    for way in ("sits on top of", "is uncovered", "located in the city", "my task"):
        assert not any(f" {way} " in text for text in texts)


def test_pools_share_no_name() -> None:
    words = [{x for some in pool.values() for x in some} for pool in REAL.values()]
    assert all(not a & b for a, b in combinations(words, 2))


def test_bodies_bend() -> None:
    forms = [bent("{0} [is] on {1}", x, modal="must") for x in ("finite", "to", "must", "bare")]
    assert forms == ["{0} is on {1}", "{0} to be on {1}", "{0} must be on {1}", "{0} on {1}"]
    assert bent("{1} [has] {0} on top", "to") == "{1} to have {0} on top"
    assert bent("{0} [is] clear", "finite", denied=True) == "{0} is not clear"
    assert bent("nothing [is] on {0}", "finite", denied=True) == ""


def test_what_there_is_not() -> None:
    with pytest.raises(ConfigError):
        problems(0, "nowhere", INDEX)
    with pytest.raises(ConfigError):
        problems(0, "test", INDEX, family="chess")
    with pytest.raises(ConfigError):
        drills(0, "nowhere", INDEX)
