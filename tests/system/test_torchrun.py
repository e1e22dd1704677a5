"""``torchrun`` itself: two processes train the smoke recipe to the losses one process has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nexus.review.approved import Approved
from nexus.train.checkpoint import Checkpoints
from nexus.train.metrics import read

# The bare "--" keeps torchrun from reading --run as the beginning of its own --run-path.
COMMAND = [
    *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
    *("-m", "--", "nexus.interfaces.cli", "train", "perception"),
    *("--recipe", "smoke", "--run", "two", "--json"),
]


def losses(folder: Path) -> list[dict[str, float]]:
    lines = read(folder / "metrics.jsonl")
    return [line["losses"] for line in lines if line["phase"] == "perception"]


@pytest.mark.timeout(300)
def test_two_processes_train_what_one_does(tmp_path: Path, run: Path) -> None:
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(COMMAND, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["trained"] == "perception"  # said once, not by each process

    folder = tmp_path / "runs" / "two"
    assert set(Approved.open(folder).artefacts) == {"tokenizer", "encoder", "asker", "memory"}
    assert Approved.open(folder).artefact("encoder")
    last = Checkpoints(folder / "checkpoints" / "perception").last()
    assert last is not None
    assert json.loads((last / "state.json").read_bytes())["world"] == 2

    alone, together = losses(run), losses(folder)
    assert len(together) == len(alone) > 0
    for one, two in zip(alone, together, strict=True):
        assert two == pytest.approx(one, rel=1e-4)
