"""``kill -9`` at random moments, then the same command: what may think has the same hashes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nexus.base.randomness import key, uniform
from nexus.store.runs import Run

COMMAND = [
    *(sys.executable, "-m", "nexus.interfaces.cli", "train", "perception"),
    *("--recipe", "smoke", "--run", "killed", "--train.perception.steps", "24"),
]


def start(folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    # One thread: bit-exactness is promised for one number of threads, and a busy machine is kind.
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        COMMAND, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def finish(folder: Path) -> dict[str, str]:
    process = start(folder)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    manifest = Run.open(folder / "runs" / "killed").manifest
    return {name: artefact.sha256 for name, artefact in manifest.items()}


def campaign(tmp_path: Path, kills: int) -> None:
    began = time.monotonic()
    whole = finish(tmp_path / "whole")
    length = time.monotonic() - began
    assert set(whole) == {"tokenizer", "encoder", "asker", "memory"}
    moments = uniform(key(0, "kill the command"), np.arange(kills), 1)[:, 0]
    for number, moment in enumerate(moments):
        folder = tmp_path / str(number)
        process = start(folder)
        time.sleep(float(moment) * length)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert finish(folder) == whole, f"killed after {moment:.2f} of {length:.1f} s"


@pytest.mark.timeout(900)
def test_killed_once(tmp_path: Path) -> None:
    campaign(tmp_path, 1)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_killed_twenty_times(tmp_path: Path) -> None:
    campaign(tmp_path, 20)
