"""A decision in words: unsure is called unsure, and unverified never proof."""

import json
from dataclasses import replace

import pytest

from nexus.base.records import Certificate, Decision, Premise, ProofStep, Route, Verdict
from nexus.interfaces.wording import decision_json, decision_lines, number

PROOF = Certificate(
    query="count filter colour red objects",
    answer="1",
    steps=(
        ProofStep(op="objects", arguments=(), inputs=(), inside=("o1", "o2")),
        ProofStep(
            op="filter",
            arguments=("colour", "red"),
            inputs=(0,),
            inside=("o1",),
            maybe=("o2",),
            premises=(
                Premise(atom=("colour", "o1", "red"), holds=True, probability=0.97),
                Premise(atom=("colour", "o2", "red"), holds=False, probability=0.5),
            ),
        ),
        ProofStep(op="count", arguments=(), inputs=(1,), value="1"),
    ),
    assumption="closed",
    engine="test",
)
AGREED = Decision(
    answer="1",
    confidence=0.91,
    reason="both routes agree",
    cause="agreed",
    fast=Route(answer="1", confidence=0.9, rests_on="latents alone, unproved"),
    slow=Route(answer="1", confidence=0.485, rests_on="a checked proof"),
    steps=("objects", "red ones", "count"),
    certificate=PROOF,
    verdict=Verdict(valid=True),
    surprise=0.4,
    trace="abc",
)
DISAGREED = replace(
    AGREED,
    answer="",
    cause="disagreed",
    reason="the routes disagree",
    fast=replace(AGREED.fast, answer="2"),
    surprise=1.7,
)


def test_an_answer_comes_first_with_its_confidence_and_proof() -> None:
    lines = decision_lines(AGREED)
    assert lines[:2] == ["1   (91% sure)", "both routes agree"]
    assert "Proof of 1, checked; it follows from what I see (p = 0.48):" in lines
    assert "  2. filter colour red of 1: o1; undecided o2   because" in "\n".join(lines)
    assert "not colour(o2, red) 0.50, colour(o1, red) 0.97" in "\n".join(lines)
    assert "What each route says by itself:" not in lines
    assert lines[-1] == "Surprise 0.40 (1 is rare in training)."


def test_disagreement_shows_both_routes_and_what_they_rest_on() -> None:
    lines = decision_lines(DISAGREED)
    assert lines[:2] == ["I am not sure.", "the routes disagree"]
    assert "  fast: 2 (90%), rests on latents alone, unproved" in lines
    assert "  slow: 1 (48%), rests on a checked proof" in lines
    assert "an unusual picture" in lines[-1]


def test_a_rejected_proof_is_never_shown_as_verified() -> None:
    text = "\n".join(
        decision_lines(replace(AGREED, verdict=Verdict(valid=False, reason="step 2 is wrong")))
    )
    assert "REJECTED by the checker: step 2 is wrong" in text
    assert "checked;" not in text


def test_a_silent_route_and_no_proof() -> None:
    decision = replace(
        DISAGREED, certificate=None, slow=Route(answer="", confidence=0.0, rests_on="nothing")
    )
    text = "\n".join(decision_lines(decision))
    assert "slow: no answer, rests on nothing" in text
    assert "Proof" not in text
    assert "\n\n\n" not in text


def test_json_has_every_field_and_is_json() -> None:
    value = json.loads(json.dumps(decision_json(AGREED)))
    assert value["abstained"] is False
    assert value["certificate"]["steps"][1]["premises"][0]["atom"] == ["colour", "o1", "red"]
    assert set(value) >= {"answer", "confidence", "fast", "slow", "verdict", "surprise", "trace"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((None, "-"), (float("nan"), "-"), (0.91234, "0.912"), (1.0, "1.000"), (0.0, "0.000")),
        *((12345.6, "12,346"), (-45.678, "-45.7"), (0, "0"), (12, "12"), (4000, "4,000")),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_signed_numbers() -> None:
    assert number(0.41, sign=True) == "+0.410"
    assert number(-0.41, sign=True) == "-0.410"
    assert number(4000, sign=True) == "+4,000"
    assert number(0, sign=True) == "0"
