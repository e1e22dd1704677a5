"""A run of the smallest recipe, trained once for all tests of suites."""

from dataclasses import asdict
from pathlib import Path

import pytest
import tomli_w

from nexus.config import recipe
from nexus.store.runs import Run
from nexus.train.pipeline import train


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with every stage trained for a few steps on few scenes."""
    folder, made_from = tmp_path_factory.mktemp("runs") / "smoke", recipe("smoke")
    Run.create(folder, recipe=tomli_w.dumps(asdict(made_from)), config_hash=made_from.hash, seed=0)
    train(made_from, folder, "perception")
    train(made_from, folder, "questions")
    return folder
