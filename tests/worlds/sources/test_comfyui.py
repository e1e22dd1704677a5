"""A local ComfyUI draws each scene from its own caption and seed; trouble is told in words."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_models import WORKFLOW, ComfyServer, comfy_server
from nexus.base.errors import NetworkError, SourceError
from nexus.worlds.sources.comfyui import ComfyUI, filled, local
from nexus.worlds.sources.protocol import Prompt, prompts
from nexus.worlds.tabletop import Tabletop

WORLD = Tabletop()


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(WORKFLOW))
    return path


@pytest.fixture
def server() -> Iterator[ComfyServer]:
    with comfy_server() as server:
        yield server


def test_a_scene_gets_the_same_picture_alone_and_in_a_batch(
    server: ComfyServer, workflow: Path
) -> None:
    source = ComfyUI(WORLD, str(server.server_port), workflow)
    several = source.render(WORLD.scenes(5, "test", np.array([2, 7, 11])), side=32)
    alone = source.render(WORLD.scenes(5, "test", np.array([7])), side=32)
    assert several.shape == (3, 32, 32, 3)
    assert np.array_equal(several[1], alone[0])
    assert not np.array_equal(several[0], several[1])
    other_seed = source.render(WORLD.scenes(6, "test", np.array([7])), side=32)
    assert not np.array_equal(alone, other_seed)


def test_the_server_is_told_caption_and_seed_where_the_workflow_says(
    server: ComfyServer, workflow: Path
) -> None:
    scenes = WORLD.scenes(5, "test", np.array([7]))
    ComfyUI(WORLD, f"http://localhost:{server.server_port}", workflow).render(scenes, side=32)
    (told,) = prompts(WORLD, scenes)
    (job,) = server.jobs
    assert job["6"]["inputs"]["text"] == f"flat shapes: {WORLD.describe(scenes)[0]}"
    assert job["3"]["inputs"] == {"seed": told.seed, "steps": 2, "model": ["4", 0]}
    assert job["4"] == WORKFLOW["4"]
    assert server.viewed == [{"filename": "job-0.png", "subfolder": "a b", "type": "output"}]


def test_a_preview_is_taken_where_nothing_was_saved(workflow: Path) -> None:
    with comfy_server("unsaved") as server:
        source = ComfyUI(WORLD, str(server.server_port), workflow)
        assert source.render(WORLD.scenes(5, "test", np.array([7])), side=32).std() > 1
    assert [query["type"] for query in server.viewed] == ["temp"]


def test_every_scene_has_a_seed_of_its_own() -> None:
    seeds = {
        told.seed
        for seed, split in ((0, "train"), (1, "train"), (0, "test"))
        for told in prompts(WORLD, WORLD.scenes(seed, split, np.arange(101)))
    }
    assert len(seeds) == 303
    assert max(seeds) < 2**53


def test_it_says_what_its_pictures_follow_from(server: ComfyServer, workflow: Path) -> None:
    source = ComfyUI(WORLD, str(server.server_port), workflow)
    assert source.provenance == {"name": "comfyui", "workflow": WORKFLOW}
    assert source.packages == {"comfyui": "0.3.75"}


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("refused", "refused the workflow: node 4 .Loader.: Value not in list: ckpt_name"),
        ("failed", "failed: node 3 .KSampler.: out of memory"),
        ("stuck", "no picture in 0 seconds"),
        ("lost", "no longer has the picture 'job-0.png'"),
        ("torn", "damaged picture"),
        ("oblong", "picture of 64 x 96"),
        ("none", "made 0 pictures"),
        ("two", "made 2 pictures"),
        ("another program", "is not ComfyUI"),
    ],
)
def test_trouble_is_an_error_that_says_what(trouble: str, said: str, workflow: Path) -> None:
    scenes = WORLD.scenes(5, "test", np.array([7]))
    with comfy_server(trouble) as server, pytest.raises(SourceError, match=said) as error:
        ComfyUI(WORLD, str(server.server_port), workflow, patience=0.1).render(scenes, side=32)
    assert "\n" not in str(error.value)


def test_a_server_that_does_not_run_is_named(server: ComfyServer, workflow: Path) -> None:
    source = ComfyUI(WORLD, str(server.server_port), workflow)
    server.shutdown()
    server.server_close()
    with pytest.raises(SourceError, match=rf"no ComfyUI answers at 127.0.0.1:{server.server_port}"):
        source.render(WORLD.scenes(5, "test", np.array([7])), side=32)


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        ({"nodes": [], "links": []}, "not a workflow in API format"),
        ({**WORKFLOW, "6": {"class_type": "T", "inputs": {"text": "a"}}}, "no %prompt%"),
        ({**WORKFLOW, "3": {"class_type": "K", "inputs": {"seed": 1}}}, "no %seed%"),
        ([], "not a workflow in API format"),
    ],
    ids=["editor format", "no prompt", "no seed", "a list"],
)
def test_a_workflow_without_its_places_is_refused_before_the_server_is_asked(
    flow: Any, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(flow))
    with pytest.raises(SourceError, match=said):
        ComfyUI(WORLD, "1", path)
    path.unlink()
    with pytest.raises(SourceError, match="is no workflow"):
        ComfyUI(WORLD, "1", path)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", ("127.0.0.1", 8188)),
        ("8190", ("127.0.0.1", 8190)),
        ("localhost:8190", ("localhost", 8190)),
        ("http://127.0.0.1:8190/", ("127.0.0.1", 8190)),
        ("http://[::1]:8190", ("::1", 8190)),
    ],
)
def test_addresses_of_this_machine(address: str, expected: tuple[str, int]) -> None:
    assert local(address) == expected


@pytest.mark.parametrize(
    "address",
    ["192.0.2.1:8188", "example.com", "http://example.com:8188", "http://localhost@192.0.2.1:8188"],
)
def test_another_machine_is_refused_without_looking_it_up(address: str) -> None:
    with pytest.raises(NetworkError, match="stays on this machine"):
        local(address)


@pytest.mark.parametrize("address", ["localhost:port", "https://localhost:8188", "http://", "::1"])
def test_nonsense_is_no_address(address: str) -> None:
    with pytest.raises(SourceError, match="no address of ComfyUI"):
        local(address)


@given(st.text(), st.integers(0, 2**53 - 1))
def test_any_prompt_goes_in_as_it_is(text: str, seed: int) -> None:
    job = json.loads(json.dumps(filled(WORKFLOW, Prompt(text=text, seed=seed))))
    assert job["6"]["inputs"]["text"] == f"flat shapes: {text}"
    assert job["3"]["inputs"]["seed"] == seed
    assert {**job, "3": None, "6": None} == {**WORKFLOW, "3": None, "6": None}
