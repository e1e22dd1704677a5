"""Soft programs: with all weight on some clauses they say what the engine derives by those."""

from itertools import product
from math import prod

import pytest
import torch

from nexus.evaluate.rules import verdicts
from nexus.logic.lessons import Lesson, read_lesson
from nexus.logic.theory import Literal, Sign, Theory, checked, strata
from nexus.reason.rules.soft import SoftRules, ground
from nexus.reason.rules.templates import clauses
from nexus.worlds.families import lesson_of

PEOPLE = 5
ONE = """
parent(a, b)
parent(b, c)
parent(a, d)
tall(a)
tall(d)
rich(b)
+ proud(a)
closed
"""


def lesson(arity: int) -> Lesson:
    if arity == 1:
        return read_lesson(ONE)
    return lesson_of("ancestor", 3, "learn", count=2, people=PEOPLE)


@pytest.mark.parametrize("arity", [1, 2])
def test_each_clause_beside_a_beginning_is_what_the_engine_derives(arity: int) -> None:
    whole = lesson(arity)
    pool = clauses(whole.target, whole.arity, whole.background)
    base = next(n for n, x in enumerate(pool) if len(x.body) == 1)  # so that recursion can begin
    soft, world = SoftRules(pool, programs=1, slots=2, seed=0), ground(whole, pool)
    for at in range(len(pool)):
        with torch.no_grad():
            soft.weights.fill_(-60)
            soft.weights[0, 0, base] = soft.weights[0, 1, at] = 60
            said = soft(world, steps=2 * PEOPLE)[0]
        expected = verdicts((pool[base], pool[at]), whole)
        for number, family in enumerate(whole.families):
            place = {name: n for n, name in enumerate(family.constants)}
            for atom in (*family.positive, *family.negative):
                column = place[atom[2]] if arity == 2 else 0
                found = float(said[number, place[atom[1]], column])
                assert found == pytest.approx(float(expected[number, atom])), (str(pool[at]), atom)


@pytest.mark.parametrize("arity", [1, 2])
def test_every_clause_is_safe_and_none_depends_on_its_own_absence(arity: int) -> None:
    pool = clauses("p", arity, {"q": 2, "r": 2, "u": 1, "v": 1})
    assert len(set(pool)) == len(pool)
    strata(checked(Theory(facts=(), rules=pool)))
    assert any(x.sign is Sign.ABSENT for rule in pool for x in rule.body)


def test_two_slots_and_doubt_add_up_as_probabilities() -> None:
    """The slow twin: forward chaining by loops over things, as its definition says."""
    whole = lesson(2)
    pool = clauses(whole.target, whole.arity, {"parent": 2})
    soft, world = SoftRules(pool, programs=2, slots=2, seed=1), ground(whole, pool)
    said = soft(world, steps=3).detach()
    chosen = soft.weights.detach().softmax(-1)
    for program, family in product(range(2), range(2)):
        names = whole.families[family].constants
        facts = {x[1:] for x in whole.families[family].facts if x[0] == "parent"}
        believed = dict.fromkeys(product(names, repeat=2), 0.0)
        for _ in range(3):
            before = dict(believed)

            def value(literal: Literal, binding: dict, before=before, facts=facts) -> float:
                pair = tuple(binding[x] for x in literal.atom[1:])
                holds = float(pair in facts) if literal.atom[0] == "parent" else before[pair]
                return 1 - holds if literal.sign is Sign.ABSENT else holds

            for x, y in believed:
                silent = 1.0
                for slot in range(2):
                    said_so = 0.0
                    for at, clause in enumerate(pool):
                        weight = float(chosen[program, slot, at])
                        said_so += weight * max(
                            prod(value(b, {"?x": x, "?y": y, "?z": z}) for b in clause.body)
                            for z in names
                        )
                    silent *= 1 - said_so
                believed[x, y] = 1 - silent
        for (x, y), expected in believed.items():
            place = family, names.index(x), names.index(y)
            assert float(said[program][place]) == pytest.approx(expected, abs=1e-4)
