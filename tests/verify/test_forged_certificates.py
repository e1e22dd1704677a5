"""No wrong certificate passes the checker, and every genuine one does."""

import random

import pytest

from nexus.base.records import Facts, Truth, Verdict
from nexus.logic.language import Vocabulary
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
