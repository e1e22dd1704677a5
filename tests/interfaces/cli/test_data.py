"""``nexus data make``, its guard on, reaches image models on this machine and on no other."""

import json
import os
import subprocess
import sys
from pathlib import Path

from image_models import WORKFLOW, comfy_server


def nexus(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``nexus`` as a program of its own, whose network guard is on."""
    return subprocess.run(
        [sys.executable, "-m", "nexus.interfaces.cli", *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "http_proxy": "http://192.0.2.1:3128"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_local_comfyui_draws_and_the_manifest_says_so(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(WORKFLOW))
    with comfy_server() as server:
        where = ("--source", f"comfyui:{server.server_port}", "--workflow", "mine.json")
        scenes = ("--scenes", "3", "--side", "32", "--out", "drawn")
        done = nexus(tmp_path, "data", "make", *where, *scenes, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"data": "drawn", "scenes": 3}
    assert "train pictures" in done.stderr
    manifest = json.loads((tmp_path / "drawn" / "manifest.json").read_bytes())
    assert manifest["source"] == {"name": "comfyui", "workflow": WORKFLOW}
    (train,) = (s for s in manifest["shards"] if s["path"] == "train-0000.parquet")
    assert [set(p) for p in train["pictures"]] == [{"index", "prompt", "seed", "sha256"}] * 3
    assert len(server.jobs) == sum(manifest["splits"].values())
    assert nexus(tmp_path, "data", "verify", "drawn").returncode == 0


def test_another_machine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(WORKFLOW))
    where = ("--source", "comfyui:192.0.2.1:8188", "--workflow", "mine.json")
    done = nexus(tmp_path, "data", "make", *where)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: refused ComfyUI at 192.0.2.1: NEXUS stays on this machine"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.json"]
