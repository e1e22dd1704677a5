"""A local pipeline draws each scene to the same bytes in any batch, from its caption and seed."""

import json
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nexus.base.device import choose
from nexus.base.errors import ConfigError, SourceError
from nexus.worlds.sources import diffusion
from nexus.worlds.sources.diffusion import Diffusion, fingerprint
from nexus.worlds.tabletop import Tabletop

WORLD = Tabletop()


def drawn(folder: Path, *index: int, seed: int = 5, **settings: Any) -> np.ndarray:
    source = Diffusion(WORLD, folder, **{"steps": 2, **settings})
    return source.render(WORLD.scenes(seed, "test", np.array(index)), side=20)


def test_a_scene_gets_the_same_bytes_alone_in_a_batch_and_loaded_again(pipeline: Path) -> None:
    several = drawn(pipeline, 2, 7, 11)
    assert several.shape == (3, 20, 20, 3)
    assert np.array_equal(several[1], drawn(pipeline, 7)[0])
    assert several[1].std() > 1
    assert not np.array_equal(several[0], several[1])


def test_caption_seed_steps_and_guidance_each_matter(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strong, usual = drawn(pipeline, 7, guidance=60.0), drawn(pipeline, 7)
    assert not np.array_equal(usual, strong)
    assert not np.array_equal(usual, drawn(pipeline, 7, steps=3))
    monkeypatch.setattr(WORLD, "describe", lambda scenes: ["nothing"] * len(scenes))
    assert not np.array_equal(strong, drawn(pipeline, 7, guidance=60.0))
    first, second = drawn(pipeline, 7, 11)  # of one caption: only their seeds differ
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, drawn(pipeline, 7, seed=6)[0])


def test_it_says_what_its_pictures_follow_from(pipeline: Path, tmp_path: Path) -> None:
    source = Diffusion(WORLD, pipeline, steps=3, guidance=2.5)
    assert source.provenance == {
        "name": "diffusers",
        "model": "tiny",
        "pipeline": "StableDiffusionPipeline",
        "sha256": fingerprint(pipeline),
        "steps": 3,
        "guidance": 2.5,
        "device": choose(),
    }
    assert source.packages["diffusers"]
    copy = Path(shutil.copytree(pipeline, tmp_path / "elsewhere"))
    assert fingerprint(copy) == fingerprint(pipeline)
    weights = next(copy.rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert fingerprint(copy) != fingerprint(pipeline)
    shutil.move(weights, weights.with_name("other.safetensors"))
    assert fingerprint(copy) != fingerprint(pipeline)


def test_what_is_no_pipeline_is_named(pipeline: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no folder .*gone.*nothing is downloaded"):
        Diffusion(WORLD, tmp_path / "gone")
    with pytest.raises(SourceError, match="is not a diffusers pipeline"):
        Diffusion(WORLD, tmp_path)
    broken = Path(shutil.copytree(pipeline, tmp_path / "broken"))
    next(broken.rglob("unet/*.safetensors")).unlink()
    with pytest.raises(SourceError, match=r"broken cannot be loaded: .*safetensors") as error:
        drawn(broken, 7)
    assert "\n" not in str(error.value)


def test_pickled_weights_are_not_read(pipeline: Path, tmp_path: Path) -> None:
    import torch

    pickled = Path(shutil.copytree(pipeline, tmp_path / "pickled"))
    weights = next(pickled.rglob("unet/*.safetensors"))
    torch.save({}, weights.with_suffix(".bin"))
    weights.unlink()
    with pytest.raises(SourceError, match="cannot be loaded"):
        drawn(pickled, 7)


def test_a_pipeline_that_reads_no_text_is_refused(pipeline: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    shutil.copytree(pipeline / "unet", silent / "unet")
    shutil.copytree(pipeline / "scheduler", silent / "scheduler")
    index = {
        "_class_name": "DDIMPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    }
    (silent / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(SourceError, match="DDIMPipeline takes no guidance_scale, prompt"):
        drawn(silent, 7)


def test_a_missing_extra_says_how_to_install_it(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(diffusion, "version", absent)
    with pytest.raises(ConfigError, match=r"need the package diffusers.*nexus-jepa\[images\]"):
        Diffusion(WORLD, pipeline)


@pytest.mark.parametrize("settings", [{"steps": 0}, {"guidance": -1.0}])
def test_impossible_settings_are_refused(settings: dict[str, Any], pipeline: Path) -> None:
    with pytest.raises(ConfigError, match="at least"):
        Diffusion(WORLD, pipeline, **settings)
