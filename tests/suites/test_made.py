"""Retrieval and foils run on any data set: rendered as in the suite, noise found at chance."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.suites.seeing import RECIPE, WORLD, parts_and_tokenizer

from image_models import tiny_pipeline
from nexus.base.errors import DataError
from nexus.interfaces.report.contents import read_evaluation
from nexus.suites import made
from nexus.suites.made import MadeBench
from nexus.suites.perception import foil_figures, retrieval_figures
from nexus.suites.workbench import Workbench
from nexus.system import Senses
from nexus.worlds import export
from nexus.worlds.loading import load
from nexus.worlds.sources.diffusion import Diffusion

SIDE = RECIPE.world.side
SCENES = 67
FEW = replace(RECIPE, evaluate=replace(RECIPE.evaluate, scenes=SCENES))


@pytest.fixture(scope="module")
def senses() -> Senses:
    """Return senses that know nothing yet: what is tested is whether they are shown the same."""
    parts, tokenizer = parts_and_tokenizer()
    return Senses(
        recipe=FEW,
        world=WORLD,
        tokenizer=tokenizer,
        encoder=parts.encoder().eval().requires_grad_(False),
        asker=parts.asker(),
        memory=parts.memory(),
    )


def test_rendered_pictures_from_disk_give_the_figures_of_suite_perception(
    senses: Senses, tmp_path: Path
) -> None:
    splits = {"test": SCENES}
    export.make("tabletop", tmp_path / "data", scenes=0, side=SIDE, seed=0, splits=splits)
    ours, theirs = MadeBench(senses, load(tmp_path / "data", "test")), Workbench(senses)
    assert torch.equal(ours.test.pooled, theirs.test.pooled)
    assert torch.equal(ours.test.tokens, theirs.test.tokens)
    assert ours.captions == theirs.captions
    expected = retrieval_figures(theirs) | foil_figures(theirs)
    found = made.evaluate(senses, tmp_path / "run", tmp_path / "data")["figures"]
    assert set(found) == set(expected)
    for name, figure in expected.items():
        assert found[name]["value"] == pytest.approx(figure.value, abs=1e-6), name
        assert found[name]["n"] == figure.n


def test_noise_of_an_untrained_pipeline_is_found_at_chance(senses: Senses, tmp_path: Path) -> None:
    source = Diffusion(WORLD, tiny_pipeline(tmp_path / "tiny"), steps=1)
    export.make(
        "tabletop", tmp_path / "data", scenes=0, side=SIDE, splits={"test": 31}, source=source
    )
    found = made.evaluate(senses, tmp_path / "run", tmp_path / "data")
    assert found["source"] == source.provenance
    for way in ("retrieval_image_to_text", "retrieval_text_to_image"):
        figure = found["figures"][way]
        assert (figure["n"], figure["floor"]) == (31, pytest.approx(1 / 31, abs=1e-6))
        assert figure["value"] <= 5 / 31  # six hits or more by chance: once in 2,000 encoders
    foils = [figure for name, figure in found["figures"].items() if name.startswith("foil_")]
    assert len(foils) == 5
    assert all(abs(f["value"] - 0.5) < 4 * 0.5 / f["n"] ** 0.5 for f in foils)
    assert read_evaluation(tmp_path / "run" / "evaluation" / "made.json").suite == "made"


def test_a_data_set_this_run_cannot_look_at_is_refused(senses: Senses, tmp_path: Path) -> None:
    export.make("tabletop", tmp_path / "small", scenes=0, side=SIDE // 2, splits={"test": 2})
    export.make("blocks", tmp_path / "blocks", scenes=2, side=SIDE)
    for name in ("small", "blocks"):
        with pytest.raises(DataError, match="this run knows tabletop at 32"):
            made.evaluate(senses, tmp_path / "run", tmp_path / name)
