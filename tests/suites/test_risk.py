"""The risk-coverage curve against its definition, threshold by threshold."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nexus.suites.risk import POINTS, draw_risk, risk_coverage

answers = st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9, 0.95, 1.0]), st.booleans()))
many = st.lists(st.tuples(st.floats(0, 1, width=16), st.booleans()), max_size=200)


def columns(some: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    sure = np.array([x for x, _ in some], dtype=np.float64)
    return sure, np.array([x for _, x in some], dtype=bool)


@given(answers, st.integers(0, 5))
def test_every_threshold_is_a_point(some: list[tuple[float, bool]], more: int) -> None:
    """The slow twin gives every answer at least so sure, for every sureness there is."""
    questions = len(some) + more
    slow = []
    for least in sorted({x for x, _ in some}, reverse=True):
        given = [right for sure, right in some if sure >= least]
        slow.append((least, len(given) / questions, sum(given) / len(given), len(given)))
    found = risk_coverage(*columns(some), questions)
    assert [(x.least, x.coverage, x.precision, x.answered) for x in found] == slow


@given(many)
def test_a_long_curve_is_thinned_and_keeps_its_ends(some: list[tuple[float, bool]]) -> None:
    found = risk_coverage(*columns(some), max(1, len(some)))
    assert len(found) <= POINTS
    assert [x.coverage for x in found] == sorted({x.coverage for x in found})
    if some:
        assert found[0].least == max(x for x, _ in some)
        assert found[-1].answered == len(some)


def test_curves_are_drawn(tmp_path: Path) -> None:
    points = risk_coverage(np.array([0.9, 0.8]), np.array([True, False]), 4)
    draw_risk(tmp_path, {"paraphrases, as taught": points, "templates, any make": ()})
    assert (tmp_path / "figures" / "risk_coverage.png").read_bytes().startswith(b"\x89PNG")
