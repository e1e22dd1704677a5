"""The checker names the first thing wrong, survives any input, and owes nothing to the solver."""

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import nexus.verify.check as checker
from nexus.base.records import Certificate, Facts, Premise, Truth
from nexus.logic.engines.query import solve
from nexus.logic.language import Term, Vocabulary, parse
from nexus.verify.check import check

V = Vocabulary(
    attributes={"colour": ("red", "blue"), "shape": ("circle", "square")}, relations=("left_of",)
)
COLOUR = {"o1": "red", "o2": "blue", "o3": "red"}
TRUE = (
    {("object", o) for o in COLOUR}
    | {("colour", o, c) for o, c in COLOUR.items()}
    | {("shape", "o1", "circle"), ("shape", "o2", "square"), ("shape", "o3", "square")}
    | {("left_of", "o1", "o2"), ("left_of", "o1", "o3"), ("left_of", "o3", "o2")}
)
ATOMS = (
    {("object", o) for o in COLOUR}
    | {(a, o, v) for a, vs in V.attributes.items() for v in vs for o in COLOUR}
    | {("left_of", a, b) for a in COLOUR for b in COLOUR if a != b}
)
FACTS = Facts(
    objects=tuple(COLOUR),
    truth={a: Truth.TRUE if a in TRUE else Truth.FALSE for a in ATOMS},
    probability={a: 0.97 if a in TRUE else 0.02 for a in ATOMS},
)
QUERY = parse("count filter colour red objects", V)


def proof(query: Term = QUERY) -> Certificate:
    """The solver's certificate."""
    found = solve(query, FACTS, V)
    assert isinstance(found, Certificate)
    return found


def step(certificate: Certificate, at: int, **changes: Any) -> Certificate:
    """The certificate with one step changed."""
    steps = list(certificate.steps)
    steps[at] = replace(steps[at], **changes)
    return replace(certificate, steps=tuple(steps))


def test_accepts_a_proof() -> None:
    verdict = check(proof(), QUERY, FACTS, V)
    assert verdict.valid
    assert verdict.reason == ""


LIE = Premise(atom=("colour", "o2", "red"), holds=True, probability=0.02)
FORGED = [
    (replace(proof(), answer="3"), "the answer is '3', but the proof ends in '2'"),
    (step(proof(), 2, value="3"), "step 3 (count) says '3', which does not follow"),
    (
        step(proof(), 1, inside=("o1", "o2", "o3")),
        "step 2 (filter colour red) says o2 is in, but no premise supports it",
    ),
    (
        step(proof(), 1, inside=("o1",)),
        "step 2 (filter colour red) says o3 is out, but no premise supports it",
    ),
    (
        step(proof(), 1, premises=(LIE,)),
        "cites ('colour', 'o2', 'red') as true, the facts say false",
    ),
    (
        step(proof(), 0, premises=(replace(proof().steps[0].premises[0], probability=1.0),)),
        "step 1 (objects) cites ('object', 'o1') as true with p = 1.0, not 0.97",
    ),
    (step(proof(), 1, arguments=("colour", "blue")), "step 2 (filter colour red) is ('filter', "),
    (step(proof(), 1, inputs=(1,)), "step 2 (filter colour red) is ('filter', "),
    (
        step(proof(), 1, inside=("o1", "o1", "o3")),
        "step 2 (filter colour red) lists an object twice",
    ),
    (step(proof(), 1, maybe=("o9",)), "lists an object twice, or one that the facts do not"),
    (step(proof(), 1, value="2"), "is a set, yet has the value '2'"),
    (step(proof(), 2, inside=("o1",)), "step 3 (count) answers, yet lists objects"),
    (replace(proof(), steps=proof().steps[1:]), "it has 2 steps, the query has 3"),
    (replace(proof(), query="count objects"), "it proves 'count objects', but 'count filter"),
    (replace(proof(), assumption="open"), "it assumes 'open', not 'closed'"),
]


@pytest.mark.parametrize(("certificate", "reason"), FORGED)
def test_names_the_first_thing_wrong(certificate: Certificate, reason: str) -> None:
    verdict = check(certificate, QUERY, FACTS, V)
    assert not verdict.valid
    assert reason in verdict.reason


def test_an_undecided_object_does_not_spoil_what_does_not_need_it() -> None:
    query = parse("exists filter colour red objects", V)
    found = proof(query)
    assert set(found.steps[1].maybe) == {"o2", "o3"} or set(found.steps[1].maybe) == {"o1", "o2"}
    assert check(found, query, FACTS, V).valid
    assert not check(step(found, 1, maybe=()), query, FACTS, V).valid


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("equal filter shape circle objects filter colour blue objects", "yes"),
        ("equal filter shape square objects filter colour blue objects", "no"),
        ("more filter shape square objects filter colour blue objects", "yes"),
        ("fewer filter shape square objects filter colour blue objects", "no"),
        ("same colour filter shape circle objects filter colour blue objects", "no"),
        ("holds left_of filter shape circle objects filter colour blue objects", "yes"),
    ],
)
def test_every_answer_needs_each_of_its_sets_and_literals(query: str, answer: str) -> None:
    asked = parse(query, V)
    found = proof(asked)
    assert found.answer == answer
    assert check(found, asked, FACTS, V).valid
    wrong = {"yes": "no", "no": "yes"}[answer]
    turned = step(replace(found, answer=wrong), -1, value=wrong)
    assert not check(turned, asked, FACTS, V).valid
    bare = step(found, -1, premises=())
    assert check(bare, asked, FACTS, V).valid == (not found.steps[-1].premises)
    for at in (1, 3):
        everything = step(found, at, inside=(), maybe=FACTS.objects, premises=())
        assert "which does not follow" in check(everything, asked, FACTS, V).reason


@pytest.mark.parametrize("at", [1, 3])
def test_equal_numbers_need_both_numbers_exact(at: int) -> None:
    query = parse("equal filter shape circle objects filter colour blue objects", V)
    found = proof(query)
    others = tuple(o for o in FACTS.objects if o not in found.steps[at].inside)
    verdict = check(step(found, at, maybe=others), query, FACTS, V)
    assert "step 5 (equal) says 'yes', which does not follow" in verdict.reason


def test_nothing_is_related_to_itself() -> None:
    query = parse("holds left_of filter shape circle objects filter shape circle objects", V)
    assert proof(query).answer == "no"
    assert check(proof(query), query, FACTS, V).valid
    itself = ("left_of", "o1", "o1")
    odd = replace(
        FACTS,
        truth={**FACTS.truth, itself: Truth.TRUE},
        probability={**FACTS.probability, itself: 1.0},
    )
    premise = Premise(atom=itself, holds=True, probability=1.0)
    forged = step(replace(proof(query), answer="yes"), -1, value="yes", premises=(premise,))
    assert not check(forged, query, odd, V).valid


def test_facts_that_claim_two_colours_support_neither() -> None:
    both = replace(FACTS, truth={**FACTS.truth, ("colour", "o1", "blue"): Truth.TRUE})
    verdict = check(proof(), QUERY, both, V)
    assert "('colour', 'o1', 'red') as true, the facts say 'blue' as well" in verdict.reason


def test_a_hypothetical_or_malformed_query_proves_nothing() -> None:
    imagined = parse("remove objects count filter colour red objects", V)
    assert not check(replace(proof(), query=str(imagined)), imagined, FACTS, V).valid
    nonsense = Term(op="count", arguments=("red",))
    verdict = check(replace(proof(), query=str(nonsense)), nonsense, FACTS, V)
    assert verdict.reason.startswith("the asked query is not one")
    disguised = Term(op="count filter colour red objects")
    assert not check(replace(proof(), query=str(disguised)), disguised, FACTS, V).valid


class Hostile:
    """Raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


JUNK = (None, 0, "x", (), ("x",), [None], {"a": 1}, float("nan"), Hostile())


@pytest.mark.parametrize("at", range(len(JUNK)))
def test_never_raises(at: int) -> None:
    junk = JUNK[at]
    for name in ("query", "answer", "steps", "assumption"):
        assert not check(replace(proof(), **{name: junk}), QUERY, FACTS, V).valid
    for name in ("op", "arguments", "inputs", "value", "inside", "maybe", "premises"):
        mutant = step(proof(), 1, **{name: junk})
        assert mutant == proof() or not check(mutant, QUERY, FACTS, V).valid or junk in ("", ())
    for name in ("atom", "probability"):
        premise = replace(proof().steps[1].premises[0], **{name: junk})
        mutant = step(proof(), 1, premises=(premise, *proof().steps[1].premises))
        assert not check(mutant, QUERY, FACTS, V).valid
    assert not check(junk, QUERY, FACTS, V).valid
    assert not check(proof(), junk, FACTS, V).valid
    assert not check(proof(), QUERY, junk, V).valid
    assert not check(proof(), QUERY, FACTS, junk).valid


def test_shares_no_code_with_any_solver() -> None:
    source = Path(checker.__file__).read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    imported = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
    assert not any(isinstance(n, ast.Import) for n in nodes)
    assert {m for m in imported if m and m.startswith("nexus")} == {
        "nexus.base.errors",
        "nexus.base.records",
        "nexus.logic.language",
    }
    assert len(source.splitlines()) <= 150, "the trusted part must stay small"
