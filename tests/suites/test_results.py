"""Every result is JSON of the one form: floors, intervals and counts beside values, no NaN."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.config import recipe
from nexus.interfaces.report.contents import read_evaluation
from nexus.suites.results import NOT_MEASURED, Figure, mean, result, share, store, worst


@given(st.integers(1, 300), st.integers(0, 99))
def test_a_share_lies_in_its_interval_and_counts_its_items(n: int, seed: int) -> None:
    right = np.random.default_rng(seed).random(n) < 0.7
    figure = share(right, floor=0.25)
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= figure.value + 1e-12
    assert figure.value <= figure.high + 1e-12 <= 1 + 1e-9
    assert (figure.n, figure.floor) == (n, 0.25)


def test_of_nothing_there_is_no_number() -> None:
    assert share(np.zeros(0, dtype=bool)) == NOT_MEASURED
    assert mean(np.zeros(0)) == NOT_MEASURED


def test_a_mean_is_the_mean_and_its_interval_shrinks_with_more_items() -> None:
    values = np.random.default_rng(0).normal(size=1009)
    few, many = mean(values[:101]), mean(values)
    assert many.value == pytest.approx(values.mean())
    assert few.high is not None
    assert few.low is not None
    assert many.high is not None
    assert many.low is not None
    assert many.high - many.low < 0.6 * (few.high - few.low)


def test_what_is_stored_is_json_that_the_report_reads(tmp_path: Path) -> None:
    figures = {"a": Figure(value=np.float64(0.5), floor=float("nan"), n=3), "b": NOT_MEASURED}  # pyright: ignore[reportArgumentType]
    found = result(
        "perception", figures, recipe("smoke"), cpu_s=1.25, kinds={"x": {"n": np.int64(2)}}
    )
    store(tmp_path, found)
    text = (tmp_path / "evaluation" / "perception.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == found
    read = read_evaluation(tmp_path / "evaluation" / "perception.json")
    assert [(f.name, f.value, f.floor, f.n) for f in read.figures] == [
        ("a", 0.5, None, 3),
        ("b", None, None, 0),
    ]
    assert read.hash == recipe("smoke").hash
    assert found["kinds"] == {"x": {"n": 2}}


def test_of_several_runs_the_worst_figure_counts() -> None:
    def run(accuracy: float, ece: float) -> dict[str, Any]:
        figures = {
            "accuracy": {"value": accuracy, "floor": 0.5, "n": 9, "seeds": 1},
            "ece": {"value": ece, "floor": 0.1, "n": 9, "seeds": 1},
            "nothing": {"value": None, "floor": None, "n": 0, "seeds": 1},
        }
        return {"suite": "x", "figures": figures, "cpu_s": 2.0}

    found = worst([run(0.9, 0.01), run(0.8, 0.03), run(0.95, 0.02)])
    assert found["figures"]["accuracy"] == {"value": 0.8, "floor": 0.5, "n": 9, "seeds": 3}
    assert found["figures"]["ece"]["value"] == 0.03
    assert found["figures"]["nothing"]["value"] is None
    assert found["per_seed"]["accuracy"] == [0.9, 0.8, 0.95]
    assert found["cpu_s"] == 6.0
