"""A person's question as plain text of known words, or one sentence on why it cannot be one."""

import re
import unicodedata
from collections.abc import Set
from difflib import get_close_matches
from typing import Final

from nexus.base.errors import InputError

LONGEST: Final = 300
"""Most characters of a question."""
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


def read_question(text: str, *, words: Set[str]) -> str:
    """Return the question, trimmed, if it is made of ``words`` (lower case).

    Raises:
        InputError: it is empty, too long, not UTF-8, has control characters or unknown words,
            which are named with the nearest known ones.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # how argv carries stray bytes
        raise InputError("the question is not UTF-8 text", hint="use a UTF-8 terminal")
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise InputError("the question is empty", hint='try "how many red things are there?"')
    if len(text) > LONGEST:
        raise InputError(
            f"the question has {len(text)} characters, the limit is {LONGEST}",
            hint="ask one thing at a time",
        )
    for letter in text:
        if unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cn"):
            raise InputError(
                f"the question has a control character, U+{ord(letter):04X}",
                hint="type it again as one line of plain text",
            )
    found = _WORD.findall(text)
    if not found:
        raise InputError(f"the question {text!r} has no words", hint="ask in words")
    if unknown := [word for word in found if not _known(word, words)]:
        raise _unknown(unknown, words)
    return text


def _known(word: str, words: Set[str]) -> bool:
    word = word.lower().replace("\u2019", "'")
    return word in words or all(part in words for part in re.split(r"['-]", word))


def _unknown(unknown: list[str], words: Set[str]) -> InputError:
    """Return the error that names each unknown word once, with known words that look like it."""
    near: list[str] = []
    for word in dict.fromkeys(unknown):
        matches = get_close_matches(word.lower(), sorted(words), n=3, cutoff=0.6)
        near.append(f"for {word!r}: {', '.join(matches)}" if matches else f"{word!r} has none near")
    names = ", ".join(repr(word) for word in dict.fromkeys(unknown))
    return InputError(
        f"unknown word{'s' if len(near) > 1 else ''}: {names}",
        hint="known words, " + "; ".join(near),
    )
