"""From a text to a proof: what follows, what does not, and what cannot be read."""

import json
from dataclasses import fields

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from canonical import parser, questions, untaught
from nexus.decide.proving import Asked, Conclusion, conclude
from nexus.logic.engines.budget import Budget
from nexus.logic.proofs import Proof, Status
from nexus.logic.theory import World
from nexus.nn.seeding import stream
from nexus.reason.sentences.automaton import Automaton
from nexus.reason.sentences.network import SentenceNetwork, Written
from nexus.reason.sentences.reading import SentenceParser
from nexus.reason.sentences.words import Seen
from nexus.verify.proofs import check_proof

STORY = (
    "Bob is big. If something is big then it is kind. "
    "If something is kind and it is not shy then it is nice. Bob is not shy. Anne is shy."
)


class Noise(SentenceNetwork):
    """Writes anything at all that is well formed, and is sure of it."""

    def write(self, seen: Seen, automaton: Automaton) -> Written:
        g, codes = stream(0, "noise", len(seen)), [list[int]() for _ in range(len(seen))]
        state = automaton.begin()
        while not bool(state.ended.all()):
            may = automaton.may_follow(state).float()
            may[state.ended, 0] = 1.0
            choice = torch.multinomial(may, 1, generator=g)[:, 0]
            for row in (~state.ended).nonzero()[:, 0].tolist():
                codes[row].append(int(choice[row]))
            after = automaton.after(state, choice)
            state = type(state)(
                **{
                    x.name: torch.where(state.ended, getattr(state, x.name), getattr(after, x.name))
                    for x in fields(state)
                }
            )
        return Written(codes=codes, likely=torch.zeros(len(seen)))


@pytest.fixture(scope="module")
def reader(canonical_network: SentenceNetwork) -> SentenceParser:
    return parser(canonical_network)


def ask(
    reader: SentenceParser, context: str, question: str, world: World = World.OPEN
) -> Conclusion:
    (found,) = conclude(reader, [Asked(context=context, question=question, world=world)])
    return found


def share_right(reader: SentenceParser, count: int = 44) -> tuple[float, int]:
    """Return the share of canonical questions that are answered right, and how many are wrong."""
    asked = questions(3, "val", count)
    found = list(conclude(reader, [x for x, _ in asked]))
    right = sum(x.said == y for x, (_, y) in zip(found, asked, strict=True))
    wrong = sum(bool(x.said) and x.said != y for x, (_, y) in zip(found, asked, strict=True))
    return right / count, wrong


def test_a_text_is_answered_with_a_checked_proof_and_its_source(reader: SentenceParser) -> None:
    found = ask(reader, STORY, "Is it true that Bob is nice?")
    assert (found.status, found.said) == (Status.PROVED, "yes")
    assert found.answer is not None
    assert found.theory is not None
    (proof,) = found.answer.proofs
    assert check_proof(proof, found.theory)
    assert [str(step.literal) for step in proof.steps][-1] == "nice(bob)"
    quoted = {STORY[x.start : x.stop] for x in found.answer.spans}
    assert "If something is big then it is kind." in quoted
    assert "Anne is shy." not in quoted
    assert {(x.canonical, STORY[x.span.start : x.span.stop]) for x in found.clauses} >= {
        ("Bob is not shy.", "Bob is not shy.")
    }
    plain = json.loads(json.dumps(found.plain()))
    assert Proof.parse(plain["certificate"][0]) == proof
    assert (plain["status"], plain["assumption"]) == ("proved", "open world")


def test_worlds_differ_in_what_is_not_said(reader: SentenceParser) -> None:
    question = "Is it true that Anne is nice?"
    assert ask(reader, STORY, question).said == "unknown"
    assert ask(reader, STORY, question, World.CLOSED).said == "no"
    assert ask(reader, STORY, "Is it true that Bob is shy?").said == "no"


def test_answers_rest_on_the_parse_and_noise_in_its_place_answers_nothing_right(
    reader: SentenceParser, canonical_network: SentenceNetwork
) -> None:
    right, wrong = share_right(reader)
    assert right > 0.5
    assert wrong <= 2  # of 44: taught for seconds, what it misreads depends on how numbers round
    noise = Noise.__new__(Noise)
    noise.__dict__.update(canonical_network.__dict__)
    assert share_right(parser(noise))[0] < 0.05
    assert share_right(parser(untaught().eval()))[0] < 0.05


def test_a_contradiction_is_shown_both_ways(reader: SentenceParser) -> None:
    text = "Bob is big. Bob is not kind. If something is big then it is kind."
    found = ask(reader, text, "Is it true that Bob is big?")
    assert (found.status, found.said) == (Status.UNSAT, "")
    assert found.answer is not None
    assert found.theory is not None
    one, other = found.answer.proofs
    assert one.goal == other.goal.opposite
    assert all(check_proof(x, found.theory) for x in (one, other))
    assert "kind(bob)" in found.reason


def test_a_circle_of_not_is_refused_in_a_closed_world(reader: SentenceParser) -> None:
    text = "Bob is big. If something is big and it is not kind then it is kind."
    found = ask(reader, text, "Is it true that Bob is kind?", World.CLOSED)
    assert found.status is Status.ABSTAIN
    assert "its own absence" in found.reason


def test_a_budget_that_is_used_up_says_nothing(reader: SentenceParser) -> None:
    asked = Asked(context=STORY, question="Is it true that Bob is nice?")
    (found,) = conclude(reader, [asked], Budget(facts=3))
    assert (found.status, found.said) == (Status.TIMEOUT, "")


def test_what_is_not_read_may_change_the_answer_unless_it_follows_anyway(
    reader: SentenceParser,
) -> None:
    """In an open world what follows from some sentences follows from all of them."""
    text = f"{STORY} Colourless green ideas sleep furiously, or so they say."
    found = ask(reader, text, "Is it true that Bob is nice?")
    assert found.said == "yes"
    assert [x.text for x in found.unread] == [text.removeprefix(STORY).strip()]
    assert found.unread[0].reason
    for question, world in (("Anne is nice", World.OPEN), ("Bob is nice", World.CLOSED)):
        found = ask(reader, text, f"Is it true that {question}?", world)
        assert (found.status, found.said) == (Status.ABSTAIN, "")
        assert "1 sentence could not be read" in found.reason


@pytest.mark.parametrize("question", ["", "Bob is big.", "Is it? Is it true that Bob is big?", "?"])
def test_what_is_no_question_is_not_answered(reader: SentenceParser, question: str) -> None:
    found = ask(reader, STORY, question)
    assert found.status is Status.ABSTAIN
    assert found.reason.startswith("the question: ")


@pytest.mark.parametrize(
    "text",
    [
        "#script (python) import os; os.system('ls') #end.",
        '#include "/etc/passwd".',
        ":- shell(ls).",
        "(define (domain d))",
        "big(bob). -big(bob) :- not big(bob).",
        "\x00\ud800 \N{RIGHT-TO-LEFT OVERRIDE}.",
        "big " * 200,
    ],
)
def test_what_is_written_for_an_engine_reaches_none(reader: SentenceParser, text: str) -> None:
    found = ask(reader, text, "Is it true that Bob is big?")
    assert found.status is Status.ABSTAIN
    assert not found.clauses


@given(st.text(max_size=80), st.text(max_size=40))
def test_any_text_whatever_comes_to_a_typed_result(
    reader: SentenceParser, context: str, question: str
) -> None:
    found = ask(reader, context, question)
    assert found.status in tuple(Status)
    json.dumps(found.plain())


def test_no_question_depends_on_another(reader: SentenceParser) -> None:
    asked = [x for x, _ in questions(4, "val", 6)]
    together = [x.plain() for x in conclude(reader, asked)]
    assert together == [x.plain() for one in asked for x in conclude(reader, [one])]
