"""A question comes through unchanged if it can be asked, else one sentence says what to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import InputError
from nexus.interfaces.sentences import LONGEST, read_question

TEXT = "how many red things are there is the circle left of big square s object"
WORDS = frozenset(TEXT.split(" "))


@pytest.mark.parametrize(
    "text",
    [
        "how many red things are there?",
        "  HOW many Red things are there ",
        "Is there a circle, left of the big square?".replace(" a ", " the "),
        "is the circle's square big?",
        "is the left-of big?",
    ],
)
def test_known_words_pass_trimmed(text: str) -> None:
    assert read_question(text, words=WORDS) == text.strip()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("how many " * 40, "360 characters|359 characters"),
        ("how many\x07 things", r"U\+0007"),
        ("how many\nthings", r"U\+000A"),
        ("how\u202e many", r"U\+202E"),
        ("how many \udcff things", "not UTF-8"),
        ("???", "no words"),
        ("how many rde things", r"unknown word: 'rde'.*for 'rde': red"),
        ("how meny cirlces", r"unknown words: 'meny', 'cirlces'.*'meny': many.*'cirlces': circle"),
        ("how many xylophones", r"'xylophones' has none near"),
    ],
)
def test_what_cannot_be_asked_is_explained(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read_question(text, words=WORDS)
    assert caught.value.hint


def test_the_limit_is_exact() -> None:
    text = ("is " * LONGEST)[:LONGEST].strip().ljust(LONGEST, "?")
    assert read_question(text, words=WORDS) == text
    with pytest.raises(InputError, match="301"):
        read_question(text + "?", words=WORDS)


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_any_text_passes_or_is_refused(text: str) -> None:
    try:
        assert read_question(text, words=WORDS)
    except InputError as error:
        str(error).encode("utf-8", errors="backslashreplace")
