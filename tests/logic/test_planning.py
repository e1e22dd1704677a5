"""The planner finds plans, shortest ones where it says so, and proves that there are none."""

from dataclasses import replace

import numpy as np
import pytest

from nexus.base.errors import LanguageError
from nexus.logic.engines.strips import plan
from nexus.logic.planning import Problem, Typed, checked, literals
from nexus.logic.plans import Budget, Planned, Spent, StateSet, Unsolvable
from nexus.logic.theory import Literal, Sign
from nexus.verify.plans import check_plan, check_unsolvable
from nexus.worlds.planning import blocksworld, logistics
from plan_samples import invented, twin_of


def judged(problem: Problem) -> str:
    """Plan, have the answer checked by the checker and the twin, and name it."""
    outcome, twin = plan(problem), twin_of(problem)
    shortest = twin.shortest()
    if isinstance(outcome, Planned):
        assert check_plan(problem, outcome.steps).valid
        assert twin.accepts([" ".join(step) for step in outcome.steps])
        assert outcome.optimal
        assert len(outcome.steps) == shortest
        return "planned"
    assert isinstance(outcome, Unsolvable)
    verdict = check_unsolvable(problem, outcome.certificate)
    assert verdict.valid, verdict.reason
    assert shortest is None
    return type(outcome.certificate).__name__


def test_random_problems_are_solved_in_as_few_steps_as_can_be_or_proved_unsolvable() -> None:
    kinds = [judged(invented(seed)) for seed in range(300)]
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    print(counts)
    assert counts["planned"] > 60
    assert counts["Relaxed"] > 20
    assert counts["Mutexes"] > 15
    assert counts["StateSet"] > 2


@pytest.mark.slow
def test_ten_thousand_random_problems() -> None:
    for seed in range(1_000, 11_000):
        judged(invented(seed))


@pytest.mark.parametrize("world", [blocksworld, logistics])
def test_shortest_plans_of_small_worlds(world: object) -> None:
    limits = {"sizes": (3, 4)} if world is blocksworld else {"packages": 1}
    posed = world.sample(3, "test", np.arange(8), **limits)  # type: ignore[attr-defined]
    assert {judged(x.problem) for x in posed} == {"planned"}


def test_ten_blocks_are_restacked_in_as_few_steps_as_can_be() -> None:
    for posed in blocksworld.sample(1, "test", np.arange(3), sizes=(10,)):
        outcome = plan(posed.problem)
        assert isinstance(outcome, Planned)
        assert outcome.optimal
        assert check_plan(posed.problem, outcome.steps).valid
        quick = plan(posed.problem, Budget(conflicts=0))
        assert isinstance(quick, Planned)
        assert len(quick.steps) >= len(outcome.steps)


@pytest.mark.parametrize("world", [blocksworld, logistics])
def test_what_is_made_unsolvable_is_proved_so(world: object) -> None:
    limits = {"sizes": (3, 4, 5, 6)} if world is blocksworld else {}
    posed = world.sample(5, "test", np.arange(60), unsolvable=True, **limits)  # type: ignore[attr-defined]
    assert {x.reason for x in posed} == set(world.REASONS)  # type: ignore[attr-defined]
    for each in posed:
        outcome = plan(each.problem)
        assert isinstance(outcome, Unsolvable), each.reason
        verdict = check_unsolvable(each.problem, outcome.certificate)
        assert verdict.valid, verdict.reason


def three_in_a_circle(size: int) -> Problem:
    [posed] = blocksworld.sample(0, "test", np.arange(1), sizes=(size,))
    goal = literals("on b1 b2", "on b2 b3", "on b3 b1")
    return replace(posed.problem, goal=goal)


def test_a_circle_of_three_is_proved_by_listing_every_state() -> None:
    problem = three_in_a_circle(5)
    outcome = plan(problem)
    assert isinstance(outcome, Unsolvable)
    assert isinstance(outcome.certificate, StateSet)
    assert len(outcome.certificate.states) == len(twin_of(problem).distances()) == 866
    assert check_unsolvable(problem, outcome.certificate).valid


def test_too_many_states_to_list_are_a_spent_budget_never_a_proof() -> None:
    assert isinstance(plan(three_in_a_circle(5), Budget(states=865)), Spent)
    assert isinstance(plan(three_in_a_circle(5), Budget(states=867)), Unsolvable)
    outcome = plan(three_in_a_circle(10), Budget(states=3_000))
    assert outcome == Spent(reason="states", states=outcome.states)


def test_every_budget_ends_in_what_ran_out() -> None:
    problem = three_in_a_circle(6)
    assert plan(problem, Budget(seconds=0)) == Spent(reason="seconds", states=0)
    assert plan(problem, Budget(bindings=10)) == Spent(reason="bindings", states=0)


def test_a_grounding_bomb_is_a_spent_budget() -> None:
    [posed] = blocksworld.sample(0, "test", np.arange(1), sizes=(10,))
    bomb = replace(
        posed.problem.domain.actions[0],
        parameters=tuple(Typed(f"?x{at}", "block") for at in range(10)),
        condition=literals("clear ?x0"),
        effect=literals("on ?x0 ?x9"),
    )
    domain = replace(posed.problem.domain, actions=(bomb,))
    outcome = plan(replace(posed.problem, domain=domain), Budget(bindings=100_000))
    assert outcome == Spent(reason="bindings", states=0)


def test_the_same_problem_gives_the_same_answer() -> None:
    for seed in range(20):
        assert plan(invented(seed)) == plan(invented(seed))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"goal": literals("on b1")}, "1 arguments, not 2"),
        ({"goal": literals("on b1 ?x")}, "unknown variable"),
        ({"goal": literals("on b1 b99")}, "unknown object"),
        ({"goal": literals("near b1 b2")}, "unknown predicate"),
        ({"goal": (Literal(("clear", "b1"), Sign.ABSENT),)}, "absent"),
        ({"objects": (Typed("b1", "block"), Typed("b1", "block"))}, "twice"),
        ({"objects": (Typed("b1", "brick"),)}, "unknown type"),
        ({"objects": (Typed("not", "block"),)}, "cannot be the name"),
        ({"objects": (Typed("b1) (", "block"),)}, "cannot be the name"),
        ({"objects": (Typed("B1", "block"),)}, "cannot be the name"),
        ({"objects": tuple(Typed(f"o{at}", "block") for at in range(2_001))}, "2001"),
    ],
)
def test_what_is_not_well_typed_is_refused(change: dict, message: str) -> None:
    with pytest.raises(LanguageError, match=message):
        checked(replace(three_in_a_circle(4), **change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"types": (Typed("block", "brick"), Typed("brick", "block"))}, "kind of itself"),
        ({"types": (Typed("block"), Typed("block"))}, "twice"),
        ({"types": (Typed("block", "thing"),)}, "unknown type"),
        ({"types": (Typed("object"), Typed("block"))}, "cannot be the name"),
        ({"constants": (Typed("b1", "block"),)}, "twice"),
        ({"name": "define"}, "cannot be the name"),
    ],
)
def test_a_domain_that_is_not_well_typed_is_refused(change: dict, message: str) -> None:
    problem = three_in_a_circle(4)
    with pytest.raises(LanguageError, match=message):
        checked(replace(problem, domain=replace(problem.domain, **change)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": (Typed("?x", "block"), Typed("?x", "block"))}, "two parameters"),
        ({"parameters": (Typed("x", "block"),)}, "no variable"),
        ({"parameters": (Typed("?x"),)}, r"\?x in .* is a object, no block"),
        ({"condition": literals("clear ?y")}, "unknown variable"),
        ({"effect": literals("clear b1")}, "unknown object"),
        ({"parameters": tuple(Typed(f"?x{at}", "block") for at in range(11))}, "at most 10"),
    ],
)
def test_an_action_that_is_not_well_typed_is_refused(change: dict, message: str) -> None:
    problem = three_in_a_circle(4)
    action, *rest = problem.domain.actions
    domain = replace(problem.domain, actions=(replace(action, **change), *rest))
    with pytest.raises(LanguageError, match=message):
        checked(replace(problem, domain=domain))
