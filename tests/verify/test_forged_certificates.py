"""No wrong certificate passes the checker, and every genuine one does."""

import random
from dataclasses import replace

import pytest

from nexus.base.records import Certificate, Facts, Truth, Verdict
from nexus.logic.engines.query import solve
from nexus.logic.language import Vocabulary, parse
from nexus.suites import forgery
from nexus.suites.forgery import forge
from nexus.suites.mutations import MUTATIONS
from nexus.suites.samples import invent
from nexus.worlds.tabletop import VOCABULARY


def scene(index: int) -> Facts:
    """Facts of a made-up scene."""
    return invent(random.Random(index), VOCABULARY)


def test_none_of_ten_thousand_forgeries_is_accepted() -> None:
    report = forge(10_000, seed=7, scene=scene, vocabulary=VOCABULARY)
    share = report.dropped / (report.tried + report.dropped)
    print(f"{share:.1%} of the mutants were not proved wrong, and dropped")
    assert report.tried == 10_000
    assert (report.accepted, report.examples) == (0, ())
    assert report.refused == 0
    assert set(report.kinds) == set(MUTATIONS)
    assert share < 0.35


def test_a_careless_checker_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(certificate: object, *_: object) -> Verdict:
        return Verdict(valid=all(s.premises for s in certificate.steps[:-1]))  # type: ignore[attr-defined]

    monkeypatch.setattr(forgery, "check", careless)
    assert forge(60, seed=7, scene=scene, vocabulary=VOCABULARY).accepted > 20


def genuine() -> Certificate:
    """A proof that there are more red things than blue ones, or that there are not."""
    facts = invent(random.Random(3), VOCABULARY)
    query = parse("more filter colour red objects filter colour blue objects", VOCABULARY)
    proof = solve(query, facts, VOCABULARY)
    assert isinstance(proof, Certificate)
    return proof


def test_form_alone_tells_what_is_no_proof_of_any_query() -> None:
    proof = genuine()
    *_, last = steps = proof.steps
    assert [step.op for step in steps] == ["objects", "filter", "objects", "filter", "more"]
    assert forgery.well_typed(proof, VOCABULARY)

    def spoilt(at: int, **changes: object) -> bool:
        changed = [*steps[:at], replace(steps[at], **changes), *steps[at + 1 :]]  # type: ignore[arg-type]
        return forgery.well_typed(replace(proof, steps=tuple(changed)), VOCABULARY)

    assert spoilt(4, op="fewer")
    assert spoilt(4, inputs=(3, 1))
    assert spoilt(1, arguments=("shape", VOCABULARY.attributes["shape"][0]))
    assert not spoilt(4, op="exists")
    assert not spoilt(4, op="no such operator")
    assert not spoilt(4, inputs=(3, 5))
    assert not spoilt(1, arguments=("shape", "red"))
    assert not spoilt(1, arguments=("left_of", "red"))
    assert not spoilt(3, value="yes")
    assert not spoilt(4, value="3")
    assert not forgery.well_typed(replace(proof, answer="red"), VOCABULARY)
    assert not forgery.well_typed(replace(proof, steps=steps[:-1]), VOCABULARY)
    assert not forgery.well_typed(replace(proof, query="more red"), VOCABULARY)
    swapped = (steps[3], *steps[1:3], steps[0], last)
    assert not forgery.well_typed(replace(proof, steps=swapped), VOCABULARY)


def test_only_well_typed_mutants_are_shown_to_the_checker(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[Certificate]()

    def look(certificate: Certificate, *_: object) -> Verdict:
        shown.append(certificate)
        return Verdict(valid=False, reason="seen")

    monkeypatch.setattr(forgery, "check", look)
    report = forge(200, seed=7, scene=scene, vocabulary=VOCABULARY)
    assert all(forgery.well_typed(certificate, VOCABULARY) for certificate in shown)
    assert len(shown) == report.tried + report.genuine
    assert report.refused == report.genuine  # these are typed too, and the looker refuses all
    assert report.ill_typed > 0


def test_forgeries_are_a_function_of_the_seed() -> None:
    small = Vocabulary(attributes={"colour": ("red", "blue")}, relations=())
    facts = Facts(
        objects=("o1",),
        truth={("object", "o1"): Truth.TRUE, ("colour", "o1", "red"): Truth.TRUE},
        probability={("object", "o1"): 1.0, ("colour", "o1", "red"): 1.0},
    )
    first, second = (forge(50, seed=11, scene=lambda _: facts, vocabulary=small) for _ in range(2))
    assert first == second
    assert first.tried == 50
