"""One smoke run for all tests of the whole: every stage trained for seconds, really."""

from dataclasses import asdict
from pathlib import Path

import pytest
import tomli_w
import torch

from nexus.config import recipe
from nexus.store.runs import Run
from nexus.system import System
from nexus.train.pipeline import train


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run in which both halves are trained."""
    folder, smoke = tmp_path_factory.mktemp("system") / "smoke", recipe("smoke")
    Run.create(folder, recipe=tomli_w.dumps(asdict(smoke)), config_hash=smoke.hash, seed=0)
    state = torch.get_rng_state()
    train(smoke, folder, "perception")
    train(smoke, folder, "questions")
    assert torch.equal(state, torch.get_rng_state()), "training drew from the global generator"
    return folder


@pytest.fixture(scope="session")
def system(run: Path) -> System:
    """Return the system of that run."""
    return System.load(run)
