"""PDDL comes in and goes out again the same; what cannot be said is refused, whatever is sent."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.base.errors import LanguageError
from nexus.logic.pddl_files import LONGEST, read, write_domain, write_problem
from nexus.logic.planning import Problem, literals
from nexus.worlds.planning import blocksworld, logistics
from plan_samples import invented

[POSED] = blocksworld.sample(0, "test", np.arange(1), sizes=(4,))
DOMAIN, PROBLEM = write_domain(POSED.problem.domain), write_problem(POSED.problem)


def meaning(problem: Problem) -> tuple[object, ...]:
    """A problem without the order its parts are in."""
    domain = problem.domain
    parts = (domain.types, domain.predicates, domain.actions, domain.constants, problem.objects)
    return (domain.name, *(frozenset(x) for x in parts), problem.initial, frozenset(problem.goal))


def test_what_is_written_is_read_back() -> None:
    parcels = logistics.sample(0, "test", np.arange(1))
    for problem in (POSED.problem, *(x.problem for x in parcels), *map(invented, range(4))):
        again = read(write_domain(problem.domain), write_problem(problem))
        assert meaning(again) == meaning(problem)


HAND_MADE = """
; a comment (with brackets
(DEFINE (domain Hand-Made)
  (:requirements :strips :typing :adl)
  (:types big-box - box crate box)
  (:constants The-Box - big-box)
  (:predicates (open ?b - box) (in ?x - crate ?b - box) (goal) (rained))
  (:action un-Pack :parameters (?the-crate - crate)
    :precondition (and (and (open The-Box)) (not (rained)) (in ?the-crate The-Box))
    :effect (not (in ?the-crate the-box)))
  (:action wait :parameters () :effect (goal)))
"""


def test_names_become_symbols_and_their_words_are_kept() -> None:
    asked = """(define (problem p) (:domain hand-made) (:objects c-1 c_1 - crate)
      (:init (open the-box) (in c-1 the-box) (not (rained))) (:goal (not (in c-1 the-box))))"""
    problem = read(HAND_MADE.replace("DEFINE", "define"), asked)
    words = {word: symbol for symbol, word in problem.words.items()}
    assert (words["un-pack"], words["the-box"], words["goal"]) == ("un_pack", "the_box", "x0")
    assert {words["c-1"], words["c_1"]} == {"c_1", "x1"}
    unpack = next(x for x in problem.domain.actions if x.name == "un_pack")
    assert unpack.effect == literals("-in ?the_crate the_box")
    assert unpack.condition == literals("open the_box", "-rained", "in ?the_crate the_box")
    wait = next(x for x in problem.domain.actions if x.name == "wait")
    assert (wait.condition, wait.effect) == ((), literals("x0"))
    assert {x.name: x.type for x in problem.domain.types}["big_box"] == "box"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(holding ?x)", "(forall (?y - block) (on ?x ?y))", "line 13 .*'forall' says quantifiers"),
        ("(holding ?x)", "(or (holding ?x) (clear ?x))", "line 13 .*'or' says disjunction"),
        ("(and (holding ?x))", "(not (and (clear ?x) (holding ?x)))", "put_down says '.not"),
        ("(holding ?x)", "(not (= ?x ?x))", "line 13 .*'=' says equality"),
        ("(holding ?x)", "(when (clear ?x) (on ?x ?x))", "line 13 .*'when' says conditional"),
        ("(holding ?x)", "(increase (cost) 1)", "line 13 .*'increase' says numbers"),
        ("(:predicates", "(:functions (cost)) (:predicates", "line 4 .*':functions' says numbers"),
        ("(:action stack", "(:durative-action stack", "line 18 .*says durations"),
        ("?x - block", "?x - (either block block)", "line 11 .*says unions of types"),
        (":typing", "", "typing"),
        ("pick_up", "and", "'and'"),
        ("pick_up", "define", "'define'"),
        ("pick_up", ":goal", "line 10"),
        ("(:action stack", '#include "/etc/passwd" (:action stack', "line 18 .*'#include'"),
        ("(:action stack", "#script(python) (:action stack", "'#script'"),
        ("(:action stack", "shell(ls). (:action stack", "is no(t| word)"),
        ("(holding ?x)", "(holding ?zz)", "unknown variable|not declared|zz"),
        ("(holding ?x)", "(grasping ?x)", "unknown predicate 'grasping'"),
        ("blocksworld", "other", "of the domain blocksworld, not other"),
        ("?x - block", "?x - brick", "brick"),
        ("\n", "\0", "is no word"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(old: str, new: str, message: str) -> None:
    assert old in DOMAIN
    with pytest.raises(LanguageError, match=message):
        read(DOMAIN.replace(old, new), PROBLEM)


@pytest.mark.parametrize(
    "text",
    ["", "()", "(" * 900_000, "a" * 900_000, "x" * (LONGEST + 1), DOMAIN + DOMAIN, PROBLEM, "\0"],
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(LanguageError):
        read(text, PROBLEM)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(:init", "(:init " + "(on b1 b2)" * 90_000, "too much"),
        ("(:objects", "(:objects " + " ".join(f"q{x} - block" for x in range(60_000)), "too much"),
        ("(:objects", "(:objects " + " ".join(f"q{x}" for x in range(9_000)), "at most 2000"),
        ("(:objects", "(:objects b1 - block", "b1"),
        ("(:goal", "(:metric minimize (cost)) (:goal", "numbers"),
        ("(hand_empty)", "(hand_empty) (not (hand_empty))", "both so and not so"),
        ("b1", "define", "'define'"),
    ],
)
def test_what_is_no_problem_is_refused(old: str, new: str, message: str) -> None:
    assert old in PROBLEM
    with pytest.raises(LanguageError, match=message):
        read(DOMAIN, PROBLEM.replace(old, new, 1 if len(old) > 3 else -1))


def test_a_failed_reading_leaves_tracebacks_on() -> None:
    with pytest.raises(LanguageError):
        read(DOMAIN[:-9], PROBLEM)
    assert getattr(sys, "tracebacklimit", 1_000) == 1_000


def test_words_of_a_person_are_never_written() -> None:
    named = replace(POSED.problem, words={"b1": ") (:init (on b1 b1"})
    assert write_problem(named) == PROBLEM


_PIECES = sorted(set(f"{DOMAIN} {PROBLEM}".replace("(", " ( ").replace(")", " ) ").split()))


@settings(max_examples=12)
@given(
    st.lists(
        st.sampled_from([*_PIECES, "#include", "?", "-", "=", "0", "\n", "é", ";"]), max_size=30
    ),
    st.integers(0, 400),
    st.integers(0, 40),
)
def test_a_damaged_text_is_read_or_refused_and_nothing_else(
    pieces: list[str], at: int, gone: int
) -> None:
    damaged = DOMAIN[:at] + " ".join(pieces) + DOMAIN[at + gone :]
    try:
        initial = read(damaged, PROBLEM).initial
    except LanguageError as error:
        assert_short(error)
    else:
        assert initial == POSED.problem.initial


def assert_short(error: LanguageError) -> None:
    assert len(str(error)) < 500
