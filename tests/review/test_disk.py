"""A disk that is full, breaks or may not be written to: told, nothing changed; and backups."""

import errno
import os
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from gated import World, core, draft, gated, pending
from sqlalchemy import event
from sqlalchemy.engine import Engine

from nexus.base.errors import LedgerError, NexusError, StorageError
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store import journal
from nexus.store.manifest import pointed

REFUSALS = [(errno.ENOSPC, "disk is full"), (errno.EIO, "check the"), (errno.EROFS, "read-only")]


def refuse(monkeypatch: pytest.MonkeyPatch, part: str, code: int) -> None:
    """Let the operating system refuse to create files of which the path contains ``part``."""
    real = os.open

    def refused(path, flags, *more, **keywords):
        if flags & os.O_CREAT and part in str(path):
            raise OSError(code, os.strerror(code), str(path))
        return real(path, flags, *more, **keywords)

    monkeypatch.setattr(os, "open", refused)


@pytest.mark.parametrize(("code", "words"), REFUSALS)
def test_a_pointer_that_cannot_be_moved_fails_the_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    world = gated(tmp_path)
    gate, ada = world.gate, world.people["ada"]
    before, change = gate.pointer.read_bytes(), pending(world)
    with monkeypatch.context() as patch:
        refuse(patch, "manifest.json", code)
        with pytest.raises(StorageError, match=words):
            gate.approve(gate.ballot("approve", change), ada)
        found = gate.book().find(change)
        assert (found.state, gate.pointer.read_bytes()) == ("failed", before)
        assert "manifest.json" in found.note
    again = pending(world, "b" * 12)  # to be asked for once more
    assert gate.approve(gate.ballot("approve", again), ada).state == "applied"
    with monkeypatch.context() as patch:
        refuse(patch, "manifest.json", code)
        with pytest.raises(StorageError, match=words):
            gate.rollback(gate.ballot("rollback", again, "no"), ada)
        assert core(world) == b"new mind"
    gate.settle()  # a rollback is never given up
    assert (core(world), gate.pointer.read_bytes()) == (b"mind", before)


@pytest.mark.parametrize(("code", "words"), REFUSALS)
def test_an_object_that_cannot_be_stored_asks_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    world = gated(tmp_path)
    lines = world.gate.ledger.journal.read()
    with monkeypatch.context() as patch:
        refuse(patch, "objects", code)
        for order in (
            lambda: world.gate.propose(draft()),
            lambda: world.gate.found("voice", b"la", kind="voice"),
        ):
            with pytest.raises(StorageError, match=words):
                order()
    assert world.gate.ledger.journal.read() == lines
    assert core(world) == b"mind"


def test_a_ledger_that_is_full_says_so(tmp_path: Path) -> None:
    """SQLite's own words: it may have no more pages than it has."""
    world = gated(tmp_path)
    ballot = world.gate.ballot("approve", pending(world))
    lines, pointer = world.gate.ledger.journal.read(), world.gate.pointer.read_bytes()

    def no_more(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(Engine, "connect", no_more)
    try:
        with pytest.raises(StorageError, match=r"ledger.db: database or disk is full.*check"):
            world.gate.approve(ballot, world.people["ada"])
    finally:
        event.remove(Engine, "connect", no_more)
    assert world.gate.ledger.journal.read() == lines
    assert world.gate.pointer.read_bytes() == pointer
    assert world.gate.approve(ballot, world.people["ada"]).state == "applied"


def test_a_ledger_that_another_process_writes_to_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = gated(tmp_path)
    monkeypatch.setitem(journal._SQLITE, "busy_timeout", "50")  # type: ignore[index]
    with sqlite3.connect(world.gate.folder / "ledger.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"another process is writing.*wait for it"):
            world.gate.propose(draft())
        other.execute("ROLLBACK")
    other.close()
    assert world.gate.propose(draft()).change_id


def told(world: World, limit: Callable[[], None]) -> str:
    """Return what an order in a process of its own, under a limit, was refused with."""
    world.gate.ledger.journal.close()
    hears, says = os.pipe()
    if (child := os.fork()) == 0:
        said, sys.dont_write_bytecode = "", True
        try:
            limit()
            said = core(world).decode()
            world.gate.found("voice", b"", kind="voice")
        except BaseException as error:
            said += f" {type(error).__name__} {error}"
        os.write(says, said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    heard = os.read(hears, 4096).decode()
    os.close(hears)
    os.close(says)
    return heard


def small_files() -> None:
    """Let no file grow beyond a hundred bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def nobody() -> None:
    """Be someone who may write nowhere; root is stopped by no mode."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


@pytest.mark.parametrize("name", ["plain", "a b%20c?d#e"])
@pytest.mark.parametrize("limit", [small_files, nobody])
def test_a_system_that_refuses_to_write_thinks_and_changes_nothing(
    limit: Callable, name: str
) -> None:
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / name).mkdir()
        world = gated(Path(home) / name)
        assert (world.gate.folder / "ledger.db").is_file()
        world.gate.objects.put(b"")
        lines, folder = world.gate.ledger.journal.read(), world.gate.folder
        Path(home).chmod(0o755)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        said = told(world, limit)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        assert said.startswith("mind StorageError cannot write"), said
        assert world.gate.ledger.journal.read() == lines


def backed_up(world: World, to: Path) -> None:
    """Copy a run that is in use, as docs/review.md says."""
    shutil.copytree(world.gate.folder, to, ignore=shutil.ignore_patterns("ledger.db*"))
    with (
        sqlite3.connect(world.gate.folder / "ledger.db") as live,
        sqlite3.connect(to / "ledger.db") as copy,
    ):
        live.backup(copy)
    live.close()
    copy.close()


def test_each_part_comes_back_from_a_backup(tmp_path: Path) -> None:
    world = gated(tmp_path)
    world.gate.approve(world.gate.ballot("approve", pending(world)), world.people["ada"])
    backup, folder = tmp_path / "backup", world.gate.folder
    with world.gate.ledger.journal.writing():  # in use
        backed_up(world, backup)
    for path in sorted(p for p in backup.rglob("*") if p.is_file() and p.name != "lock"):
        there = folder / path.relative_to(backup)
        for damaged in (None, b"nonsense"):
            there.unlink()
            for log in ("ledger.db-wal", "ledger.db-shm"):
                if there.name == "ledger.db":
                    (folder / log).unlink(missing_ok=True)
            if damaged is not None:
                there.write_bytes(damaged)
            shutil.copyfile(path, there)
            assert core(world) == b"new mind"
    gate = Gate(folder, clock=world.clock, keys=world.gate.keys)
    gate.rollback(gate.ballot("rollback", "0123456789ab", "no"), world.people["ada"])
    assert core(world) == b"mind"


def test_an_older_backup_of_the_ledger_is_found_to_be_older(tmp_path: Path) -> None:
    world = gated(tmp_path)
    backed_up(world, tmp_path / "backup")
    world.gate.approve(world.gate.ballot("approve", pending(world)), world.people["ada"])
    shutil.copyfile(tmp_path / "backup" / "ledger.db", world.gate.folder / "ledger.db")
    with pytest.raises(LedgerError, match=r"its end was cut off.*from a backup"):
        core(world)
    with pytest.raises(NexusError):
        Approved.open(world.gate.folder, keys=world.gate.keys)
    assert pointed(world.gate.folder) != pointed(tmp_path / "backup")
