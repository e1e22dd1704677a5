"""The smoke run, in a copy of its own: suites write what they found into it."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def smoke(smoke: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with every stage trained for a few steps on few scenes."""
    return shutil.copytree(smoke, tmp_path_factory.mktemp("suites") / "smoke")
