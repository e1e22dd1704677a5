"""Every command on one small run, from nothing: what a person meets, in the order they meet it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from nexus.interfaces.cli import main

# Half a minute of work, but the fixture must also survive a machine that is busy with other things.
pytestmark = pytest.mark.timeout(1800)

Call = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which ``nexus demo --recipe smoke`` has run."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))  # so it stays as it is
        patch.setattr(main.network, "install", lambda: None)  # both would outlive these tests
        patch.setattr(main.log, "set_up", lambda: None)
        assert main.run(["demo", "--recipe", "smoke"]) == 0
        yield folder


@pytest.fixture
def call(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command with ``--json`` and return its last line."""
    assert (home / "runs" / "demo" / "report.html").exists()

    def run(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        assert main.run([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


def test_the_report_misses_nothing(home: Path) -> None:
    page = (home / "runs" / "demo" / "report.html").read_text()
    assert "Missing:" not in page
    assert page.count("data:image/png;base64,") > 5


def test_the_demo_again_does_nothing_again(home: Path, call: Call) -> None:
    folder = home / "runs" / "demo"
    kept = ("checkpoints", "objects", "evaluation", "data")
    before = {p: p.stat().st_mtime_ns for name in kept for p in (folder / name).rglob("*")}
    done = call("demo", "--recipe", "smoke")
    assert {p: p.stat().st_mtime_ns for name in kept for p in (folder / name).rglob("*")} == before
    assert set(done) == {"run", "report", "results", "story"}
    assert "too few to tell a change" in done["story"]["why_not"]
    assert set(done["results"]) == {"perception", "questions"}


@pytest.mark.parametrize("suite", ["perception", "questions"])
def test_the_form_of_a_result(call: Call, suite: str, home: Path) -> None:
    stored = json.loads((home / "runs" / "demo" / "evaluation" / f"{suite}.json").read_bytes())
    found = call("evaluate", "--suite", suite) if suite == "perception" else stored
    assert found["suite"] == suite
    assert {"figures", "recipe", "hash", "code_hash", "cpu_s"} <= set(found)
    assert all("value" in figure for figure in found["figures"].values())
    assert set(found["figures"]) == set(stored["figures"])


def test_a_scene_and_a_file_are_answered_alike(call: Call, home: Path) -> None:
    asked = "how many red things are there?"
    by_scene = call("ask", asked, "--scene", "7")
    shape = {"question", "picture", "run", "answer", "abstained", "confidence", "cause", "reason"}
    shape |= {"fast", "slow", "steps", "certificate", "verdict", "surprise", "trace", "query"}
    assert set(by_scene) == shape
    assert by_scene["abstained"] == (by_scene["answer"] == "")
    assert set(by_scene["fast"]) == {"answer", "confidence", "rests_on"}
    from nexus.worlds.tabletop import Tabletop

    world = Tabletop()
    picture = world.render(world.scenes(0, "test", np.array([7])), side=64)[0]
    Image.fromarray(picture).save(home / "seven.png")
    by_file = call("ask", asked, "--image", "seven.png")
    for told in (by_scene, by_file):
        del told["trace"], told["picture"]
    assert by_scene == by_file


def test_a_drawing_of_another_kind_is_answered_in_words(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGBA", (640, 400), (255, 255, 255, 128)).save(home / "drawing.png")
    capsys.readouterr()
    assert main.run(["ask", "is there a circle?", "--image", "drawing.png"]) == 0
    out = capsys.readouterr().out
    assert "Surprise" in out
    assert out.startswith("I am not sure.") or " sure)" in out.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ask", "how many rde things are there?", "--scene", "7"], "unknown word: 'rde'"),
        (["ask", "", "--scene", "7"], "the question is empty"),
        (["ask", "how many\udcff", "--scene", "7"], "not UTF-8"),
        (["ask", "is there a circle?", "--scene", "-1"], "numbered from 0"),
        (["ask", "is there a circle?", "--image", "gone.png"], "there is no file gone.png"),
        (["train", "perception", "--recipe", "tiny", "--run", "demo"], "another recipe"),
        (["data", "make", "--out", "runs/demo"], "hint: "),
    ],
)
def test_what_cannot_be_done_is_one_line(
    home: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.exists()
    capsys.readouterr()
    assert main.run(words) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert said in err


def test_data_is_shown_verified_and_a_changed_byte_found(
    home: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("data", "make", "--out", "some", "--scenes", "20")["scenes"] == 20
    assert call("data", "verify", "some")["valid"] is True
    assert Path(call("data", "show", "some", "--out", "sheet.png")["sheet"]).stat().st_size > 1000
    shard = next((home / "some").glob("*.parquet"))
    damaged = bytearray(shard.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    shard.write_bytes(damaged)
    assert main.run(["data", "verify", "some"]) == 1
    assert shard.name in capsys.readouterr().err


def test_bench_data(call: Call) -> None:
    assert call("bench", "data")["figures"]["scenes_per_cpu_s"]["value"] > 0
