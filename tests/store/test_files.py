"""A write is whole or absent: at every possible death, on a full or a read-only disk."""

import errno
import os
from pathlib import Path

import pytest

from faults import Died, DyingDisk
from nexus.base.errors import StorageError
from nexus.store.files import (
    remove_folder,
    settle,
    write_atomically,
    write_folder,
    write_json,
)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> DyingDisk:
    return DyingDisk(monkeypatch)


def _contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_file_is_old_or_new_wherever_the_writer_dies(tmp_path: Path, disk: DyingDisk) -> None:
    path, seen = tmp_path / "state.json", set()
    for alive in range(100):
        disk.revive()
        write_atomically(path, b"old")
        disk.revive(alive)
        try:
            write_atomically(path, b"new and longer")
        except Died:
            seen.add(path.read_bytes())
        else:
            break
    assert seen == {b"old", b"new and longer"}  # died before and after the rename, never between
    assert alive >= 5
    disk.revive()
    settle(tmp_path)
    assert _contents(tmp_path) == {"state.json": b"new and longer"}


def test_a_folder_is_old_or_new_wherever_the_writer_dies(tmp_path: Path, disk: DyingDisk) -> None:
    path, seen = tmp_path / "step_00007", []
    old, new = {"a": b"1", "b": b"2"}, {"a": b"3", "c": b"4"}
    for alive in range(100):
        disk.revive()
        write_folder(path, old)
        disk.revive(alive)
        try:
            write_folder(path, new)
        except Died:
            disk.revive()
            settle(tmp_path)
            assert [p.name for p in tmp_path.iterdir()] == ["step_00007"]
            seen.append(_contents(path))
        else:
            break
    assert old in seen
    assert new in seen
    assert all(contents in (old, new) for contents in seen)
    assert alive >= 12


def test_a_folder_is_whole_or_gone_wherever_the_remover_dies(
    tmp_path: Path, disk: DyingDisk
) -> None:
    path, whole, states = tmp_path / "step_00007", {"a": b"1", "b": b"2"}, set()
    for alive in range(100):
        disk.revive()
        write_folder(path, whole)
        disk.revive(alive)
        try:
            remove_folder(path)
        except Died:
            disk.revive()
            settle(tmp_path)
            states.add(path.exists())
            assert not path.exists() or _contents(path) == whole
        else:
            break
    assert states == {True, False}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "disk is full.*free some space"),
        (errno.EROFS, "read-only.*may be written"),
        (errno.EACCES, "permission denied.*owner"),
        (errno.EIO, "cannot write.*check the path"),
    ],
)
@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_what_the_disk_refuses_is_named_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, words: str
) -> None:
    write_atomically(tmp_path / "state.json", b"old")
    write_folder(tmp_path / "step_00007", {"a": b"old"})

    real = getattr(os, call)

    def refuse(*arguments, **keywords):
        if call == "open" and not arguments[1] & os.O_CREAT:
            return real(*arguments, **keywords)  # a disk that is full can still be read
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        for write in (
            lambda: write_atomically(tmp_path / "state.json", b"new"),
            lambda: write_folder(tmp_path / "step_00007", {"a": b"new"}),
        ):
            with pytest.raises(StorageError, match=words) as caught:
                write()
            assert str(tmp_path) in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["state.json", "step_00007"]
    assert (tmp_path / "state.json").read_bytes() == b"old"
    assert _contents(tmp_path / "step_00007") == {"a": b"old"}


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_bytes(b"a file")
    with pytest.raises(StorageError, match="runs: File exists"):
        write_json(tmp_path / "runs" / "demo" / "run.json", {})


def test_short_writes_of_the_system_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:3]))
    write_atomically(tmp_path / "x", bytes(range(17)))
    assert (tmp_path / "x").read_bytes() == bytes(range(17))


def test_equal_values_are_equal_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"x": 1, "y": "é"})
    write_json(tmp_path / "b", {"y": "é", "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_is_replaced_although_a_replacement_died_before(
    tmp_path: Path, whole: bool
) -> None:
    """It died while deleting what had stepped aside, or before the new folder had its place."""
    path, aside = tmp_path / "corrected", tmp_path / ".corrected.old"
    write_folder(aside, {"a": b"old"})
    if whole:
        write_folder(path, {"a": b"new"})
    write_folder(path, {"a": b"newer"})
    assert _contents(path) == {"a": b"newer"}
    assert [p.name for p in tmp_path.iterdir()] == ["corrected"]


def test_a_folder_is_removed_although_a_removal_died_before(tmp_path: Path) -> None:
    path, gone = tmp_path / "corrected", tmp_path / ".corrected.gone"
    write_folder(gone, {"a": b"old"})
    write_folder(path, {"a": b"new"})
    remove_folder(path)
    assert not list(tmp_path.iterdir())
