"""A text as sentences, and a sentence as words: what a reader points at."""

import re
from typing import Final

from nexus.logic.theory import Span

_STOP: Final = re.compile(r"[.!?]+(?=\s|$)|\n+")
_WORD: Final = re.compile(r"\w+(?:'\w+)*|[^\w\s]")


def sentences(text: str) -> tuple[Span, ...]:
    """Return where the sentences of a text are, each with its full stop.

    >>> [text[s.start : s.stop] for text in ["Bob is big. Is he?"] for s in sentences(text)]
    ['Bob is big.', 'Is he?']
    """
    found, start = list[Span](), 0
    for stop in (*(match.end() for match in _STOP.finditer(text)), len(text)):
        piece = text[start:stop]
        if kept := piece.strip():
            first = start + piece.index(kept[0])
            found.append(Span(start=first, stop=first + len(kept)))
        start = stop
    return tuple(found)


def words(sentence: str) -> tuple[str, ...]:
    """Return the words and marks of a sentence, in order, as they are written.

    >>> words("Bob isn't big, is he?")
    ('Bob', "isn't", 'big', ',', 'is', 'he', '?')
    """
    return tuple(_WORD.findall(sentence.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))
