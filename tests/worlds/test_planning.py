"""Planning problems are functions of their number, well typed, and what they are said to be."""

import numpy as np
import pytest

from nexus.base.errors import ConfigError
from nexus.logic.planning import checked
from nexus.worlds.planning import blocksworld, logistics
from plan_samples import twin_of

WORLDS = [blocksworld, logistics]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("unsolvable", [False, True])
def test_a_problem_is_a_function_of_its_number(world: object, unsolvable: bool) -> None:
    sample = world.sample  # type: ignore[attr-defined]
    batch = sample(0, "train", np.arange(40), unsolvable=unsolvable)
    assert sample(0, "train", np.array([31, 7]), unsolvable=unsolvable) == [batch[31], batch[7]]
    assert sample(1, "train", np.arange(40), unsolvable=unsolvable) != batch
    assert sample(0, "test", np.arange(40), unsolvable=unsolvable) != batch
    assert len({(x.problem.initial, x.problem.goal) for x in batch}) > 35
    for posed in batch:
        checked(posed.problem)
        assert posed.solvable is not unsolvable


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("unsolvable", [False, True])
def test_small_ones_are_as_solvable_as_they_are_said_to_be(world: object, unsolvable: bool) -> None:
    """By brute force, without an engine."""
    limits = {"sizes": (3, 4)} if world is blocksworld else {"packages": 1}
    posed = world.sample(2, "test", np.arange(12), unsolvable=unsolvable, **limits)  # type: ignore[attr-defined]
    for each in posed:
        assert (twin_of(each.problem).shortest() is None) is unsolvable, each.reason


def test_there_are_blocksworlds_of_every_size() -> None:
    posed = blocksworld.sample(0, "train", np.arange(200))
    assert {len(x.problem.objects) for x in posed} == set(range(3, 11))


def test_sizes_out_of_reach_are_refused() -> None:
    for sizes in ((2,), (11,), ()):
        with pytest.raises(ConfigError, match="3 to 10"):
            blocksworld.sample(0, "train", np.arange(1), sizes=sizes)
