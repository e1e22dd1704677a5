"""One gate on SQLite and on PostgreSQL: the same story, the same races, the same damage found."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from gated import World, core, draft, gated, pending

from nexus.base.errors import LedgerError, NexusError, ReviewError
from nexus.base.proposals import Policy
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store import journal
from nexus.store.manifest import pointed


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if why := servers.missing():
        pytest.skip(why)
    with servers.postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else request.getfixturevalue("server")


def edit(world: World, statement: str, **values: object) -> None:
    """Change the rows of a ledger behind the gate's back."""
    journal = world.gate.ledger.journal
    with journal._engine().connect() as connection:
        connection.execute(sa.text(statement), {"book": journal.book, **values})
        connection.commit()


def test_there_and_back_and_what_was_edited_is_found(tmp_path: Path, ledger: str) -> None:
    world = gated(tmp_path, people=2, policy=Policy(window=100), ledger=ledger)
    gate, ada = world.gate, world.people["ada"]
    before, change = gate.pointer.read_bytes(), pending(world)
    with pytest.raises(ReviewError, match="not enrolled"):
        gate.approve(gate.ballot("approve", change), replace(ada, name="eve"))
    assert gate.approve(gate.ballot("approve", change), ada).state == "applied"
    assert core(world) == b"new mind"
    assert gate.observe(change, "all", right=20, n=100).state == "rolled_back"
    assert (core(world), gate.pointer.read_bytes()) == (b"mind", before)
    rows = gate.ledger.journal.read()
    here = "FROM nexus_ledger WHERE book = :book AND position"
    edits: list[tuple[str, dict]] = [
        (f"DELETE {here} = 5", {}),  # one in the middle
        (f"DELETE {here} >= :n", {"n": len(rows) - 2}),  # the end
        (f"DELETE {here} >= 0", {}),  # all
        ("UPDATE nexus_ledger SET line = :line WHERE book = :book AND position = 7",
         {"line": rows[7].replace("18", "17", 1)}),
        ("UPDATE nexus_ledger SET line = :line WHERE book = :book AND position = 6",
         {"line": rows[7]}),
    ]  # fmt: skip
    for statement, values in edits:
        edit(world, statement, **values)
        with pytest.raises(LedgerError) as caught:
            core(world)
        assert caught.value.hint
        with pytest.raises(LedgerError):
            gate.propose(draft("f" * 12, b"third mind"))
        edit(world, f"DELETE {here} >= 0")
        for position, line in enumerate(rows):
            edit(
                world,
                "INSERT INTO nexus_ledger VALUES (:book, :position, :line)",
                position=position,
                line=line,
            )
        assert core(world) == b"mind"


def test_a_server_that_is_down_is_a_ledger_out_of_reach(tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://nexus@/postgres?host={tmp_path}"
    with pytest.raises(LedgerError, match=r"cannot be read.*check that its server is up"):
        gated(tmp_path, ledger=nowhere)
    assert not (tmp_path / "run" / "manifest.json").exists()


@pytest.mark.skipif(bool(servers.missing()), reason=servers.missing())
def test_a_server_that_goes_down_changes_nothing(tmp_path: Path) -> None:
    with servers.postgres() as url:
        world = gated(tmp_path, ledger=url)
        ballot = world.gate.ballot("approve", pending(world))
        before = pointed(world.gate.folder)
    with pytest.raises(LedgerError, match="server is up"):
        world.gate.approve(ballot, world.people["ada"])
    with pytest.raises(LedgerError, match="server is up"):
        core(world)
    assert pointed(world.gate.folder) == before


@pytest.mark.skipif(bool(servers.missing()), reason=servers.missing())
def test_a_server_on_which_another_writes_is_not_called_down(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_PATIENCE_S", 1)
    world = gated(tmp_path, ledger=server)
    other = Gate(world.gate.folder, clock=world.clock, keys=world.gate.keys)
    with (
        world.gate.ledger.journal.writing(),
        pytest.raises(LedgerError, match=r"another process is writing.*wait for it"),
    ):
        other.propose(draft())


Order = Callable[[Gate, World], object]
RACES: dict[str, tuple[Order, Order]] = {
    "two approve": (
        lambda g, w: g.approve(g.ballot("approve", "0" * 12), w.people["ada"]),
        lambda g, w: g.approve(g.ballot("approve", "0" * 12), w.people["bob"]),
    ),
    "one approves, one denies": (
        lambda g, w: g.approve(g.ballot("approve", "0" * 12), w.people["ada"]),
        lambda g, w: g.deny(g.ballot("deny", "0" * 12, "no"), w.people["bob"]),
    ),
    "two changes of one base": (
        lambda g, w: g.approve(g.ballot("approve", "0" * 12), w.people["ada"]),
        lambda g, w: g.approve(g.ballot("approve", "1" * 12), w.people["bob"]),
    ),
    "two roll back": (
        lambda g, w: g.rollback(g.ballot("rollback", "2" * 12, "a"), w.people["ada"]),
        lambda g, w: g.rollback(g.ballot("rollback", "2" * 12, "b"), w.people["bob"]),
    ),
}


def race(line: Connection, world: World) -> None:
    """Give one order of each race as soon as told, and say how it went."""
    world.gate.ledger.journal.close()
    while (told := line.recv()) is not None:
        name, side = told
        gate = Gate(world.gate.folder, clock=world.clock, keys=world.gate.keys)
        line.send("ready")
        line.recv()
        try:
            RACES[name][side](gate, world)
            line.send("won")
        except NexusError as error:
            line.send(f"{type(error).__name__}: {error}")
        except BaseException as error:
            line.send(repr(error))


def told_apart(world: World, again: Callable[[], World], times: int) -> None:
    """Race two processes so often: one wins, the other is told, and all is in order."""
    context, lines = get_context("fork"), []
    for _ in range(2):
        ours, theirs = context.Pipe()
        context.Process(target=race, args=(theirs, world), daemon=True).start()
        lines.append(ours)
    for i in range(times):
        name = list(RACES)[i % len(RACES)]
        again()
        if name == "two roll back":
            pending(world, "2" * 12, b"second mind")
            world.gate.approve(world.gate.ballot("approve", "2" * 12), world.people["ada"])
        else:
            pending(world, "0" * 12)
            pending(world, "1" * 12, b"other mind")
        for side, line in enumerate(lines):
            line.send((name, side))
        assert [line.recv() for line in lines] == ["ready"] * 2
        for line in lines:
            line.send("go")
        heard = sorted(line.recv() for line in lines)
        assert heard[1] == "won", heard
        assert heard[0].startswith("ReviewError"), heard
        approved = Approved.open(world.gate.folder, keys=world.gate.keys)
        assert approved.book == world.gate.settle()
        assert pointed(world.gate.folder) == approved.book.current
    for line in lines:
        line.send(None)


def racing(tmp_path: Path, ledger: str, times: int) -> None:
    world = gated(tmp_path, people=2, ledger=ledger)
    gate = world.gate
    rows, pointer = gate.ledger.journal.read(), gate.pointer.read_bytes()

    def again() -> World:
        edit(world, "DELETE FROM nexus_ledger WHERE book = :book AND position >= :n", n=len(rows))
        for anchor in (gate.keys / "anchors").iterdir():
            anchor.unlink()
        gate.pointer.write_bytes(pointer)
        return world

    told_apart(world, again, times)


def test_of_two_at_once_one_wins_and_the_other_is_told(tmp_path: Path, ledger: str) -> None:
    racing(tmp_path, ledger, 4)


@pytest.mark.slow
def test_of_two_at_once_one_wins_many_times(tmp_path: Path, ledger: str) -> None:
    racing(tmp_path, ledger, 200)


def test_two_who_begin_at_once_begin_one_ledger(tmp_path: Path, ledger: str) -> None:
    world = gated(tmp_path / "other", ledger=ledger)
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json", "recipe.toml"):
        text = (world.gate.folder / name).read_text().replace('"created": "2', '"created": "3')
        (folder / name).write_text(text)
    failed: list[NexusError] = []

    def found(name: str) -> None:
        try:
            Gate(folder, keys=tmp_path / "keys").found(name, name.encode(), kind=name)
        except NexusError as error:
            failed.append(error)

    threads = [threading.Thread(target=found, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(Approved.open(folder, keys=tmp_path / "keys").artefacts) == list("abcdef")
