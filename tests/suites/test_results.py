"""Every result is JSON of the one form: floors, intervals and counts beside values, no NaN."""

import ast
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.config import recipe
from nexus.interfaces.report.contents import read_evaluation
from nexus.suites import results
from nexus.suites.results import (
    LESS,
    NOT_MEASURED,
    Figure,
    less_is_better,
    mean,
    over_seeds,
    result,
    share,
    store,
    worst,
    worst_stream,
)

MORE = (
    *("rules_recovered", "rules_recovered_ltn", "*_equivalent", "*_proved", "*_score"),
    "natural_outside_abstained",
    *("*accuracy*", "*exact", "*_exact_*", "*_kept", "*_restored", "*auroc*", "*_abstained_*"),
    *("retrieval_*", "foil_*", "paraphrase_*", "rankme_*", "*rank", "*probe_*", "noise_robust"),
    *("asked_*", "*_coverage", "*_precision", "*_over_*", "*_x", "fits_24_gb", "fitting*"),
    *("planted_harms*_flagged", "*wrong_words_flagged", "words_in_evidence"),
    *("always_*", "ewc_*", "replay_*", "never_*"),
)
"""Patterns of names of figures of which more is better: what no pattern of ``LESS`` knows."""

MAKES = {"Figure", "Figure.of", "worst_stream", "_ratio", "_figure", "_ece"} | {
    f"results.{name}" for name in ("share", "mean", "over_seeds", "worst_stream")
}
"""Calls whose value under a name is a figure of that name."""


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


def test_a_single_run_keeps_its_interval_and_several_span_theirs() -> None:
    one = Figure(value=0.5, low=0.4, high=0.6, n=9)
    other = Figure(value=0.7, low=0.6, high=0.8, n=9)
    assert over_seeds([one]) == one
    assert over_seeds([NOT_MEASURED]) == NOT_MEASURED
    both = over_seeds([one, other])
    assert (both.value, both.low, both.high, both.seeds) == (pytest.approx(0.6), 0.5, 0.7, 2)


@pytest.mark.parametrize(("name", "value"), [("detection_delay", 30.0), ("khop2_accuracy", 10.0)])
def test_of_several_streams_the_worst_is_the_value_and_all_make_the_interval(
    name: str, value: float
) -> None:
    pooled = Figure(value=20.0, low=12.0, high=28.0, n=120, floor=1.0)
    found = worst_stream(name, [10.0, 30.0, 20.0], pooled)
    assert found == Figure(value=value, low=12.0, high=28.0, n=120, floor=1.0, seeds=1, streams=3)


@pytest.mark.parametrize(
    ("name", "less"),
    [
        ("adapted_cpu_s", True),
        ("sudoku6_exact_noisy_core", True),
        ("sudoku6_exact", False),
        ("conformal_coverage_error", True),
        ("conformal_coverage", False),
        ("false_abstention_system", True),
        ("old_rule_broken", True),
        ("planted_harms_flagged", False),
        ("harmless_flagged", True),
    ],
)
def test_the_worst_run_of_a_figure_is_the_one_with_the_worse_value(name: str, less: bool) -> None:
    assert less_is_better(name) is less
    runs = [{"figures": {name: {"value": v}}, "cpu_s": 1.0} for v in (1.0, 2.0)]
    assert worst(runs)["figures"][name]["value"] == (2.0 if less else 1.0)


def figures_of(tree: ast.AST) -> Iterator[str]:
    """Names under which a module puts figures; x stands for what is filled in."""
    for node in ast.walk(tree):
        pairs = list[tuple[ast.expr | None, ast.expr]]()
        match node:
            case ast.Dict(keys=keys, values=values):
                pairs = list(zip(keys, values, strict=True))
            case ast.DictComp(key=key, value=value):
                pairs = [(key, value)]
            case ast.Assign(targets=[ast.Subscript(slice=key)], value=value):
                pairs = [(key, value)]
            case _:
                pass
        for key, value in pairs:
            calls = (call.func for call in ast.walk(value) if isinstance(call, ast.Call))
            made = {ast.unparse(call) for call in calls}
            if made & MAKES and isinstance(key, ast.Constant):
                yield str(key.value)
            elif made & MAKES and isinstance(key, ast.JoinedStr):
                told = (p.value if isinstance(p, ast.Constant) else "x" for p in key.values)
                yield "".join(str(part) for part in told)


def test_of_every_figure_that_a_suite_prints_it_is_known_whether_more_or_less_is_better() -> None:
    found = set[str]()
    for path in Path(results.__file__).parent.glob("*.py"):
        found |= set(figures_of(ast.parse(path.read_text())))
    assert {"sudoku6_exact", "adapted_cpu_s", "khopx_accuracy", "step_x"} <= found
    # These go through names given by others: a split, a variant or a contender is put beside.
    found -= {"x_x", "x/x"}
    known = [name for name in found if any(fnmatchcase(name, p) for p in (*LESS, *MORE))]
    assert sorted(found - set(known)) == []
