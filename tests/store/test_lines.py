"""Lines that several processes write are whole, and what a crash cut short is taken away."""

import json
import os
import threading
from pathlib import Path

import pytest

from nexus.base.errors import DataError, StorageError
from nexus.store.lines import append_line, read_lines, whole_lines


def test_lines_of_many_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"

    def write(who: int) -> None:
        for _ in range(20):
            append_line(path, {"who": who, "padding": "x" * 5000})

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = read_lines(path, lambda values: values["who"])
    assert sorted(written) == sorted([*range(4)] * 20)


def test_a_line_the_disk_cuts_short_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trace.jsonl"
    append_line(path, {"k": 1})
    whole, write = path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
    with pytest.raises(StorageError, match="full"):
        append_line(path, {"k": 2})
    assert path.read_bytes() == whole


@pytest.mark.parametrize("length", [3, 70_000])
def test_the_next_writer_takes_away_what_a_crash_left(tmp_path: Path, length: int) -> None:
    path = tmp_path / "trace.jsonl"
    append_line(path, {"k": 1})
    path.write_bytes(path.read_bytes() + b"x" * length)
    assert len(whole_lines(path)) == 1
    append_line(path, {"k": 2})
    assert [json.loads(line)["k"] for line in path.read_bytes().splitlines()] == [1, 2]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    assert read_lines(path, dict) == []
    for damage in (b"rubbish", b"\xff", b"[1]", b"{}"):
        path.write_bytes(b'{"k": 1}\n' + damage + b"\n")
        with pytest.raises(DataError, match=r"line 2 of .*trace\.jsonl is damaged.*delete"):
            read_lines(path, lambda values: values["k"])
