"""Learning rules: what is learned, what is refused, and that it is the weights that know."""

from dataclasses import replace

import pytest

from nexus.base.errors import ConfigError, DataError, InputError
from nexus.evaluate.rules import mistakes, support
from nexus.logic.lessons import Lesson, parts, read_lesson
from nexus.logic.rule_sets import parse_rule, rules_bytes
from nexus.suites.learned_rules import SHORTEST, noised
from nexus.train.rules import (
    Learning,
    fit,
    learn,
    length,
    program,
    rebuilt,
    replay_bytes,
    shortest,
)
from nexus.worlds.families import lesson_of

QUICK = Learning(programs=2, steps=70, rate=0.2, deep=5)


def family(relation: str, *, people: int = 7, split: str = "learn") -> Lesson:
    return lesson_of(relation, 5, split, count=6, people=people)


@pytest.mark.parametrize("relation", ["grandparent", "ancestor"])
def test_kinship_is_learned_exactly_and_nothing_shorter_is_known(relation: str) -> None:
    learned = learn(family(relation), QUICK)
    assert not learned.refused
    assert length(learned.rules) == SHORTEST[relation]
    seen = support(learned.rules, family(relation, people=10, split="test"))
    assert (seen.explained, seen.wrong, seen.refused) == (seen.positive, 0, 0)
    assert seen.checked == seen.positive + 6  # each proof, and the model of each family


def test_negation_is_learned() -> None:
    learned = learn(family("short_parent"), QUICK)
    assert [str(x) for x in learned.rules] == [
        "short_parent(?x, ?y) :- parent(?x, ?y), not tall(?x)"
    ]


def test_a_target_of_one_argument_is_learned() -> None:
    people = "abcdef"
    lines = [
        f"family\nparent({a}1, {a}2)\nparent({a}2, {a}3)\nrich({a}{1 + n % 3})\n"
        f"+ elder({a}1)\n+ elder({a}2)\n- elder({a}3)"
        for n, a in enumerate(people)
    ]
    learned = learn(read_lesson("\n".join(lines)), QUICK)
    assert not learned.refused
    assert [str(x) for x in learned.rules] == ["elder(?x) :- parent(?x, ?z)"]


def test_noise_in_place_of_the_weights_knows_nothing() -> None:
    whole = parts(family("ancestor")).learn
    soft = fit(whole, QUICK)
    assert mistakes(program(soft, whole), whole) == 0
    assert mistakes(program(noised(soft, 0), whole), whole) > 0


def test_wrong_labels_are_refused_not_learned() -> None:
    whole = family("grandparent")
    noisy = []
    for one in whole.families:
        flipped = set(one.negative[::8])
        kept = tuple(x for x in one.negative if x not in flipped)
        noisy.append(replace(one, positive=(*one.positive, *sorted(flipped)), negative=kept))
    learned = learn(replace(whole, families=tuple(noisy)), QUICK)
    assert "is asked for" in learned.refused
    assert not learned.held_out.reaches(QUICK.least)


def test_what_is_not_needed_is_left_out_and_nothing_else() -> None:
    whole = family("grandparent")
    right = parse_rule("grandparent(?x, ?y) :- parent(?x, ?z), parent(?z, ?y)")
    padded = parse_rule("grandparent(?x, ?y) :- parent(?x, ?z), parent(?z, ?y), not parent(?y, ?x)")
    assert shortest((padded, right), whole) == (right,)
    assert shortest((padded,), whole) == (right,)
    wrong = parse_rule("grandparent(?x, ?y) :- parent(?x, ?y)")
    assert set(shortest((right, wrong), whole)) == {right, wrong}  # it is no search


def test_a_candidate_is_built_again_byte_for_byte() -> None:
    whole, other = family("grandparent"), parse_rule("kind(?x) :- tall(?x)")
    replay = replay_bytes(whole, QUICK, (other,))
    assert rebuilt(replay) == rules_bytes((other, *learn(whole, QUICK).rules))
    with pytest.raises(DataError):
        rebuilt(b"{}")


def test_what_cannot_be_learned_says_why() -> None:
    with pytest.raises(ConfigError, match="least"):
        Learning(least=0.2)
    with pytest.raises(InputError, match="too much at once"):
        learn(family("grandparent"), Learning(programs=10_000))
