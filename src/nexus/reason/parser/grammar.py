"""Which symbols may come next while a query is written, so that every query written is one."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import torch
from jaxtyping import Bool
from torch import Tensor

from nexus.base.errors import ConfigError
from nexus.logic.language import SIGNATURES, Vocabulary, allowed

_REMEMBERED: Final = 1 << 16
"""Beginnings whose continuations are kept; a few thousand cover all that people ask."""


class Grammar:
    """The queries of one vocabulary with at most ``longest`` symbols, symbol by symbol.

    A symbol may follow if the query language allows it and the query can still be finished in
    time. For the second the grammar keeps count of what is *owed*: the least number of symbols
    that completes a beginning. A query is complete exactly when nothing is owed.
    """

    def __init__(self, vocabulary: Vocabulary, longest: int) -> None:
        self.vocabulary, self.longest = vocabulary, longest
        self.symbols = vocabulary.symbols
        self._id = {symbol: i for i, symbol in enumerate(self.symbols)}
        least = _least()
        self._owed_at_first = least["answer"]
        if longest < self._owed_at_first:
            raise ConfigError(
                f"reason.query_symbols must be at least {self._owed_at_first}, got {longest}"
            )
        growth = [-1] * len(self.symbols)  # an attribute, value or relation pays what it owed
        for op, signature in SIGNATURES.items():
            owes = sum(least[sort] for sort in (*signature.arguments, *signature.children))
            growth[self._id[op]] = owes - least[signature.result]
        self._growth = growth
        self._remembered = lru_cache(_REMEMBERED)(self._may_follow)

    def encode(self, symbols: Sequence[str]) -> list[int]:
        """Return the number of each symbol of a query."""
        return [self._id[symbol] for symbol in symbols]

    def owed(self, prefix: Sequence[int]) -> int:
        """Return the least number of symbols that completes ``prefix``; 0 when it is complete."""
        return self._owed_at_first + sum(self._growth[symbol] for symbol in prefix)

    def may_follow(self, prefix: tuple[int, ...]) -> Bool[Tensor, " symbol"]:
        """Return which symbols may follow a beginning that is not complete; at least one may.

        Raises:
            LanguageError: ``prefix`` is not the beginning of any query.
        """
        return self._remembered(prefix)

    def _may_follow(self, prefix: tuple[int, ...]) -> Bool[Tensor, " symbol"]:
        legal = allowed([self.symbols[i] for i in prefix], self.vocabulary)
        room = self.longest - len(prefix) - 1 - self.owed(prefix)
        may = [s in legal and self._growth[i] <= room for i, s in enumerate(self.symbols)]
        return torch.tensor(may)


def _least() -> dict[str, int]:
    """Return the length of the shortest thing of every sort, by relaxation from below."""
    least: dict[str, int] = {"attribute": 1, "value": 1, "relation": 1}
    for _ in SIGNATURES:  # each round settles at least one more sort
        for signature in SIGNATURES.values():
            needs = (*signature.arguments, *signature.children)
            if all(sort in least for sort in needs):
                length = 1 + sum(least[sort] for sort in needs)
                least[signature.result] = min(length, least.get(signature.result, length))
    return least
