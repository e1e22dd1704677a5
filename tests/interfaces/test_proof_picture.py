"""Pictures of proofs: whole as text, escaped, and of bounded size."""

from xml.etree import ElementTree

from nexus.decide.proving import Asked, Conclusion
from nexus.interfaces.proof_picture import MOST, proof_picture
from nexus.logic.engines.prove import prove, tree
from nexus.logic.rule_sets import parse_rule
from nexus.logic.theory import Literal, Span, Theory, World

SVG = "{http://www.w3.org/2000/svg}"


def concluded(theory: Theory, goal: Literal, text: str = "", question: str = "Why?") -> Conclusion:
    answer = prove(theory, goal)
    asked = Asked(context=text, question=question, world=theory.world)
    return Conclusion(
        asked=asked,
        status=answer.status,
        reason="",
        clauses=(),
        goal=None,
        unread=(),
        probability=0.9,
        theory=theory,
        answer=answer,
    )


def test_every_step_is_a_card_and_the_whole_is_said_as_text() -> None:
    theory = Theory(
        facts=(Literal(("big", "bob")), Literal(("like", "bob", "dog"))),
        rules=(parse_rule("kind(?x) :- big(?x), like(?x, ?y), not cold(?x)"),),
        words={"bob": "Bob", "dog": "the dog"},
    )
    found = concluded(theory, Literal(("kind", "bob")))
    root = ElementTree.fromstring(proof_picture(found))
    assert found.answer is not None
    (proof,) = found.answer.proofs
    assert root.find(f"{SVG}desc").text == "\n".join(tree(proof, theory))
    kinds = [x.attrib["class"] for x in root.iter(f"{SVG}g")]
    assert kinds == ["rule", "given", "given", "absent"]
    words = [x.text for x in root.iter(f"{SVG}text")]
    assert "Bob is kind." in words
    assert "Nothing says: Bob is cold." in words
    assert len(list(root.iter(f"{SVG}path"))) == 3  # one line to each of what it rests on


def test_what_people_wrote_is_only_text() -> None:
    text = '<script>alert("1")</script>&\x00'
    theory = Theory(
        facts=(Literal(("big", "bob")),), rules=(), spans=(Span(start=0, stop=len(text)),)
    )
    drawn = proof_picture(concluded(theory, Literal(("big", "bob")), text, "<b>\x08"))
    root = ElementTree.fromstring(drawn)
    assert "<script" not in drawn
    assert "href" not in drawn
    assert not list(root.iter(f"{SVG}script"))


def test_without_steps_or_with_far_too_many() -> None:
    fact = Literal(("n", "c0"))
    none = concluded(Theory(facts=(fact,), rules=(), world=World.OPEN), Literal(("n", "c1")))
    assert "not derived" in proof_picture(none)
    count = MOST + 50
    chain = Theory(
        facts=(fact, *(Literal(("next", f"c{i}", f"c{i + 1}")) for i in range(count))),
        rules=(parse_rule("n(?y) :- n(?x), next(?x, ?y)"),),
    )
    long = ElementTree.fromstring(proof_picture(concluded(chain, Literal(("n", f"c{count}")))))
    assert len(list(long.iter(f"{SVG}g"))) == MOST
    assert int(long.attrib["width"]) < 1200
    assert any("more steps" in (x.text or "") for x in long.iter(f"{SVG}text"))
