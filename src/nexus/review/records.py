"""Track records: what was promised and what came of it, who says yes and how often."""

from dataclasses import dataclass

from nexus.review.book import Book
from nexus.review.change import LIVE


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One promise and what was observed of it."""

    change: str
    figure: str
    expected: float
    observed: float
    n: int
    kept: bool
    """Whether it is no lower than expected, tolerance taken off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """How the changes of one proposer turned out."""

    proposer: str
    proposed: int
    applied: int
    denied: int
    rolled_back: int
    promises: tuple[Kept, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit:
    """How one reviewer decides."""

    name: str
    approved: int
    denied: int

    @property
    def rate(self) -> float:
        """Share of decisions that are a yes; 0 of none."""
        return self.approved / max(1, self.approved + self.denied)


def record_of(book: Book, proposer: str) -> Record:
    """Return how the changes of a proposer turned out."""
    theirs = [c for c in book.changes.values() if c.asked.proposer == proposer]
    promises: list[Kept] = []
    for change in theirs:
        for effect in change.asked.effects:
            if (seen := change.observed.get(effect.figure)) is None or not seen.n:
                continue
            share = seen.right / seen.n
            promises.append(
                Kept(
                    change=change.change,
                    figure=effect.figure,
                    expected=effect.expected,
                    observed=share,
                    n=seen.n,
                    kept=share >= effect.expected - effect.tolerance,
                )
            )
    states = [change.state for change in theirs]
    return Record(
        proposer=proposer,
        proposed=len(theirs),
        applied=sum(state in (*LIVE, "rolled_back") for state in states),
        denied=states.count("denied"),
        rolled_back=states.count("rolled_back"),
        promises=tuple(promises),
    )


def habits(book: Book) -> list[Habit]:
    """Return how each reviewer decides, by name."""
    found: list[Habit] = []
    for name in sorted(book.reviewers):
        yes = sum(name in change.approvals for change in book.changes.values())
        no = sum(c.state == "denied" and name in c.decided for c in book.changes.values())
        found.append(Habit(name=name, approved=yes, denied=no))
    return found
