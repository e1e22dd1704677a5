"""What follows is what clingo says follows, and what trying every substitution gives."""

from pathlib import Path

import clingo
import pytest

import nexus
from datalog_twin import Twin, program
from nexus.base.errors import ConfigError, LanguageError
from nexus.logic.engines.budget import Budget, Spent
from nexus.logic.engines.datalog import Model, derive
from nexus.logic.theory import Literal, Rule, Sign, Theory, strata
from nexus.logic.writing import clingo as written
from nexus.suites.bench_closure import family


def h(*atom: str) -> Literal:
    return Literal(atom)


def absent(*atom: str) -> Literal:
    return Literal(atom, Sign.ABSENT)


def model_of(theory: Theory) -> Model:
    model = derive(theory)
    assert isinstance(model, Model)
    return model


def by_clingo(theory: Theory) -> tuple[set[str], bool]:
    """Everything clingo derives, and whether it finds the theory to contradict itself."""
    control = clingo.Control(["--warn=none"])
    control.add("base", [], written(theory))
    control.ground([("base", [])])
    derived = {str(x.symbol) for x in control.symbolic_atoms if x.is_fact}
    return derived, not control.solve().satisfiable


def agrees_with_clingo(seed: int) -> int:
    theory = program(seed)
    model = model_of(theory)
    ours = {written(Theory(facts=(x,), rules=())).strip(".\n") for x in model}
    assert (ours, any(model.contradictions)) == by_clingo(theory), f"program {seed}"
    return len(ours)


def test_two_hundred_random_programs_have_the_model_clingo_finds() -> None:
    sizes = [agrees_with_clingo(seed) for seed in range(200)]
    assert sum(sizes) > 1500, "programs from which little follows test little"
    several = [max(strata(program(seed)).values()) for seed in range(200)]
    assert several.count(2) > 20


@pytest.mark.slow
def test_ten_thousand_random_programs_have_the_model_clingo_finds() -> None:
    for seed in range(1000, 11_000):
        agrees_with_clingo(seed)


@pytest.mark.parametrize("seed", range(60))
def test_model_and_derivations_are_those_of_the_twin(seed: int) -> None:
    theory = program(seed)
    model, twin, level = model_of(theory), Twin(theory), strata(theory)
    order = {literal: n for n, literal in enumerate(model)}
    assert set(order) == set(twin.rounds)
    assert len(model) == len(order)
    assert any(model.contradictions) == twin.contradictory
    for literal, n in order.items():
        assert literal in model
        why = model.why(literal)
        if why.rule is None:
            assert literal in theory.facts
            continue
        found = [x for x in twin.instances if x.head == literal and x.rule == why.rule]
        assert (why.premises, why.absent) in [(x.premises, x.absent) for x in found]
        assert not any(Literal(atom) in model for atom in why.absent)
        assert all(order[x] < n for x in why.premises)
        here = [x for x in why.premises if level[x.key] == level[literal.key]]
        assert 1 + max((twin.rounds[x] for x in here), default=0) == twin.rounds[literal]


def test_the_closure_of_a_family_tree() -> None:
    model = model_of(family())
    pairs = {x.atom for x in model if x.atom[0] == "anc"}
    parents = {x.atom[2]: x.atom[1] for x in family().facts}
    by_hand = set[tuple[str, ...]]()
    for child in parents:
        above = parents.get(child)
        while above is not None:
            by_hand.add(("anc", above, child))
            above = parents.get(above)
    assert pairs == by_hand
    assert len(pairs) == 19_402


def test_the_order_is_the_same_every_time() -> None:
    for seed in range(20):
        first, second = (list(model_of(program(seed))) for _ in range(2))
        assert first == second


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule(head=h("p", "?x"), body=(h("q", "?x"), absent("p", "?x"))), "own absence"),
        (Rule(head=h("p", "?x"), body=(h("q", "a"),)), "bound by no condition"),
        (Rule(head=h("p", "a"), body=(h("q", "a"), absent("r", "?x"))), "bound by no condition"),
        (Rule(head=h("p", "a"), body=(h("q", "a"),) * 9), "9 conditions"),
        (Rule(head=absent("p", "a"), body=(h("q", "a"),)), "absent"),
    ],
)
def test_what_has_no_meaning_is_refused(rule: Rule, said: str) -> None:
    with pytest.raises(LanguageError, match=said):
        derive(Theory(facts=(h("q", "a"),), rules=(rule,)))


def people(count: int) -> tuple[Literal, ...]:
    return tuple(h("p", f"c{i}") for i in range(count))


TRIPLES = Rule(head=h("t", "?x", "?y", "?z"), body=(h("p", "?x"), h("p", "?y"), h("p", "?z")))
SILENT = Rule(head=h("t", "?x"), body=(*TRIPLES.body, absent("no", "?y")))


def test_an_explosion_of_facts_ends_where_it_must() -> None:
    theory = Theory(facts=people(300), rules=(TRIPLES,))
    first, second = (derive(theory, Budget(facts=10_000)) for _ in range(2))
    assert isinstance(first, Spent)
    assert first == second
    assert first.budget == "facts"
    assert 10_000 < first.facts < 12_000


def test_a_bomb_of_matches_that_derives_little_ends_where_it_must() -> None:
    theory = Theory(facts=people(4000), rules=(SILENT,))
    first, second = (derive(theory, Budget(steps=300_000)) for _ in range(2))
    assert isinstance(first, Spent)
    assert first == second
    assert (first.budget, first.facts) == ("steps", 4001)
    assert 300_000 < first.steps < 310_000


def test_time_is_a_net_under_facts_and_steps() -> None:
    theory = Theory(facts=people(4000), rules=(SILENT,))
    spent = derive(theory, Budget(steps=10**12, seconds=0.05))
    assert isinstance(spent, Spent)
    assert spent.budget == "seconds"
    assert "seconds used up" in str(spent)


def test_a_theory_larger_than_the_budget_is_not_begun() -> None:
    spent = derive(Theory(facts=people(50), rules=()), Budget(facts=49))
    assert spent == Spent(budget="facts", facts=50, steps=0)
    with pytest.raises(ConfigError, match="steps"):
        Budget(steps=0)


def test_budgets_that_suffice_change_nothing() -> None:
    model = model_of(family(60))
    enough = derive(family(60), Budget(facts=len(model)))
    assert isinstance(enough, Model)
    assert list(enough) == list(model)
    assert isinstance(derive(family(60), Budget(facts=len(model) - 1)), Spent)


def test_no_source_opens_clingo_to_programs_or_files() -> None:
    (folder,) = nexus.__path__
    banned = ("enable_python", "#include", "#script", "clingo.script")
    for path in Path(folder).rglob("*.py"):
        source = path.read_text()
        assert not [word for word in banned if word in source], path
