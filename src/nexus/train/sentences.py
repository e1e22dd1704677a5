"""Teaching the parser of sentences: single sentences with what they say, made-up words and all."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import torch
from jaxtyping import Int, Int64
from torch import Tensor, nn
from torch.nn import functional

from nexus.base.randomness import key
from nexus.config import PhaseConfig
from nexus.nn.seeding import stream
from nexus.reason.sentences import automaton
from nexus.reason.sentences.network import SentenceNetwork
from nexus.reason.sentences.pointing import nearest
from nexus.reason.sentences.words import (
    RUNS,
    SLOTS,
    Lexicon,
    Seen,
    denies,
    empties,
    firsts,
    forms,
    hashed,
    pointed,
    runs_of,
    stacked,
)
from nexus.train.frozen import FrozenPhase
from nexus.train.phase import Losses
from nexus.worlds.dice import Dice, dice
from nexus.worlds.planning.telling import drills
from nexus.worlds.theories import Sentence, utterances

NONE: Final = -1
"""Marks where a sequence has ended."""
SPOILT: Final = 10
"""One sentence in so many is also taught with one word of grammar too few, too many or elsewhere,
to be abstained from: what is a word away from what can be read is often something else."""
SAID: Final = 12
"""How often a word must have been met without being a name to be a word of grammar."""
TOGETHER: Final = 4
"""Batches whose sentences are sorted by length and dealt out again, to save padding."""
_NOTHING: Final = ("none", "end")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """The words of a sentence, and the symbols of what they say."""

    words: tuple[str, ...]
    symbols: tuple[str, ...]

    @property
    def means(self) -> bool:
        """Whether it says anything that can be said."""
        return self.symbols != _NOTHING


def lessons(seed: int, split: str, count: int, planned: int = 0) -> list[Lesson]:
    """Return sentences to read, some of them spoilt, of which nothing is to be made.

    So many are of theories, and so many of planning.
    """
    found = _spoilt_too(seed, split, utterances(seed, split, np.arange(count)), "spoilt", set())
    if planned:
        of_planning = drills(seed, split, np.arange(planned))
        found += _spoilt_too(seed, split, of_planning, "spoilt plans", _NEEDLESS)
    return found


def _spoilt_too(
    seed: int, split: str, told: Sequence[Sentence], stream: str, needless: Collection[str]
) -> list[Lesson]:
    """Return sentences as lessons, and then some of them spoilt."""
    found = [Lesson(words=x.words, symbols=x.symbols) for x in told]
    grammar = unnamed(found)
    silent = sorted(set(grammar) - set(needless))
    makes = {_make(x.words, grammar) for x in found if x.means}
    thrown = dice(key(seed, "sentences", stream, split), np.arange(len(told)))
    for (one,), lesson in zip(thrown, list(found), strict=True):
        if lesson.means and one.roll(SPOILT) == 0:
            words = spoilt(one, lesson.words, silent)
            if _make(words, grammar) not in makes:  # less a "not" it may say something else
                found.append(Lesson(words=words, symbols=_NOTHING))
    return found


def _make(words: Sequence[str], silent: Container[str]) -> tuple[str, ...]:
    """Return a sentence with nothing for every word that is none of grammar."""
    return tuple(x if x in silent else "" for x in map(str.lower, words))


def unnamed(found: Sequence[Lesson]) -> Counter[str]:
    """Return how often words occur in sentences with a meaning that are no part of any name."""
    counted = Counter[str]()
    for lesson in found:
        if lesson.means:
            named = {form for i in pointed(lesson.symbols) for form in forms(lesson.words[i])}
            counted.update(x.lower() for x in lesson.words if not forms(x) & named)
    return Counter({word: count for word, count in counted.items() if count >= SAID})


def spoilt(one: Dice, words: Sequence[str], silent: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence with one word of grammar too few, too many or elsewhere."""
    found = list(words)
    grammar = [i for i, x in enumerate(words) if x.isalpha() and x.lower() in silent]
    missed = [i for i in grammar if words[i].lower() not in _IDLE]
    way = one.roll(4)
    if way == 0 and missed:
        del found[one.pick(missed)]
    elif way == 1 and grammar and len(found) > 3:
        at = one.pick(grammar)
        other = max(1, at - 1) if one.roll(2) else min(len(found) - 2, at + 1)
        found[at], found[other] = found[other], found[at]
    elif way == 2:
        found.insert(1 + one.roll(len(found) - 1), one.pick([x for x in silent if x.isalpha()]))
    if found == list(words):
        at = 1 + one.roll(len(found) - 1)
        found.insert(at, one.pick([x for x in words if x.isalpha()]).lower())
    return tuple(found)


_IDLE: Final = frozenset({"then", "that", "the", "a", "an", "both"})
"""Words without which a sentence may well say the same."""
_OFTEN: Final = (
    "the a an block object package parcel truck plane airplane airport location place city of that "
    "there at in first now initially currently end finally please one top directly down i my"
)
_NEEDLESS: Final = frozenset(_OFTEN.split())
"""Words that a sentence of planning may well have or lack: too few or too many spoil nothing."""


def known_words(found: Sequence[Lesson]) -> Lexicon:
    """Return what lessons show of words: which are words of grammar, and in which company.

    Silent are words that sentences with a meaning may have beside names. Words that are met only
    where nothing can be said ("most", "might") are known as well, so that they are recognised.
    """
    silent, named, counted = unnamed(found), set[str](), Counter[str]()
    for lesson in found:
        named.update(lesson.words[i].lower() for i in pointed(lesson.symbols))
        counted.update({word.lower() for word in lesson.words})
    other = (x for x, count in counted.items() if count >= SAID and x not in named)
    words = [*silent, *sorted(x for x in other if x not in silent)][:SLOTS]
    slot = {hashed(word): at for at, word in enumerate(words, start=1)}
    denying = set(silent) - _affirming(x for x in found if not _empties(x))
    bare = Lexicon(
        slot=slot,
        silent=frozenset(map(hashed, silent)),
        denying=frozenset(map(hashed, denying)),
        emptying=frozenset(map(hashed, denying & _affirming(x for x in found if _empties(x)))),
        runs=frozenset(),
    )
    met = Counter[int]()
    for lesson in found:
        if lesson.means:
            skeleton = bare.skeleton(lesson.words)
            met.update({*runs_of(skeleton, 2), *runs_of(skeleton, 3)})
    return replace(bare, runs=frozenset(run for run, _ in met.most_common(RUNS)))


def _affirming(found: Iterable[Lesson]) -> set[str]:
    """Return the words of sentences with a meaning that deny nothing."""
    affirmed = (x for x in found if x.means and not denies(x.symbols))
    return {word.lower() for lesson in affirmed for word in lesson.words}


def _empties(lesson: Lesson) -> bool:
    return empties(lesson.symbols)


@dataclass(frozen=True, kw_only=True, slots=True)
class SentenceBatch:
    """Sentences, and what they say."""

    seen: Seen
    codes: Int[Tensor, "batch symbol"]
    """``NONE`` after the end."""


class Lessons:
    """Lessons as numbers."""

    def __init__(self, found: Sequence[Lesson], lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.looks = [lexicon.looks(x.words) for x in found]
        self.first = [firsts(x.words) for x in found]
        self.codes = [automaton.encode(nearest(x.symbols, x.words)) for x in found]

    def __len__(self) -> int:
        return len(self.codes)

    def batch(self, rows: Sequence[int]) -> SentenceBatch:
        """Return these rows as tensors."""
        codes = [self.codes[i] for i in rows]
        longest = max(map(len, codes))
        return SentenceBatch(
            seen=stacked([self.looks[i] for i in rows], [self.first[i] for i in rows]),
            codes=torch.tensor([[*row, *[NONE] * (longest - len(row))] for row in codes]),
        )

    def lengths(self) -> Int64[np.ndarray, "lesson 2"]:
        """Return how long each sequence is, and each sentence."""
        both = zip(map(len, self.codes), map(len, self.first), strict=True)
        return np.array(list(both), dtype=np.int64)


class _Learner(nn.Module):
    """The network with its loss: nats a sentence, the mean over the rows."""

    def __init__(self, network: SentenceNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: SentenceBatch) -> Losses:
        logits = self.network(batch.seen, batch.codes[:, :-1].clamp(min=0))
        loss = functional.cross_entropy(
            logits.flatten(0, 1), batch.codes.flatten(), ignore_index=NONE, reduction="sum"
        )
        return Losses(total=loss / len(batch.codes))


class SentencePhase(FrozenPhase):
    """Training of the parser of sentences; ``config.batch`` counts sentences."""

    def __init__(
        self,
        network: SentenceNetwork,
        config: PhaseConfig,
        *,
        count: int,
        seed: int,
        planned: int = 0,
    ) -> None:
        super().__init__("sentences", _Learner(network), config, seed=seed)
        self.network, self.count, self.planned = network, count, planned
        self._order = lru_cache(2)(self._ordered)

    @cached_property
    def lessons(self) -> Lessons:
        """All that is learnt from; made when first needed, for a finished phase needs none."""
        found = lessons(self.seed, "train", self.count, self.planned)
        return Lessons(found, known_words(found))

    def batch(self, step: int, rank: int, world: int) -> SentenceBatch:
        """Return rows ``rank::world`` of the sentences of a step."""
        size = self.config.batch
        epoch, at = divmod(step - 1, len(self.lessons) // size)
        rows = self._order(epoch)[at * size : (at + 1) * size]
        return self.lessons.batch(rows[rank::world].tolist())

    def _ordered(self, epoch: int) -> Int64[np.ndarray, " lesson"]:
        """Return the rows of an epoch: shuffled, sorted by length within ``TOGETHER`` batches."""
        size = self.config.batch
        g = stream(self.seed, "sentences", "order", epoch)
        shuffled = torch.randperm(len(self.lessons), generator=g).numpy()
        batches = len(shuffled) // size
        lengths = self.lessons.lengths()[shuffled]
        group = np.arange(len(shuffled)) // (TOGETHER * size)
        ordered = shuffled[np.lexsort((lengths[:, 1], lengths[:, 0], group))][: batches * size]
        turn = torch.randperm(batches, generator=g).numpy()
        return ordered.reshape(batches, size)[turn].reshape(-1)

    def after_step(self, step: int) -> None:
        """Note, once, what is known of words; checkpoints keep it from then on."""
        if step == 1:
            self.network.learn_words(self.lessons.lexicon)
