"""A run keeps its recipe, says what may think, and has one trainer at a time."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nexus.base.errors import CheckpointError, ConfigError, StorageError
from nexus.store.runs import Run, newest


def _run(folder: Path, config_hash: str = "c" * 64) -> Run:
    return Run.create(folder, recipe="seed = 3\n", config_hash=config_hash, seed=3)


def test_the_same_recipe_goes_on_and_another_is_refused(tmp_path: Path) -> None:
    first = _run(tmp_path / "demo")
    assert _run(tmp_path / "demo") == first == Run.open(tmp_path / "demo")
    assert first.recipe == "seed = 3\n"
    with pytest.raises(ConfigError, match="another recipe"):
        _run(tmp_path / "demo", "d" * 64)


def test_run_json_says_where_the_numbers_come_from_but_not_whose_machine(tmp_path: Path) -> None:
    _run(tmp_path / "demo")
    text = (tmp_path / "demo" / "run.json").read_text()
    record = json.loads(text)
    assert record["seed"] == 3
    assert len(record["code_hash"]) == 64
    assert record["packages"]["torch"]
    assert record["machine"]["cores"] >= 1
    assert os.uname().nodename not in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"created": 1}', '{"encoder": 5}'])
def test_damaged_records_are_named(tmp_path: Path, text: str) -> None:
    run = _run(tmp_path / "demo")
    (run.folder / "run.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"run\.json"):
        Run.open(run.folder)


def test_newest_is_the_one_created_last(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no run"):
        newest(tmp_path / "runs")
    for name in ("b", "c", "a"):
        _run(tmp_path / "runs" / name)
    assert newest(tmp_path / "runs").folder.name == "a"


_HOLD = """
import sys, time
from pathlib import Path
from nexus.store.runs import Run
with Run.open(Path(sys.argv[1])).lock():
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_living_trainer_keeps_others_out_and_a_dead_one_does_not(tmp_path: Path) -> None:
    run = _run(tmp_path / "demo")
    command = [sys.executable, "-c", _HOLD, str(run.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "locked\n"
            with pytest.raises(StorageError, match=f"pid {holder.pid}"), run.lock():
                pass
        finally:
            holder.send_signal(signal.SIGKILL)
    with run.lock():
        assert (run.folder / "lock").read_text() == f"{os.getpid()}\n"
    with run.lock():  # and it was given back
        pass
