"""Planning figures of suite "logic": right readings reach 1, noise in their place does not."""

from collections.abc import Sequence

import numpy as np
import pytest

from nexus.decide.planning import plan_texts
from nexus.logic.engines.strips import plan
from nexus.logic.pddl_files import write_domain, write_problem
from nexus.logic.plans import Budget, Planned
from nexus.reason.sentences.reading import Reading
from nexus.suites.planning_texts import figures, twice_valid
from nexus.suites.second_validator import accepts
from nexus.verify.plans import check_plan
from nexus.worlds.planning import blocksworld, logistics
from nexus.worlds.planning.telling import problems
from plan_twin import twin
from told_plans import Oracle

COUNT = 8


class Noisy(Oracle):
    """Reads every text as the text of the same family before it."""

    def read_texts(self, texts: Sequence[str]) -> list[list[Reading]]:
        found = super().read_texts(texts)
        return [*found[-2:], *found[:-2]]


def test_right_readings_reach_one_and_floors_are_far() -> None:
    found, table = figures(Oracle.of(0, COUNT), 0, COUNT)  # type: ignore[arg-type]
    for name in ("planning_text_equivalent", "planning_text_coverage", "plans_valid"):
        assert found[name].value == 1.0
        assert (found[name].floor or 0.0) < 0.3
    assert found["planning_templates_equivalent"].value == 1.0
    assert found["unsolvable_texts_proved"].value == 1.0
    assert found["false_plans_of_unsolvable_texts"].value == 0.0
    assert sum(row["n"] for name, row in table["slices"].items() if "test" in name) == COUNT


def test_noise_in_place_of_the_parse_is_found_out() -> None:
    found, table = figures(Noisy.of(0, 8), 0, 8)  # type: ignore[arg-type]
    assert (found["planning_text_equivalent"].value or 0.0) < 0.3
    assert table["wrong"]


@pytest.fixture(scope="module")
def posed() -> list:
    """Problems with plans, and those plans."""
    some = [*blocksworld.sample(7, "val", np.arange(5), sizes=(3, 4, 5))]
    some += logistics.sample(7, "val", np.arange(3), packages=1)
    outcomes = [plan(x.problem, Budget(conflicts=0)) for x in some]
    return [
        (x.problem, y.steps)
        for x, y in zip(some, outcomes, strict=True)
        if isinstance(y, Planned) and y.steps
    ]


def test_two_validators_and_the_twin_say_the_same_of_plans_and_of_changed_ones(posed: list) -> None:
    refused = 0
    for problem, steps in posed:
        assert twice_valid(problem, steps)
        domain, asked = write_domain(problem.domain), write_problem(problem)
        third = twin(domain, asked)
        changed = [steps[1:], steps[:-1], steps[::-1], (*steps, steps[0]), (("dance", "b1"),)]
        changed += [((*steps[0][:-1], "nobody"), *steps[1:]), (steps[0][:1], *steps[1:])]
        changed += [(*steps[:at], steps[at][:1] + steps[at][:0:-1]) for at in range(len(steps))]
        for some in changed:
            valid = check_plan(problem, some).valid
            assert accepts(domain, asked, some) is valid
            assert third.accepts([" ".join(x) for x in some]) is valid
            refused += not valid
    assert refused > 30


def test_no_plan_and_no_time_are_told_apart() -> None:
    told = problems(2, "test", np.arange(6), unsolvable=True, family="blocksworld")
    oracle, texts = Oracle(told), [x.text for x in told]
    enough = list(plan_texts(oracle, texts, Budget(seconds=60.0)))  # type: ignore[arg-type]
    assert {x.status for x in enough} == {"unsolvable"}
    little = list(plan_texts(oracle, texts, Budget(states=0, bindings=1)))  # type: ignore[arg-type]
    assert {x.status for x in little} <= {"timeout", "unsolvable"}
    assert any(x.status == "timeout" for x in little)
    none = list(plan_texts(oracle, ["Block q may be on block r."], Budget()))  # type: ignore[arg-type]
    assert [x.status for x in none] == ["abstain"]
