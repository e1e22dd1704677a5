"""Base forms come back from every form that is made of them, and from those everybody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.logic.lemmas import base, participle, plural, singular, third

letters = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


@pytest.mark.parametrize(
    "forms",
    [
        "chase chases chased",
        "like likes liked",
        "see sees seen",
        "need needs needed",
        "eat eats eaten",
        "visit visits visited",
        "hug hugs hugged",
        "kick kicks kicked",
        "push pushes pushed",
        "carry carries carried",
        "tie ties tied",
        "use uses used",
        "teach teaches taught",
        "kiss kisses kissed",
        "fix fixes fixed",
        "buzz buzzes buzzed",
        "obey obeys obeyed",
        "discover discovers discovered",
        "measure measures measured",
        "judge judges judged",
        "tickle tickles tickled",
        "tease teases teased",
        "repeat repeats repeated",
        "control controls controlled",
        "pull pulls pulled",
        "own owns owned",
        "puzzle puzzles puzzled",
        "avoid avoids avoided",
        "divide divides divided",
        "scare scares scared",
        "prepare prepares prepared",
    ],
)
def test_verbs_people_know(forms: str) -> None:
    word, *others = forms.split()
    assert [third(word), participle(word)] == others
    assert {base(form) for form in (word, *others)} == {word}


@pytest.mark.parametrize(
    "forms",
    [
        "cat cats",
        "horse horses",
        "house houses",
        "vase vases",
        "pony ponies",
        "day days",
        "fox foxes",
        "glass glasses",
        "match matches",
        "bus buses",
        "wumpus wumpuses",
        "person people",
        "mouse mice",
        "wolf wolves",
        "sheep sheep",
        "hero heroes",
        "shoe shoes",
        "bee bees",
        "princess princesses",
        "polar bear polar bears",
    ],
)
def test_nouns_people_know(forms: str) -> None:
    half = len(forms.split()) // 2
    word, more = " ".join(forms.split()[:half]), " ".join(forms.split()[half:])
    assert plural(word) == more
    assert singular(word) == singular(more) == word


@given(letters)
def test_a_base_form_has_letters(word: str) -> None:
    for found in (base(word), singular(word)):
        assert found.isalpha()
        assert len(found) <= len(word) + 1


@given(letters.filter(lambda word: len(word) > 2 and word[-1] != "s"))
def test_nouns_without_s_come_back_from_their_plural(word: str) -> None:
    # what spelling cannot undo: "lenses", "axes", "menus", "quizzes"
    odd = ("se", "ie", "xe", "che", "she", "z", "zze", "o", "i", "u")
    if singular(word) == word and not word.endswith(odd):
        assert singular(plural(word)) == word
