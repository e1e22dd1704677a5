"""A problem to a plan that is checked; and a text to such a problem.

Every sentence of a text is read by itself; what they say comes to a problem, a planner looks for a
plan or a proof that there is none, and a checker that shares no code with it looks at that. So a
plan solves what was *read*: all that was read is shown beside the words it was read from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nexus.base.records import Verdict
from nexus.logic.engines.strips import plan
from nexus.logic.planning import Problem
from nexus.logic.plans import Budget, Outcome, Planned, Spent
from nexus.reason.problems import Assembled, assemble
from nexus.reason.sentences.reading import Reading, SentenceParser
from nexus.verify.plans import check_plan, check_unsolvable

TOGETHER: Final = 500
"""Texts whose sentences are read in one go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Planning:
    """A problem, what planning came to, and what the checker says of that."""

    problem: Problem
    outcome: Outcome
    verdict: Verdict | None
    """None where the budget ran out: nothing is claimed then."""

    @property
    def status(self) -> str:
        """proved, unsolvable or timeout; abstain where the checker refuses what was found."""
        if self.verdict is None:
            return "timeout"
        if not self.verdict.valid:
            return "abstain"
        return "proved" if isinstance(self.outcome, Planned) else "unsolvable"


def planned(problem: Problem, budget: Budget) -> Planning:
    """Return what planning comes to, checked.

    Raises:
        LanguageError: the problem is not well typed, or too large.
    """
    outcome = plan(problem, budget)
    if isinstance(outcome, Spent):
        verdict = None
    elif isinstance(outcome, Planned):
        verdict = check_plan(problem, outcome.steps)
    else:
        verdict = check_unsolvable(problem, outcome.certificate)
    return Planning(problem=problem, outcome=outcome, verdict=verdict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """A text and what it was read to."""

    text: str
    readings: tuple[Reading, ...]
    assembled: Assembled


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedText:
    """What came of a text, and everything it rests on."""

    understood: Understood
    planning: Planning | None
    """None where the text makes no problem."""

    @property
    def status(self) -> str:
        """proved, unsolvable, timeout or abstain."""
        return "abstain" if self.planning is None else self.planning.status


def understood(
    parser: SentenceParser, texts: Sequence[str], domain: str = ""
) -> Iterator[Understood]:
    """Yield the problem of each text, or why there is none; none depends on another.

    Args:
        parser: of single sentences.
        texts: of plain English.
        domain: of all of them, "blocksworld" or "logistics"; "" guesses it from each.
    """
    for start in range(0, len(texts), TOGETHER):
        some = texts[start : start + TOGETHER]
        for text, readings in zip(some, parser.read_texts(some), strict=True):
            yield Understood(
                text=text, readings=tuple(readings), assembled=assemble(readings, domain)
            )


def plan_texts(
    parser: SentenceParser, texts: Sequence[str], budget: Budget, domain: str = ""
) -> Iterator[PlannedText]:
    """Yield what comes of each text; see ``understood``."""
    for one in understood(parser, texts, domain):
        problem = one.assembled.problem
        planning = None if problem is None else planned(problem, budget)
        yield PlannedText(understood=one, planning=planning)
