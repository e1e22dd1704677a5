"""The system of the smoke run, in a copy of its own: thinking leaves thoughts in it."""

import shutil
from pathlib import Path

import pytest

from nexus.system import System


@pytest.fixture(scope="session")
def run(smoke: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run in which both halves are trained."""
    return shutil.copytree(smoke, tmp_path_factory.mktemp("system") / "smoke")


@pytest.fixture(scope="session")
def system(run: Path) -> System:
    """Return the system of that run."""
    return System.load(run)
