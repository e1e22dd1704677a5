"""No answer without a proof, seconded or of a kind that may stand alone; no mute refusal."""

import math
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import ConfigError
from nexus.base.records import Certificate, Premise, ProofStep, Route, Verdict
from nexus.config import DecideConfig
from nexus.decide.answer import Calibration, Decision, Routes, Thresholds, decide
from nexus.logic.engines.query import Unproved

CAUSES: Final = {"agreed", "proved", "disagreed", "unparsed", "unproved", "unfamiliar", "unsure"}


def proved(answer: str, probability: float = 0.93) -> Certificate:
    """A small certificate of ``answer`` with one premise of this probability."""
    premise = Premise(atom=("object", "o1"), holds=True, probability=probability)
    steps = (
        ProofStep(op="objects", arguments=(), inputs=(), inside=("o1",), premises=(premise,)),
        ProofStep(op="count", arguments=(), inputs=(0,), value=answer),
    )
    return Certificate(
        query="count objects", answer=answer, steps=steps, assumption="closed", engine="test"
    )


def ask(
    fast: str = "1",
    proof: Certificate | Unproved | None = None,
    *,
    confidence: float = 0.9,
    valid: bool = True,
    surprise: float = 0.3,
    least: float = 0.5,
    imagined: bool = False,
    lone: float = 1.0,
) -> Decision:
    """A decision from the parts a test cares about."""
    routes = Routes(
        fast=Route(answer=fast, confidence=confidence, rests_on="the picture as a whole"),
        steps=("look at everything", "count"),
        proof=proof or proved("1"),
        verdict=Verdict(valid=valid, reason="" if valid else "step 1 says o1 is in"),
        surprise=surprise,
        imagined=imagined,
    )
    return decide(routes, Thresholds(confidence=least), Calibration(lone_proof=lone), trace="t1")


odds = st.floats(0, 1) | st.just(math.nan)


@given(
    fast=st.sampled_from(["", "1", "2"]),
    proof=st.one_of(
        st.builds(proved, st.sampled_from(["1", "2"]), st.floats(0, 1)),
        st.builds(Unproved, reason=st.just("why"), cause=st.sampled_from(["unproved", "unparsed"])),
    ),
    confidence=odds,
    valid=st.booleans(),
    surprise=st.floats(0, 3) | st.just(math.nan),
    least=st.floats(0, 1),
    lone=st.floats(0, 1),
)
def test_answers_only_with_a_valid_proof_that_is_seconded_or_may_stand_alone(
    fast: str,
    proof: Certificate | Unproved,
    confidence: float,
    valid: bool,
    surprise: float,
    least: float,
    lone: float,
) -> None:
    decision = ask(
        fast,
        proof,
        confidence=confidence,
        valid=valid and isinstance(proof, Certificate),
        surprise=surprise,
        least=least,
        lone=lone,
    )
    assert decision.cause in CAUSES
    assert decision.reason
    assert 0.0 <= decision.confidence <= 1.0
    assert decision.abstained == (decision.cause not in ("agreed", "proved"))
    if not decision.abstained:
        assert isinstance(proof, Certificate)
        assert decision.answer == proof.answer == decision.slow.answer
        assert (decision.cause == "agreed") == (fast == proof.answer)
        assert decision.cause == "agreed" or proof.probability > lone
        assert decision.verdict.valid
        assert surprise <= 1.0
        assert decision.confidence >= least


def test_agreement_says_what_it_follows_from() -> None:
    decision = ask()
    assert decision.answer == "1"
    assert decision.reason == (
        "follows from what I see (p = 0.93): o1 exists (p = 0.93); "
        "the fast route says the same, resting on the picture as a whole"
    )
    assert ask(imagined=True).reason.startswith("follows from what I imagine (p = 0.93)")


def test_a_proof_that_may_stand_alone_is_an_answer_and_says_who_differs() -> None:
    decision = ask("2", lone=0.9)
    assert (decision.answer, decision.cause) == ("1", "proved")
    assert decision.reason == (
        "follows from what I see (p = 0.93): o1 exists (p = 0.93); "
        "but the fast route says 2 (p = 0.90), resting on the picture as a whole"
    )
    assert ask("", lone=0.9).reason.endswith("but the fast route has no answer")
    for stays_silent in (
        ask("2", lone=0.93),  # no more probable than the limit
        ask("2"),  # and by default no proof is
        ask("2", proved("1", 1.0)),
        ask("2", lone=0.9, least=0.95),
        ask("2", lone=0.9, surprise=1.5),
        ask("2", lone=0.9, valid=False),
    ):
        assert stays_silent.abstained


@pytest.mark.parametrize(
    ("decision", "cause", "reason"),
    [
        (ask("2"), "disagreed", "the fast route says 2 (p = 0.90), resting on the picture"),
        (ask("2"), "disagreed", "the proof says 1 (p = 0.93), resting on o1 exists"),
        (ask(""), "unsure", "the fast route has no answer"),
        (ask(confidence=0.01), "unsure", "I am not sure enough (p = 0.27)"),
        (ask(surprise=1.5), "unfamiliar", "this picture is unlike the scenes I was trained on"),
        (ask(surprise=math.nan), "unfamiliar", "unlike the scenes"),
        (ask(valid=False), "unproved", "a proof that the checker refused: step 1 says o1 is in"),
        (
            ask(proof=Unproved(reason="cannot tell whether o3 is red (p = 0.55)"), valid=False),
            "unproved",
            "no proof: cannot tell whether o3 is red (p = 0.55); the fast route says 1",
        ),
        (
            ask(proof=Unproved(reason="no word 'wug'", cause="unparsed"), valid=False, surprise=9),
            "unparsed",
            "I do not understand the question: no word 'wug'",
        ),
    ],
)
def test_an_abstention_names_its_cause(decision: Decision, cause: str, reason: str) -> None:
    assert decision.abstained
    assert decision.cause == cause
    assert reason in decision.reason


def test_a_refused_proof_is_never_shown_as_an_answer() -> None:
    assert ask(valid=False).slow.answer == ""


def test_the_fast_answer_alone_is_not_given_however_sure_it_is() -> None:
    decision = ask(proof=Unproved(reason="cannot tell"), valid=False, confidence=0.999)
    assert (decision.answer, decision.cause) == ("", "unproved")
    assert "which is not verified" in decision.reason


@given(p=st.floats(1e-5, 1 - 1e-5), q=st.floats(1e-5, 1 - 1e-5))
def test_default_calibration_takes_a_route_at_its_word(p: float, q: float) -> None:
    calibration = Calibration()
    assert calibration.alone(p) == pytest.approx(p)
    assert calibration.proof_alone(p) == pytest.approx(p)
    assert calibration.agree(p, p) == pytest.approx(p)
    assert min(p, q) - 1e-12 <= calibration.agree(p, q) <= max(p, q) + 1e-12


@given(p=st.floats(0, 1), w=st.floats(0, 100))
def test_calibration_is_finite_and_monotone(p: float, w: float) -> None:
    calibration = Calibration(agreed=(-3.0, w, w), fast_only=(1.0, w), slow_only=(0.0, w))
    for f in (calibration.alone, calibration.proof_alone, lambda q: calibration.agree(q, q)):
        assert 0.0 <= f(0.0) <= f(p) <= f(1.0) <= 1.0


def test_impossible_thresholds_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"decide\.confidence must lie in \[0, 1\], got 1\.5"):
        Thresholds(confidence=1.5)
    with pytest.raises(ConfigError, match=r"decide\.surprise must be above 0, got nan"):
        Thresholds(surprise=math.nan)
    for wrong in (0.0, 1.5, math.nan):
        with pytest.raises(ConfigError, match=rf"decide\.proved must lie in \(0, 1\], got {wrong}"):
            DecideConfig(proved=wrong)
