"""Two problems are the same but for names exactly when some renaming says so."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from nexus.base.errors import LanguageError
from nexus.logic.equivalence import equivalent
from nexus.logic.planning import Problem, Typed, literals
from nexus.worlds.planning import blocksworld, logistics
from plan_samples import invented, renamed


def by_trying(a: Problem, b: Problem) -> bool:
    """Whether one of all bijections of the objects turns ``a`` into ``b``."""
    ours, theirs = [x.name for x in a.objects], [x.name for x in b.objects]
    constants = {x.name: x.name for x in a.domain.constants}
    for names in permutations(theirs):
        turned = renamed(a, {**constants, **dict(zip(ours, names, strict=False))})
        same = set(turned.objects) == set(b.objects) and set(turned.goal) == set(b.goal)
        if len(ours) == len(theirs) and same and turned.initial == b.initial:
            return True
    return False


def shuffled(problem: Problem, g: np.random.Generator) -> Problem:
    names = [x.name for x in problem.objects]
    constants = {x.name: x.name for x in problem.domain.constants}
    fresh = dict(zip(names, map(str, g.permutation(names)), strict=True))
    turned = renamed(problem, {**constants, **fresh})
    return replace(turned, objects=tuple(turned.objects[at] for at in g.permutation(len(names))))


def changed(problem: Problem, g: np.random.Generator) -> Problem:
    """The problem with one atom or goal dropped, or with one object in the place of another."""
    match g.integers(3):
        case 0 if problem.initial:
            atoms = sorted(problem.initial)
            return replace(problem, initial=problem.initial - {atoms[g.integers(len(atoms))]})
        case 1 if problem.goal:
            at = g.integers(len(problem.goal))
            return replace(problem, goal=problem.goal[:at] + problem.goal[at + 1 :])
        case _:
            atoms = sorted(x for x in problem.initial if len(x) == 3) or sorted(problem.initial)
            atom = atoms[g.integers(len(atoms))]
            turned = (atom[0], *reversed(atom[1:]))
            return replace(problem, initial=(problem.initial - {atom}) | {turned})


def test_it_says_what_trying_every_bijection_says() -> None:
    g = np.random.default_rng(5)
    answers = list[bool]()
    blocks = blocksworld.sample(0, "test", np.arange(40), sizes=(3, 4, 5))
    for problem in (*(x.problem for x in blocks), *map(invented, range(0, 80, 4))):
        if not problem.objects or not problem.initial:
            continue
        turned = shuffled(problem, g)
        assert equivalent(problem, turned)
        for other in (changed(turned, g), shuffled(changed(problem, g), g)):
            answers.append(equivalent(problem, other))
            assert answers[-1] == by_trying(problem, other) == equivalent(other, problem)
    assert 5 < sum(answers) < len(answers) - 20


def of_blocks(said: str, goal: str, count: int) -> Problem:
    [posed] = blocksworld.sample(0, "test", np.arange(1), sizes=(3,))
    return replace(
        posed.problem,
        objects=tuple(Typed(f"b{at}", "block") for at in range(count)),
        initial=frozenset(x.atom for x in literals(*said.split(", "))),
        goal=literals(*goal.split(", ")),
    )


def test_a_circle_of_six_is_not_two_of_three() -> None:
    """Every block looks alike here, so colours alone cannot tell."""
    six = ", ".join(f"on b{at} b{(at + 1) % 6}" for at in range(6))
    three = ", ".join(f"on b{at} b{at // 3 * 3 + (at + 1) % 3}" for at in range(6))
    a, b = of_blocks(six, "clear b0", 6), of_blocks(three, "clear b0", 6)
    assert not equivalent(a, b)
    assert not by_trying(a, b)
    assert equivalent(a, of_blocks(six, "clear b4", 6))


def test_signs_places_and_parts_tell_problems_apart() -> None:
    base = of_blocks("on b0 b1", "on b1 b0", 2)
    assert equivalent(base, of_blocks("on b1 b0", "on b0 b1", 2))
    for said, goal in (
        ("on b0 b1", "-on b1 b0"),
        ("on b0 b0", "on b1 b0"),
        ("on b0 b1", "on b0 b1"),
    ):
        assert not equivalent(base, of_blocks(said, goal, 2))
    assert not equivalent(base, of_blocks("on b0 b1", "on b1 b0", 3))


def test_types_are_kept() -> None:
    [a] = logistics.sample(0, "test", np.arange(1))
    objects = tuple(replace(x, type="place") if x.name == "l0_0" else x for x in a.problem.objects)
    assert not equivalent(a.problem, replace(a.problem, objects=objects))


def test_many_objects_that_are_alike_are_no_trouble() -> None:
    said = ", ".join(f"on_table b{at}" for at in range(60))
    assert equivalent(of_blocks(said, "on b3 b4", 60), of_blocks(said, "on b9 b8", 60))
    assert not equivalent(of_blocks(said, "on b3 b4", 60), of_blocks(said, "on b9 b9", 60))


def test_problems_of_two_domains_are_refused() -> None:
    with pytest.raises(LanguageError, match="two domains"):
        equivalent(
            blocksworld.sample(0, "test", np.arange(1))[0].problem,
            logistics.sample(0, "test", np.arange(1))[0].problem,
        )
