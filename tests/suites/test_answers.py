"""The confidence of a decision is judged by the answer it speaks of, whichever route gave it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.records import Certificate, Decision, Premise, ProofStep, Question, Route, Verdict
from nexus.decide.answer import Calibration, Routes, Thresholds, decide
from nexus.logic.engines.query import Unproved
from nexus.suites.answers import Answers, likelier
from nexus.suites.examples import chosen
from nexus.suites.question_only import Guesser, majority_right
from nexus.worlds.tabletop import Tabletop

WORLD = Tabletop()
CALIBRATION = Calibration(
    agreed=(0.1, 0.7, 0.4), fast_only=(-0.2, 0.9), slow_only=(0.3, 0.6), lone_proof=0.95
)


def _decision(fast: str, sure: float, slow: str, proved: float, surprise: float = 0.5) -> Decision:
    """Return what ``decide`` makes of a fast answer and a proof of ``slow``, or of no proof."""
    premise = Premise(atom=("object", "o1"), holds=True, probability=proved)
    steps = (
        ProofStep(op="objects", arguments=(), inputs=(), inside=("o1",), premises=(premise,)),
        ProofStep(op="count", arguments=(), inputs=(0,), value=slow),
    )
    proof = Certificate(
        query="count objects", answer=slow, steps=steps, assumption="closed", engine="test"
    )
    return decide(
        Routes(
            fast=Route(answer=fast, confidence=sure, rests_on="latents"),
            steps=(),
            proof=proof if slow else Unproved(reason="nothing is known"),
            verdict=Verdict(valid=bool(slow)),
            surprise=surprise,
        ),
        Thresholds(),
        CALIBRATION,
        trace="t",
    )


@given(
    st.sampled_from("123"),
    st.floats(0.01, 0.99),
    st.sampled_from(["", "1", "2"]),
    st.floats(0.01, 0.99),
    st.sampled_from([0.5, 2.0]),
)
def test_confidence_is_the_calibrated_probability_of_the_likelier_answer(
    fast: str, sure: float, slow: str, proved: float, surprise: float
) -> None:
    decision = _decision(fast, sure, slow, proved, surprise)
    answer = likelier(decision, CALIBRATION)
    claims = {fast: CALIBRATION.alone(sure)}
    if slow and surprise <= 1:
        both = CALIBRATION.agree(sure, proved)
        claims |= {slow: both if slow == fast else CALIBRATION.proof_alone(proved)}
    assert decision.confidence == pytest.approx(claims[answer])
    if decision.cause == "disagreed":
        assert decision.confidence == pytest.approx(max(claims.values()))


def _answers(decisions: list[Decision], gold: str) -> Answers:
    scenes = WORLD.scenes(0, "test", np.arange(1))
    questions = tuple(
        Question(text="?", query="", steps=(), answer=g, kind="count", template="") for g in gold
    )
    return Answers(
        scenes=scenes,
        images=WORLD.render(scenes, side=16),
        row=np.zeros(len(gold), dtype=np.int64),
        questions=questions,
        decisions=tuple(decisions),
    )


def test_abstaining_is_never_right_and_no_proof_is_not_a_number() -> None:
    said = [
        _decision("1", 0.9, "1", 0.9),  # agreed and right
        _decision("1", 0.9, "1", 0.9),  # agreed and wrong
        _decision("1", 0.9, "2", 0.9),  # disagreed, fast right
        _decision("1", 0.9, "", 0.9),  # no proof, fast right
        _decision("1", 0.9, "2", 0.97),  # proved against the fast route, and right
    ]
    answers = _answers(said, "12112")
    assert answers.fast_right.tolist() == [True, False, True, True, False]
    assert answers.slow_right.tolist() == [True, False, False, False, True]
    assert answers.slow_answered.tolist() == [True, True, True, False, True]
    assert answers.answered.tolist() == [True, True, False, False, True]
    assert answers.checked.tolist() == [True, True, False, False, False]
    assert answers.right.tolist() == [True, False, False, False, True]
    assert np.isnan(answers.record.proof).tolist() == [False, False, False, True, False]
    assert answers.record.agreed.tolist() == [True, True, False, False, False]
    assert chosen(answers) == {"right": [0, 4], "wrong": [1], "abstained": [2, 3]}


def test_the_majority_of_a_kind_is_right_as_often_as_it_occurs() -> None:
    questions = _answers([_decision("1", 0.9, "", 0.9)] * 7, "1121311").questions
    assert majority_right(questions).sum() == 5


def test_words_alone_tell_the_kind_of_answer_but_not_the_answer() -> None:
    guesser = Guesser.train(WORLD, seed=0, count=2000)
    asked = WORLD.ask(WORLD.scenes(0, "test", np.arange(300)), per_scene=2)
    questions = [q for some in asked for q in some]
    share = guesser.right(questions).mean()
    assert 0.25 < share < 0.6  # far above one in 25 answers, far below knowing
