"""A question as a person typed it, to the query it means; or to why it cannot be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from nexus.config import ReasonConfig
from nexus.logic.hypothetical import actions, goal
from nexus.logic.language import HYPOTHETICAL, Term, Vocabulary, parse
from nexus.reason.parser.coverage import miscounted
from nexus.reason.parser.grammar import Grammar
from nexus.reason.parser.network import UNKNOWN, ParserNetwork

LONGEST: Final = 64
"""Most words a question may have."""
_TOGETHER: Final = 256
"""Questions that are read in one batch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a question means, or why that is not known."""

    query: Term | None
    """None when abstaining."""
    hypothetical: bool
    """Whether the query supposes actions before it asks."""
    actions: tuple[Term, ...]
    """The supposed actions, first to last."""
    goal: Term | None
    """What is asked after them; the query itself when nothing is supposed."""
    probability: float
    """Calibrated probability that the query is the question's meaning."""
    reason: str
    """Why there is no query, in plain words; empty when there is one."""


def split_words(question: str) -> list[str]:
    """Return the lower-case words of a question; only spaces and sentence marks are dropped.

    Whatever else is typed is part of some word, so that nothing goes unread in silence.

    >>> split_words("Is the blue-green thing a cube?")
    ['is', 'the', 'blue-green', 'thing', 'a', 'cube']
    """
    return re.findall(r"[^\s.,;:?!\"()]+", question.lower())


class Lexicon:
    """The words a world's questions are made of, numbered from 1 in alphabetical order."""

    def __init__(self, words: frozenset[str]) -> None:
        self._id = {word: i for i, word in enumerate(sorted(words), start=1)}

    def __len__(self) -> int:
        return len(self._id)

    def unknown(self, words: Sequence[str]) -> list[str]:
        """Return the words that are not in here, each once, in order."""
        return [word for word in dict.fromkeys(words) if word not in self._id]

    def encode(self, words: Sequence[str]) -> list[int]:
        """Return the number of each word; ``UNKNOWN`` for one that is not in here."""
        return [self._id.get(word, UNKNOWN) for word in words]


def padded(rows: Sequence[Sequence[int]], value: int) -> Int[Tensor, "batch place"]:
    """Return rows of unequal length as one tensor, ``value`` after the end of each."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows])


def present(rows: Sequence[Sequence[int]]) -> Bool[Tensor, "batch place"]:
    """Return True where ``padded`` holds what was in the rows."""
    lengths = torch.tensor([len(row) for row in rows])
    return torch.arange(int(lengths.max())) < lengths[:, None]


def build(config: ReasonConfig, vocabulary: Vocabulary, words: frozenset[str]) -> ParserNetwork:
    """Return an untrained network that reads ``words`` and writes queries of ``vocabulary``."""
    grammar = Grammar(vocabulary, config.query_symbols)
    return ParserNetwork(config, grammar, words=len(words), longest=LONGEST)


class Parser:
    """A trained network with the words it knows; it abstains rather than guess.

    A reading must be at least ``certain`` and say neither more nor less than the question does.
    """

    def __init__(
        self, network: ParserNetwork, words: frozenset[str], *, certain: float = 0.7
    ) -> None:
        self.network, self.lexicon, self.certain = network, Lexicon(words), certain

    def parse(self, question: str) -> Reading:
        """Return what ``question`` means, or why that is not known."""
        return self.parse_batch([question])[0]

    def parse_batch(self, questions: Sequence[str]) -> list[Reading]:
        """Return a reading of each question; none depends on the others."""
        split = [split_words(question) for question in questions]
        readings = [self._refusal(words) for words in split]
        # Questions of one length are read together: less padding, and they end together.
        open_ = sorted((i for i, r in enumerate(readings) if not r), key=lambda i: len(split[i]))
        for start in range(0, len(open_), _TOGETHER):
            chosen = open_[start : start + _TOGETHER]
            for i, reading in zip(chosen, self._read([split[i] for i in chosen]), strict=True):
                readings[i] = reading
        return [reading for reading in readings if reading]

    def _refusal(self, words: Sequence[str]) -> Reading | None:
        """Return why a question cannot even be looked at, or None when it can."""
        if not words:
            return _abstain("there is no question")
        if len(words) > self.network.longest:
            most = self.network.longest
            return _abstain(f"the question has {len(words)} words; I read at most {most}")
        if unknown := self.lexicon.unknown(words):
            named = ", ".join(f"'{word}'" for word in unknown)
            return _abstain(f"I do not know the word{'s' * (len(unknown) > 1)} {named}")
        return None

    def _read(self, split: Sequence[Sequence[str]]) -> list[Reading]:
        rows = [self.lexicon.encode(words) for words in split]
        device = self.network.trained.device
        words, keep = padded(rows, UNKNOWN).to(device), present(rows).to(device)
        # A word that never occurred in training has a random latent, which is worse than none.
        written = self.network.write(words.where(self.network.trained[words], UNKNOWN), keep)
        return [
            self._reading(row, query, probability)
            for row, query, probability in zip(
                rows, written.queries, written.probability.tolist(), strict=True
            )
        ]

    def _reading(self, words: Sequence[int], query: Sequence[int], probability: float) -> Reading:
        unsure, grammar = "I am not sure I read this question right", self.network.grammar
        if probability < self.certain:
            return _abstain(unsure, probability)
        if slips := miscounted(words, query, self.network.says):
            named = ", ".join(f"'{grammar.symbols[i]}'" for i in slips)
            return _abstain(f"{unsure}: I stumbled at {named}", probability)
        term = parse(" ".join(grammar.symbols[i] for i in query), grammar.vocabulary)
        return Reading(
            query=term,
            hypothetical=term.op in HYPOTHETICAL,
            actions=actions(term),
            goal=goal(term),
            probability=probability,
            reason="",
        )


def _abstain(reason: str, probability: float = 0.0) -> Reading:
    return Reading(
        query=None,
        hypothetical=False,
        actions=(),
        goal=None,
        probability=probability,
        reason=reason,
    )
