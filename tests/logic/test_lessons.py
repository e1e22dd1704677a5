"""Lessons: both forms read the same, what is held out is apart, and bad ones say what is wrong."""

import json

import pytest

from nexus.base.errors import InputError
from nexus.logic.lessons import lesson_text, parts, read_lesson
from nexus.worlds.families import lesson_of

LINES = """
parent(ann, bob)   # a fact
parent(bob, cid).
+ grandparent(ann, cid)
closed
family
parent(dot, eve)
parent(eve, fay)
+ grandparent(dot, fay)
- grandparent(dot, eve)
"""


def test_lines_and_json_say_the_same() -> None:
    whole = read_lesson(LINES)
    assert read_lesson(lesson_text(whole)) == whole
    assert (whole.target, whole.arity, dict(whole.background)) == ("grandparent", 2, {"parent": 2})
    assert [len(x.negative) for x in whole.families] == [8, 1]  # closed: all pairs but one


def test_every_third_family_is_held_out() -> None:
    whole = lesson_of("grandparent", 0, "learn", count=6, people=8)
    found = parts(whole)
    assert found.by == "families"
    assert found.held_out.families == (whole.families[2], whole.families[5])
    assert not set(found.learn.families) & set(found.held_out.families)


def test_one_family_comes_apart_by_its_facts_or_by_its_examples() -> None:
    two = {
        "facts": ["likes(a, b)", "likes(c, d)"],
        "positive": ["loves(a, b)", "loves(c, d)"],
        "negative": ["loves(b, a)", "loves(d, c)", "loves(a, d)"],
    }
    found = parts(read_lesson(json.dumps(two)))
    assert found.by == "families"
    assert found.held_out.families[0].constants == ("c", "d")
    one = {
        "facts": ["likes(a, b)", "likes(b, c)", "likes(c, a)"],
        "positive": ["loves(a, b)", "loves(b, c)", "loves(c, a)"],
        "closed": True,
    }
    found = parts(read_lesson(json.dumps(one)))
    assert found.by == "examples"
    assert found.held_out.families[0].positive == (("loves", "c", "a"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p(a, b)", "no positive example"),
        ("p(a, b)\n+ q(a, b)", "no negative example"),
        ("p(a, b)\n- q(a, b)", "no positive example"),
        ("p(a, b)\n+ q(a, b)\n- q(a, b)", "a positive and a negative example"),
        ("p(a, b, c)\n+ q(a, b)\n- q(b, a)", "has 3 arguments"),
        ("p(a, b)\n+ q(a, b, c)\n- q(b, a, c)", "has 3 arguments"),
        ("p(a, b)\np(a)\n+ q(a, b)\n- q(b, a)", "2 arguments here and 1 there"),
        ("p(a, b)\n+ q(a, b)\n- r(b, a)", "examples are of q, r"),
        ("p(a, b)\nq(b, b)\n+ q(a, b)\n- q(b, a)", "stated among the facts"),
        ("+ q(a, b)\n- q(b, a)", "about 0 predicates"),
        ("p(A, b)\n+ q(a, b)\n- q(b, a)", "is no name"),
        ("p(a; b)\n+ q(a)\n- q(b)", "is no name"),
        ("p(a, b) :- shell(ls)", "no atom"),
        ("p(a)\n+ q()\n- q()", "is no name"),
        ('{"facts": 1}', "no list of atoms"),
        ('{"facts": [1]}', "no list of atoms"),
        ("[1]", "a lesson is an object"),
        ('{"families": 2}', "a lesson is an object"),
        ("{", "no JSON"),
        ("[" * 9000, "no JSON"),
        ("", "no positive example"),
        ("p(a, b)\n+ q(a, b)\n" + "\n".join(f"- q(a, c{i})" for i in range(40)), "42 constants"),
        ("\n".join(f"p{i}(a)" for i in range(9)) + "\n+ q(a)\n- q(b)", "9 predicates"),
        ("family\np(a)\n+ q(a)\n- q(b)\n" * 65, "65 families"),
    ],
)
def test_what_cannot_be_learned_from_says_why(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_lesson(text)


def test_an_unknown_target_and_too_few_examples() -> None:
    with pytest.raises(InputError, match="no example of 'aunt'"):
        read_lesson(LINES, "aunt")
    with pytest.raises(InputError, match="too few examples"):
        parts(read_lesson("p(a, b)\n+ q(a, b)\n- q(b, a)"))
