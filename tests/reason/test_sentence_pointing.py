"""Where names are pointed at: nearest to their verbs, and always saying the same."""

from itertools import product

import numpy as np
import pytest

from nexus.logic.sentences import words
from nexus.reason.sentences.pointing import alike, nearest
from nexus.reason.sentences.words import forms
from nexus.worlds.theories import Sentence, utterances


@pytest.fixture(scope="module")
def taught() -> list[Sentence]:
    return [x for x in utterances(5, "train", np.arange(300)) if not x.meaning.abstains]


@pytest.mark.parametrize(
    ("text", "first", "near"),
    [
        (
            "If Bob is a cat then Bob is not big.",
            "rule isa @4 @1 then is_not @9 @1 end",
            "rule isa @4 @1 then is_not @9 @6 end",
        ),
        (
            "If the sea owl is big and Bob is chased by Anne then Bob likes the sea owl.",
            "rule is @5 @2 join and does @9 @11 @7 then does @14 @7 @2 join end",
            "rule is @5 @2 join and does @9 @11 @7 then does @14 @13 @16 join end",
        ),
        (
            "If someone chases something then it chases them.",
            "rule does @2 x y then does @2 y x end",
            "rule does @2 x y then does @6 y x end",
        ),
        ("Bob and Anne are big.", "fact is @4 @0 fact is @4 @2 end", None),
        ("Not all cats are big.", "none end", None),
    ],
)
def test_names_are_pointed_at_beside_their_verbs(text: str, first: str, near: str | None) -> None:
    found = nearest(first.split(), words(text))
    assert " ".join(found) == (near or first)
    assert alike(found, first.split(), words(text))


def test_wherever_a_name_is_pointed_at_the_same_is_said(taught: list[Sentence]) -> None:
    for x in taught:
        found = nearest(x.symbols, x.words)
        assert alike(found, x.symbols, x.words)
        assert nearest(found, x.words) == found
    assert sum(nearest(x.symbols, x.words) != x.symbols for x in taught) > 60


def test_no_other_place_of_a_lone_name_is_nearer(taught: list[Sentence]) -> None:
    """The slow twin tries every word for every pointer of facts that are a claim of one thing."""
    for x in taught:
        if len(x.meaning.facts) + len(x.meaning.rules) != 1 or "join" in x.symbols:
            continue
        if len(x.symbols) != 5 and x.symbols[:2] not in (("fact", "is"), ("fact", "isa")):
            continue
        found = [int(s[1:]) for s in nearest(x.symbols, x.words) if s[0] == "@"]
        told = [int(s[1:]) for s in x.symbols if s[0] == "@"]
        same = [[i for i, w in enumerate(x.words) if forms(w) & forms(x.words[at])] for at in told]
        gaps = [abs(way[0] - way[1]) for way in product(*same[:2])]
        assert abs(found[0] - found[1]) == min(gaps)


def test_what_differs_is_not_alike() -> None:
    said = words("Bob is big and Anne is kind.")
    one = symbols_of("fact is @2 @0 end")
    assert not alike(one, symbols_of("fact is @2 @4 end"), said)
    assert not alike(one, symbols_of("fact is_not @2 @0 end"), said)
    assert not alike(one, symbols_of("none end"), said)
    assert not alike(symbols_of("fact is @2 end"), one, said)


def symbols_of(symbols: str) -> tuple[str, ...]:
    return tuple(symbols.split())
