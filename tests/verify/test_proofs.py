"""Every proof of the engine passes the checker, and no forged one does."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from datalog_twin import Forger, Twin, goals, program
from nexus.base.errors import LanguageError
from nexus.base.records import Verdict
from nexus.logic.engines.datalog import Model, derive
from nexus.logic.engines.prove import prove
from nexus.logic.proofs import Proof, Status, Step
from nexus.logic.theory import Literal, Rule, Sign, Theory, World, checked
from nexus.suites.bench_closure import family
from nexus.verify.proofs import check_proof


def proofs(seeds: range) -> Iterator[tuple[Theory, Proof]]:
    """Proofs of what random programs say of a few goals."""
    for seed in seeds:
        theory = program(seed)
        for goal in goals(theory, seed):
            for proof in prove(theory, goal).proofs:
                yield theory, proof


def h(*atom: str) -> Literal:
    return Literal(atom)


def campaign(count: int, first: int) -> Counter[str]:
    """Forge until ``count`` forgeries are proved wrong; return how they were forged."""
    ways, dropped = Counter[str](), 0
    forger, twin = Forger(first), Twin(program(first))
    for theory, proof in proofs(range(first, first + 10 * count)):
        twin = twin if twin.theory is theory else Twin(theory)
        for _ in range(4):
            way, forged, changed = forger.forge(proof, theory)
            try:
                judge = twin if changed is theory else Twin(checked(changed))
            except LanguageError:
                continue  # no theory any more
            if (forged, changed) == (proof, theory):
                continue
            if judge.valid(forged):
                dropped += 1
                continue
            assert not check_proof(forged, changed).valid, f"{way}: {forged} of {changed}"
            ways[way] += 1
            if ways.total() == count:
                print(f"{dropped} forgeries were valid, and dropped; the others: {dict(ways)}")
                assert dropped < 0.25 * count
                return ways
    raise AssertionError("too few forgeries")


def test_every_proof_is_accepted_as_the_twin_says() -> None:
    kinds = Counter[tuple[Status, bool, bool]]()
    for theory, proof in proofs(range(60)):
        assert check_proof(proof, theory, asked=proof.goal) == Verdict(valid=True)
        assert Twin(theory).valid(proof)
        kinds[proof.status, bool(proof.steps), bool(proof.model)] += 1
    assert min(kinds[Status.PROVED, True, carried] for carried in (False, True)) > 5
    assert min(kinds[status, False, True] for status in list(Status)[:3]) > 12


def test_none_of_five_hundred_forgeries_is_accepted() -> None:
    ways = campaign(500, first=5000)
    assert set(ways) == set(Forger(0).ways)


@pytest.mark.slow
def test_none_of_ten_thousand_forgeries_is_accepted() -> None:
    assert min(campaign(10_000, first=20_000).values()) > 10


def test_every_pair_of_a_large_closure_has_a_proof() -> None:
    theory = family(200)
    model = derive(theory)
    assert isinstance(model, Model)
    for goal in list(model)[::97]:
        (proof,) = prove(theory, goal).proofs
        assert check_proof(proof, theory) == Verdict(valid=True)
        assert proof.model == ()
    (proof,) = prove(theory, h("anc", "p9", "p0")).proofs
    assert len(proof.model) == len(model)
    assert check_proof(proof, theory) == Verdict(valid=True)


CIRCLE = Theory(
    facts=(h("q", "a"),),
    rules=(
        Rule(head=h("p", "a"), body=(h("r", "a"),)),
        Rule(head=h("r", "a"), body=(h("p", "a"),)),
        Rule(head=h("s", "a"), body=(h("q", "a"), Literal(("p", "a"), Sign.ABSENT))),
    ),
)
FACT = Step(literal=h("q", "a"))


def test_what_supports_only_itself_is_no_member_of_a_model() -> None:
    """The set {p, r, q} is closed; it is refused for p and r rest on each other alone."""
    circle = (FACT, Step(literal=h("p", "a"), rule=0, premises=(2,)))
    circle = (*circle, Step(literal=h("r", "a"), rule=1, premises=(1,)))
    proof = Proof(goal=h("s", "a"), status=Status.REFUTED, world=World.CLOSED, model=circle)
    verdict = check_proof(proof, CIRCLE)
    assert not verdict.valid
    assert "not before it" in verdict.reason


def test_what_is_left_out_of_a_model_is_found() -> None:
    proof = Proof(goal=h("s", "a"), status=Status.REFUTED, world=World.CLOSED, model=(FACT,))
    assert "s(a) follows by rule 3" in check_proof(proof, CIRCLE).reason
    bare = replace(proof, model=())
    assert "the fact q(a) is not in the model" in check_proof(bare, CIRCLE).reason


def test_what_rests_on_the_absence_of_what_follows_is_refused() -> None:
    theory = replace(CIRCLE, facts=(*CIRCLE.facts, h("p", "a"), h("r", "a")))
    model = (FACT, Step(literal=h("p", "a")), Step(literal=h("r", "a")))
    wrong = Step(literal=h("s", "a"), rule=2, premises=(0,), absent=(("p", "a"),))
    for whole in ((*model, wrong), model, ()):
        proof = Proof(
            goal=h("s", "a"),
            status=Status.PROVED,
            world=World.CLOSED,
            steps=(FACT, wrong),
            model=whole,
        )
        assert not check_proof(proof, theory).valid


def test_a_variable_is_the_same_everywhere_in_a_rule() -> None:
    rule = Rule(head=h("r", "?x"), body=(h("q", "?x", "?x"), h("p", "?x")))
    theory = Theory(facts=(h("q", "a", "a"), h("q", "a", "b"), h("p", "a")), rules=(rule,))
    for first, last, valid in (("a", "a", True), ("b", "a", False), ("a", "b", False)):
        steps = (
            Step(literal=h("q", "a", first)),
            Step(literal=h("p", "a")),
            Step(literal=h("r", last), rule=0, premises=(0, 1)),
        )
        goal, world = h("r", last), World.CLOSED
        proof = Proof(goal=goal, status=Status.PROVED, world=world, steps=steps)
        assert check_proof(proof, theory).valid is valid


def test_a_proof_must_be_about_what_was_asked() -> None:
    (proof,) = prove(CIRCLE, h("s", "a")).proofs
    assert check_proof(proof, CIRCLE, asked=h("s", "a")).valid
    assert "was asked" in check_proof(proof, CIRCLE, asked=h("q", "a")).reason


def test_where_absence_goes_in_a_circle_nothing_is_shown_by_it() -> None:
    """Either of p and r may be absent here; each set is closed and supported."""
    circle = tuple(
        Rule(head=h(a, "a"), body=(h("q", "a"), Literal((b, "a"), Sign.ABSENT)))
        for a, b in (("p", "r"), ("r", "p"))
    )
    theory = Theory(facts=(h("q", "a"),), rules=circle)
    model = (FACT, Step(literal=h("r", "a"), rule=1, premises=(0,), absent=(("p", "a"),)))
    proof = Proof(goal=h("p", "a"), status=Status.REFUTED, world=World.CLOSED, model=model)
    assert "own absence" in check_proof(proof, theory).reason


def test_a_model_too_large_to_check_is_refused_in_time() -> None:
    (proof,) = prove(family(100), h("anc", "p9", "p0")).proofs
    assert "too large" in check_proof(proof, family(100), most=100).reason


@pytest.mark.parametrize(
    "nonsense",
    [
        "no proof at all",
        Proof(goal=h("q"), status=Status.PROVED, world=World.CLOSED, steps=(FACT,)),
        Proof(goal=h("q", "a"), status=Status.PROVED, world=World.CLOSED, steps=("step",)),  # type: ignore[arg-type]
        Proof(
            goal=h("p", "a"),
            status=Status.PROVED,
            world=World.CLOSED,
            steps=(FACT, Step(literal=h("p", "a"), rule=-3, premises=(0,))),
        ),
        Proof(
            goal=h("p", "a"),
            status=Status.PROVED,
            world=World.CLOSED,
            steps=(FACT, Step(literal=h("p", "a"), rule=0, premises=(-1,))),
        ),
    ],
)
def test_nonsense_is_refused_and_never_raised(nonsense: Proof) -> None:
    assert not check_proof(nonsense, CIRCLE).valid


def test_a_proof_is_the_same_after_json() -> None:
    for theory, proof in proofs(range(40)):
        again = Proof.parse(json.loads(json.dumps(proof.plain())))
        assert again == proof
        assert check_proof(again, theory).valid
