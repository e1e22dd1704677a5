"""What a candidate does beside the base, on the same examples: differences, and how sure they are.

Intervals are Newcombe's for paired shares (Statistics in Medicine 17, 1998, 2635-2650, method 10):
Wilson's limits of each share, joined by how the two go together. They hold where neither is ever
wrong, which a bootstrap does not: resampling no differences shows no doubt at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from nexus.base.intervals import Interval, wilson
from nexus.base.proposals import Flip, LayerDiff, ShadowReport, Slice
from nexus.evaluate.calibration import reliability

FLIPS: Final = 20
"""Most examples shown that flip each way: the first, in order, whatever they are."""
CONFIDENCE_Z: Final = 1.96
POWER_Z: Final = 0.8416
"""Normal quantiles of a 95 % interval and of 80 % power."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Paired:
    """Base and candidate on the same examples."""

    base: Bool[np.ndarray, " n"]
    """Which examples the base answers rightly."""
    candidate: Bool[np.ndarray, " n"]
    tags: tuple[frozenset[str], ...]
    """The slices each example belongs to, beside the slice ``all``."""
    base_sure: Float[np.ndarray, " n"]
    """Confidence of the base in its answer."""
    candidate_sure: Float[np.ndarray, " n"]
    flip: Callable[[int], Flip]
    """Puts an example with both answers into words."""


def report(
    asked: Paired,
    frozen: Paired,
    *,
    change_id: str,
    base: str,
    candidate: str,
    layers: tuple[LayerDiff, ...],
    cpu_s: float,
) -> ShadowReport:
    """Return the report on a candidate: slices of ``asked``, then whether ``frozen`` is kept.

    Calibration and flips are of both together, frozen examples last.

    Raises:
        DataError: one of the two has no examples.
    """
    was = np.concatenate([asked.base, frozen.base])
    now = np.concatenate([asked.candidate, frozen.candidate])
    was_sure = np.concatenate([asked.base_sure, frozen.base_sure])
    now_sure = np.concatenate([asked.candidate_sure, frozen.candidate_sure])

    def flips(rows: Bool[np.ndarray, " n"]) -> tuple[Flip, ...]:
        split = len(asked.base)
        first = np.flatnonzero(rows)[:FLIPS].tolist()
        return tuple(asked.flip(i) if i < split else frozen.flip(i - split) for i in first)

    return ShadowReport(
        change_id=change_id,
        base=base,
        candidate=candidate,
        slices=slices(asked),
        frozen=slice_of("frozen", frozen.base, frozen.candidate),
        ece_base=reliability(was_sure, was).ece,
        ece_candidate=reliability(now_sure, now).ece,
        mended=flips(now & ~was),
        broken=flips(was & ~now),
        n_mended=int((now & ~was).sum()),
        n_broken=int((was & ~now).sum()),
        layers=layers,
        cpu_s=cpu_s,
    )


def slices(paired: Paired) -> tuple[Slice, ...]:
    """Return the slice of all examples, then each tag's, in order of name."""
    rows: Mapping[str, Sequence[int]] = {
        tag: [i for i, tags in enumerate(paired.tags) if tag in tags]
        for tag in sorted(frozenset[str]().union(*paired.tags))
    }
    return (
        slice_of("all", paired.base, paired.candidate),
        *(slice_of(tag, paired.base[at], paired.candidate[at]) for tag, at in rows.items()),
    )


def slice_of(name: str, base: Bool[np.ndarray, " n"], candidate: Bool[np.ndarray, " n"]) -> Slice:
    """Return one slice.

    Raises:
        DataError: it has no examples.
    """
    n, mended, broken = len(base), int((candidate & ~base).sum()), int((base & ~candidate).sum())
    gap = paired_interval(int((base & candidate).sum()), mended, broken, n)
    return Slice(
        name=name,
        n=n,
        base=float(base.mean()),
        candidate=float(candidate.mean()),
        low=gap.low,
        high=gap.high,
        detectable=detectable(n, mended + broken),
    )


def paired_interval(both: int, mended: int, broken: int, n: int) -> Interval:
    """Return candidate less base with Newcombe's 95 % interval, from counts of right answers.

    ``both`` are answered rightly by both, ``mended`` by the candidate alone, ``broken`` by the base
    alone, of ``n``.

    Raises:
        DataError: ``n`` is 0.
    """
    neither = n - both - mended - broken
    was, now = wilson(both + broken, n), wilson(both + mended, n)
    together = both * neither - mended * broken
    if together > 0:
        together = max(together - n / 2, 0.0)
    spread = (both + mended) * (broken + neither) * (both + broken) * (mended + neither)
    phi = together / sqrt(spread) if spread else 0.0

    def reach(a: float, b: float) -> float:
        return sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))

    value = (mended - broken) / n
    return Interval(
        value=value,
        low=max(value - reach(now.value - now.low, was.high - was.value), -1.0),
        high=min(value + reach(was.value - was.low, now.high - now.value), 1.0),
    )


def detectable(n: int, discordant: int) -> float:
    """Return the least difference that ``n`` pairs show (McNemar's test, 5 %) in 4 cases of 5.

    As many pairs disagree as did, or as many as the difference itself needs (Connor, Biometrics 43,
    1987, 207-211); 1.0 where even that shows nothing.
    """

    def shows(gap: float) -> bool:
        share = max(discordant / n, gap)
        noise = CONFIDENCE_Z * sqrt(share) + POWER_Z * sqrt(max(share - gap * gap, 0.0))
        return n * gap * gap >= noise * noise

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high
