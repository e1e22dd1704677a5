"""Answers in closed and open worlds, contradictions, and proofs as people read them."""

import pytest

from datalog_twin import Twin, goals, program
from nexus.base.errors import LanguageError
from nexus.logic.engines.budget import Budget
from nexus.logic.engines.prove import prove, tree
from nexus.logic.proofs import Status
from nexus.logic.theory import Literal, Rule, Sign, Span, Theory, World
from nexus.verify.proofs import check_proof


def h(*atom: str) -> Literal:
    return Literal(atom)


def denied(*atom: str) -> Literal:
    return Literal(atom, Sign.DENIED)


def absent(*atom: str) -> Literal:
    return Literal(atom, Sign.ABSENT)


SENTENCES = (
    "Bob is cold.",
    "Bob sees the cat.",
    "Ann is young.",
    "Who is cold and not young is kind.",
    "Kind people like what they see.",
    "The young are not kind.",
)
TEXT = " ".join(SENTENCES)
SPANS = tuple(Span(start=TEXT.index(s), stop=TEXT.index(s) + len(s)) for s in SENTENCES)
RULES = (
    Rule(head=h("kind", "?x"), body=(h("cold", "?x"), absent("young", "?x"))),
    Rule(head=h("likes", "?x", "?y"), body=(h("kind", "?x"), h("sees", "?x", "?y"))),
    Rule(head=denied("kind", "?x"), body=(h("young", "?x"),)),
)
FACTS = (h("cold", "bob"), h("sees", "bob", "cat"), h("young", "ann"))
CLOSED = Theory(facts=FACTS, rules=RULES, spans=SPANS)
OPEN = Theory(facts=FACTS, rules=RULES, spans=SPANS, world=World.OPEN)


@pytest.mark.parametrize(
    ("goal", "closed", "opened"),
    [
        (h("likes", "bob", "cat"), "proved yes", "proved yes"),
        (denied("likes", "bob", "cat"), "refuted no", "refuted no"),
        (h("kind", "ann"), "refuted no", "refuted no"),
        (denied("kind", "ann"), "proved yes", "proved yes"),
        (h("cold", "ann"), "refuted no", "unknown unknown"),
        (denied("cold", "ann"), "proved yes", "unknown unknown"),
        (h("flies", "ann"), "refuted no", "unknown unknown"),
    ],
)
def test_what_does_not_follow_is_false_or_unknown(goal: Literal, closed: str, opened: str) -> None:
    for theory, wanted in ((CLOSED, closed), (OPEN, opened)):
        answer = prove(theory, goal)
        assert f"{answer.status} {answer.answer}" == wanted
        (proof,) = answer.proofs
        assert check_proof(proof, theory, asked=goal).valid
        assert (answer.world, proof.world) == (theory.world, theory.world)


def test_the_whole_model_is_carried_only_where_something_is_absent() -> None:
    (with_absence,) = prove(CLOSED, h("likes", "bob", "cat")).proofs
    (without,) = prove(CLOSED, denied("kind", "ann")).proofs
    assert [str(x.literal) for x in without.steps] == ["young(ann)", "-kind(ann)"]
    assert (len(with_absence.steps), len(with_absence.model), without.model) == (4, 6, ())


def test_spans_are_those_of_the_steps() -> None:
    answer = prove(CLOSED, denied("kind", "ann"))
    assert [TEXT[x.start : x.stop] for x in answer.spans] == [SENTENCES[2], SENTENCES[5]]
    assert prove(CLOSED, h("cold", "ann")).spans == ()


def test_a_proof_is_written_as_a_tree() -> None:
    (proof,) = prove(CLOSED, h("likes", "bob", "cat")).proofs
    assert tree(proof, CLOSED) == [
        "likes(bob, cat)  [rule 2]",
        "  kind(bob)  [rule 1]",
        "    cold(bob)  [given]",
        "    not young(bob)  [does not follow]",
        "  sees(bob, cat)  [given]",
    ]
    assert tree(proof, CLOSED, TEXT)[2] == '    cold(bob)  [given: "Bob is cold."]'
    assert tree(proof, CLOSED, TEXT)[0].endswith('[rule 2: "Kind people like what they see."]')
    (proof,) = prove(OPEN, h("cold", "ann")).proofs
    (line,) = tree(proof, OPEN)
    assert line.startswith("cold(ann): unknown; not derived nor its denial")


def test_what_is_shared_is_shown_once() -> None:
    """Each level needs the one below twice: the tree in full would have 2 ** 40 lines."""
    rules = tuple(
        Rule(head=h(f"n{i + 1}", "a"), body=(h(f"n{i}", "a"), h(f"n{i}", "?x"))) for i in range(40)
    )
    theory = Theory(facts=(h("n0", "a"),), rules=rules)
    (proof,) = prove(theory, h("n40", "a")).proofs
    lines = tree(proof, theory)
    assert len(proof.steps) == 41
    assert len(lines) == 81
    assert sum("shown above" in line for line in lines) == 39


def test_long_chains_need_no_deep_stack() -> None:
    steps = tuple(Rule(head=h(f"n{i + 1}"), body=(h(f"n{i}"),)) for i in range(3000))
    theory = Theory(facts=(h("n0"),), rules=steps)
    answer = prove(theory, h("n3000"))
    assert len(answer.proofs[0].steps) == 3001
    assert check_proof(answer.proofs[0], theory).valid
    assert len(tree(answer.proofs[0], theory)) == 3001


def test_a_contradiction_comes_with_both_proofs() -> None:
    theory = Theory(facts=(*FACTS, h("kind", "ann"), denied("cold", "bob")), rules=RULES)
    answer = prove(theory, denied("kind", "ann"))
    assert (answer.status, answer.answer) == (Status.CONTRADICTION, "")
    assert [str(p.goal) for p in answer.proofs] == ["kind(ann)", "-kind(ann)"]
    assert all(check_proof(p, theory).valid for p in answer.proofs)
    elsewhere = prove(theory, h("young", "ann"))
    assert elsewhere.status is Status.CONTRADICTION
    assert {p.goal.atom for p in elsewhere.proofs} <= {("kind", "ann"), ("cold", "bob")}
    assert "follows, and so does" in elsewhere.note


def test_what_is_not_found_out_in_time_is_no_answer() -> None:
    answer = prove(CLOSED, h("likes", "bob", "cat"), Budget(facts=4))
    assert (answer.status, answer.answer, answer.proofs) == (Status.TIMEOUT, "", ())
    assert "budget of facts" in answer.note


@pytest.mark.parametrize("goal", [h("cold", "?x"), absent("cold", "bob"), h("cold"), h("a b", "c")])
def test_what_is_no_goal_is_refused(goal: Literal) -> None:
    with pytest.raises(LanguageError):
        prove(CLOSED, goal)


def test_random_theories_are_answered_as_the_twin_answers() -> None:
    for seed in range(60):
        theory = program(seed)
        twin = Twin(theory)
        for goal in goals(theory, seed):
            wanted = Status.CONTRADICTION if twin.contradictory else twin.status(goal)
            assert prove(theory, goal).status is wanted
