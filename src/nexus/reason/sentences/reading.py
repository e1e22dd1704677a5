"""A sentence as a person wrote it, to what it says; or to why it cannot be read.

A reading counts only if it is likely enough, if it leaves no word out that says something, if no
words stand together that never did, and if what it comes to, said in canonical English and read
again, comes back.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from nexus.base.errors import LanguageError
from nexus.logic import english, linear, planning_english
from nexus.logic.meaning import Meaning
from nexus.logic.sentences import sentences, words
from nexus.logic.theory import Literal, Rule, Span, Theory, World, checked
from nexus.reason.sentences import automaton
from nexus.reason.sentences.automaton import Automaton
from nexus.reason.sentences.network import SentenceNetwork
from nexus.reason.sentences.words import LONGEST, denies, seen

_TOGETHER: Final = 256
"""Sentences that are read in one batch."""
Clause: TypeAlias = Literal | Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a sentence says, or why that is not known."""

    text: str
    span: Span
    """Where it stands in its text."""
    symbols: tuple[str, ...] = ()
    """What was read, in the notation of ``logic.linear``; empty when abstaining."""
    probability: float = 0.0
    """Calibrated probability that it is right."""
    reason: str = ""
    """Why nothing was read, in plain words; empty when something was."""

    def meaning(self, world: World) -> Meaning:
        """Return what it says in a world; nothing when abstaining."""
        if not self.symbols:
            return Meaning()
        return linear.decode(self.symbols, words(self.text), world)


def clauses(meaning: Meaning) -> Iterator[tuple[Clause, str]]:
    """Yield each clause of a meaning, and the canonical sentence that says it.

    Raises:
        LanguageError: English has no simple words for one of them.
    """
    for clause in (*meaning.facts, *meaning.rules):
        if isinstance(clause, Literal) and planning_english.related(clause):
            yield clause, planning_english.stated(clause)
        else:
            yield clause, english.sentence(clause, meaning.words)
    if meaning.goal is not None:
        yield meaning.goal, english.question(meaning.goal, meaning.words)
    for wanted in meaning.wanted:
        yield wanted, planning_english.wanted(wanted)
    for meant in meaning.means:
        yield meant, planning_english.meant(meant)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What the network wrote of a sentence."""

    symbols: tuple[str, ...]
    likely: float
    """Its log-probability."""


class SentenceParser:
    """A trained network with the words it knows; it abstains rather than guess.

    A reading must be at least ``certain``. With ``heard`` above 0, every so many words in a row,
    names aside, must have stood together in a sentence it was taught.
    """

    def __init__(self, network: SentenceNetwork, *, certain: float, heard: int) -> None:
        self.network, self.certain, self.heard = network, certain, heard
        self.lexicon = network.lexicon()
        slope, offset = network.scale.tolist()
        self._slope, self._offset = slope, offset

    def read_text(self, text: str) -> list[Reading]:
        """Return a reading of each sentence of a text."""
        return self.read_texts([text])[0]

    def read_texts(self, texts: Sequence[str]) -> list[list[Reading]]:
        """Return readings of each sentence of each text; none depends on another."""
        spans = [sentences(text) for text in texts]
        pieces = [
            [text[x.start : x.stop] for x in found]
            for text, found in zip(texts, spans, strict=True)
        ]
        known = self._read(list(dict.fromkeys(x for some in pieces for x in some)))
        return [
            [replace(known[x], span=span) for x, span in zip(some, found, strict=True)]
            for some, found in zip(pieces, spans, strict=True)
        ]

    def probability(self, likely: float) -> float:
        """Return the calibrated probability of a sequence of this log-probability."""
        return 1.0 / (1.0 + math.exp(min(700.0, -(self._slope * likely + self._offset))))

    def _read(self, texts: Sequence[str]) -> Mapping[str, Reading]:
        """Return a reading of each sentence, all of them different."""
        split = {text: words(text) for text in texts}
        short = [text for text, found in split.items() if 0 < len(found) <= LONGEST]
        drafts = dict(zip(short, self.write([split[x] for x in short]), strict=True))
        read = {text: self._reading(text, split[text], drafts.get(text)) for text in texts}
        return self._read_back(read)

    def write(self, split: Sequence[Sequence[str]]) -> list[Draft]:
        """Return what the network writes of sentences, given as their words."""
        # Sentences of one length are read together: less padding, and they end together.
        order = sorted(range(len(split)), key=lambda i: len(split[i]))
        found: dict[int, Draft] = {}
        for start in range(0, len(order), _TOGETHER):
            rows = order[start : start + _TOGETHER]
            some = [split[i] for i in rows]
            written = self.network.write(seen(some, self.lexicon), Automaton.of(some))
            for i, codes, likely in zip(rows, written.codes, written.likely.tolist(), strict=True):
                found[i] = Draft(symbols=automaton.decode(codes), likely=likely)
        return [found[i] for i in range(len(split))]

    def _reading(self, text: str, found: Sequence[str], draft: Draft | None) -> Reading:
        """Return a reading that is still to be read back."""
        span = Span(start=0, stop=len(text))
        if draft is None:
            reason = f"it has {len(found)} words; I read 1 to {LONGEST}"
            return Reading(text=text, span=span, reason=reason)
        probability = self.probability(draft.likely)
        reason = self.doubt(found, draft.symbols, probability)
        return Reading(
            text=text,
            span=span,
            symbols=() if reason else draft.symbols,
            probability=probability,
            reason=reason,
        )

    def doubt(self, found: Sequence[str], symbols: Sequence[str], probability: float) -> str:
        """Return what speaks against reading these words so, or nothing."""
        if symbols[0] == "none":
            return "it says nothing that I can read"
        if left := self.lexicon.unsaid(found, symbols):
            named = ", ".join(f"'{word}'" for word in left)
            return f"I do not know what {named} means here"
        if self.lexicon.denies(found, symbols) != denies(symbols):
            return "I am not sure what it denies"
        if self.heard and self.lexicon.unheard(found, self.heard):
            return "its words are put together in a way that I was not taught"
        if probability < self.certain:
            return "I am not sure that I read it right"
        return ""

    def _read_back(self, read: Mapping[str, Reading]) -> Mapping[str, Reading]:
        """Return readings without those whose clauses, told in plain words, do not come back."""
        told: dict[str, list[tuple[Clause, str]]] = {}
        wrong: dict[str, str] = {}
        for text, reading in read.items():
            try:
                meaning = _typed(reading.meaning(World.OPEN))
                told[text] = list(clauses(meaning)) if reading.symbols else []
            except LanguageError as error:
                wrong[text] = f"read as it stands, {error.message}"
        canonical = list(dict.fromkeys(said for some in told.values() for _, said in some))
        split = [words(said) for said in canonical]
        back = dict(zip(canonical, self._meanings(split), strict=True))
        for text, some in told.items():
            if any(back[said] != clause for clause, said in some):
                wrong[text] = "told in other words and read again, it says something else"
        return {
            text: replace(reading, symbols=(), reason=wrong[text]) if text in wrong else reading
            for text, reading in read.items()
        }

    def _meanings(self, split: Sequence[Sequence[str]]) -> list[Clause | None]:
        """Return the one clause that each sentence says, as it is first read; None if not one."""
        short = [found for found in split if len(found) <= LONGEST]
        drafts = iter(self.write(short))
        return [
            _only(next(drafts).symbols, found) if len(found) <= LONGEST else None for found in split
        ]


def _only(symbols: Sequence[str], found: Sequence[str]) -> Clause | None:
    try:
        meaning = linear.decode(symbols, found, World.OPEN)
    except LanguageError:
        return None
    asked = () if meaning.goal is None else (meaning.goal,)
    said = (*meaning.facts, *meaning.rules, *asked, *meaning.wanted, *meaning.means)
    return said[0] if len(said) == 1 else None


def _typed(meaning: Meaning) -> Meaning:
    """Return a meaning that is well typed by itself.

    Raises:
        LanguageError: it is not.
    """
    checked(Theory(facts=meaning.facts, rules=meaning.rules, world=World.OPEN), meaning.goal)
    checked(Theory(facts=(*meaning.wanted, *meaning.means), rules=(), world=World.OPEN))
    return meaning
