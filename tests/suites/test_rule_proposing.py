"""Learned rules at the gate: proposed, approved, used, taken back; and no other way in."""

from dataclasses import replace
from pathlib import Path

import pytest
from gated import World, gated

from nexus.base.errors import LedgerError, ReviewError
from nexus.evaluate.rules import Support
from nexus.logic.lessons import Lesson, parts
from nexus.logic.rule_sets import NONE, parse_rule, rules_bytes
from nexus.logic.theory import Rule
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.review.rules import KIND, NAME, approved_rules
from nexus.suites.rule_proposing import propose
from nexus.train.rules import Learned, Learning, judge
from nexus.worlds.families import lesson_of

HOW = Learning()
RULE = parse_rule("grandparent(?x, ?y) :- parent(?x, ?z), parent(?z, ?y)")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return gated(tmp_path)


def lesson() -> Lesson:
    return lesson_of("grandparent", 5, "learn", count=6, people=7)


def learned(*rules: Rule) -> Learned:
    return judge(parts(lesson()), rules, HOW, clauses=64, began=0.0)


def approved(gate: Gate) -> Approved:
    return Approved.open(gate.folder, keys=gate.keys)


def decide(world: World, change: str) -> None:
    book = world.gate.book()
    world.gate.approve(book.ballot("approve", book.find(change)), world.people["ada"])


def test_rules_think_once_they_are_approved_and_no_longer_when_taken_back(world: World) -> None:
    gate = world.gate
    assert approved_rules(approved(gate)) == ()
    proposal = propose(gate, lesson(), learned(RULE), HOW)
    assert proposal.kind == KIND
    assert proposal.data["rules_after"] != proposal.data["rules_before"]
    assert approved_rules(approved(gate)) == ()  # a proposal changes nothing
    change = gate.book().find(proposal.change_id)
    assert (change.state, change.flags) == ("pending", ())
    report = gate.report(change)
    slices = {x.name: x for x in report.slices}
    assert (slices["positive"].base, slices["positive"].candidate) == (0.0, 1.0)
    assert slices["negative"].candidate == report.frozen.candidate == 1.0
    decide(world, proposal.change_id)
    assert approved_rules(approved(gate)) == (RULE,)
    with pytest.raises(ReviewError, match="approved already"):
        propose(gate, lesson(), learned(RULE), HOW)
    ballot = gate.ballot("rollback", proposal.change_id, "no longer")
    gate.rollback(ballot, world.people["ada"])
    assert approved_rules(approved(gate)) == ()
    assert approved(gate).artefact(NAME) == NONE


def test_what_is_refused_is_not_proposed(world: World) -> None:
    wrong = learned(parse_rule("grandparent(?x, ?y) :- parent(?x, ?y)"))
    assert wrong.refused
    with pytest.raises(ReviewError, match="not proposed"):
        propose(world.gate, lesson(), wrong, HOW)
    assert not world.gate.book().changes
    assert NAME not in world.gate.book().artefacts


def test_rules_that_nobody_approved_are_refused(world: World) -> None:
    world.gate.found(NAME, rules_bytes([RULE]), kind=KIND)
    with pytest.raises(LedgerError, match="nobody approved"):
        approved_rules(approved(world.gate))


def test_a_support_needs_proofs_that_were_checked() -> None:
    seen = Support(explained=9, positive=9, wrong=0, negative=9, checked=9, refused=0)
    assert seen.reaches(1.0)
    assert not replace(seen, refused=1).reaches(0.5)
    assert not replace(seen, explained=0).reaches(0.5)
