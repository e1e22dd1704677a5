"""Sentences to one planning problem; what is left open or does not fit makes none."""

import pytest

from nexus.logic.planning import literals
from nexus.reason.problems import assemble
from told_plans import readings

TABLE = "Block b is on the table. | fact on_table @1 end"
ON = "Block c is on block b. | fact on @1 @5 end"
CLEAR = "Block c is clear. | fact clear @1 end"
HAND = "The hand is empty. | fact hand_empty end"
GOAL = "Block b must be on block c. | goal on @1 @6 end"
BLOCKS = [TABLE, ON, CLEAR, HAND, GOAL]
TRUCK = "Truck t1 is at airport x in city oslo. | fact isa @0 @1 fact isa @4 @5 fact at @1 @5 end"
CITY = "X and l1 are in city oslo. | fact in_city @0 @6 fact in_city @2 @6 end"
BRING = "Bring t1 to l1. | goal at @1 @3 end"


def test_what_is_told_comes_to_a_problem() -> None:
    found = assemble(readings(*BLOCKS))
    assert found.problem is not None, found.reason
    names = {v: k for k, v in found.problem.words.items()}
    b, c = names["b"], names["c"]
    assert found.problem.initial == {("on_table", b), ("on", c, b), ("clear", c), ("hand_empty",)}
    assert found.problem.goal == literals(f"on {b} {c}")
    assert [x.reading.text.split()[0] for x in found.lines] == [
        "Block",
        "Block",
        "Block",
        "The",
        "Block",
    ]


def test_types_are_told_or_follow() -> None:
    found = assemble(readings(TRUCK, CITY, BRING))
    assert found.problem is not None, found.reason
    types = {found.problem.words[x.name]: x.type for x in found.problem.objects}
    assert types == {"t1": "truck", "x": "airport", "oslo": "city", "l1": "place"}


def test_words_of_ones_own() -> None:
    told = (
        "To crave means to be on. | means on @1 end",
        "To stop means to stack. | means stack @1 end",
        "Block c craves block b. | fact does @2 @1 @4 end",
        *(TABLE, CLEAR, HAND, GOAL),
    )
    found = assemble(readings(*told))
    plain = assemble(readings(*BLOCKS))
    assert found.problem is not None, found.reason
    assert plain.problem is not None
    assert {x[0] for x in found.problem.initial} == {x[0] for x in plain.problem.initial}
    assert found.problem.words["stack"] == "stop"


@pytest.mark.parametrize(
    ("change", "told", "reason", "at"),
    [
        (CLEAR, "Block c may be clear.", "a sentence was not read", "may"),
        (TABLE, "", "no sentence says where 'b' is", ""),
        (CLEAR, "", "no sentence says whether 'c' is clear", ""),
        (HAND, "", "no sentence says whether the hand is empty", ""),
        (GOAL, "", "no sentence says what is wanted", ""),
        (HAND, "I hold c. | fact holding @2 end", "'c' is in two places", ""),
        (GOAL, "B must be on d. | goal on @0 @4 end", "nothing is told of 'd'", "d."),
        (
            CLEAR,
            "Block b is clear. | fact clear @1 end",
            "'b' is clear, and something is on it",
            "b",
        ),
        (
            CLEAR,
            "C is not on b. | fact on_not @0 @4 end",
            "another sentence says that it is so",
            "not",
        ),
        (CLEAR, "C is on c. | fact on @0 @3 end", "'c' is in two places", ""),
        (
            TABLE,
            "B likes c. | fact does @1 @0 @2 end",
            "no sentence says what 'like' means",
            "likes",
        ),
        (TABLE, "B is a cat. | fact isa @3 @0 end", "to be a 'cat'", "cat"),
        (TABLE, "Is b big? | ask is @2 @1 end", "it is a question", "?"),
        (TABLE, "B is at c. | fact at @0 @3 end", "not of", ""),
        (
            TABLE,
            "Big is kind. | rule is @0 x then is @2 x end",
            "the rules are those of the",
            "kind",
        ),
    ],
)
def test_what_is_open_or_does_not_fit_makes_none(
    change: str, told: str, reason: str, at: str
) -> None:
    said = [told if x == change else x for x in BLOCKS]
    found = assemble(readings(*(x for x in said if x)))
    assert found.problem is None
    assert reason in found.reason
    assert at in found.sentence


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([TRUCK, "L1 is a place. | fact isa @3 @0 end", BRING], "no sentence says in which city"),
        ([TRUCK, CITY, "T1 is at l1. | fact at @0 @3 end", BRING], "'t1' is at two places"),
        (
            [TRUCK, CITY, "X is in city rome. | fact in_city @0 @4 end", BRING],
            "'x' is in two cities",
        ),
        ([TRUCK, CITY, "P is at l1. | fact at @0 @3 end", BRING], "what 'p' is, is not told"),
        ([TRUCK, CITY, "P is a parcel. | fact isa @3 @0 end", BRING], "where 'p' is"),
        (
            [TRUCK, CITY, "T1 is a plane. | fact isa @3 @0 end", BRING],
            "'t1' is a truck and a plane",
        ),
        (
            [TRUCK, CITY, "A1 is a plane at l1. | fact isa @3 @0 fact at @0 @5 end", BRING],
            "no airport",
        ),
    ],
)
def test_places_that_do_not_fit(said: list[str], reason: str) -> None:
    found = assemble(readings(*said))
    assert found.problem is None
    assert reason in found.reason


def test_a_tower_without_an_end_is_none() -> None:
    told = ["B is on c. | fact on @0 @3 end", "C is on b. | fact on @0 @3 end", HAND, GOAL]
    assert "is above itself" in assemble(readings(*told)).reason


def test_domains_by_name() -> None:
    assert "not of logistics" in assemble(readings(*BLOCKS), "logistics").reason
    assert "there is no domain" in assemble(readings(*BLOCKS), "chess").reason
    assert assemble([]).reason == "no sentence says how things are"
