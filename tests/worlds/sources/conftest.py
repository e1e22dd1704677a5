"""One tiny pipeline for all tests of image sources: importing its package takes seconds."""

from pathlib import Path

import pytest

from image_models import tiny_pipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a Stable Diffusion with random weights."""
    return tiny_pipeline(tmp_path_factory.mktemp("models") / "tiny")
