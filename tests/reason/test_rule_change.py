"""What a rule comes to now is guessed from outcomes, and not guessed where they are silent."""

from dataclasses import replace

import numpy as np
import pytest

from nexus.base.errors import InputError
from nexus.reason.rule_change import guess
from nexus.worlds.puzzles import Khop, Puzzles

KNOWN = Khop()


def _about(world: Khop, tag: str, count: int) -> Puzzles:
    data = world.sample(0, "test", np.arange(400))
    return data.take([row for row, tags in enumerate(KNOWN.tags(data)) if tag in tags][:count])


@pytest.mark.parametrize(("first", "second", "to"), [(3, 5, 0), (1, 1, 5), (0, 4, 2)])
def test_a_changed_rule_is_found_from_a_few_outcomes(first: int, second: int, to: int) -> None:
    world = Khop(KNOWN.rules.changed(first, second, to))
    found = guess(KNOWN, _about(world, f"rule:{first}x{second}", 8), f"rule:{first}x{second}")
    assert found is not None
    assert (found.first, found.second, found.to, found.explained) == (first, second, to, 8)
    assert found.under(KNOWN).rules.mark == world.rules.mark


def test_one_outcome_decides_nothing_and_noise_explains_nothing() -> None:
    world = Khop(KNOWN.rules.changed(3, 5, 0))
    assert guess(KNOWN, _about(world, "rule:3x5", 1), "rule:3x5") is None
    some = _about(world, "rule:3x5", 12)
    noise = (some.solution + np.arange(12)[:, None]) % 6
    assert guess(KNOWN, replace(some, solution=noise), "rule:3x5") is None


@pytest.mark.parametrize("tag", ["hops:3", "rule:3", "rule:6x1", "rule:1x6"])
def test_a_tag_that_names_no_rule_is_refused(tag: str) -> None:
    with pytest.raises(InputError, match="names no rule"):
        guess(KNOWN, _about(KNOWN, "rule:1x1", 3), tag)


def test_tags_name_the_rules_that_decide_the_answer() -> None:
    data = KNOWN.sample(1, "test", np.arange(90))
    for tag in ("rule:2x3", "rule:0x1"):
        first, second = int(tag[5]), int(tag[7])
        others = [
            Khop(KNOWN.rules.changed(first, second, to)).answered(data).solution for to in range(6)
        ]
        has = np.array([tag in tags for tags in KNOWN.tags(data)])
        for solution in others:
            assert (solution == data.solution)[~has].all()
        assert (np.stack(others) != data.solution).any((0, 2))[has].all()


def test_answers_move_with_the_facts_they_stand_beside() -> None:
    data = KNOWN.explained(KNOWN.sample(2, "test", np.arange(40)))
    moved = KNOWN.relabel(data, 7)
    again = KNOWN.explained(replace(moved, asked=KNOWN.sample(2, "test", np.arange(40)).asked))
    assert (moved.asked == again.asked).all()
    assert (moved.solution == again.solution)[moved.asked].all()
    assert (moved.given != data.given).any(1).all()
