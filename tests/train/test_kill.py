"""``kill -9`` at random moments, Ctrl-C, and two processes: the weights at the end are the same.

Each trainer is a process of its own; a fork server that has torch imported starts it in
milliseconds, where a new interpreter would need seconds.
"""

import multiprocessing
import os
import random
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
import toy
from torch.testing import assert_close

from nexus.nn.weights import from_bytes
from nexus.train.loop import Outcome
from nexus.train.metrics import TIMING, read

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["toy", "torch._dynamo"])


@dataclass
class Trainer:
    """One process that trains the toy in ``folder``."""

    folder: Path
    dtype: torch.dtype = torch.float32
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.report, theirs = SERVER.Pipe(duplex=False)
        arguments = (self.folder, theirs, self.dtype, self.environment)
        self.process = SERVER.Process(target=toy.train, args=arguments)
        self.process.start()
        theirs.close()

    def watch(self, steps: int) -> None:
        """Return after that many more steps, or when the process has ended."""
        for _ in range(steps):
            try:
                self.report.recv()
            except EOFError:
                return

    def strike(self, number: int) -> None:
        """Send a signal, unless the process has ended by itself."""
        assert self.process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def end(self) -> tuple[int | None, Outcome | None]:
        """Return exit code and outcome once the process is gone."""
        last = None
        try:
            while True:
                last = self.report.recv()
        except EOFError:
            self.process.join()
        return self.process.exitcode, last if isinstance(last, Outcome) else None


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that was left alone."""
    folder = tmp_path_factory.mktemp("whole")
    code, outcome = Trainer(folder).end()
    assert code == 0
    assert outcome is not None
    assert outcome.status == "finished"
    return folder


def _curves(folder: Path) -> list[dict]:
    lines = read(folder / "metrics.jsonl")
    return [{k: v for k, v in line.items() if k not in TIMING} for line in lines]


def _files(folder: Path) -> dict[str, bytes]:
    checkpoints = folder / "checkpoints"
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in checkpoints.rglob("*.*") if p.is_file()
    }


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_killing_changes_nothing(tmp_path: Path, whole: Path, kills: int) -> None:
    dice, killed, round_ = random.Random(3), 0, 0
    while killed < kills:
        folder, code = tmp_path / str(round_), None
        while code != 0:
            trainer = Trainer(folder)
            if killed < kills:
                trainer.watch(dice.randint(1, 40))
                time.sleep(dice.uniform(0, 0.01))  # also between two reports, and while saving
                trainer.strike(signal.SIGKILL)
            code, _ = trainer.end()
            assert code in (0, -signal.SIGKILL)
            killed += code != 0
        assert _files(folder) == _files(whole)
        assert _curves(folder) == _curves(whole)
        round_ += 1


def test_a_polite_signal_saves_the_step_and_says_how_to_go_on(tmp_path: Path, whole: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        trainer = Trainer(tmp_path)
        trainer.watch(17)
        trainer.strike(number)
        code, outcome = trainer.end()
        assert code == 130
        assert outcome is not None
        assert outcome.message.endswith("run the same command to go on")
    code, _ = Trainer(tmp_path).end()
    assert code == 0
    assert _files(tmp_path) == _files(whole)
    assert _curves(tmp_path) == _curves(whole)


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    """Started as torchrun starts them: a gloo group over loopback, gradients averaged.

    In double precision: in single, 97 steps amplify the rounding of another order of sums to 1e-5.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    ranks = [
        Trainer(tmp_path / "two", torch.float64, {"RANK": str(r), "LOCAL_RANK": str(r), **group})
        for r in range(2)
    ]
    ends = [rank.end() for rank in ranks]
    assert Trainer(tmp_path / "one", torch.float64).end()[0] == 0
    assert ends[0] == ends[1]
    assert ends[0][0] == 0
    assert_close(_weights(tmp_path / "two"), _weights(tmp_path / "one"), rtol=1e-9, atol=1e-12)


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / "checkpoints" / "toy" / "step_00097" / "weights.safetensors"
    return from_bytes(path.read_bytes(), source=str(path))
