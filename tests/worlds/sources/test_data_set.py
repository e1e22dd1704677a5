"""A data set lists how every picture of an image model was made, and comes back as it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from image_models import WORKFLOW, comfy_server
from nexus.base.errors import ConfigError, DataError, SourceError
from nexus.worlds import export, manifest
from nexus.worlds import registry as worlds
from nexus.worlds.blocks import Blocks
from nexus.worlds.loading import load
from nexus.worlds.sources import registry
from nexus.worlds.sources.protocol import ImageSource, prompts
from nexus.worlds.sources.renderer import Renderer
from nexus.worlds.tabletop import Tabletop

WORLD = Tabletop()
SPLITS = {"train": 5, "test": 3}


class Unseen:
    """The tabletop in the dark: told, and never seen."""

    name, version, splits = "tabletop", WORLD.version, WORLD.splits
    vocabulary, scenes, words = WORLD.vocabulary, WORLD.scenes, WORLD.words
    describe = WORLD.describe


class Watcher:
    """Keeps what it is told of progress."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def begin(self, phase: str, step: int, steps: int) -> None:
        self.told.append((phase, step, steps))

    def advance(self, step: int, values: object) -> None:
        del values
        self.told.append((step,))


@pytest.fixture(params=["diffusers", "comfyui"])
def source(request: pytest.FixtureRequest, tmp_path: Path, pipeline: Path) -> Iterator[ImageSource]:
    """Return each image model in turn, as the command line names it."""
    if request.param == "diffusers":
        yield registry.get(f"diffusers:{pipeline}", WORLD, steps=2)
        return
    workflow = tmp_path / "workflow.json"
    workflow.write_text(json.dumps(WORKFLOW))
    with comfy_server() as server:
        yield registry.get(f"comfyui:{server.server_port}", WORLD, workflow=workflow)


def test_prompts_seeds_and_hashes_are_in_the_manifest(source: ImageSource, tmp_path: Path) -> None:
    folder, watcher = tmp_path / "data", Watcher()
    made = export.make(
        "tabletop",
        folder,
        scenes=0,
        seed=3,
        side=32,
        splits=SPLITS,
        source=source,
        progress=watcher,
    )
    assert watcher.told[:3] == [("train pictures", 0, 5), (1,), (2,)]
    assert manifest.verify(folder) == made
    assert made.source == source.provenance
    assert dict(source.packages).items() <= dict(made.packages).items()
    for split, count in SPLITS.items():
        shard = next(s for s in made.shards if s.path == f"{split}-0000.parquet")
        rows = pq.read_table(folder / shard.path).to_pylist()
        told = prompts(WORLD, WORLD.scenes(3, split, np.arange(count)))
        assert [p.index for p in shard.pictures] == [row["index"] for row in rows]
        assert [p.prompt for p in shard.pictures] == [row["captions"][0] for row in rows]
        assert [(p.prompt, p.seed) for p in shard.pictures] == [(t.text, t.seed) for t in told]
        assert [p.sha256 for p in shard.pictures] == [manifest.sha256(r["image"]) for r in rows]
        assert len({p.sha256 for p in shard.pictures}) == count
        assert not {"questions", "facts"} & rows[0].keys()  # true of the scene, not of the picture
    assert all(not s.pictures for s in made.shards if s.path.endswith(".jsonl"))
    export.show(folder, tmp_path / "sheet.png")


def test_the_same_asked_again_is_kept_and_another_source_is_another_data_set(
    source: ImageSource, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    made = export.make("tabletop", folder, scenes=0, side=32, splits={"test": 2}, source=source)
    assert made == export.make(
        "tabletop", folder, scenes=0, side=32, splits={"test": 2}, source=source
    )
    with pytest.raises(DataError, match="another data set"):
        export.make("tabletop", folder, scenes=0, side=32, splits={"test": 2})
    more = export.make(
        "tabletop", tmp_path / "more", scenes=0, side=32, splits={"test": 3}, source=source
    )
    assert more.shards[0].pictures[:2] == made.shards[0].pictures


def test_a_source_that_fails_leaves_nothing(tmp_path: Path) -> None:
    workflow = tmp_path / "workflow.json"
    workflow.write_text(json.dumps(WORKFLOW))
    with comfy_server("failed") as server:
        source = registry.get(f"comfyui:{server.server_port}", WORLD, workflow=workflow)
        with pytest.raises(SourceError, match="out of memory"):
            export.make("tabletop", tmp_path / "data", scenes=3, source=source)
    assert list(tmp_path.iterdir()) == [workflow]


def test_a_rendered_data_set_comes_back_as_it_was_drawn(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = export.make("tabletop", folder, scenes=0, seed=3, side=32, splits=SPLITS)
    assert made.source == {"name": "render"}
    assert not any(shard.pictures for shard in made.shards)
    back, scenes = load(folder, "test"), WORLD.scenes(3, "test", np.arange(3))
    assert np.array_equal(back.images, WORLD.render(scenes, side=32))
    assert back.captions == WORLD.describe(scenes)
    assert np.array_equal(back.scenes.x, scenes.x)
    assert len(back) == 3
    with pytest.raises(DataError, match=r"no split 'val'.*test, train"):
        load(folder, "val")


def test_a_data_set_of_an_unseen_world_has_nothing_to_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "get", lambda _: Unseen())
    made = export.make("tabletop", tmp_path / "data", scenes=0, splits=SPLITS)
    assert made.source == {}
    with pytest.raises(DataError, match="no pictures with captions"):
        load(tmp_path / "data", "test")


def test_a_manifest_from_before_there_were_sources_is_rendered(tmp_path: Path) -> None:
    made = export.make("blocks", tmp_path / "data", scenes=2)
    path = tmp_path / "data" / "manifest.json"
    told = json.loads(path.read_bytes())
    assert told.pop("source") == {"name": "render"}
    path.write_text(json.dumps(told))
    assert export.make("blocks", tmp_path / "data", scenes=2) == made
    path.write_text(json.dumps({**told, "world_version": 0}))
    with pytest.raises(DataError, match="version 0 of blocks"):
        load(tmp_path / "data", "test")


def test_names_find_sources_and_slips_are_corrected(tmp_path: Path) -> None:
    assert isinstance(registry.get("render", Blocks()), Renderer)
    for name in ("paint", "diffusers", "diffusers:", ""):
        with pytest.raises(ConfigError, match=r"no image source .*comfyui:PORT"):
            registry.get(name, WORLD)
    with pytest.raises(ConfigError, match="needs a workflow"):
        registry.get("comfyui:8188", WORLD)
    with pytest.raises(ConfigError, match="'render' has no workflow"):
        registry.get("render", WORLD, workflow=tmp_path)
