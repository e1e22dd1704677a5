"""Canonical English: every clause has one sentence, and it can be read in one way only."""

from itertools import product

import pytest

from nexus.base.errors import LanguageError
from nexus.logic.english import question, sentence
from nexus.logic.theory import Literal, Rule, Sign

WORDS = {"bob": "Bob", "dog": "the dog", "polar_bear": "the polar bear"}


def literal(text: str) -> Literal:
    *sign, atom = text.split(" ", 1) if text[0] in "-~" else [text]
    return Literal(
        tuple(atom.split()),
        {"-": Sign.DENIED, "~": Sign.ABSENT}[sign[0]] if sign else Sign.HOLDS,
    )


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        ("big bob", [], "Bob is big."),
        ("- big dog", [], "The dog is not big."),
        ("a_wumpus bob", [], "Bob is a wumpus."),
        ("- a_animal bob", [], "Bob is not an animal."),
        ("chase dog polar_bear", [], "The dog chases the polar bear."),
        ("- chase dog bob", [], "The dog does not chase Bob."),
        (
            "kind ?x",
            ["big ?x", "~ sad ?x"],
            "If something is big and it is not sad then it is kind.",
        ),
        ("like dog ?x", ["chase ?x dog"], "If something chases the dog then the dog likes it."),
        ("big bob", ["sad dog", "sad bob"], "If the dog is sad and Bob is sad then Bob is big."),
        ("a_cat ?x", ["like dog ?x"], "If the dog likes something then it is a cat."),
        (
            "fear ?y ?x",
            ["chase ?x ?y", "- big ?x"],
            "If someone chases something and they are not big then it fears them.",
        ),
        ("sad ?x", ["like ?y ?x"], "If someone likes something then it is sad."),
    ],
)
def test_sentences(head: str, body: list[str], text: str) -> None:
    clause = literal(head)
    said = Rule(head=clause, body=tuple(map(literal, body))) if body else clause
    assert sentence(said, WORDS) == text


def test_questions() -> None:
    assert question(literal("- big bob"), WORDS) == "Is it true that Bob is not big?"


def test_no_two_rules_share_a_sentence() -> None:
    """All rules of two conditions over a few atoms; what "not" means is the world's to say."""
    atoms = [
        "big ?x",
        "a_cat ?x",
        "like ?x ?y",
        "like ?y ?x",
        "like ?x bob",
        "like bob ?x",
        "big bob",
    ]
    every = [literal(f"{sign}{atom}") for atom in atoms for sign in ("", "- ")]
    told = dict[str, Rule]()
    for one, two, head in product(every, repeat=3):
        names = [x for part in (one, two, head) for x in part.atom[1:] if x.startswith("?")]
        if "?y" in names and ("?x" not in names or names.index("?y") < names.index("?x")):
            continue  # the same rule with its variables swapped
        rule = Rule(head=head, body=(one, two))
        assert told.setdefault(sentence(rule, WORDS), rule) == rule


def test_what_it_has_no_words_for() -> None:
    for head, body in (
        ("big ?x", "give ?x bob dog"),
        ("big ?x", "like ?x ?x"),
        ("rains", "big bob"),
    ):
        with pytest.raises(LanguageError):
            sentence(Rule(head=literal(head), body=(literal(body),)), WORDS)
    three = tuple(literal(f"like {a} {b}") for a, b in (("?x", "?y"), ("?y", "?z")))
    with pytest.raises(LanguageError, match="3 variables"):
        sentence(Rule(head=literal("like ?x ?z"), body=three), WORDS)
