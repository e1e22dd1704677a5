"""Run folders: one with everything a report can show, and one whose reasoners know nothing."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import torch
from PIL import Image

from nexus.config import Recipe
from nexus.interfaces.cli import main
from nexus.store.files import write_json
from nexus.store.runs import Run
from untrained import Nexus, untrained_run

SUITES = {
    "perception": {
        "foil_colour": {"value": 0.91, "floor": 0.5, "low": 0.89, "high": 0.93, "n": 512},
        "probe_shape": {"value": 0.83, "floor": 0.25, "low": 0.8, "high": 0.86, "n": 2048},
        "rankme_fraction": {"value": 0.4},
    },
    "questions": {
        "fast_accuracy": {"value": 0.62, "floor": 0.31, "low": 0.6, "high": 0.64, "n": 3000},
        "ece": {"value": 0.04, "floor": 0.38, "n": 3000},
    },
}


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(name="small")


@pytest.fixture
def run_folder(tmp_path: Path, recipe: Recipe) -> Path:
    """A run called ``shown`` below ``runs``, trained and measured."""
    folder = tmp_path / "runs" / "shown"
    text = tomli_w.dumps(asdict(recipe))
    Run.create(folder, recipe=text, config_hash=recipe.hash, seed=recipe.seed)
    rows = [
        {
            "phase": phase,
            "step": step,
            "losses": {"loss": 3 / step, "ask": 2 / step},
            "gauges": {"rankme": step**0.5, "alarm": 0.0},
            "seconds": 1.5,
        }
        for phase in ("perception", "fast")
        for step in range(1, 30, 2)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for suite, figures in SUITES.items():
        result = {"suite": suite, "figures": figures, "recipe": "small", "hash": recipe.hash}
        tables = {"kinds": {"count": {"n": 700, "fast": 0.5}}, "causes": {"agreed": 41}}
        stored = {**result, "cpu_s": 12.3, **(tables if suite == "questions" else {})}
        write_json(folder / "evaluation" / f"{suite}.json", stored)
    _draw(folder)
    return folder


def _draw(folder: Path) -> None:
    examples = folder / "figures" / "examples"
    examples.mkdir(parents=True)
    kept = []
    for number, answer in enumerate(["3", "2", "", "3"]):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(examples / f"{number}.png")
        asked = {"question": f"how many <b>red</b> things, {number}?", "gold": "3"}
        said = {"answer": answer, "confidence": 0.8, "cause": "agreed" if answer else "disagreed"}
        kept.append({"picture": f"figures/examples/{number}.png", **asked, **said})
    write_json(folder / "evaluation" / "examples.json", kept)
    for name in ("pca", "retrieval_1", "known", "speed"):
        Image.new("RGB", (320, 160), (90, 120, 200)).save(folder / "figures" / f"{name}.png")
    write_json(folder / "figures" / "captions.json", {"pca": "Three components & what they show"})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run called ``small`` in the newest place, whose reasoners know nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))  # so it stays as it is
    return untrained_run(tmp_path / "runs" / "small")


@pytest.fixture
def nexus(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nexus:
    """Run a command line in this process: exit code, stdout, stderr."""
    assert run.exists()
    monkeypatch.setattr(main.network, "install", lambda: None)  # both would outlive the test
    monkeypatch.setattr(main.log, "set_up", lambda: None)

    def call(*words: str) -> tuple[int, str, str]:
        try:
            code = main.run(words)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
