"""How one proposal stands: its state, who decided, and what was observed of what it promised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from nexus.base.intervals import wilson
from nexus.base.proposals import Effect, Policy
from nexus.review.entries import Proposed, Role

State = Literal[
    "draft",
    "shadowed",
    "pending",
    "approved",
    "applying",
    "applied",
    "monitoring",
    "confirmed",
    "denied",
    "expired",
    "superseded",
    "failed",
    "rolled_back",
]
OPEN: Final[tuple[State, ...]] = ("draft", "shadowed", "pending", "approved")
"""States before anything has moved."""
LIVE: Final[tuple[State, ...]] = ("applied", "monitoring", "confirmed")
"""States in which the candidate thinks, unless a later change supplanted it."""
FEW: Final = 30
"""Outcomes of which no change is rolled back by the monitor, or a window if that is fewer."""
SURE: Final = 2.58
"""Of the monitor's interval, 99 %: it looks again at each report, and each look may err."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewer:
    """A person who may decide."""

    name: str
    key: str
    role: Role
    demo: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Outcomes observed of one figure."""

    right: int = 0
    n: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """How one proposal stands."""

    asked: Proposed
    state: State
    report: str = ""
    flags: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    """Who said yes."""
    observed: Mapping[str, Outcome] = field(default_factory=dict[str, Outcome])
    note: str = ""
    """Why it ended, if someone said why."""
    decided: tuple[str, ...] = ()
    """Who decided in the end."""

    @property
    def change(self) -> str:
        """Return its id."""
        return self.asked.change

    def needs(self, policy: Policy) -> int:
        """Return how many persons must approve it."""
        return max(policy.approvals, policy.flagged_approvals if self.flags else 0)

    def fallen(self, policy: Policy) -> str:
        """Return what was observed below what was agreed, in plain words, or ""."""
        for effect in self.asked.effects:
            seen = self.observed.get(effect.figure, Outcome())
            if seen.n < min(policy.window, FEW):
                continue
            share, least = wilson(seen.right, seen.n, z=SURE), floor_of(effect, policy)
            if share.high < least:
                return (
                    f"{effect.figure}: {seen.right} of {seen.n} right, at most {share.high:.3f};"
                    f" expected {effect.expected:.3f}, rolled back below {least:.3f}"
                )
        return ""

    def proven(self, policy: Policy) -> bool:
        """Return whether enough was observed of every effect."""
        seen = [self.observed.get(effect.figure, Outcome()).n for effect in self.asked.effects]
        return bool(seen) and min(seen) >= policy.window and not self.fallen(policy)


def floor_of(effect: Effect, policy: Policy) -> float:
    """Return the accuracy below which an effect is rolled back."""
    return effect.expected - effect.tolerance - policy.fallen
