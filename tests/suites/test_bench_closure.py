"""The closure with reasons takes about as long as clingo takes without."""

from nexus.suites.bench_closure import bench_closure


def test_the_figure_has_the_agreed_shape_and_is_plausible() -> None:
    """The goal of 1 is for a quiet machine; 0.4 must be reached on any."""
    found = bench_closure(rounds=3)
    figure = found["figures"]["vs_clingo_x"]
    assert figure["n"] == 19_402
    assert figure["low"] <= figure["high"]
    assert figure["value"] > 0.4
    assert set(found["milliseconds"]) == {"with_reasons", "clingo", "clingo_and_every_pair_read"}
