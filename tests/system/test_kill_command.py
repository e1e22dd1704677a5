"""``kill -9`` at random moments, then the same command: what may think has the same hashes."""

import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from nexus.base.randomness import key, uniform
from nexus.review.approved import Approved

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


def begun(process: subprocess.Popen[bytes], folder: Path) -> float:
    """Return when it trains, or has ended: a kill before that mostly strikes at its imports."""
    lock = folder / "runs" / "killed" / "lock"
    while process.poll() is None:
        if lock.exists() and lock.read_text().strip() == str(process.pid):
            break
        time.sleep(0.01)
    return time.monotonic()


def ended(process: subprocess.Popen[bytes]) -> int:
    _, errors = process.communicate(timeout=300)
    assert process.returncode in (0, -signal.SIGKILL), errors.decode()
    return process.returncode


def hashes(folder: Path) -> dict[str, str]:
    manifest = Approved.open(folder / "runs" / "killed").artefacts
    return {name: artefact.sha256 for name, artefact in manifest.items()}


def campaign(tmp_path: Path, kills: int) -> None:
    process = start(tmp_path / "whole")
    began = begun(process, tmp_path / "whole")
    assert ended(process) == 0
    length = time.monotonic() - began
    whole = hashes(tmp_path / "whole")
    assert set(whole) == {"tokenizer", "encoder", "asker", "memory"}

    moments = iter(uniform(key(0, "kill the command"), np.arange(20 + 3 * kills), 1)[:, 0])
    killed = 0
    for attempt in count():  # a new folder each: where it ended by itself nothing is left to kill
        folder, struck, code = tmp_path / f"after_{attempt}", "", None
        while code != 0:  # the same command again and again, until it ends by itself
            with start(folder) as process:
                if killed < kills:
                    moment = float(next(moments))
                    begun(process, folder)
                    time.sleep(moment * length)
                    process.send_signal(signal.SIGKILL)
                    struck += f" {moment:.2f}"
                code = ended(process)
            killed += code != 0
        assert hashes(folder) == whole, f"killed after{struck} of {length:.1f} s"
        if killed == kills:
            return


@pytest.mark.timeout(900)
def test_killed_once(tmp_path: Path) -> None:
    campaign(tmp_path, 1)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_twenty_times(tmp_path: Path) -> None:
    campaign(tmp_path, 20)
