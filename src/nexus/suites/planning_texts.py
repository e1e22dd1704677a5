"""Figures of suite "logic" on planning: texts read to problems, planned for, and checked twice.

Equivalent is the same but for the names of objects, what holds at first and what is wanted both.
Of texts that are answered; how many are is told beside it, and a text that is not is no mistake.
The floor of an equivalence is the problem of the text before; that of a plan, the plan before.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np

from nexus.decide.planning import Understood, planned, understood
from nexus.logic.engines.strips import plan
from nexus.logic.equivalence import equivalent
from nexus.logic.pddl_files import read, write_domain, write_problem
from nexus.logic.planning import Problem
from nexus.logic.plans import Budget, Planned, Spent, Step, Unsolvable
from nexus.reason.sentences.reading import SentenceParser
from nexus.suites import results
from nexus.suites.results import Figure
from nexus.suites.second_validator import accepts
from nexus.verify.plans import check_plan
from nexus.worlds.planning.telling import ToldProblem, problems

PLANS: Final = 500
"""Problems planned for, and unsolvable ones told."""
BUDGET: Final = Budget(seconds=20.0, conflicts=0)
"""For one plan; any will do."""
TOGETHER: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A text that was told, and what it was read to."""

    told: ToldProblem
    found: Understood
    before: Problem | None
    """Of the text before of the same family."""

    @property
    def answered(self) -> bool:
        """Whether it came to a problem."""
        return self.found.assembled.problem is not None

    @property
    def right(self) -> bool:
        """Whether that is the problem which was told."""
        found = self.found.assembled.problem
        return found is not None and _same(found, self.told.posed.problem)

    @property
    def lucky(self) -> bool:
        """Whether it would have done to answer as to the text before."""
        return self.before is not None and _same(self.before, self.told.posed.problem)


def _same(a: Problem, b: Problem) -> bool:
    return a.domain == b.domain and equivalent(a, b)


def figures(parser: SentenceParser, seed: int, count: int) -> tuple[dict[str, Figure], Any]:
    """Return the figures, and a table of slices and of reasons to abstain."""
    some = list(_read(parser, seed, "test", count))
    held_out = list(_read(parser, seed, "templates", max(8, count // 10)))
    few = min(PLANS, count)
    texts = list(islice((x for x in some if x.answered), few))
    unsolvable = list(_read(parser, seed, "test", few, unsolvable=True))
    found = {
        **_equivalence("planning_text", some),
        **_equivalence("planning_templates", held_out),
        "plans_valid": _valid([x.found.assembled.problem for x in texts]),
        **_unsolvable(unsolvable),
    }
    table = {
        "slices": _slices(some, "test") | _slices(held_out, "templates"),
        "abstentions": Counter(
            x.found.assembled.reason for x in (*some, *held_out) if not x.answered
        ).most_common(12),
        "wrong": [x.told.text for x in (*some, *held_out) if x.answered and not x.right][:5],
    }
    return found, table


def _read(
    parser: SentenceParser, seed: int, split: str, count: int, *, unsolvable: bool = False
) -> Iterator[Read]:
    """Yield texts with what they are read to."""
    before = dict[str, Problem]()
    for start in range(0, count, TOGETHER):
        index = np.arange(start, min(count, start + TOGETHER))
        some = problems(seed, split, index, unsolvable=unsolvable)
        for told, found in zip(some, understood(parser, [x.text for x in some]), strict=True):
            family = told.posed.family
            yield Read(told=told, found=found, before=before.get(family))
            before[family] = told.posed.problem


def _equivalence(name: str, some: Sequence[Read]) -> dict[str, Figure]:
    answered = [x for x in some if x.answered]
    lucky = float(np.mean([x.lucky for x in answered])) if answered else None
    right = np.array([x.right for x in answered], dtype=bool)
    return {
        f"{name}_equivalent": results.share(right, floor=lucky),
        f"{name}_coverage": results.share(np.array([x.answered for x in some]), floor=0.0),
    }


def _valid(some: Sequence[Problem | None]) -> Figure:
    """Return how many plans both validators accept, after PDDL was written and read back."""
    right, lucky = list[bool](), list[bool]()
    before: tuple[Step, ...] = ()
    for problem in some:
        assert problem is not None
        outcome = plan(problem, BUDGET)
        if isinstance(outcome, Planned):
            right.append(twice_valid(problem, outcome.steps))
            lucky.append(check_plan(problem, before).valid)
            before = outcome.steps
    floor = float(np.mean(lucky)) if lucky else None
    return results.share(np.array(right, dtype=bool), floor=floor)


def twice_valid(problem: Problem, steps: Sequence[Step]) -> bool:
    """Return whether a plan is valid by our checker and by one that shares no code with it.

    The second sees PDDL only; the first also replays the plan in what that PDDL is read to.
    """
    domain, asked = write_domain(problem.domain), write_problem(problem)
    once = check_plan(problem, steps).valid and check_plan(read(domain, asked), steps).valid
    return once and accepts(domain, asked, steps)


def _unsolvable(some: Sequence[Read]) -> dict[str, Figure]:
    """Return how many texts of what has no plan are proved to have none, by a checked proof.

    A budget that runs out is no proof, and a plan would be a mistake; both count against it. The
    floor is to claim no such thing.
    """
    proved, planned_ = list[bool](), list[bool]()
    for one in some:
        if (problem := one.found.assembled.problem) is None:
            continue
        found = planned(problem, Budget(seconds=20.0))
        proved.append(isinstance(found.outcome, Unsolvable) and found.status == "unsolvable")
        planned_.append(not isinstance(found.outcome, Unsolvable | Spent))
    return {
        "unsolvable_texts_proved": results.share(np.array(proved, dtype=bool), floor=0.0),
        "false_plans_of_unsolvable_texts": results.share(np.array(planned_, dtype=bool), floor=0.0),
    }


def _slices(some: Sequence[Read], split: str) -> dict[str, dict[str, int]]:
    """Return texts, answers and wrong answers by family, mystery or not."""
    table = dict[str, dict[str, int]]()
    for x in some:
        name = f"{split} {x.told.posed.family}{' mystery' * x.told.mystery}"
        row = table.setdefault(name, {"n": 0, "answered": 0, "wrong": 0})
        row["n"] += 1
        row["answered"] += x.answered
        row["wrong"] += x.answered and not x.right
    return table
