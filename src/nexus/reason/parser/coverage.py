"""Whether a reading says what the question says: nothing lost, nothing added, nothing said twice.

A writer that confuses two nouns is wrong without being unsure. What most words mean needs no
network, though: "purple" and "violet" go with the symbol ``purple``, as often as they are said.
This is learnt by counting, and only what held without exception in training is relied upon.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def counts(rows: Sequence[Sequence[int]], kinds: int) -> Float[Tensor, "row kind"]:
    """Return how often each number below ``kinds`` occurs in each row."""
    counted = torch.zeros(len(rows), kinds)
    for row, numbers in zip(counted, rows, strict=True):
        row += torch.bincount(torch.tensor(numbers, dtype=torch.long), minlength=kinds)
    return counted


def sayings(
    words: Float[Tensor, "question word"], symbols: Float[Tensor, "question symbol"]
) -> Bool[Tensor, "word symbol"]:
    """Return which words say which symbol, from how often each occurs in questions and queries.

    A word says a symbol if it never occurs without it, unless other such words account for it
    wherever it does ("an" never occurs without ``orange``, but "orange" is there too). A symbol is
    then kept if in every question the words that say it are as many as its occurrences in the
    query; of others, no word says it.
    """
    without = (words > 0).float().T @ (symbols == 0).float()
    says = (without == 0) & (words > 0).any(0)[:, None]
    for symbol in range(symbols.shape[1]):
        _drop_redundant(says[:, symbol], words, symbols[:, symbol])
    exact = (words @ says.float() == symbols).all(0)
    return says & exact


def _drop_redundant(
    says: Bool[Tensor, " word"],
    words: Float[Tensor, "question word"],
    wanted: Float[Tensor, " question"],
) -> None:
    """Clear in ``says`` the words that are not needed to account for a symbol, rarest first."""
    said = words @ says.float()
    candidates = says.nonzero()[:, 0]
    for word in candidates[words[:, candidates].sum(0).argsort()].tolist():
        here = words[:, word] > 0
        if (said - words[:, word] >= wanted)[here].all():
            said = said - words[:, word]
            says[word] = False


def miscounted(
    words: Sequence[int], query: Sequence[int], says: Bool[Tensor, "word symbol"]
) -> list[int]:
    """Return the symbols that ``query`` has more or less often than ``words`` say them."""
    said = says[list(words)].sum(0)
    written = torch.bincount(torch.tensor(query, dtype=torch.long), minlength=says.shape[1])
    return ((said != written) & says.any(0)).nonzero()[:, 0].tolist()
