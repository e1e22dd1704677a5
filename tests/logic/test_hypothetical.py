"""Supposing an action in symbols gives the facts of the scene in which it was done."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.records import Certificate, Facts, Truth
from nexus.logic.engines.query import Unproved, solve
from nexus.logic.hypothetical import actions, apply, goal, notation
from nexus.logic.language import Term, Vocabulary, parse
from nexus.suites.samples import haze, invent

V = Vocabulary(
    attributes={"colour": ("red", "green", "blue"), "shape": ("circle", "square", "cross")},
    relations=("left_of",),
)
TWO = parse(
    "remove filter shape cross objects recolour red filter shape circle objects "
    "count filter colour red objects",
    V,
)


def test_goal_and_actions_take_a_hypothetical_apart() -> None:
    assert str(goal(TWO)) == "count filter colour red objects"
    assert [str(a) for a in actions(TWO)] == [
        "remove filter shape cross objects",
        "recolour red filter shape circle objects",
    ]
    assert goal(goal(TWO)) == goal(TWO)
    assert actions(goal(TWO)) == ()


def by_hand(action: Term, facts: Facts) -> dict[tuple[str, ...], Truth] | None:
    """What is true after the action, by plain loops over a fully known scene; None if unclear."""
    (shape,) = action.children[0].arguments[1:]
    true = {atom for atom, t in facts.truth.items() if t is Truth.TRUE}
    meant = [o for o in facts.objects if ("object", o) in true and ("shape", o, shape) in true]
    if len(meant) != 1:
        return None
    if action.op == "remove":
        true.remove(("object", meant[0]))
    else:
        true -= {("colour", meant[0], c) for c in V.attributes["colour"]}
        true.add(("colour", meant[0], *action.arguments))
    return {atom: Truth.TRUE if atom in true else Truth.FALSE for atom in facts.truth}


@given(seed=st.integers(0, 2**32), which=st.integers(0, 1))
def test_apply_does_what_the_words_say(seed: int, which: int) -> None:
    facts, action = invent(random.Random(seed), V), actions(TWO)[which]
    after, wanted = apply(action, facts, V), by_hand(action, facts)
    if wanted is None:
        assert isinstance(after, Unproved)
        return
    assert isinstance(after, Facts)
    assert after.truth == wanted
    assert after.probability == {a: float(t is Truth.TRUE) for a, t in wanted.items()}


@given(seed=st.integers(0, 2**32))
def test_a_doubtful_referent_makes_its_effect_doubtful(seed: int) -> None:
    rng = random.Random(seed)
    facts = haze(invent(rng, V), rng, unknown=0.05)
    remove, recolour = actions(TWO)
    for action in (remove, recolour):
        after = apply(action, facts, V)
        name = notation(action, facts, V)
        assert isinstance(after, Unproved) == isinstance(name, Unproved)
        if isinstance(after, Unproved) or isinstance(name, Unproved):
            continue
        obj = name.split()[1]
        count = solve(Term(op="count", children=action.children), facts, V)
        assert isinstance(count, Certificate)
        assert count.answer == "1"
        if action.op == "remove":
            gone = 1.0 - after.probability["object", obj]
            assert gone >= count.probability - 1e-12
            assert ("object", obj) in after.truth
        else:
            atoms = [("colour", obj, c) for c in V.attributes["colour"]]
            assert after.probability["colour", obj, "red"] >= count.probability - 1e-12
            assert [after.of(a) for a in atoms] == [Truth.TRUE, Truth.FALSE, Truth.FALSE]
        untouched = {a for a in facts.truth if obj not in a[1:]}
        assert all(after.probability[a] == facts.probability[a] for a in untouched)


@pytest.mark.parametrize("seed", range(3))
def test_actions_follow_each_other(seed: int) -> None:
    rng = random.Random(seed)
    while True:
        before = invent(rng, V)
        middle = apply(actions(TWO)[0], before, V)
        if isinstance(middle, Unproved):
            continue
        after = apply(actions(TWO)[1], middle, V)
        if isinstance(after, Facts):
            break
    red = {o for o in before.objects if after.of(("colour", o, "red")) is Truth.TRUE}
    there = {o for o in before.objects if after.of(("object", o)) is Truth.TRUE}
    proof = solve(goal(TWO), after, V)
    assert isinstance(proof, Certificate)
    assert proof.answer == str(len(red & there))
