"""What a suspect rule comes to now, as far as outcomes tell: a guess, weighed and checked.

Two relations in a row may come to any relation. Each possibility is held against every revealed
outcome since the change; the one that explains most is the guess, if it explains nearly all of
those about the rule and no other comes near. Nothing is looked up: where outcomes do not decide,
there is no guess.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool

from nexus.base.errors import InputError
from nexus.worlds.puzzles import Khop, Puzzles

EXPLAINED: Final = 0.8
"""Least share of the outcomes about the rule that a guess must explain."""
LEAD: Final = 3
"""Outcomes a guess must explain more than any other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleChange:
    """What a rule is guessed to come to."""

    first: int
    second: int
    to: int
    explained: int
    """Outcomes about the rule that this explains."""
    runner_up: int
    """The most that any other possibility explains."""
    of: int

    def under(self, known: Khop) -> Khop:
        """Return the puzzle as it is if the guess is right."""
        return known.under(known.rules.changed(self.first, self.second, self.to))

    def explains(self, known: Khop, said: Puzzles) -> Bool[np.ndarray, " n"]:
        """Return which solutions are right if the guess is."""
        return _right(self.under(known), said)

    def words(self, known: Khop) -> str:
        """Return the guess as people say it."""
        first, second, to = (known.rules.relations[r] for r in (self.first, self.second, self.to))
        return f"{first!r} and then {second!r} come to {to!r}"


def is_rule(known: Khop, tag: str) -> bool:
    """Return whether a tag names a rule, such as ``rule:3x5`` does."""
    return _rule(known, tag) is not None


def guess(known: Khop, revealed: Puzzles, tag: str) -> RuleChange | None:
    """Return what the rule that ``tag`` names comes to now, or None if outcomes do not decide.

    ``known`` are the rules as they were learned; ``revealed`` are examples since the change whose
    solutions turned out.

    Raises:
        InputError: the tag names no rule, such as ``rule:3x5`` does.
    """
    named, top = _rule(known, tag), known.answers
    if named is None:
        raise InputError(f"{tag!r} names no rule of {known.name}", hint=f"rule:0x0 to {top - 1}")
    first, second = named
    some = revealed.take([row for row, t in enumerate(known.tags(revealed)) if tag in t])
    fits = [
        int(_right(known.under(known.rules.changed(first, second, to)), some).sum())
        for to in range(top)
    ]
    best = int(np.argmax(fits))
    runner_up = max(fit for to, fit in enumerate(fits) if to != best)
    if fits[best] < EXPLAINED * len(some) or fits[best] < runner_up + LEAD:
        return None
    return RuleChange(
        first=first,
        second=second,
        to=best,
        explained=fits[best],
        runner_up=runner_up,
        of=len(some),
    )


def told(known: Khop, said: Puzzles) -> RuleChange | None:
    """Return the change of one rule that nearly all of ``said`` speaks for, or None.

    Each rule that something is said about is guessed; the guess that explains most counts if it
    explains ``EXPLAINED`` of everything, and ``LEAD`` more than the known rules do.
    """
    rules = sorted({tag for tags in known.tags(said) for tag in tags if is_rule(known, tag)})
    guesses = [found for tag in rules if (found := guess(known, said, tag)) is not None]
    explained = [int(found.explains(known, said).sum()) for found in guesses]
    least = max(EXPLAINED * len(said), _right(known, said).sum() + LEAD)
    if not guesses or max(explained) < least:
        return None
    return guesses[int(np.argmax(explained))]


def _rule(known: Khop, tag: str) -> tuple[int, int] | None:
    """Return the two relations of the rule that a tag names, if it names one."""
    named = re.fullmatch(r"rule:(\d)x(\d)", tag)
    if named is None or max(rule := (int(named[1]), int(named[2]))) >= known.answers:
        return None
    return rule


def _right(puzzle: Khop, puzzles: Puzzles) -> Bool[np.ndarray, " n"]:
    """Return which solutions are those of this puzzle's rules."""
    expected = puzzle.answered(puzzles).solution
    return ((expected == puzzles.solution) | ~puzzles.asked).all(1)
