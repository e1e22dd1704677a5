"""Curves show every finite number of the metrics once a step, in the page's own ink."""

import math

from nexus.interfaces.report.curves import draw, series


def test_nested_numbers_become_named_curves() -> None:
    rows = [
        {"phase": "a", "step": 2, "losses": {"loss": 1.0}, "seconds": 3.0, "event": "restored"},
        {"phase": "a", "step": 1, "losses": {"loss": 2.0}, "rate": 1},
        {"phase": "b", "step": 1, "losses": {"loss": math.nan}, "rate": 0.5},
    ]
    assert series(rows) == {
        "a": {"losses/loss": [(1, 2.0), (2, 1.0)], "rate": [(1, 1.0)]},
        "b": {"rate": [(1, 0.5)]},
    }


def test_a_step_done_again_counts_once() -> None:
    rows = [{"phase": "a", "step": 5, "loss": value} for value in (9.0, 4.0)]
    assert series(rows)["a"]["loss"] == [(5, 4.0)]


def test_a_plot_is_one_element_in_the_page_s_ink() -> None:
    svg = draw({f"curve {n}": [(1, 2.0), (2, float(n))] for n in range(5)})
    assert svg.startswith("<svg")
    assert svg.rstrip().endswith("</svg>")
    assert "currentColor" in svg
    assert "#123456" not in svg
    assert all(f">curve {n}</text>" in svg for n in range(5))
    assert svg == draw({f"curve {n}": [(1, 2.0), (2, float(n))] for n in range(5)})
