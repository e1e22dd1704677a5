"""Theories in sentences: what follows is right, nothing leans, and every sentence says its gold."""

import re
from collections import Counter
from functools import cache
from itertools import product

import numpy as np
import pytest

from nexus.base.errors import ConfigError
from nexus.logic.linear import decode
from nexus.logic.sentences import sentences
from nexus.logic.theory import Literal, Sign, Theory, World, checked, strata
from nexus.worlds.theories import SPLITS, Exercise, exercises

COUNT = 132
"""Every depth with every world and answer."""


@pytest.fixture(scope="module")
def rules() -> list[Exercise]:
    return exercises(3, "train", np.arange(COUNT))


@pytest.fixture(scope="module")
def others() -> list[Exercise]:
    found = exercises(3, "train", np.arange(22), kind="taxonomy")
    return found + [
        e for split in ("test", "templates") for e in exercises(3, split, np.arange(22))
    ]


class Twin:
    """Top-down proof with every rule spelt out for every constant; slow and obvious."""

    def __init__(self, theory: Theory) -> None:
        self.facts = set(theory.facts)
        self.rules = list[tuple[Literal, tuple[Literal, ...]]]()
        for rule in theory.rules:
            names = sorted({x for literal in rule.literals for x in literal.variables})
            for values in product(theory.constants, repeat=len(names)):
                binding = dict(zip(names, values, strict=True))
                body = tuple(x.under(binding) for x in rule.body)
                self.rules.append((rule.head.under(binding), body))
        self.deepest = len({head for head, _ in self.rules})
        self.within = cache(self._within)

    def _within(self, literal: Literal, depth: int) -> bool:
        """Whether there is a proof with no path of more than ``depth`` rules."""
        if literal in self.facts:
            return True
        return depth > 0 and any(
            all(
                not self.within(Literal(x.atom), self.deepest)
                if x.sign is Sign.ABSENT
                else self.within(x, depth - 1)
                for x in body
            )
            for head, body in self.rules
            if head == literal
        )

    def depth(self, literal: Literal) -> int | None:
        return next((d for d in range(self.deepest + 1) if self.within(literal, d)), None)


def test_gold_is_what_a_top_down_prover_finds(
    rules: list[Exercise], others: list[Exercise]
) -> None:
    for exercise in (*rules, *others):
        goal, theory = exercise.question.meaning.goal, exercise.theory
        assert goal is not None
        twin = Twin(theory)
        proved, refuted = twin.depth(goal), twin.depth(goal.opposite)
        assert proved is None or refuted is None
        closed = "no" if goal.sign is Sign.HOLDS else "yes"
        neither = closed if theory.world is World.CLOSED else "unknown"
        expected = "yes" if proved is not None else "no" if refuted is not None else neither
        assert exercise.answer == expected
        if exercise.withheld is None:
            assert exercise.depth in (proved, refuted)
            continue
        assert (proved, refuted) == (None, None)
        whole = Theory(
            facts=(*theory.facts, exercise.withheld), rules=theory.rules, world=theory.world
        )
        assert exercise.depth in (Twin(whole).depth(goal), Twin(whole).depth(goal.opposite))


def test_worlds_depths_and_answers_are_even(rules: list[Exercise]) -> None:
    counts = Counter((e.theory.world, e.depth, e.answer) for e in rules)
    assert {counts[World.CLOSED, d, a] for d in range(11) for a in ("yes", "no")} == {3}
    assert {counts[World.OPEN, d, a] for d in range(11) for a in ("yes", "no", "unknown")} == {2}
    print(Counter((e.theory.world.value, e.answer, e.question.meaning.goal.sign) for e in rules))


def test_taxonomies_are_even() -> None:
    found = exercises(0, "val", np.arange(44), kind="taxonomy")
    assert set(Counter((e.depth, e.answer) for e in found).values()) == {2}


def test_neither_sign_nor_size_tells_the_answer(rules: list[Exercise]) -> None:
    for world in World:
        here = [e for e in rules if e.theory.world is world]
        asked = Counter((e.question.meaning.goal.sign, e.answer) for e in here)
        for sign in (Sign.HOLDS, Sign.DENIED):
            yes, no = asked[sign, "yes"], asked[sign, "no"]
            assert 0.3 <= yes / (yes + no) <= 0.7
        facts = {
            a: np.mean([len(e.theory.facts) for e in here if e.answer == a]) for a in ("yes", "no")
        }
        assert abs(facts["yes"] - facts["no"]) < 2, facts


def test_a_theory_depends_on_its_index_alone(rules: list[Exercise]) -> None:
    assert exercises(3, "train", np.array([77, 5])) == [rules[77], rules[5]]
    assert exercises(4, "train", np.array([5])) != [rules[5]]


def test_sentences_stand_where_they_say_and_say_their_gold(
    rules: list[Exercise], others: list[Exercise]
) -> None:
    for exercise in (*rules, *others):
        assert sentences(exercise.text) == tuple(s.span for s in exercise.sentences)
        stated = dict[object, object]()
        for s in exercise.sentences:
            assert exercise.text[s.span.start : s.span.stop] == s.text
            meaning = decode(s.symbols, s.words, exercise.theory.world)
            assert meaning == s.meaning
            assert meaning.words == s.meaning.words
            for clause in (*meaning.facts, *meaning.rules):
                stated.setdefault(clause, s.span)
        theory = exercise.theory
        clauses = (*theory.facts, *theory.rules)
        assert dict(zip(clauses, theory.spans, strict=True)) == stated
        asked = exercise.question
        assert decode(asked.symbols, asked.words, theory.world) == asked.meaning
        assert sentences(asked.text) == (asked.span,)
        checked(theory, asked.meaning.goal)
        strata(theory)


def test_distractors_and_negation_are_there(rules: list[Exercise]) -> None:
    spare = [len(e.theory.rules) - e.depth for e in rules]
    assert np.mean(spare) > 2
    signs = {w: Counter[Sign]() for w in World}
    for e in rules:
        signs[e.theory.world].update(x.sign for r in e.theory.rules for x in r.body)
    assert signs[World.CLOSED][Sign.ABSENT] > 50 < signs[World.OPEN][Sign.DENIED]
    assert not signs[World.CLOSED][Sign.DENIED]
    assert not signs[World.OPEN][Sign.ABSENT]
    plain = [e for e in rules if all(x.sign is Sign.HOLDS for x in e.theory.literals)]
    assert 0.15 < len(plain) / len(rules) < 0.6
    assert {e.form for e in rules} == {"attribute", "relation"}


def test_thirty_texts_to_read(rules: list[Exercise], others: list[Exercise]) -> None:
    for e in (*rules[:60:4], *others[::5]):
        print(
            f"\n[{e.form}, {e.theory.world}, {e.depth}, {e.answer}] {e.text}\n  {e.question.text}"
        )
        assert all(re.fullmatch(r"[A-Z][\w ,':]+[.?]", s.text) for s in (*e.sentences, e.question))


def test_what_there_is_not() -> None:
    with pytest.raises(ConfigError, match="no split 'tests'"):
        exercises(0, "tests", np.arange(1))
    with pytest.raises(ConfigError, match="no kind 'rule'"):
        exercises(0, next(iter(SPLITS)), np.arange(1), kind="rule")
