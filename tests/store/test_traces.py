"""Thoughts are kept whole in a ring and by line for good, through crashes, damage and odd ids."""

import json
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults import Died, DyingDisk
from nexus.base.errors import ConfigError, DataError, InputError, StorageError
from nexus.store.files import write_json
from nexus.store.traces import Cycle, Trace, TraceLog, checked_id, cycles_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
CYCLE = Cycle(
    fast=((0.25, 0.75),), slow=((0.123456, 0.876544),), board=(2, 1, 0), halt=0.5, confidence=0.4
)


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without fsync, whose effect only a power cut would show."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def _trace(k: int, **fields: object) -> Trace:
    plain = Trace(
        id=f"{k:012x}",
        time=NOW + timedelta(seconds=k // 3),
        task="sudoku6",
        text="What is in the first cell?",
        board=(0, 1, 2),
        cycles=(CYCLE, CYCLE),
        answer=str(k),
        confidence=0.98765432,
        certificate={"steps": [{"op": "row"}], "probability": 0.3},
        core="ab" * 32,
        notes=("cause: first", "reason: a: b"),
    )
    return replace(plain, **fields)


def test_a_thought_reads_back_as_written_and_is_where_the_design_says(tmp_path: Path) -> None:
    log, trace = TraceLog(tmp_path), _trace(10, text="Où \ud800 «x»?\n../../etc", certificate=None)
    (path,) = log.write([trace])
    assert path == tmp_path / "thoughts" / "20260102_030408-00000000000a.json"
    assert TraceLog(tmp_path).read(trace.id) == trace
    assert trace.cycles[0].slow == ((0.1235, 0.8765),)
    assert json.loads(path.read_text())["confidence"] == 0.9877
    (line,) = log.lines()
    assert (line.id, line.answer, line.cycles, line.core) == (trace.id, "10", 2, "ab" * 32)
    assert (trace.note("cause"), trace.note("reason"), trace.note("first")) == ("first", "a: b", "")
    assert _trace(11, notes=("source: \udcff.png",)).note("source") == "?.png"


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 4), max_size=8),
    st.integers(1, 6),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_the_ring_keeps_the_newest_as_a_list_would(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int], ring: int, reopen: list[bool]
) -> None:
    folder, written = tmp_path_factory.mktemp("logs"), list[Trace]()
    log = other = TraceLog(folder, ring=ring)
    for size, again in zip(batches, reopen, strict=False):
        if again:  # another process goes on, and the first one must notice
            log, other = other, TraceLog(folder, ring=ring)
        # Ids run against time, so that only the order of writing tells what is new.
        batch = [_trace(900 - len(written) - k, time=NOW) for k in range(size)]
        log.write(batch)
        written += batch
    kept = written[-ring:]
    for reader in (log, other, TraceLog(folder, ring=ring)):
        assert reader.newest(99) == kept[::-1]
        assert reader.newest(2) == kept[::-1][:2]
        assert [line.id for line in reader.lines()] == [trace.id for trace in written]
    files = {p.name for p in (folder / "thoughts").iterdir()} if written else set()
    assert files == {trace.name for trace in kept}
    for trace in written[:-ring]:
        with pytest.raises(InputError, match=f"only the newest {ring}"):
            log.read(trace.id)


def test_a_row_of_a_batch_is_logged_as_if_alone() -> None:
    rng = np.random.default_rng(0)
    fast, slow, halt = rng.random((3, 5, 4, 6)), rng.random((3, 5, 4, 6)), rng.random((3, 5))
    board, sure = rng.integers(0, 6, (3, 5, 4)), rng.random((3, 5))
    rows = cycles_of(fast, slow, board, halt, sure)
    for row in range(5):
        one = slice(row, row + 1)
        parts = (part[:, one] for part in (fast, slow, board, halt, sure))
        assert cycles_of(*parts) == [rows[row]]
        for k, cycle in enumerate(rows[row]):
            assert np.abs(np.array(cycle.fast) - fast[k, row]).max() <= 5.1e-5
            assert np.abs(np.array(cycle.slow) - slow[k, row]).max() <= 5.1e-5
            assert (cycle.halt, cycle.confidence) == (
                round(halt[k, row], 4),
                round(sure[k, row], 4),
            )
            assert cycle.board == tuple(board[k, row].tolist())


@settings(max_examples=25)
@given(st.integers(0, 400), st.booleans())
def test_a_log_cut_short_reads_to_its_last_whole_line_and_is_repaired(
    tmp_path_factory: pytest.TempPathFactory, cut: int, reopen: bool
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    log, path = TraceLog(folder), folder / "thoughts.jsonl"
    log.write([_trace(k) for k in range(2)])
    whole = path.read_bytes()
    path.write_bytes(whole[: max(0, len(whole) - cut)])
    left = whole[: max(0, len(whole) - cut)].count(b"\n")
    if reopen:
        log = TraceLog(folder)
    assert [line.answer for line in log.lines()] == ["0", "1"][:left]
    log.write([_trace(7)])
    assert [line.answer for line in log.lines()] == [*["0", "1"][:left], "7"]
    assert [trace.answer for trace in log.newest(9)] == ["7", *["1", "0"][2 - left :]]


def test_wherever_the_writer_dies_the_log_reads_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, states = DyingDisk(monkeypatch), set()
    for alive in range(100):
        folder = tmp_path / str(alive)
        disk.revive()
        TraceLog(folder, ring=2).write([_trace(1), _trace(2)])
        disk.revive(alive)
        try:
            TraceLog(folder, ring=2).write([_trace(3)])
        except Died:
            disk.revive()
        else:
            break
        log = TraceLog(folder, ring=2)
        states.add(("".join(t.answer for t in log.newest(9)), len(log.lines())))
        log.write([_trace(4), _trace(5)])
        assert [t.answer for t in log.newest(9)] == ["5", "4"]
        names = {p.name for p in (folder / "thoughts").iterdir() if not p.name.startswith(".")}
        assert names == {_trace(4).name, _trace(5).name}
    assert states >= {("21", 2), ("321", 3)}
    assert alive >= 5


def test_a_full_disk_keeps_a_thought_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = DyingDisk(monkeypatch)
    disk.error = OSError(28, "No space left on device")
    log = TraceLog(tmp_path, ring=5)
    log.write([_trace(1)])
    said = list[str]()
    for alive in range(1, 100):
        disk.revive(alive)
        try:
            log.write([_trace(2)])
        except StorageError as error:
            said.append(str(error))
        else:
            break
        disk.revive()
        assert [line.answer for line in log.lines()] == ["1"]
        assert [trace.answer for trace in TraceLog(tmp_path).newest(9)] == ["1"]
    assert alive >= 5
    assert all("the disk is full" in words for words in said)
    disk.revive()
    assert [trace.answer for trace in log.newest(9)] == ["2", "1"]


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    shared = TraceLog(tmp_path, ring=10)

    def write(who: int) -> None:
        log = shared if who < 2 else TraceLog(tmp_path, ring=10)
        for k in range(8):
            log.write([_trace(100 * who + k)])
            log.newest(3)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [line.id for line in shared.lines()]
    assert len(set(ids)) == len(ids) == 32
    assert [trace.id for trace in shared.newest(99)] == ids[:-11:-1]
    assert len([*(tmp_path / "thoughts").iterdir()]) == 10


def test_a_reader_waits_for_the_file_of_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = TraceLog(tmp_path, ring=1), TraceLog(tmp_path, ring=1)
    writer.write([_trace(1)])
    found = list[Trace]()
    thread = threading.Thread(target=lambda: found.extend(reader.newest(9)))

    def late(path: Path, value: object) -> None:  # the line is there, its file not yet
        thread.start()
        thread.join(0.05)
        write_json(path, value)

    monkeypatch.setattr("nexus.store.traces.write_json", late)
    writer.write([_trace(2)])
    thread.join()
    monkeypatch.undo()
    assert found == [_trace(2)]
    reader.write([_trace(3)])
    assert [path.name for path in (tmp_path / "thoughts").iterdir()] == [_trace(3).name]


def test_damage_is_named_with_its_file_and_the_way_out(tmp_path: Path) -> None:
    log = TraceLog(tmp_path)
    path = log.write([_trace(1)])[0]
    whole = path.read_bytes()
    other = json.dumps({**json.loads(whole), "answer": "1", "id": f"{2:012x}"}).encode()
    nan, no_text = whole.replace(b"0.9877", b"NaN"), whole.replace(b'"sudoku6"', b"6")
    short = whole.replace(b"        2,\n        1,\n", b"        2,\n", 1)
    assert whole not in (nan, no_text, short)
    for damage in (
        b"",
        whole[:50],
        b"[1]",
        b"\xff\xfe",
        b'{"id": "1"}',
        other,
        nan,
        no_text,
        short,
    ):
        path.write_bytes(damage)
        for look in (lambda: log.read(f"{1:012x}"), lambda: log.newest(1)):
            with pytest.raises(DataError, match=f"{path.name} is no whole trace.*delete the file"):
                look()
    log.write([_trace(3)])
    assert log.newest(1) == [_trace(3)]
    lines = (tmp_path / "thoughts.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "thoughts.jsonl").write_bytes(b"".join([lines[0], b"rubbish\n", lines[1]]))
    with pytest.raises(
        DataError, match=r"line 2 of .*thoughts\.jsonl is damaged.*delete that line"
    ):
        log.lines()
    TraceLog(tmp_path).write([_trace(4)])  # and yet thinking goes on
    assert log.read(f"{4:012x}") == _trace(4)


def test_what_others_keep_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thoughts").mkdir()
    theirs = tmp_path / "thoughts" / "20200101_000000-aaaaaaaaaaaa.json"
    theirs.write_text('{"question": "q"}')
    log = TraceLog(tmp_path, ring=1)
    log.write([_trace(k) for k in range(3)])
    assert theirs.exists()
    assert [trace.answer for trace in log.newest(9)] == ["2"]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "*",
        "ABCDEF012345",
        "a" * 11,
        "a" * 13,
        "0123456789a\n",
        "0123456789ab\n",
        "a/b456789abc",
        "\u0661123456789ab",
        "\uff0e" * 12,
    ],
)
def test_only_an_id_is_taken_for_one(tmp_path: Path, bad: str) -> None:
    with pytest.raises(InputError, match="is not a trace id"):
        TraceLog(tmp_path).read(bad)
    with pytest.raises(InputError, match="is not a trace id"):
        _trace(1, id=bad)
    assert not [*tmp_path.iterdir()]


@given(st.text(max_size=14))
def test_no_text_is_an_id_but_twelve_hexadecimal_digits(text: str) -> None:
    if len(text) == 12 and set(text) <= set("0123456789abcdef"):
        assert checked_id(text) == text
    else:
        with pytest.raises(InputError):
            checked_id(text)


def test_what_cannot_be_logged_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    log = TraceLog(tmp_path)
    log.write([_trace(1)])
    for batch in ([_trace(2), _trace(1)], [_trace(2), _trace(2)]):
        with pytest.raises(DataError, match="already logged"):
            log.write(batch)
    assert len(log.lines()) == 1
    with pytest.raises(DataError, match="not UTC"):
        _trace(2, time=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    with pytest.raises(DataError, match="not UTC"):
        _trace(2, time=datetime(2026, 1, 1))
    for bad in (float("nan"), float("inf")):
        with pytest.raises(DataError, match="no probability"):
            _trace(2, confidence=bad)
        with pytest.raises(DataError, match="no probability"):
            replace(CYCLE, fast=((bad,),))
    for certificate in ({"p": float("nan")}, {"steps": {1, 2}}):
        with pytest.raises(DataError, match="is no JSON"):
            _trace(2, certificate=certificate)
    with pytest.raises(ConfigError, match=r"traces\.ring"):
        TraceLog(tmp_path, ring=0)
    assert asdict(_trace(1, board=np.arange(3)))["board"] == (0, 1, 2)
    assert [path.name for path in (tmp_path / "thoughts").iterdir()] == [_trace(1).name]
