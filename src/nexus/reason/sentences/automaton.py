"""Which symbols may come next, for a whole batch of sentences at once.

It says what ``logic.linear.allowed`` says, one step at a time and without a look back; that one is
slow and obvious, and the tests hold this one against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from nexus.logic.linear import FACTS, PARTS, RELATED, SYMBOLS, VARIABLES, claims, nameable, names
from nexus.logic.meaning import KIND
from nexus.logic.theory import BODY

CODES: Final = {symbol: code for code, symbol in enumerate(SYMBOLS)}
"""Symbol -> its number; the pointer to word i is number ``POINTER + i``."""
POINTER: Final = len(SYMBOLS)
NAME: Final = 31
"""Most letters of a symbol."""
_PARTS_OF_SENTENCE: Final = ("fact", "rule", "then", "ask", "goal", "means")
_NONE: Final = len(SYMBOLS)
"""Row of the tables below for a sentence that is at none of its parts."""


def _tables() -> tuple[Bool[Tensor, "part symbol"], Int[Tensor, "part symbol"]]:
    """Return which symbols are claims in which part, and of how many names each is made."""
    may = torch.zeros(_NONE + 1, len(SYMBOLS), dtype=torch.bool)
    owed = torch.zeros(_NONE + 1, len(SYMBOLS), dtype=torch.long)
    for part in _PARTS_OF_SENTENCE:
        for claim in claims(part):
            may[CODES[part], CODES[claim]] = True
            owed[CODES[part], CODES[claim]] = names(part, claim)
    return may, owed


_MAY_CLAIM, _OWED = _tables()
_RELATED: Final = torch.tensor([symbol in RELATED for symbol in SYMBOLS])


def encode(symbols: Sequence[str]) -> list[int]:
    """Return the number of each symbol."""
    return [POINTER + int(x[1:]) if x.startswith("@") else CODES[x] for x in symbols]


def decode(codes: Sequence[int]) -> tuple[str, ...]:
    """Return the symbol of each number."""
    return tuple(f"@{x - POINTER}" if x >= POINTER else SYMBOLS[x] for x in codes)


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Where each sentence's sequence has got to: the fields of ``logic.linear``, in columns."""

    at: Int[Tensor, " batch"]
    """The code of "fact", "rule", "then", "ask", "goal", "means", "none" or "end"; -1 at first."""
    count: Int[Tensor, " batch"]
    owed: Int[Tensor, " batch"]
    naming: Bool[Tensor, " batch"]
    met: Int[Tensor, " batch"]
    last: Int[Tensor, " batch"]
    parts: Int[Tensor, " batch"]
    claim: Bool[Tensor, " batch"]

    @property
    def ended(self) -> Bool[Tensor, " batch"]:
        """Whether a sequence is complete."""
        return self.at == CODES["end"]

    def rows(self, rows: Int[Tensor, " some"]) -> "State":
        """Return the states of some sentences."""
        return State(**{x.name: getattr(self, x.name)[rows] for x in fields(self)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Automaton:
    """What can be said of the words of a batch of sentences."""

    names: Bool[Tensor, "batch word"]
    """Whether a word can be a name."""
    letters: Int[Tensor, "batch word"]
    """How many it has; words past a sentence's end have none and are no names."""
    article: Bool[Tensor, "batch word"]
    """Whether it is "a", with which a name of several words cannot begin."""

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]]) -> "Automaton":
        """Return the automaton of a batch of sentences, given as their words."""
        longest = max(map(len, sentences))
        padded = [[*words, *[""] * (longest - len(words))] for words in sentences]
        return cls(
            names=torch.tensor([[nameable(word) for word in words] for words in padded]),
            letters=torch.tensor([[len(word) for word in words] for words in padded]),
            article=torch.tensor([[word.lower() == KIND[0] for word in words] for words in padded]),
        )

    def rows(self, rows: Int[Tensor, " some"]) -> "Automaton":
        """Return the automaton of some of the sentences."""
        return Automaton(
            names=self.names[rows], letters=self.letters[rows], article=self.article[rows]
        )

    def begin(self) -> State:
        """Return the state before any symbol."""
        none = torch.zeros(len(self.names), dtype=torch.long)
        no = none.bool()
        return State(
            at=none - 1,
            count=none,
            owed=none,
            naming=no,
            met=none,
            last=none - 1,
            parts=none,
            claim=no,
        )

    def may_follow(self, state: State) -> Bool[Tensor, "batch choice"]:
        """Return which symbols may come next; none after "end"."""
        may = torch.zeros(len(self.names), POINTER + self.names.shape[1], dtype=torch.bool)
        first, open_ = state.at < 0, ~state.claim & (state.at >= 0) & ~state.ended
        owed = open_ & (state.owed > 0)
        free, named = open_ & (state.owed == 0), owed & ~state.naming
        at = {name: free & (state.at == CODES[name]) for name in (*_PARTS_OF_SENTENCE, "none")}

        sayable = self.names.any(1)
        may[:, : len(SYMBOLS)] = _MAY_CLAIM[state.at] & state.claim[:, None]
        for name in ("fact", "rule", "ask", "goal", "means"):
            may[:, CODES[name]] |= first & sayable
        may[:, CODES["none"]] |= first
        may[:, POINTER:] = self.names & owed[:, None]
        for k, variable in enumerate(VARIABLES):
            new = (state.at == CODES["rule"]) & (state.met == k)
            may[:, CODES[variable]] = named & ((k < state.met) | new)
        may[:, CODES["join"]] = (named | free) & self._joinable(state)
        for name in ("fact", "then", "goal", "means"):
            may[:, CODES[name]] |= at[name] & (state.count < FACTS)
        may[:, CODES["and"]] = at["rule"] & (state.count < BODY)
        may[:, CODES["then"]] |= at["rule"]
        may[:, CODES["end"]] = free & (state.at != CODES["rule"])
        return may

    def _joinable(self, state: State) -> Bool[Tensor, " batch"]:
        """Return whether the name just written may go on with the next word."""
        longest = self.names.shape[1]
        following = (state.last + 1).clamp(max=longest - 1)[:, None]
        start = (state.last - state.parts + 1).clamp(min=0)
        place = torch.arange(longest)
        inside = (place >= start[:, None]) & (place <= following)
        # the words, a "_" between any two, and what a kind's name begins with
        letters = (self.letters * inside).sum(1) + state.parts + len(KIND)
        return (
            (state.last >= 0)
            & (state.last + 1 < longest)
            & (state.parts < PARTS)
            & self.names.gather(1, following)[:, 0]
            & ~self.article.gather(1, start[:, None])[:, 0]
            & (letters <= NAME)
        )

    def after(self, state: State, choice: Int[Tensor, " batch"]) -> State:
        """Return the state after a symbol that may come next."""
        pointed, joined = choice >= POINTER, choice == CODES["join"]
        claimed, symbol = state.claim, choice.clamp(max=POINTER - 1)
        owed = _OWED[state.at, symbol]
        naming = (state.at == CODES["means"]) | ~_RELATED[symbol]
        variable = torch.zeros_like(choice)
        for k, name in enumerate(VARIABLES):
            variable = variable.where(choice != CODES[name], k + 1)
        opened = torch.zeros_like(pointed)
        for name in _PARTS_OF_SENTENCE:
            opened |= choice == CODES[name]
        more = choice == CODES["and"]
        over = (choice == CODES["end"]) | (choice == CODES["none"])

        count = torch.where(opened & (state.at != choice), 1, state.count + (opened | more).long())
        last = torch.where(pointed, choice - POINTER, state.last + joined.long())
        reset = (variable > 0) | opened | more | over
        found = State(
            at=torch.where(opened | over, choice, state.at),
            count=count,
            owed=torch.where(claimed, owed, state.owed - (pointed | (variable > 0)).long()),
            naming=(state.naming | (claimed & naming)) & ~pointed,
            met=state.met.maximum(variable),
            last=last.masked_fill(reset, -1),
            parts=torch.where(pointed, 1, state.parts + joined.long()),
            claim=(state.claim & ~claimed) | opened | more,
        )
        return replace(
            found,
            count=found.count.masked_fill(over, 0),
            owed=found.owed.masked_fill(over, 0),
            naming=found.naming & ~over,
            met=found.met.masked_fill(over, 0),
            parts=found.parts.masked_fill(over, 0),
            claim=found.claim & ~over,
        )
