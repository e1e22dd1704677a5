"""Bytes altered, files gone, loaders that ask: what does not think as approved does not think."""

import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from gated import World, draft, gated, pending, person, report

import nexus
from nexus.base.errors import LedgerError, NexusError, ReviewError
from nexus.review import anchors, approved
from nexus.review import gate as gate_module
from nexus.review import keys as keyrings
from nexus.review.approved import Approved
from nexus.review.codec import encode
from nexus.review.entries import Shadowed, Submitted
from nexus.review.gate import Gate

CHANGE = "0123456789ab"
THINKS = {"core": b"new mind", "encoder": b"eyes", "parser": b"ears", "calibration": b"{}"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = gated(tmp_path)
    made.gate.found("calibration", b"{}", kind="threshold")
    made.gate.approve(made.gate.ballot("approve", pending(made)), made.people["ada"])
    return made


def thinks(world: World) -> dict[str, bytes]:
    there = Approved.open(world.gate.folder, keys=world.gate.keys)
    return {name: there.artefact(name) for name in there.artefacts}


@pytest.mark.parametrize("name", THINKS)
def test_one_byte_of_what_thinks_altered(world: World, name: str) -> None:
    path = world.gate.objects.path(world.gate.book().artefacts[name].sha256)
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    with pytest.raises(NexusError, match="copy it from a backup"):
        thinks(world)
    path.unlink()
    with pytest.raises(NexusError, match="from a backup"):
        thinks(world)


@pytest.mark.parametrize("name", ["recipe.toml", "run.json", "manifest.json", "ledger.db"])
def test_one_byte_of_what_says_what_thinks_altered(world: World, name: str) -> None:
    path = world.gate.folder / name
    whole = path.read_bytes()
    for position in range(7, len(whole), max(1, len(whole) // 25)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x15]) + whole[position + 1 :])
        try:  # of a database some bytes hold nothing
            what_to_do = "nothing" * (thinks(world) == THINKS)
        except NexusError as error:
            what_to_do = error.hint
        assert what_to_do
    path.unlink()
    with pytest.raises(NexusError):
        thinks(world)
    path.write_bytes(whole)
    assert thinks(world) == THINKS


def test_no_variable_of_the_environment_moves_keys_or_anchors(tmp_path: Path) -> None:
    script = "import nexus.review.keys as k; print(k.keys_folder())"
    path = {"PYTHONPATH": str(Path(nexus.__file__).parents[1]), "PATH": os.environ["PATH"]}
    moved = dict.fromkeys(
        ["HOME", "XDG_CONFIG_HOME", "NEXUS_HOME", "NEXUS_KEYS", "USER", "LOGNAME", "USERPROFILE"],
        str(tmp_path),
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script], env=env, check=True, capture_output=True
        ).stdout
        for env in (path, {**path, **moved})
    }
    assert len(said) == 1


def test_every_loader_asks_what_is_approved(smoke: Path, tmp_path: Path) -> None:
    from nexus.system import Senses, System

    folder, keys = tmp_path / "run", keyrings.keys_folder()
    shutil.copytree(smoke, folder)
    Gate(folder).enroll("ada", person("ada").public, "lead")
    System.load(folder)
    gate = Gate(folder)
    for name in ("encoder", "fast", "parser", "calibration", "grounding"):
        if (entry := gate.book().artefacts.get(name)) is None:
            continue
        path = gate.objects.path(entry.sha256)
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(NexusError, match="backup"):
            System.load(folder)
        path.write_bytes(whole)
    pointer = gate.pointer.read_bytes()
    gate.pointer.write_bytes(pointer.replace(b'"core"', b'"cure"'))
    for load in (System.load, Senses.load):
        with pytest.raises(LedgerError, match="not what the ledger says"):
            load(folder)
    gate.pointer.write_bytes(pointer)
    for path in anchors.places(keys, folder):
        path.unlink()


def test_what_is_flagged_is_what_the_report_says(world: World) -> None:
    gate, change = world.gate, "d" * 12
    gate.propose(draft(change, b"third mind", base=gate.book().current))
    stored = gate.objects.put(encode(report(gate.book(), change, flagged=True)))
    with gate.ledger.writing() as pen:  # as only the owner of the machine's key can
        pen.say(Shadowed(change=change, report=stored, flags=()))
        pen.say(Submitted(change=change))
    with pytest.raises(ReviewError, match="not flagged as its shadow report asks for"):
        gate.approve(gate.ballot("approve", change), world.people["ada"])
    assert thinks(world) == THINKS


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("monitor", [False, True])
@pytest.mark.parametrize("last", ["said", "move.1", "move.2", "ledger.3", "ledger.4"])
def test_a_rollback_that_someone_died_in_is_not_undone(
    world: World, last: str, monitor: bool
) -> None:
    """Whoever finishes it, what was taken back does not think again when the end is cut off."""
    gate, passed = world.gate, list[str]()
    pointer, lines = gate.pointer.read_bytes(), gate.ledger.journal.read()

    def step(name: str) -> None:
        passed.append(name)
        began = any(word in said for said in passed for word in ("intent said", "observe.1"))
        if began and last in name:
            raise Died

    dying = Gate(gate.folder, clock=world.clock, keys=gate.keys, step=step)
    ballot = gate.ballot("rollback", CHANGE, "no")
    with suppress(Died):
        _ = monitor and dying.observe(CHANGE, "all", right=1, n=200)
        dying.rollback(ballot, world.people["ada"])
    assert any(last in name for name in passed)
    assert gate.settle().find(CHANGE).state == "rolled_back"
    with gate.ledger.journal._engine().connect() as connection:
        there = {"n": len(lines)}
        connection.execute(sa.text("DELETE FROM nexus_ledger WHERE position >= :n"), there)
        connection.commit()
    gate.pointer.write_bytes(pointer)
    with pytest.raises(LedgerError, match="cut off"):
        thinks(world)


def test_a_slow_process_leaves_no_older_anchor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, leave = world.gate, anchors.leave
    other = Gate(gate.folder, clock=world.clock, keys=gate.keys)
    quick = threading.Thread(target=other.found, args=("voice", b"la"), kwargs={"kind": "rule"})

    def slow(*arguments: object) -> None:
        monkeypatch.undo()
        quick.start()
        quick.join(0.5)  # if it may, it is done by then
        leave(*arguments)

    monkeypatch.setattr(anchors, "leave", slow)
    gate.enroll("bob", person("bob").public, "reviewer", voucher=world.people["ada"])
    quick.join()
    left = anchors.left(gate.keys, gate.folder).values()
    assert {anchor.length for anchor in left} == {gate.book().length}


def test_who_reads_while_a_change_is_applied_is_not_told_of_tampering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ledger and pointer are read one after the other, and someone comes in between."""
    world = gated(tmp_path)
    ballot, read = world.gate.ballot("approve", pending(world)), approved.pointed

    def late(folder: Path) -> str:
        monkeypatch.undo()
        world.gate.approve(ballot, world.people["ada"])
        return read(folder)

    monkeypatch.setattr(approved, "pointed", late)
    assert thinks(world)["core"] == b"new mind"


def test_putting_the_pointer_right_undoes_no_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = gated(tmp_path)
    ballot, read = world.gate.ballot("approve", pending(world)), gate_module.pointed
    other = Gate(world.gate.folder, clock=world.clock, keys=world.gate.keys)
    person_ = threading.Thread(target=other.approve, args=(ballot, world.people["ada"]))

    def late(folder: Path) -> str:
        monkeypatch.undo()
        person_.start()
        person_.join(0.5)
        return read(folder)

    monkeypatch.setattr(gate_module, "pointed", late)
    assert not world.gate.mend()
    person_.join()
    assert thinks(world)["core"] == b"new mind"


def test_an_exported_anchor_finds_what_was_cut_off_elsewhere(world: World) -> None:
    anchor = anchors.anchor_of(world.gate.book())
    lines = world.gate.ledger.journal.read()
    anchors.hold(anchor, lines, where="there")
    with pytest.raises(LedgerError, match="cut off"):
        anchors.hold(anchor, lines[:-1], where="there")
    with pytest.raises(LedgerError, match="written anew"):
        anchors.hold(replace(anchor, head="0" * 64), lines, where="there")
