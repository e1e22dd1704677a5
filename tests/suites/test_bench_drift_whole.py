"""The whole bench runs from end to end: a core that knows nothing, in a stream answered rightly.

What it thinks is measured; only what it said of the stream is put in its mouth, so that there is a
change to notice.
"""

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from nexus.config import Recipe, overlay
from nexus.nn.weights import module_bytes
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.suites import bench_drift, drift_rivals, noticing
from nexus.suites.drift_alarms import WAYS
from nexus.suites.drifting import Stream, stream
from nexus.suites.results import Figure
from nexus.train.consolidation import Consolidation
from nexus.train.parts import Parts
from nexus.train.phase import Silent
from nexus.train.puzzles import artefact
from nexus.worlds.puzzles import Khop, Puzzles
from nexus.worlds.tabletop import Tabletop

RECIPE = overlay(
    Recipe(), {"reasoner": {"width": 8, "heads": 2, "cycles": 1, "segments": 1, "think": 1}}
)


@pytest.mark.slow
def test_every_figure_of_every_stream_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "small"
    text = tomli_w.dumps(asdict(RECIPE))
    Run.create(folder, recipe=text, config_hash=RECIPE.hash, seed=0)
    core = Parts(recipe=RECIPE, world=Tabletop(), vocabulary=1).boards(Khop())
    Gate(folder).found(artefact("khop"), module_bytes(core), kind="core")

    def rightly(*given: object, **how: object) -> Stream:
        lived = stream(*given, **how)  # type: ignore[arg-type]
        return replace(lived, answer=lived.data.solution)

    def wrong(
        _: object, lived: Stream, rows: np.ndarray, truth: Puzzles, **__: object
    ) -> np.ndarray:
        return lived.wrong(rows, truth)

    for module in (bench_drift, drift_rivals):
        monkeypatch.setattr(module, "CYCLES", 1)
    for module in (bench_drift, noticing):
        monkeypatch.setattr(module, "surely_wrong", wrong)
    monkeypatch.setattr(bench_drift, "stream", rightly)
    monkeypatch.setattr(bench_drift, "heard", partial(bench_drift.heard, draws=2, parts=1))
    few = partial(Consolidation, steps=4, batch=16, segments=2)
    monkeypatch.setattr(bench_drift, "Consolidation", few)
    found = bench_drift.bench_drift(
        RECIPE,
        folder,
        seeds=2,
        progress=Silent(),
        harms=lambda weights, _: {"planted_harms_flagged": Figure(value=float(len(weights)))},
    )
    assert json.loads(json.dumps(found)) == found
    figures = found["figures"]
    for name in (
        *("detection_delay", "false_proposals_per_10k", "new_rule_accuracy", "old_rule_loss"),
        *("old_rule_broken", "denied_bytes_changed", "proposal_delay", "always_new", "ewc_old"),
        *("replay_new", "never_old"),
    ):
        assert (figures[name]["streams"], figures[name]["seeds"]) == (2, 1)
    assert figures["denied_bytes_changed"]["value"] == 0
    assert figures["false_proposals_per_10k"]["value"] == 0
    assert figures["never_old"]["value"] == 1.0
    assert found["ewc"] in drift_rivals.WEIGHTS
    assert figures["always_new"]["n"] == 2 * drift_rivals.FEW
    for told in found["streams"]:
        assert set(told["tallies"]) == set(WAYS)
        assert told["false"] == []
        assert told["guess"]["to"] == told["change"]["to"]
        assert [point["n_new"] for point in told["rivals"]["always"]] == [drift_rivals.FEW] * 4
    assert (folder / "figures" / "drift.png").is_file()
    assert figures["planted_harms_flagged"]["value"] == len(module_bytes(core))
