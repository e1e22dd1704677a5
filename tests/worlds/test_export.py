"""A data set is whole or absent, made twice the same, and any change to it is found and named."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from nexus.base.errors import ConfigError, DataError, StorageError
from nexus.worlds import export
from nexus.worlds.registry import get, names

SPLITS = {"train": 7, "pairs": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    export.make("tabletop", tmp_path / "data", scenes=7, seed=3, splits=SPLITS)
    return tmp_path / "data"


def test_made_twice_is_the_same_bytes_and_an_equal_one_is_kept(folder: Path) -> None:
    first = export.verify(folder)
    stamp = (folder / "manifest.json").stat().st_mtime_ns
    kept = export.make("tabletop", folder, scenes=7, seed=3, splits=SPLITS)
    again = export.make("tabletop", folder.parent / "two", scenes=7, seed=3, splits=SPLITS)
    assert first == kept == again
    assert (folder / "manifest.json").stat().st_mtime_ns == stamp
    assert {s.path for s in first.shards} >= {"train-0000.parquet", "pairs-dialogues.jsonl"}
    other = export.make("tabletop", folder.parent / "three", scenes=7, seed=4, splits=SPLITS)
    assert not {s.sha256 for s in first.shards} & {s.sha256 for s in other.shards}


def test_what_is_written_can_be_read(folder: Path) -> None:
    rows = pq.read_table(folder / "train-0000.parquet").to_pylist()
    assert [row["index"] for row in rows] == list(range(7))
    assert len(rows[0]["questions"]) == export.QUESTIONS
    assert json.loads(rows[0]["facts"])["objects"][0] == "o1"
    lines = (folder / "train-trees.jsonl").read_text().splitlines()
    assert json.loads(lines[6])["text"]["parts"]


def test_a_changed_byte_a_missing_and_an_extra_file_are_named(folder: Path) -> None:
    changed, missing = folder / "train-0000.parquet", folder / "pairs-chains.jsonl"
    data = bytearray(changed.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    missing.unlink()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(DataError) as error:
        export.verify(folder)
    for told in ("train-0000.parquet was changed", "pairs-chains.jsonl is missing", "notes.txt"):
        assert told in str(error.value)
    with pytest.raises(DataError, match="was changed"):
        export.make("tabletop", folder, scenes=7, seed=3, splits=SPLITS)


def test_another_data_set_or_a_damaged_manifest_is_never_overwritten(folder: Path) -> None:
    with pytest.raises(DataError, match="another data set"):
        export.make("tabletop", folder, scenes=7, seed=99, splits=SPLITS)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        export.make("tabletop", folder, scenes=7, seed=3, splits=SPLITS)
    with pytest.raises(DataError, match="no data set"):
        export.verify(folder.parent)


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nexus.store import files

    written: list[int] = []

    def full(handle: int, data: bytes) -> int:
        written.append(len(data))
        if len(written) > 3:
            raise OSError(28, "No space left on device")
        return real(handle, data)

    real = files.os.write
    monkeypatch.setattr(files.os, "write", full)
    with pytest.raises(StorageError, match="the disk is full"):
        export.make("tabletop", tmp_path / "data", scenes=3, splits=SPLITS)
    assert list(tmp_path.iterdir()) == []


def test_the_contact_sheet_is_a_picture(folder: Path) -> None:
    export.show(folder, folder.parent / "sheet.png", scenes=5)
    with Image.open(folder.parent / "sheet.png") as sheet:
        assert sheet.width > 900
        assert sheet.height > 500
        assert len(np.unique(np.asarray(sheet).reshape(-1, 3), axis=0)) > 100


def test_worlds_are_found_by_name_and_a_slip_is_corrected() -> None:
    assert {"tabletop", "blocks"} <= set(names())
    assert get("blocks").name == "blocks"
    with pytest.raises(ConfigError, match="did you mean 'tabletop'"):
        get("tabeltop")
    with pytest.raises(ConfigError, match="at least 1 scene"):
        export.make("blocks", Path("unused"), scenes=0)


def test_the_smaller_world_exports_too(tmp_path: Path) -> None:
    made = export.make("blocks", tmp_path / "data", scenes=5)
    assert dict(made.splits) == {"train": 5, "val": 1, "test": 1}
    assert export.verify(tmp_path / "data") == made
