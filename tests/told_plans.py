"""Readings of planning texts as they should be, and a parser of sentences that gives them."""

from collections.abc import Sequence

import numpy as np

from nexus.logic.sentences import sentences
from nexus.logic.theory import Span
from nexus.reason.sentences.reading import Reading
from nexus.worlds.planning.telling import ToldProblem, problems


def gold(told: ToldProblem) -> list[Reading]:
    """Return what each sentence of a text says."""
    return [Reading(text=x.text, span=x.span, symbols=x.symbols) for x in told.sentences]


def readings(*said: str) -> list[Reading]:
    """Return readings of sentences, each written as its text, a bar, and its symbols."""
    found = list[Reading]()
    for line in said:
        text, _, symbols = line.partition(" | ")
        span = Span(start=0, stop=len(text))
        reason = "" if symbols else "I am not sure that I read it right"
        found.append(Reading(text=text, span=span, symbols=tuple(symbols.split()), reason=reason))
    return found


class Oracle:
    """Reads the sentences that it was told of, as they should be read, and no other."""

    def __init__(self, told: Sequence[ToldProblem]) -> None:
        self.known = {x.text: x.symbols for one in told for x in one.sentences}

    @classmethod
    def of(cls, seed: int, count: int) -> "Oracle":
        """Return one that knows so many texts of each sort that suite "logic" tells."""
        index = np.arange(max(8, count))
        told = [*problems(seed, "test", index), *problems(seed, "templates", index)]
        return cls([*told, *problems(seed, "test", index, unsolvable=True)])

    def read_texts(self, texts: Sequence[str]) -> list[list[Reading]]:
        """Return readings of each sentence of each text."""
        found = list[list[Reading]]()
        for text in texts:
            pieces = [(text[x.start : x.stop], x) for x in sentences(text)]
            found.append(
                [Reading(text=x, span=at, symbols=self.known.get(x, ())) for x, at in pieces]
            )
        return found
