"""Gates of tests lie in memory: they sync at every line, and a busy disk makes them wait."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from gated import MEMORY


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)
