"""Each flag appears where its figure passes what was agreed on, and nowhere below."""

from dataclasses import replace

import pytest

from nexus.base.proposals import Effect, LayerDiff, Policy, ShadowReport, Slice
from nexus.review.flags import flags

FINE = Slice(name="all", n=900, base=0.98, candidate=0.98, low=-0.01, high=0.01, detectable=0.02)
LAYER = LayerDiff(name="a", norm=0.1, relative=0.1, singular=(), effective_rank=1.0)
GOOD = ShadowReport(
    change_id="c",
    base="b",
    candidate="d",
    slices=(FINE, replace(FINE, name="revealed", base=0.1, candidate=0.97, low=0.8, high=0.9)),
    frozen=replace(FINE, name="frozen"),
    ece_base=0.01,
    ece_candidate=0.01,
    mended=(),
    broken=(),
    n_mended=3,
    n_broken=0,
    layers=(LAYER,),
    cpu_s=1.0,
)
POLICY = Policy()
KEPT = Effect(figure="revealed", expected=0.98, tolerance=0.02)


def fell(name: str, by: float, high: float) -> Slice:
    return replace(FINE, name=name, candidate=FINE.base - by, low=-0.5, high=high)


@pytest.mark.parametrize(
    ("kind", "below", "beyond"),
    [
        ("forgotten", {"frozen": fell("frozen", 0.009, 0.1)}, {"frozen": fell("f", 0.011, 0.1)}),
        ("fallen", {"slices": (fell("x", 0.2, 0.001),)}, {"slices": (fell("x", 0.2, -0.001),)}),
        ("fallen", {"slices": (fell("x", 0.009, -0.1),)}, {"slices": (fell("x", 0.011, -0.1),)}),
        ("miscalibrated", {"ece_candidate": 0.029}, {"ece_candidate": 0.031}),
        ("miscalibrated", {}, {"ece_candidate": float("nan")}),
        (
            "moved",
            {"layers": (replace(LAYER, relative=0.49),)},
            {"layers": (LAYER, replace(LAYER, relative=0.51))},
        ),
        ("moved", {}, {"layers": (replace(LAYER, relative=float("nan")),)}),
        (
            "blind",
            {"frozen": replace(FINE, detectable=0.049)},
            {"frozen": replace(FINE, detectable=0.051)},
        ),
    ],
)
def test_a_flag_is_raised_beyond_its_limit_only(
    kind: str, below: dict[str, object], beyond: dict[str, object]
) -> None:
    assert flags(replace(GOOD, **below), POLICY) == ()
    [flag] = flags(replace(GOOD, **beyond), POLICY)
    assert flag.kind == kind
    assert flag.sentence.endswith(".")
    assert not flag.value <= flag.limit


def test_promises_are_held_against_what_was_seen() -> None:
    assert flags(GOOD, POLICY, (KEPT,)) == ()
    [broken] = flags(GOOD, POLICY, (replace(KEPT, expected=0.995),))
    assert (broken.kind, broken.value) == ("promise", 0.97)
    assert "99.5% on revealed (at least 97.5%); 97.0% was seen" in broken.sentence
    [unseen] = flags(GOOD, POLICY, (replace(KEPT, figure="rule:3x5"),))
    assert "rule:3x5, which was not measured" in unseen.sentence
    [idle] = flags(replace(GOOD, n_mended=0), POLICY, (KEPT,))
    assert idle.kind == "idle"


def test_the_worst_slice_is_named_and_the_others_are_counted() -> None:
    fallen = (fell("x", 0.1, -0.01), fell("worst", 0.4, -0.2), fell("y", 0.2, -0.1))
    [flag] = flags(replace(GOOD, slices=fallen), POLICY)
    assert flag.value == pytest.approx(0.4)
    assert "3 slices, most on worst (900 examples): 58.0% are right instead of 98.0%" in (
        flag.sentence
    )
