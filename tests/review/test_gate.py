"""A change goes through the gate by persons alone, and back byte for byte."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gated import core, draft, gated, pending, person, report

from nexus.base.errors import CheckpointError, ConfigError, LedgerError, ReviewError
from nexus.base.proposals import KINDS, Effect, Policy
from nexus.review.approved import Approved
from nexus.review.change import Change, Outcome


def test_a_change_is_approved_applied_confirmed_and_rolled_back(tmp_path: Path) -> None:
    world = gated(tmp_path, policy=Policy(window=100))
    gate, ada = world.gate, world.people["ada"]
    before = gate.pointer.read_bytes()
    change = pending(world)
    assert core(world) == b"mind"
    assert gate.approve(gate.ballot("approve", change), ada).state == "applied"
    assert core(world) == b"new mind"
    assert gate.observe(change, "all", right=97, n=100).state == "confirmed"
    gate.rollback(gate.ballot("rollback", change, "I liked it better before"), ada)
    assert gate.pointer.read_bytes() == before
    assert core(world) == b"mind"
    assert gate.book().find(change).state == "rolled_back"


def test_the_monitor_rolls_back_what_falls_below_what_was_promised(tmp_path: Path) -> None:
    world = gated(tmp_path)
    change = pending(world)
    world.gate.approve(world.gate.ballot("approve", change), world.people["ada"])
    assert world.gate.observe(change, "all", right=93, n=100).state == "monitoring"
    after = world.gate.observe(change, "all", right=60, n=100)
    assert (after.state, after.decided) == ("rolled_back", ("ada", "monitor"))
    assert "153 of 200 right" in after.note
    assert core(world) == b"mind"


def rolled_back(p: float, effect: Effect, policy: Policy, *, looks: int = 200) -> float:
    """Return how surely a change that is right with probability ``p`` is rolled back.

    It is looked at after each outcome; exactly, by how likely each count of right ones is.
    """
    asked = SimpleNamespace(effects=(effect,))
    likely, fell = np.ones(1), 0.0
    for n in range(1, looks + 1):
        likely = np.append(likely * (1 - p), 0) + np.append(0, likely * p)
        for right in np.flatnonzero(likely > 1e-12).tolist():
            seen = {effect.figure: Outcome(right=right, n=n)}
            if Change(asked=asked, state="applied", observed=seen).fallen(policy):
                fell, likely[right] = fell + likely[right], 0
            else:
                break  # with more of them right it has not fallen either
    return fell


@pytest.mark.parametrize(
    ("expected", "tolerance"), [(0.98, 0.03), (0.97, 0.01), (0.9, 0.1), (0.8, 0.02), (0.6, 0.02)]
)
def test_a_promise_that_is_kept_is_seldom_taken_for_broken(
    expected: float, tolerance: float
) -> None:
    """However often one looks; and the least that was promised is kept, no more."""
    effect = Effect(figure="all", expected=expected, tolerance=tolerance)
    assert rolled_back(expected - tolerance, effect, Policy()) <= 0.01


def test_a_real_fall_is_found_and_one_outcome_is_none() -> None:
    effect = Effect(figure="all", expected=0.98, tolerance=0.03)
    assert rolled_back(0.8, effect, Policy()) >= 0.95
    assert rolled_back(0.0, effect, Policy(), looks=29) == 0.0
    assert rolled_back(0.0, effect, Policy(), looks=30) > 0.99
    assert rolled_back(0.0, effect, Policy(window=5), looks=5) > 0.99


def test_what_a_later_change_supplanted_is_not_judged_by_its_outcomes(tmp_path: Path) -> None:
    world = gated(tmp_path, policy=Policy(window=10))
    gate, ada = world.gate, world.people["ada"]
    for change, data in (("a" * 12, b"A"), ("b" * 12, b"B")):
        gate.approve(gate.ballot("approve", pending(world, change, data)), ada)
    first, later = (gate.book().find(c * 12) for c in "ab")
    assert gate.book().supplanted(first) == "b" * 12
    assert gate.book().supplanted(later) == ""
    for right in (0, 200):
        with pytest.raises(ReviewError, match="core was changed again by bbb"):
            gate.observe("a" * 12, "all", right=right, n=200)
    gate.rollback(gate.ballot("rollback", "b" * 12, "no"), ada)
    assert gate.book().supplanted(gate.book().find("a" * 12)) == ""
    assert gate.observe("a" * 12, "all", right=200, n=200).state == "confirmed"


def test_a_demo_key_decides_until_a_person_is_enrolled(tmp_path: Path) -> None:
    world = gated(tmp_path, people=0, demo=True)
    gate, demo, ada, bob = world.gate, person("demo-1"), person("ada"), person("bob")
    gate.enroll("demo-1", demo.public, "lead", demo=True)
    change = pending(world, flagged=True)
    ballot = gate.ballot("approve", change)
    assert gate.approve(ballot, demo).approvals == ("demo-1",)
    gate.enroll("ada", ada.public, "lead")
    other = person("demo-2")
    with pytest.raises(ReviewError, match="persons are enrolled"):
        gate.enroll("demo-2", other.public, "lead", demo=True, voucher=demo)
    with pytest.raises(ReviewError, match="persons are enrolled"):
        gate.enroll("bob", bob.public, "lead", voucher=demo)
    with pytest.raises(ReviewError, match="persons are enrolled"):
        gate.deny(gate.ballot("deny", change, "no"), demo)
    gate.enroll("demo-2", other.public, "lead", demo=True, voucher=ada)
    with pytest.raises(ReviewError, match="persons are enrolled"):
        gate.approve(ballot, other)
    gate.enroll("bob", bob.public, "lead", voucher=ada)
    found = gate.approve(ballot, ada)  # what the demo's key said counts no more
    assert (found.state, found.approvals) == ("pending", ("ada",))
    assert gate.approve(ballot, bob).state == "applied"


def test_denied_changes_no_byte(tmp_path: Path) -> None:
    world = gated(tmp_path)
    change = pending(world)
    before = {path: path.read_bytes() for path in (tmp_path / "run" / "objects").iterdir()}
    pointer = world.gate.pointer.read_bytes()
    world.gate.deny(world.gate.ballot("deny", change, "not convinced"), world.people["ada"])
    assert world.gate.pointer.read_bytes() == pointer
    assert {path: path.read_bytes() for path in (tmp_path / "run" / "objects").iterdir()} == before
    with pytest.raises(ReviewError, match="denied"):
        world.gate.approve(world.gate.ballot("approve", change), world.people["ada"])


def test_two_persons_and_a_flagged_change(tmp_path: Path) -> None:
    world = gated(tmp_path, people=2)
    gate = world.gate
    change = pending(world, flagged=True)
    assert "It forgets" in gate.book().find(change).flags[0]
    ballot = gate.ballot("approve", change)
    for _ in range(2):  # to say it again is to say it once
        assert gate.approve(ballot, world.people["ada"]).approvals == ("ada",)
    assert core(world) == b"mind"
    assert gate.approve(ballot, world.people["bob"]).state == "applied"


def test_a_flagged_change_never_needs_fewer_persons(tmp_path: Path) -> None:
    world = gated(tmp_path, people=3, policy=Policy(approvals=3, flagged_approvals=2))
    gate = world.gate
    ballot = gate.ballot("approve", pending(world, flagged=True))
    states = [gate.approve(ballot, signer).state for signer in world.people.values()]
    assert states == ["pending", "pending", "applied"]


@pytest.mark.parametrize("words", ["core,encoder", "Core", "core weights"])
def test_what_is_left_to_leads_is_named_rightly(words: str) -> None:
    with pytest.raises(ConfigError, match=r"lead_only names .*apart by spaces"):
        Policy(lead_only=words)
    assert Policy(lead_only=" ".join(KINDS))


def test_who_may_not_approve(tmp_path: Path) -> None:
    world = gated(tmp_path, people=2, policy=Policy(lead_only="core"))
    gate = world.gate
    change = pending(world)
    ballot = gate.ballot("approve", change)
    with pytest.raises(ReviewError, match="not enrolled"):
        gate.approve(ballot, person("eve"))
    with pytest.raises(ReviewError, match="signature is not ada"):
        gate.approve(ballot, replace(person("eve"), name="ada"))
    with pytest.raises(ReviewError, match="only a lead"):
        gate.approve(ballot, world.people["bob"])
    with pytest.raises(ReviewError, match="not what it was when you looked"):
        gate.approve(replace(ballot, report="0" * 64), world.people["ada"])
    gate.propose(replace(draft("ba9876543210", b"third mind"), proposer="ada"))
    gate.shadow(report(gate.book(), "ba9876543210"))
    gate.submit("ba9876543210")
    with pytest.raises(ReviewError, match="who proposes never approves"):
        gate.approve(gate.ballot("approve", "ba9876543210"), world.people["ada"])
    assert core(world) == b"mind"


def test_others_are_superseded_when_one_is_applied_and_time_runs_out(tmp_path: Path) -> None:
    world = gated(tmp_path)
    gate, ada = world.gate, world.people["ada"]
    one, other = pending(world, "a" * 12), pending(world, "b" * 12, b"other mind")
    gate.approve(gate.ballot("approve", one), ada)
    assert gate.settle().find(other).state == "superseded"
    late = pending(world, "c" * 12, b"late mind")
    world.clock.now += 3600
    with pytest.raises(ReviewError, match="expired"):
        gate.approve(gate.ballot("approve", late), ada)
    assert gate.settle().find(late).state == "expired"
    world.clock.now -= 2
    with pytest.raises(ReviewError, match="clock"):
        gate.settle()


def test_only_the_first_is_taken_on_trust(tmp_path: Path) -> None:
    world = gated(tmp_path)
    eve = person("eve")
    with pytest.raises(ReviewError, match=r"--voucher NAME. of a lead"):
        world.gate.enroll("eve", eve.public, "lead")
    with pytest.raises(ReviewError, match="not enrolled"):
        world.gate.enroll("eve", eve.public, "lead", voucher=eve)
    with pytest.raises(ReviewError, match="demo"):
        world.gate.enroll("eve", eve.public, "lead", demo=True)


def test_what_was_built_from_another_system_is_not_put_in_place_of_this_one(tmp_path: Path) -> None:
    world = gated(tmp_path)
    asked = draft("b" * 12, b"a copy of mind that learned")
    world.gate.approve(world.gate.ballot("approve", pending(world)), world.people["ada"])
    with pytest.raises(ReviewError, match="built from what thinks no more"):
        world.gate.propose(asked)
    assert world.gate.propose(replace(asked, base=world.gate.book().current)).base


def test_training_adds_and_never_replaces(tmp_path: Path) -> None:
    world = gated(tmp_path)
    world.gate.found("core", b"mind", kind="core")
    with pytest.raises(ReviewError, match="thinks already"):
        world.gate.found("core", b"better mind", kind="core")
    assert core(world) == b"mind"


def test_what_may_think_is_what_the_ledger_says(tmp_path: Path) -> None:
    world = gated(tmp_path)
    gate = world.gate
    assert core(world) == b"mind"
    with pytest.raises(CheckpointError, match="has no 'voice'"):
        Approved.open(gate.folder, keys=gate.keys).artefact("voice")
    gate.pointer.write_bytes(gate.pointer.read_bytes().replace(b"core", b"cure"))
    with pytest.raises(LedgerError, match="not what the ledger says"):
        core(world)
