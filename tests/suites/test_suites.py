"""Both suites measure a real run from end to end: every figure, its floor, the pictures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nexus.interfaces.report.contents import read_contents
from nexus.review.approved import Approved
from nexus.suites import confidence, perception, questions
from nexus.suites.probing import grain, shifted
from nexus.system import Senses, System

PERCEPTION = (
    "retrieval_of_ceiling foil_colour foil_size foil_shape foil_exchanged foil_relation "
    "probe_shape "
    "probe_shape_heldout_pairs probe_colour probe_count rankme_fraction paraphrase_cosine_gap "
    "noise_robust asked_shape asked_colour asked_size asked_nothing asked_where asked_count"
)
QUESTIONS = (
    "fast_accuracy slow_accuracy checked_accuracy checked_coverage ece forged_certificates_accepted"
)
NO_FLOOR = {"noise_robust", "retrieval_ceiling"}


@pytest.fixture(scope="module")
def perceived(smoke: Path) -> dict[str, Any]:
    """Return what suite "perception" says of the run."""
    return perception.evaluate(Senses.load(smoke), smoke)


@pytest.fixture(scope="module")
def questioned(smoke: Path) -> dict[str, Any]:
    """Return what suite "questions" says of the run."""
    return questions.evaluate(System.load(smoke), smoke)


def test_perception_measures_every_figure_beside_its_floor(
    smoke: Path, perceived: dict[str, Any]
) -> None:
    found = perceived
    assert set(PERCEPTION.split()) <= set(found["figures"])
    for name, figure in found["figures"].items():
        assert figure["n"] > 0, name
        assert np.isfinite(figure["value"]), name
        assert name in NO_FLOOR or np.isfinite(figure["floor"]), name
    assert set(found["floors"]["probe_shape"]) == {"pixels", "untrained", "majority"}
    assert json.loads((smoke / "evaluation" / "perception.json").read_bytes()) == found


def test_the_same_run_gives_the_same_figures(smoke: Path, perceived: dict[str, Any]) -> None:
    again = perception.evaluate(Senses.load(smoke), smoke)
    assert again["figures"] == perceived["figures"]


def test_questions_measures_every_figure_and_keeps_examples(
    smoke: Path, questioned: dict[str, Any]
) -> None:
    found, figures = questioned, questioned["figures"]
    assert set(QUESTIONS.split()) <= set(figures)
    assert {f"slow_accuracy_{split}" for split in ("pairs", "templates")} <= set(figures)
    assert figures["forged_certificates_accepted"]["value"] == 0
    assert sum(found["causes"].values()) == figures["fast_accuracy"]["n"]
    assert sum(kind["n"] for kind in found["kinds"].values()) == figures["fast_accuracy"]["n"]
    kept = read_contents(smoke).asked
    assert kept
    assert all(item.picture.is_file() for item in kept)


@pytest.mark.usefixtures("perceived", "questioned")
def test_the_report_finds_every_figure_drawn(smoke: Path) -> None:
    contents = read_contents(smoke)
    drawn = {"retrieval", "pca", "known", "questions", "reliability", "outcomes", "imagined"}
    assert set(contents.pictures) == set(contents.captions) == drawn
    for path in contents.pictures.values():
        with Image.open(path) as image:
            assert image.mode == "RGBA"
            assert np.asarray(image).std() > 1


def test_fitting_confidence_changes_the_calibration_and_nothing_else(smoke: Path) -> None:
    before = dict(Approved.open(smoke).artefacts)
    fitted = confidence.fit_confidence(smoke)
    after = dict(Approved.open(smoke).artefacts)
    assert {n for n in after if after[n] != before.get(n)} <= {"calibration"}
    assert System.load(smoke).calibration == fitted


@pytest.mark.parametrize("name", ["noise", "shift"])
def test_worse_pictures_are_as_much_worse_as_they_say(name: str) -> None:
    images = np.full((3, 32, 32, 3), 128, dtype=np.uint8)
    images[:, 5, 7] = 255
    if name == "noise":
        gap = grain(images, std=0.1, seed=0)[:, 8:].astype(float) - 128
        assert gap.std() == pytest.approx(25.5, rel=0.05)
    else:
        assert (shifted(images, pixels=1)[:, 6, 8] == 255).all()
        assert shifted(images, pixels=1).shape == images.shape
