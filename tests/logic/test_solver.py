"""The solver is right in every completion of the facts, and cites nothing it does not need."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import LanguageError
from nexus.base.records import Certificate, Facts, Truth
from nexus.logic.engines.query import Unproved, solve
from nexus.logic.engines.wording import explain
from nexus.logic.language import Term, Vocabulary, parse
from nexus.suites.completions import answer, outcomes
from nexus.suites.samples import haze, invent, questions
from nexus.verify.check import check
from nexus.worlds.tabletop import VOCABULARY

SMALL = Vocabulary(
    attributes={"colour": ("red", "green", "blue"), "shape": ("circle", "square")},
    relations=("left_of",),
)


def all_answers(query: Term, facts: Facts, vocabulary: Vocabulary) -> set[str | None]:
    """Every answer that some completion gives, None for "there is no answer"."""
    found = outcomes(lambda read: answer(query, facts.objects, read, vocabulary), facts, vocabulary)
    return set(found)


def cases(seed: int, unknown: float, vocabulary: Vocabulary) -> Iterator[tuple[Term, Facts]]:
    """Yield 24 queries of one random scene seen through a haze."""
    rng = random.Random(seed)
    facts = haze(invent(rng, vocabulary), rng, unknown=unknown)
    for query in islice(questions(rng, vocabulary), 24):
        yield query, facts


@given(
    seed=st.integers(0, 2**32),
    unknown=st.sampled_from([0.05, 0.1, 0.2]),
    vocabulary=st.sampled_from([SMALL, VOCABULARY]),
)
def test_every_answer_is_right_in_every_completion(
    seed: int, unknown: float, vocabulary: Vocabulary
) -> None:
    for query, facts in cases(seed, unknown, vocabulary):
        proof = solve(query, facts, vocabulary)
        if isinstance(proof, Certificate):
            assert all_answers(query, facts, vocabulary) == {proof.answer}, str(query)


@given(seed=st.integers(0, 2**32), vocabulary=st.sampled_from([SMALL, VOCABULARY]))
def test_known_facts_answer_exactly_the_questions_that_have_an_answer(
    seed: int, vocabulary: Vocabulary
) -> None:
    for query, facts in cases(seed, 0.0, vocabulary):
        proof = solve(query, facts, vocabulary)
        given_answer = None if isinstance(proof, Unproved) else proof.answer
        assert all_answers(query, facts, vocabulary) == {given_answer}, str(query)


@given(seed=st.integers(0, 2**32), vocabulary=st.sampled_from([SMALL, VOCABULARY]))
def test_facts_that_contradict_themselves_prove_nothing_by_it(
    seed: int, vocabulary: Vocabulary
) -> None:
    for query, facts in cases(seed, 0.0, vocabulary):
        rng = random.Random(seed)
        values = [a for a in sorted(facts.truth) if a[0] in vocabulary.attributes]
        facts = replace(facts, truth={**facts.truth, rng.choice(values): Truth.TRUE})
        proof = solve(query, facts, vocabulary)
        if isinstance(proof, Certificate):
            assert all_answers(query, facts, vocabulary) == {proof.answer}, str(query)
            assert check(proof, query, facts, vocabulary).valid


def test_most_answers_that_the_facts_decide_are_found() -> None:
    decided = found = 0
    for seed in range(60):
        for query, facts in cases(seed, 0.1, SMALL):
            possible = all_answers(query, facts, SMALL)
            if len(possible) == 1 and possible != {None}:
                decided += 1
                found += isinstance(solve(query, facts, SMALL), Certificate)
    assert decided > 300
    assert found / decided >= 0.85, f"{found} of {decided}"


@given(seed=st.integers(0, 2**32), unknown=st.sampled_from([0.0, 0.1]))
def test_certificates_are_accepted_and_no_premise_can_be_spared(seed: int, unknown: float) -> None:
    for query, facts in cases(seed, unknown, VOCABULARY):
        proof = solve(query, facts, VOCABULARY)
        if isinstance(proof, Unproved):
            continue
        assert check(proof, query, facts, VOCABULARY).valid
        for i, step in enumerate(proof.steps):
            for j in range(len(step.premises)):
                fewer = replace(step, premises=step.premises[:j] + step.premises[j + 1 :])
                steps = (*proof.steps[:i], fewer, *proof.steps[i + 1 :])
                verdict = check(replace(proof, steps=steps), query, facts, VOCABULARY)
                assert not verdict.valid, f"{query}: {step.premises[j]} is not needed"


def seen(**objects: str) -> Facts:
    """Facts from lines such as ``o1="exists .99 red .97 circle .98"``; the rest is False, p = 0."""
    truth, probability = {}, {}
    for name, line in objects.items():
        words = line.split()
        given_p = {w: float(p) for w, p in zip(words[::2], words[1::2], strict=True)}
        atoms = {("object", name): given_p.get("exists", 1.0)}
        for attribute, values in SMALL.attributes.items():
            atoms |= {(attribute, name, v): given_p.get(v, 0.0) for v in values}
        probability |= atoms
        for atom, p in atoms.items():
            truth[atom] = Truth.TRUE if p > 0.8 else Truth.FALSE if p < 0.2 else Truth.UNKNOWN
    return Facts(objects=tuple(objects), truth=truth, probability=probability)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("count filter colour red objects", "cannot tell whether o3 is red (p = 0.55)"),
        (
            "describe shape filter colour green objects",
            'there are 2 green objects, "the green object" is not unique',
        ),
        (
            "describe colour filter shape square filter colour green objects",
            "no such object: there is no green square",
        ),
        (
            "exists related left_of filter shape square objects",
            "cannot tell whether o1 is left of o3",
        ),
        ("remove objects exists objects", "'remove' has not been imagined yet"),
        ("describe colour filter shape square objects", "cannot tell the colour of o3"),
    ],
)
def test_unproved_says_what_is_not_known(query: str, reason: str) -> None:
    facts = seen(
        o1="exists .99 green .97 circle .98",
        o2="exists .98 green .96 circle .9",
        o3="exists .95 red .55 blue .45 square .99",
    )
    found = solve(parse(query, SMALL), facts, SMALL)
    assert isinstance(found, Unproved)
    assert reason in found.reason


def test_explains_itself_in_plain_words() -> None:
    facts = seen(
        o1="exists .99 green .97 circle .98",
        o2="exists .99 red .98 circle .9",
        o5="exists .5 red .03 blue .97 square .99",
        o6="exists .96 red .97 square .99",
    )
    proof = solve(parse("count filter colour red objects", SMALL), facts, SMALL)
    assert isinstance(proof, Certificate)
    assert explain(proof) == [
        "o2 and o6 exist (p = 0.99, 0.96)",
        "o2 and o6 are red (p = 0.98, 0.97); o1 and o5 are not red (p = 1.00, 0.97)",
        "so there are 2",
    ]
    assert proof.probability == pytest.approx(0.99 * 0.96 * 0.98 * 0.97 * 0.97)


def test_a_denied_colour_excludes_what_may_not_even_exist() -> None:
    facts = seen(o1="exists .5 green .99 circle .99", o2="exists .99 red .99 circle .99")
    proof = solve(parse("describe shape filter colour red objects", SMALL), facts, SMALL)
    assert isinstance(proof, Certificate)
    assert proof.answer == "circle"
    assert ("object", "o1") not in {p.atom for s in proof.steps for p in s.premises}


def test_an_atom_without_probability_is_not_known() -> None:
    facts = seen(o1="exists .99 red .99 circle .99")
    assert isinstance(solve(parse("exists objects", SMALL), facts, SMALL), Certificate)
    bare = replace(facts, probability={})
    assert isinstance(solve(parse("exists objects", SMALL), bare, SMALL), Unproved)


def test_a_query_of_another_world_is_refused() -> None:
    query = parse("exists filter size big objects", VOCABULARY)
    with pytest.raises(LanguageError, match="'size', is not an attribute"):
        solve(query, seen(o1="red 1"), SMALL)
