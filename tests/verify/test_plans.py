"""No wrong plan and no wrong proof that there is none passes the checker."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from nexus.logic.engines.strips import plan
from nexus.logic.planning import Problem, literals
from nexus.logic.plans import (
    KINDS,
    Budget,
    Impossible,
    Mutexes,
    Planned,
    Relaxed,
    StateSet,
    Step,
    Unsolvable,
)
from nexus.logic.theory import Literal
from nexus.verify.plans import check_plan, check_unsolvable
from nexus.worlds.planning import blocksworld, logistics
from plan_samples import invented, twin_of


def problems(count: int, seed: int) -> Iterator[Problem]:
    """Little problems of three families, in turn."""
    blocks = blocksworld.sample(seed, "forged", np.arange(count), sizes=(3, 4, 5))
    parcels = logistics.sample(seed, "forged", np.arange(count), packages=2)
    for at in range(count):
        kinds = (invented(seed + at), blocks[at].problem, parcels[at].problem)
        yield kinds[at % 3]


def mutants(
    steps: tuple[Step, ...], problem: Problem, g: np.random.Generator
) -> Iterator[list[Step]]:
    """Plans that are like this one; they may happen to be right."""
    names = [x.name for x in problem.things]
    at = int(g.integers(len(steps)))
    yield [*steps[:at], *steps[at + 1 :]]
    yield [*steps[:at], steps[at], *steps[at:]]
    other = int(g.integers(len(steps)))
    swapped = list(steps)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    yield swapped
    if len(steps[at]) > 1:
        place = int(g.integers(1, len(steps[at])))
        renamed = list(steps[at])
        renamed[place] = str(g.choice(names))
        yield [*steps[:at], tuple(renamed), *steps[at + 1 :]]
    action = problem.domain.actions[int(g.integers(len(problem.domain.actions)))]
    drawn = (str(g.choice(names)) for _ in action.parameters)
    yield [*steps[:at], (action.name, *drawn), *steps[at:]]
    yield list(steps[:at])


def campaign(wanted: int, seed: int) -> Counter[str]:
    """Compare checker and twin on plans and mutants until ``wanted`` wrong ones were refused."""
    g, counts = np.random.default_rng(seed), Counter[str]()
    while counts["wrong"] < wanted:
        for problem in problems(30, seed):
            outcome = plan(problem, Budget(conflicts=0))
            if not isinstance(outcome, Planned):
                continue
            twin = twin_of(problem)
            assert check_plan(problem, outcome.steps).valid
            assert twin.accepts([" ".join(step) for step in outcome.steps])
            counts["plans"] += 1
            for _ in range(3):
                for mutant in mutants(outcome.steps, problem, g) if outcome.steps else ():
                    right = twin.accepts([" ".join(step) for step in mutant])
                    verdict = check_plan(problem, mutant)
                    assert verdict.valid is right, (mutant, verdict)
                    assert right or verdict.reason
                    counts["right" if right else "wrong"] += 1
        seed += 1_000
    return counts


def test_hundreds_of_wrong_plans_are_refused_and_right_ones_accepted() -> None:
    counts = campaign(400, seed=0)
    print(dict(counts))
    assert counts["right"] > 20


@pytest.mark.slow
def test_ten_thousand_wrong_plans_are_refused() -> None:
    counts = campaign(10_000, seed=50_000)
    print(dict(counts))


def swap() -> Problem:
    """Two blocks of four to be swapped."""
    [posed] = blocksworld.sample(0, "test", np.arange(1), sizes=(4,))
    blocks = ("b1", "b2", "b3", "b4")
    said = [(p, x) for x in blocks[1:] for p in ("on_table",)] + [("on", "b1", "b2")]
    said += [("clear", "b1"), ("clear", "b3"), ("clear", "b4"), ("hand_empty",)]
    goal = literals("on b2 b1", "-on b1 b2")
    return replace(posed.problem, initial=frozenset(said), goal=goal)


GOOD = [("unstack", "b1", "b2"), ("put_down", "b1"), ("pick_up", "b2"), ("stack", "b2", "b1")]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (GOOD[:3], "the goal on(b2, b1) is not met in the end"),
        ([], "the goal on(b2, b1) is not met in the end"),
        ([GOOD[0], *GOOD[2:]], "step 2 (pick_up b2): its condition hand_empty() is not met"),
        ([*GOOD, ("pick_up", "b2")], "step 5 (pick_up b2): its condition on_table(b2) is not met"),
        ([("fly", "b1")], "step 1 (fly b1): there is no such action"),
        ([()], "step 1 (): there is no such action"),
        ([("stack", "b1")], "step 1 (stack b1): it takes 2 objects, not 1"),
        ([("pick_up", "b9")], "step 1 (pick_up b9): there is no b9"),
    ],
)
def test_the_first_thing_wrong_with_a_plan_is_named(steps: list[Step], reason: str) -> None:
    assert check_plan(swap(), GOOD).valid
    assert check_plan(swap(), steps).reason == reason


def test_an_object_of_another_type_is_refused() -> None:
    [posed] = logistics.sample(0, "test", np.arange(1))
    verdict = check_plan(posed.problem, [("fly", "t0", "l0_0", "l1_0")])
    assert verdict.reason == "step 1 (fly t0 l0_0 l1_0): t0 is a truck, no plane"


def test_what_is_no_plan_at_all_is_refused() -> None:
    for nonsense in ([None], 7, [("pick_up", None)], ["pick_up b1"]):
        assert not check_plan(swap(), nonsense).valid  # type: ignore[arg-type]
        assert not check_unsolvable(swap(), nonsense).valid  # type: ignore[arg-type]


def proofs(count: int, seed: int) -> Iterator[tuple[Problem, Impossible]]:
    """Problems without a plan, each with its proof."""
    blocks = blocksworld.sample(seed, "forged", np.arange(count), sizes=(3, 4), unsolvable=True)
    parcels = logistics.sample(seed, "forged", np.arange(count), packages=1, unsolvable=True)
    circles = (
        replace(x.problem, goal=literals("on b1 b2", "on b2 b3", "on b3 b1"))
        for x in blocksworld.sample(seed, "circles", np.arange(count), sizes=(3, 4))
    )
    random = map(invented, range(seed, seed + 4 * count))
    for problem in (*(x.problem for x in (*blocks, *parcels)), *circles, *random):
        outcome = plan(problem, Budget(conflicts=0))
        if isinstance(outcome, Unsolvable):
            yield problem, outcome.certificate


def closures(problem: Problem) -> list[frozenset[str]]:
    return sorted(twin_of(problem).distances(), key=sorted)


def shown(literal: Literal) -> str:
    return f"({' '.join(literal.atom)})"


def damaged(certificate: Impossible, g: np.random.Generator) -> Impossible:
    """A certificate with one entry missing."""
    if isinstance(certificate, Relaxed):
        parts = {"true": certificate.true, "false": certificate.false}
        name = "true" if not certificate.false or g.random() < 0.7 else "false"
        gone = sorted(parts[name])[int(g.integers(len(parts[name])))]
        return replace(certificate, **{name: parts[name] - {gone}})
    if isinstance(certificate, Mutexes):
        pairs = sorted(certificate.pairs, key=lambda pair: sorted(map(str, pair)))
        return replace(certificate, pairs=certificate.pairs - {pairs[int(g.integers(len(pairs)))]})
    states = sorted(certificate.states)
    return replace(certificate, states=frozenset(states) - {states[int(g.integers(len(states)))]})


def true_of(certificate: Impossible, problem: Problem) -> bool:
    """Whether what the certificate says holds in every state that can be reached.

    What it says may be true and yet not closed; then it may be refused or accepted.
    """
    states = closures(problem)
    if isinstance(certificate, Relaxed):
        possible = {f"({' '.join(x)})" for x in certificate.true}
        start = twin_of(problem).start
        stay = start - {f"({' '.join(x)})" for x in certificate.false}
        return all(stay <= state <= possible for state in states)
    if isinstance(certificate, Mutexes):
        return not any(
            all((shown(x) in state) == (x.sign == "holds") for x in pair)
            for pair in certificate.pairs
            for state in states
        )
    return len(certificate.states) >= len(states)


def test_proofs_are_accepted_and_what_is_not_so_is_refused() -> None:
    g, counts = np.random.default_rng(3), Counter[str]()
    for problem, certificate in proofs(12, seed=0):
        kind = KINDS[type(certificate)]
        verdict = check_unsolvable(problem, certificate)
        assert verdict.valid, verdict.reason
        assert twin_of(problem).shortest() is None
        counts[kind] += 1
        for _ in range(3):
            worse = damaged(certificate, g)
            if check_unsolvable(problem, worse).valid:
                assert true_of(worse, problem)
            else:
                counts[f"{kind} refused"] += 1
    print(dict(counts))
    assert min(counts[x] for x in ("relaxed refused", "mutexes refused", "states refused")) > 5


def test_no_certificate_passes_for_a_problem_that_has_a_plan() -> None:
    """Proofs made for other goals, and tables that say too much, do not fit."""
    solvable, tried = swap(), 0
    for goal in (literals("on b1 b1"), literals("on b1 b2", "on b2 b3", "on b3 b1")):
        outcome = plan(replace(solvable, goal=goal))
        assert isinstance(outcome, Unsolvable)
        certificate = outcome.certificate
        assert not check_unsolvable(solvable, certificate).valid
        if isinstance(certificate, Mutexes):
            wanted = frozenset(solvable.goal)
            forged = replace(certificate, pairs=certificate.pairs | {wanted})
            assert "may make" in check_unsolvable(solvable, forged).reason
        else:
            assert isinstance(certificate, StateSet)
            goals = {state for state in certificate.states if _meets(state, certificate, solvable)}
            forged = replace(certificate, states=certificate.states - goals)
            assert "not listed" in check_unsolvable(solvable, forged).reason
        tried += 1
    bare = Relaxed(true=solvable.initial, false=frozenset())
    assert "not listed" in check_unsolvable(solvable, bare).reason
    assert tried == 2


def _meets(state: int, certificate: StateSet, problem: Problem) -> bool:
    holds = {atom for at, atom in enumerate(certificate.atoms) if state >> at & 1}
    return all((x.atom in holds) == (x.sign == "holds") for x in problem.goal)


def test_an_atom_that_no_bit_says_may_not_change() -> None:
    circle = replace(swap(), goal=literals("on b1 b2", "on b2 b3", "on b3 b1"))
    outcome = plan(circle)
    assert isinstance(outcome, Unsolvable)
    assert isinstance(outcome.certificate, StateSet)
    narrow = StateSet(atoms=(), states=frozenset({0}))
    assert "no bit says" in check_unsolvable(circle, narrow).reason
    twice = replace(outcome.certificate, atoms=(*outcome.certificate.atoms, ("clear", "b1")))
    assert check_unsolvable(circle, twice).reason == "an atom has two bits"
