"""``kill -9`` at random moments, Ctrl-C, and two processes: the weights at the end are the same."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import toy
from torch.testing import assert_close

from nexus.nn.weights import from_bytes
from nexus.train.metrics import TIMING, read


def _start(folder: Path, *, stay: str = "muon", **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, toy.__file__, str(folder), stay]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )


def _end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return exit code and the last line of a process that may end by itself."""
    with process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    return process.returncode, lines[-1] if lines else ""


def _strike(process: subprocess.Popen[str], number: int, *, lines: int) -> None:
    """Send a signal once that many steps were reported."""
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.send_signal(number)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return the weights' hash and the folder of a run that was left alone."""
    folder = tmp_path_factory.mktemp("whole")
    code, line = _end(_start(folder))
    assert (code, line.split()[2]) == (0, "finished:")
    return line.split()[0], folder


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_killing_changes_nothing(tmp_path: Path, whole: tuple[str, Path], kills: int) -> None:
    dice, killed, round_ = random.Random(3), 0, 0
    while killed < kills:
        folder = tmp_path / str(round_)
        while True:
            process = _start(folder)
            if killed < kills:
                _strike(process, 0, lines=dice.randint(1, 40))
                time.sleep(dice.uniform(0, 0.01))  # between two reports too, and while saving
                process.kill()
            code, line = _end(process)
            if code == 0:
                break
            assert code == -signal.SIGKILL
            killed += 1
        assert line.split()[0] == whole[0]
        assert _curves(folder) == _curves(whole[1])
        round_ += 1


def _curves(folder: Path) -> list[dict]:
    lines = read(folder / "metrics.jsonl")
    return [{k: v for k, v in line.items() if k not in TIMING} for line in lines]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_signal_saves_the_step_and_says_how_to_go_on(
    tmp_path: Path, whole: tuple[str, Path], number: int
) -> None:
    process = _start(tmp_path)
    _strike(process, number, lines=17)
    code, line = _end(process)
    assert code == 130
    assert line.endswith("run the same command to go on")
    code, line = _end(_start(tmp_path))
    assert (code, line.split()[0]) == (0, whole[0])


def test_two_processes_learn_what_one_does(tmp_path: Path, whole: tuple[str, Path]) -> None:
    """Started as torchrun starts them: a gloo group over loopback, gradients averaged."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    ranks = [_start(tmp_path, RANK=str(rank), LOCAL_RANK=str(rank), **group) for rank in range(2)]
    ends = [_end(process) for process in ranks]
    assert ends[0] == ends[1]
    assert ends[0][0] == 0
    mine, theirs = _weights(tmp_path), _weights(whole[1])
    for name, tensor in theirs.items():
        scale = float(tensor.abs().max())
        assert_close(mine[name], tensor, rtol=0, atol=1e-5 * scale)


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / "checkpoints" / "toy" / "step_00097" / "weights.safetensors"
    return from_bytes(path.read_bytes(), source=str(path))
