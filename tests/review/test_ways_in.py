# ruff: noqa: ARG001 (each way is given all there is, and takes what it needs)
"""Ways to make other bytes think than persons approved: each is refused, or thinks as approved."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from gated import World, draft, gated, pending, person, report

from nexus.base.errors import LedgerError, NexusError, ReviewError
from nexus.base.proposals import Policy
from nexus.review import anchors
from nexus.review import keys as keyrings
from nexus.review.approved import Approved
from nexus.review.book import Book
from nexus.review.change import Change
from nexus.review.entries import (
    Applied,
    Applying,
    Begun,
    Body,
    Enrolled,
    Entry,
    Founded,
    RolledBack,
    RollingBack,
)
from nexus.review.entries import Approved as Said
from nexus.review.gate import Gate
from nexus.store.manifest import Artefact, manifest_bytes
from nexus.store.objects import sha256

EVIL = b"evil mind"
THINKS = {"core": b"new mind", "encoder": b"eyes", "parser": b"ears", "calibration": b"{}"}
"""What persons approved: a second core in place of a first, and all else as it was founded."""
WAITS = "b" * 12
"""A change nobody approved, that would let ``EVIL`` think."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """Return a run with an approved change and one that waits; and one, in order, of eve's own."""
    ours = gated(tmp_path_factory.mktemp("ours"), people=2, policy=Policy(lead_only="core"))
    ours.gate.found("calibration", b"{}", kind="threshold")
    first = ours.gate.ballot("approve", pending(ours, "a" * 12))
    ours.gate.approve(first, ours.people["ada"])
    pending(ours, WAITS, EVIL)
    eves = gated(tmp_path_factory.mktemp("eves"))
    eves.gate.approve(
        eves.gate.ballot("approve", pending(eves, "c" * 12, EVIL)), eves.people["ada"]
    )
    return ours, eves.gate.folder


@pytest.fixture
def forged(models: tuple[World, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(models[1], tmp_path / "forged" / "run"))


@pytest.fixture
def world(models: tuple[World, Path], tmp_path: Path) -> World:
    """Return a copy of the run, with a person's anchor of it."""
    folder, keys = tmp_path / "ours" / "run", tmp_path / "keys"
    shutil.copytree(models[0].gate.folder, folder)
    gate = Gate(folder, clock=models[0].clock, keys=keys)
    anchors.leave(keys, folder, gate.book())
    return World(gate=gate, clock=models[0].clock, people=dict(models[0].people))


def thinks(world: World) -> dict[str, bytes]:
    approved = Approved.open(world.gate.folder, keys=world.gate.keys)
    return {name: approved.artefact(name) for name in approved.artefacts}


def rewrite(world: World, change: Callable[[list[Body]], list[Body]]) -> None:
    """Write the ledger anew, chained and sealed with the machine's key, as only its owner can."""
    entries = [Entry.parse(line) for line in world.gate.ledger.journal.read()]
    machine = keyrings.machine(world.gate.folder)
    lines: list[str] = []
    previous = "0" * 64
    for position, body in enumerate(change([entry.body for entry in entries])):
        at = entries[min(position, len(entries) - 1)].time
        entry = Entry(position=position, time=at, previous=previous, body=body).sealed(machine)
        lines, previous = [*lines, entry.line()], entry.hash
    put(world, lines)


def put(world: World, lines: list[str]) -> None:
    journal = world.gate.ledger.journal
    with sqlite3.connect(world.gate.folder / "ledger.db") as database:
        database.execute("DELETE FROM nexus_ledger")
        rows = [(journal.book, position, line) for position, line in enumerate(lines)]
        database.executemany("INSERT INTO nexus_ledger VALUES (?, ?, ?)", rows)
    database.close()


def say(world: World, *more: Body) -> None:
    rewrite(world, lambda bodies: [*bodies, *more])


def point_to_evil(world: World) -> None:
    there = json.loads(world.gate.pointer.read_bytes())
    system = {name: Artefact(**entry) for name, entry in there.items()}
    evil = Artefact(sha256=world.gate.objects.put(EVIL), kind="core")
    world.gate.pointer.write_bytes(manifest_bytes({**system, "core": evil}))


# --- what is done to files ---------------------------------------------------------------------


def the_run_is_a_link(world: World, forged: Path) -> None:
    world.gate.folder.rename(world.gate.folder.with_name("aside"))
    world.gate.folder.symlink_to(forged)


def the_folder_above_is_a_link(world: World, forged: Path) -> None:
    above = world.gate.folder.parent
    above.rename(above.with_name("aside"))
    above.symlink_to(forged.parent)


def the_manifest_is_a_link(world: World, forged: Path) -> None:
    world.gate.pointer.unlink()
    world.gate.pointer.symlink_to(forged / "manifest.json")


def the_ledger_is_a_link(world: World, forged: Path) -> None:
    (world.gate.folder / "ledger.db").unlink()
    (world.gate.folder / "ledger.db").symlink_to(forged / "ledger.db")


def the_objects_are_a_link(world: World, forged: Path) -> None:
    shutil.rmtree(world.gate.folder / "objects")
    for name in THINKS:
        (forged / "objects" / world.gate.book().artefacts[name].sha256).write_bytes(EVIL)
    (world.gate.folder / "objects").symlink_to(forged / "objects")


def every_file_is_of_another_run(world: World, forged: Path) -> None:
    shutil.rmtree(world.gate.folder)
    shutil.copytree(forged, world.gate.folder)


def the_manifest_is_edited(world: World, forged: Path) -> None:
    point_to_evil(world)


def the_manifest_is_an_older_one(world: World, forged: Path) -> None:
    book = world.gate.book()
    base = book.systems[book.find("a" * 12).asked.base]
    world.gate.pointer.write_bytes(manifest_bytes(base))


def an_older_core_lies_in_place_of_the_new(world: World, forged: Path) -> None:
    world.gate.objects.path(sha256(b"new mind")).write_bytes(b"mind")


def the_recipe_is_another(world: World, forged: Path) -> None:
    recipe = world.gate.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("confidence = 0.", "confidence = 0.0", 1))


def all_is_founded_anew(world: World, forged: Path) -> None:
    for name in ("ledger.db", "manifest.json", "machine.key"):
        (world.gate.folder / name).unlink()
    Gate(world.gate.folder, keys=forged).found("core", EVIL, kind="core")


def all_is_founded_anew_and_eve_leads(world: World, forged: Path) -> None:
    for name in ("ledger.db", "manifest.json", "machine.key"):
        (world.gate.folder / name).unlink()
    with pytest.raises(LedgerError, match="its end was cut off"):
        Gate(world.gate.folder, keys=world.gate.keys).enroll("eve", person("eve").public, "lead")
    all_away = Gate(world.gate.folder, keys=forged)
    all_away.found("core", EVIL, kind="core")
    all_away.enroll("eve", person("eve").public, "lead")


# --- what is done to the ledger, the machine's key in hand --------------------------------------


def a_row_is_edited(world: World, forged: Path) -> None:
    lines = world.gate.ledger.journal.read()
    put(world, [line.replace(sha256(b"new mind"), sha256(EVIL)) for line in lines])
    point_to_evil(world)


def the_machine_founds_another_core(world: World, forged: Path) -> None:
    evil = Artefact(sha256=world.gate.objects.put(EVIL), kind="core")
    say(world, Founded(artefacts={"core": evil}))
    point_to_evil(world)


def history_is_written_anew(world: World, forged: Path) -> None:
    def other(bodies: list[Body]) -> list[Body]:
        evil = Artefact(sha256=world.gate.objects.put(EVIL), kind="core")
        return [
            replace(b, artefacts={"core": evil})
            if isinstance(b, Founded) and "core" in b.artefacts
            else b
            for b in bodies[:4]
        ]

    rewrite(world, other)
    world.gate.pointer.write_bytes(manifest_bytes({
        "encoder": Artefact(sha256=sha256(b"eyes"), kind="encoder"),
        "core": Artefact(sha256=sha256(EVIL), kind="core"),
        "parser": Artefact(sha256=sha256(b"ears"), kind="parser"),
    }))  # fmt: skip


def nobody_need_approve(world: World, forged: Path) -> None:
    begun = world.gate.book().begun
    assert begun is not None
    other = Begun(
        run=begun.run, recipe=begun.recipe, machine=begun.machine, demo=True, policy=Policy()
    )
    rewrite(world, lambda bodies: [other, *bodies[1:]])


def the_lead_has_eves_key(world: World, forged: Path) -> None:
    eve = person("ada")
    rewrite(
        world,
        lambda bodies: [
            replace(b, key=eve.public) if isinstance(b, Enrolled) and b.name == "ada" else b
            for b in bodies
        ],
    )
    world.people["ada"] = eve


def the_machine_approves(world: World, forged: Path) -> None:
    book = world.gate.book()
    signer = keyrings.machine(world.gate.folder)
    ballot = book.ballot("approve", book.find(WAITS))
    for name in ("ada", "machine"):
        with pytest.raises(ReviewError):
            world.gate.approve(ballot, replace(signer, name=name))
    signature = signer.sign(ballot.message)
    say(world, Said(change=WAITS, by="ada", signature=signature), Applying(change=WAITS))
    point_to_evil(world)


def an_approval_is_taken_from_another_change(world: World, forged: Path) -> None:
    bodies = [Entry.parse(line).body for line in world.gate.ledger.journal.read()]
    yes = next(b for b in bodies if isinstance(b, Said))
    say(world, replace(yes, change=WAITS), Applying(change=WAITS), Applied(change=WAITS))
    point_to_evil(world)


def an_approval_is_taken_from_another_run(world: World, forged: Path) -> None:
    book = world.gate.book()
    ballot = replace(book.ballot("approve", book.find(WAITS)), run="f" * 32)
    signature = world.people["ada"].sign(ballot.message)
    say(world, Said(change=WAITS, by="ada", signature=signature), Applying(change=WAITS))
    point_to_evil(world)


def an_approval_was_given_before_the_report(world: World, forged: Path) -> None:
    book = world.gate.book()
    ballot = replace(book.ballot("approve", book.find(WAITS)), report="")
    signature = world.people["ada"].sign(ballot.message)
    say(world, Said(change=WAITS, by="ada", signature=signature), Applying(change=WAITS))
    point_to_evil(world)


def a_change_is_applied_without_approval(world: World, forged: Path) -> None:
    say(world, Applying(change=WAITS), Applied(change=WAITS))
    point_to_evil(world)


def it_is_rolled_back_in_the_monitors_name(world: World, forged: Path) -> None:
    why = "all: 1 of 200 right, at most 0.028; expected 0.970, rolled back below 0.910"
    back = RollingBack(change="a" * 12, by="monitor", reason=why, signature="")
    say(world, back, RolledBack(change="a" * 12))


def eve_enrols_herself(world: World, forged: Path) -> None:
    eve = person("eve")
    for voucher in (None, eve, replace(eve, name="ada"), world.people["bob"]):
        with pytest.raises(ReviewError):
            world.gate.enroll("eve", eve.public, "lead", voucher=voucher)
    say(world, Enrolled(name="eve", key=eve.public, role="lead", demo=False, by="", signature=""))


def the_machine_is_enrolled(world: World, forged: Path) -> None:
    public = keyrings.machine(world.gate.folder).public
    for key in (public, public.upper(), f" {public}"):
        with pytest.raises(ReviewError):
            world.gate.enroll("mac", key, "lead", voucher=world.people["ada"])


def bob_is_enrolled_twice(world: World, forged: Path) -> None:
    key = world.people["bob"].public
    for same in (key, key.upper(), f"{key[:2]} {key[2:]}"):
        with pytest.raises(ReviewError):
            world.gate.enroll("rob", same, "reviewer", voucher=world.people["ada"])


def a_demo_key_decides(world: World, forged: Path) -> None:
    eve, ada = person("eve"), world.people["ada"]
    with pytest.raises(ReviewError, match="demo"):
        world.gate.enroll("eve", eve.public, "reviewer", demo=True, voucher=ada)


def the_machines_key_is_eves(world: World, forged: Path) -> None:
    shutil.copy(forged / "machine.key", world.gate.folder / "machine.key")
    with pytest.raises(LedgerError, match="not the key"):
        world.gate.settle()
    say(world)


def the_end_is_cut_off(world: World, forged: Path) -> None:
    """What is rolled back would think again."""
    gate, ada = world.gate, world.people["ada"]
    pointer, lines = gate.pointer.read_bytes(), gate.ledger.journal.read()
    gate.rollback(gate.ballot("rollback", "a" * 12, "it errs"), ada)
    put(world, lines)
    gate.pointer.write_bytes(pointer)
    with pytest.raises(LedgerError, match="cut off"):
        thinks(world)


def what_the_monitor_rolled_back_returns(world: World, forged: Path) -> None:
    gate = world.gate
    pointer, lines = gate.pointer.read_bytes(), gate.ledger.journal.read()
    assert gate.observe("a" * 12, "all", right=1, n=200).state == "rolled_back"
    put(world, lines)
    gate.pointer.write_bytes(pointer)
    with pytest.raises(LedgerError, match="cut off"):
        thinks(world)


def a_state_is_written_into_a_record(world: World, forged: Path) -> None:
    book = world.gate.book()
    asked = book.find(WAITS).asked
    there = Change(asked=asked, state="approved", approvals=("ada",))
    lie = replace(book, changes={WAITS: there}, current=asked.candidate)
    assert isinstance(lie, Book)
    with pytest.raises(ReviewError):
        world.gate.approve(lie.ballot("approve", there), person("ada"))


def it_calls_itself_another_kind(world: World, forged: Path) -> None:
    gate = world.gate
    gate.propose(replace(draft("d" * 12, EVIL, base=gate.book().current), kind="rule"))
    gate.shadow(report(gate.book(), "d" * 12))
    gate.submit("d" * 12)
    with pytest.raises(ReviewError, match="only a lead"):
        gate.approve(gate.ballot("approve", "d" * 12), world.people["bob"])


def training_replaces(world: World, forged: Path) -> None:
    with pytest.raises(ReviewError, match="thinks already"):
        world.gate.found("core", EVIL, kind="core")


def a_database_holds_another_book(world: World, forged: Path) -> None:
    """The run is made to read lines of eve's, sealed by a machine of hers."""
    with sqlite3.connect(forged / "ledger.db") as database:
        lines = [
            row[0] for row in database.execute("SELECT line FROM nexus_ledger ORDER BY position")
        ]
    database.close()
    put(world, lines)
    for name in ("manifest.json", "machine.key"):
        shutil.copy(forged / name, world.gate.folder / name)
    shutil.copytree(forged / "objects", world.gate.folder / "objects", dirs_exist_ok=True)


WAYS = [
    way
    for way in list(globals().values())
    if callable(way) and getattr(way, "__annotations__", {}).get("forged") is Path
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_in(way: Callable, world: World, forged: Path) -> None:
    before = world.gate.book().current
    way(world, forged)
    try:
        what_to_do = "nothing" * (thinks(world) == THINKS)
        assert world.gate.settle().current == before
    except NexusError as error:
        what_to_do = error.hint
    assert what_to_do


def test_there_are_at_least_twenty_ways() -> None:
    assert len(WAYS) >= 28
