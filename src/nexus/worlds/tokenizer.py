"""Text to token numbers and back: byte-pair encoding trained on a world's own text.

A tokenizer is a value: its JSON is an artefact like any other, and equal texts train equal JSON.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from nexus.base.errors import CheckpointError, ConfigError, InputError

PAD: Final = "[pad]"
MASK: Final = "[mask]"
UNKNOWN: Final = "[unk]"
START: Final = "Ġ"
"""Written before a word's first piece, so that pieces can be joined to words again."""


class Tokenizer:
    """Byte-pair encoding (arXiv:1508.07909) of lower-case words and punctuation marks.

    A character training never saw becomes ``[unk]``.
    """

    pad = 0
    mask = 1
    unknown = 2

    def __init__(self, content: str) -> None:
        """Read a tokenizer from its JSON.

        Raises:
            CheckpointError: the JSON is damaged or is not a NEXUS tokenizer.
        """
        try:
            self._backend = Backend.from_str(content)
        except Exception as error:  # the backend raises nothing narrower
            raise CheckpointError(
                f"the tokenizer cannot be read: {error}", hint="train the run again"
            ) from error
        if [self._backend.token_to_id(t) for t in (PAD, MASK, UNKNOWN)] != [0, 1, 2]:
            raise CheckpointError(
                "the tokenizer's special tokens are not 0, 1 and 2",
                hint="it was not trained by nexus.worlds.tokenizer",
            )
        self.content = content

    @classmethod
    def train(cls, texts: Iterable[str], *, size: int) -> "Tokenizer":
        """Return a tokenizer of at most ``size`` tokens; the same texts give the same JSON.

        Raises:
            ConfigError: ``size`` leaves no room for the letters themselves.
        """
        corpus = list(texts)
        letters = {c for text in corpus for c in text.lower()} - {" "}
        if size < (least := 2 * len(letters) + 8):
            raise ConfigError(f"world.vocabulary must be at least {least}, got {size}")
        backend = Backend(models.BPE(unk_token=UNKNOWN))
        backend.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.BertPreTokenizer(),  # splits at spaces and around punctuation
                pre_tokenizers.Metaspace(replacement=START, prepend_scheme="always", split=False),
            ]
        )
        backend.decoder = decoders.Metaspace(replacement=START, prepend_scheme="always")
        backend.train_from_iterator(
            corpus,
            trainers.BpeTrainer(
                vocab_size=size,
                special_tokens=[PAD, MASK, UNKNOWN],
                show_progress=False,
                min_frequency=1,
            ),
        )
        return cls(backend.to_str())

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return self._backend.get_vocab_size()

    def encode_batch(
        self, texts: Sequence[str], max_tokens: int
    ) -> tuple[Int64[np.ndarray, "n t"], Bool[np.ndarray, "n t"]]:
        """Return token numbers, cut at ``max_tokens``, and padding (True where there is no token).

        ``t`` is the longest text of the batch, at least 1 and at most ``max_tokens``.
        """
        rows = [e.ids[:max_tokens] for e in self._backend.encode_batch_fast(list(texts))]
        longest = max(1, max(map(len, rows), default=1))
        ids = np.full((len(rows), longest), self.pad, dtype=np.int64)
        padding = np.ones((len(rows), longest), dtype=bool)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            padding[i, : len(row)] = False
        return ids, padding

    def length(self, text: str) -> int:
        """Return how many tokens the text has, uncut."""
        return len(self._backend.encode(text).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of token numbers, lower case; padding and masks are left out.

        Punctuation is set as in English: none before it but a space after.
        """
        joined = self._backend.decode([int(i) for i in ids], skip_special_tokens=True)
        return re.sub(r" (?=[,.;:?!])", "", joined).strip()


def unknown_words(text: str, words: frozenset[str]) -> tuple[str, ...]:
    """Return the words of ``text`` that ``words`` does not contain, each once, in order.

    >>> unknown_words("Is there a blue elephant?", frozenset({"is", "there", "a", "blue"}))
    ('elephant',)
    """
    found = re.findall(r"[^\W\d_]+|\d+", text.lower())
    return tuple(dict.fromkeys(word for word in found if word not in words))


def checked(text: str, words: frozenset[str]) -> str:
    """Return the text if it uses known words only.

    Raises:
        InputError: it does not; the words are named.
    """
    if strange := unknown_words(text, words):
        raise InputError(
            "unknown " + ("word " if len(strange) == 1 else "words ") + ", ".join(strange),
            hint="ask with the words the world was trained on",
        )
    return text
