"""What a sentence's words look like to the network: words of grammar by name, all others by shape.

Of a word that is no word of grammar only its ending and its looks are seen, never which word it is.
So nothing can be known about it but where it stands, and a made-up word is read like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from zlib import crc32

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from nexus.logic.lemmas import base, singular

LONGEST: Final = 48
"""Most words and marks of a sentence that is read."""
SLOTS: Final = 512
"""Most words of grammar."""
RUNS: Final = 1 << 15
"""Most runs of words that can be remembered."""
LOOKS: Final = 5
"""Numbers by which a word is looked up: its name, its last one, two and three letters, its look."""
_ENDINGS: Final = 256
_SHAPES: Final = 6
ROWS: Final = SLOTS + 1 + 3 * _ENDINGS + _SHAPES
"""Rows of the table that the numbers index."""
OPEN: Final = "*"
"""Stands for any word that is no word of grammar."""
_EDGE: Final = "|"


@lru_cache(1 << 16)
def hashed(text: str) -> int:
    """Return a name for a text, of 63 bits."""
    return int.from_bytes(blake2b(_bytes(text), digest_size=8).digest()) >> 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """The words of grammar, and in which company they were met; all by their hashes."""

    slot: dict[int, int]
    """Word of grammar -> its number, from 1."""
    silent: frozenset[int]
    """Words that a sentence with a meaning may have beside those it names."""
    denying: frozenset[int]
    """Silent words that no sentence has without denying something."""
    runs: frozenset[int]
    """Runs of two and three words met in sentences with a meaning, open words as ``OPEN``."""
    emptying: frozenset[int] = frozenset()
    """Denying words that may also say that a block is clear, or a hand is empty: "nothing"."""

    def skeleton(self, words: Sequence[str]) -> list[str]:
        """Return a sentence with ``OPEN`` for every word that is no word of grammar."""
        lower = [word.lower() for word in words]
        return [word if hashed(word) in self.slot else OPEN for word in lower]

    def unheard(self, words: Sequence[str], length: int) -> int:
        """Return how many runs of ``length`` words a sentence has that were never met."""
        return sum(run not in self.runs for run in runs_of(self.skeleton(words), length))

    def denies(self, words: Sequence[str], symbols: Sequence[str] = ()) -> bool:
        """Return whether a sentence has a word that denies, be it read as ``symbols`` or at all."""
        idle = self.emptying if empties(symbols) else frozenset[int]()
        return any(hashed(word.lower()) in self.denying - idle for word in words)

    def unsaid(self, words: Sequence[str], symbols: Sequence[str]) -> list[str]:
        """Return the words that are neither named by a sequence nor silent, each once."""
        named = {form for i in pointed(symbols) for form in forms(words[i])}
        return [
            word
            for word in dict.fromkeys(words)
            if hashed(word.lower()) not in self.silent and not forms(word) & named
        ]

    def looks(self, words: Sequence[str]) -> list[list[int]]:
        """Return the numbers by which each word is looked up."""
        return [_looks(word, self.slot.get(hashed(word.lower()), 0)) for word in words]


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # halves of characters are to be looked at too


def runs_of(skeleton: Sequence[str], length: int) -> list[int]:
    """Return the hashes of all runs of so many words, the sentence's edges counted as words."""
    edged = (_EDGE, *skeleton, _EDGE)
    return [hashed(" ".join(edged[i : i + length])) for i in range(len(edged) - length + 1)]


@lru_cache(1 << 16)
def _looks(word: str, slot: int) -> list[int]:
    if slot:
        return [slot, 0, 0, 0, ROWS - _SHAPES]
    endings = [
        SLOTS + 1 + k * _ENDINGS + crc32(_bytes(word[-k - 1 :].lower())) % _ENDINGS
        for k in range(3)
    ]
    return [0, *endings, ROWS - _SHAPES + _shape(word)]


def _shape(word: str) -> int:
    if not word[:1].isalpha():
        return 1 if word.isalnum() else 2
    if not word.isalnum() or not word.isascii():
        return 3
    return 5 if word[0].isupper() else 4


@lru_cache(1 << 16)
def forms(word: str) -> frozenset[str]:
    """Return a word and the base forms it may have, as a noun and as a verb."""
    lower = word.lower()
    return frozenset((lower, singular(lower), base(lower)))


def pointed(symbols: Sequence[str]) -> set[int]:
    """Return which words a sequence points to."""
    found, last = set[int](), 0
    for symbol in symbols:
        if symbol.startswith("@"):
            last = int(symbol[1:])
        elif symbol == "join":
            last += 1
        else:
            continue
        found.add(last)
    return found


def denies(symbols: Sequence[str]) -> bool:
    """Return whether a sequence denies anything."""
    return any(symbol.endswith("_not") for symbol in symbols)


def empties(symbols: Sequence[str]) -> bool:
    """Return whether a sequence says that a block is clear, or a hand is empty."""
    return "clear" in symbols or "hand_empty" in symbols


def firsts(words: Sequence[str]) -> list[int]:
    """Return for every word where a word like it, in whatever form, is first met."""
    met = dict[str, int]()
    found = list[int]()
    for at, word in enumerate(words):
        first = min((met[form] for form in forms(word) if form in met), default=at)
        for form in forms(word):
            met.setdefault(form, first)
        found.append(first)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A batch of sentences as the network sees them."""

    looks: Int[Tensor, "batch word look"]
    first: Int[Tensor, "batch word"]
    """Where a word like this one is first met."""
    keep: Bool[Tensor, "batch word"]
    """True where there is a word."""

    def __getitem__(self, rows: slice) -> "Seen":
        return Seen(looks=self.looks[rows], first=self.first[rows], keep=self.keep[rows])

    def __len__(self) -> int:
        return len(self.keep)


def seen(sentences: Sequence[Sequence[str]], lexicon: Lexicon) -> Seen:
    """Return sentences, none of them empty, as the network sees them."""
    return stacked([lexicon.looks(x) for x in sentences], [firsts(x) for x in sentences])


def stacked(looks: Sequence[Sequence[Sequence[int]]], first: Sequence[Sequence[int]]) -> Seen:
    """Return rows of unequal length as one batch."""
    longest = max(map(len, first))
    empty = [[0] * LOOKS]
    lengths = torch.tensor([len(row) for row in first])
    return Seen(
        looks=torch.tensor([[*row, *empty * (longest - len(row))] for row in looks]),
        first=torch.tensor([[*row, *[0] * (longest - len(row))] for row in first]),
        keep=torch.arange(longest) < lengths[:, None],
    )
