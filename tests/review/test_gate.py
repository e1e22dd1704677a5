"""A change goes through the gate by persons alone, and back byte for byte."""

from dataclasses import replace
from pathlib import Path

import pytest
from gated import core, draft, gated, pending, person, report

from nexus.base.errors import CheckpointError, ConfigError, LedgerError, ReviewError
from nexus.base.proposals import KINDS, Policy
from nexus.review.approved import Approved


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
    with pytest.raises(ReviewError, match="not enrolled"):
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
