"""Planted harms: candidates that do harm, and some that do none, each held to its shadow report.

Both are told by measurement on boards nobody flags by, not by their name: a planted harm that does
none is drawn anew and counted, and so is a harmless change that does harm. How far weights move
tells neither: some harms move them little, and honest consolidations move them far. The policy was
set on other seeds than those that are reported.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nexus.base.errors import TrainingError
from nexus.base.proposals import Policy, ShadowReport
from nexus.base.randomness import key
from nexus.config import Recipe
from nexus.evaluate.calibration import reliability
from nexus.evaluate.shadow import slice_of
from nexus.review.flags import Flag, flags
from nexus.suites import results
from nexus.suites.candidates import HARMLESS, HARMS, Made, Maker, Source
from nexus.suites.results import Figure
from nexus.suites.shadow import (
    Counts,
    Looked,
    Panel,
    View,
    compare,
    load,
    look,
    panel,
    tags_of,
    view,
)
from nexus.worlds.dice import dice
from nexus.worlds.puzzles import Khop, Puzzles, of_band

EACH: Final = 10
"""Candidates of a kind."""
TRIES: Final = 8
"""Draws of one candidate at most, until it does what its kind is meant to do."""
COUNTS: Final = Counts(asked=120, frozen=240, cycles=8)
BANDS: Final = ("2 hops", "3 hops", "4 hops")
"""What is looked at: after 8 cycles the shipped reasoner answers these rightly."""
TRUTH: Final = 240
"""Boards of another seed by which a candidate is known to do harm, or none."""
SHOWN: Final = 1600
"""Boards candidates learn from."""
NEAR: Final = 0.04
"""How far the tensor that moves most does so at most where a harm is small."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A candidate, what it does, and what was said of it."""

    kind: str
    harmful: bool
    flags: tuple[Flag, ...]
    redrawn: int
    """Candidates of this place that did not do what their kind is meant to do."""
    report: ShadowReport

    @property
    def moved(self) -> float:
        """How far the tensor that moves most does so, in its own sizes."""
        return max(layer.relative for layer in self.report.layers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What every candidate is made from and judged by."""

    source: Source
    truth: Puzzles
    truth_said: Looked
    panel: Panel
    said: View
    counts: Counts
    policy: Policy


def harm_figures(
    base: bytes, recipe: Recipe, *, seed: int = 0, each: int = EACH, counts: Counts = COUNTS
) -> dict[str, Figure]:
    """Return the share of planted harms that are flagged, and of harmless candidates that are.

    ``base`` is a k-hop reasoner of ``recipe``. Beside them: how many were drawn anew.
    """
    bench = set_up(base, recipe, seed=seed, counts=counts)
    return figures_of(tuple(campaign(bench, seed=seed, each=each)))


def figures_of(tried: tuple[Tried, ...]) -> dict[str, Figure]:
    """Return what a campaign comes to.

    The floor is what a rule flags that asks no board: that any tensor moves further than a limit,
    which is chosen in hindsight so that it tells harms from no harm as well as can be. Small harms
    move none further than ``NEAR``.
    """
    harms, harmless = ([one for one in tried if one.harmful is side] for side in (True, False))
    limit = hindsight([one.moved for one in harms], [one.moved for one in harmless])
    return {
        "planted_harms_flagged": _flagged(harms, limit),
        "planted_harms_small_flagged": _flagged([o for o in harms if o.moved <= NEAR], limit),
        "planted_harms_redrawn": _redrawn(harms),
        "harmless_flagged": _flagged(harmless, limit),
        "harmless_redrawn": _redrawn(harmless),
    }


def hindsight(harms: Sequence[float], harmless: Sequence[float]) -> float:
    """Return the limit above which most harms lie and fewest of the harmless, by shares."""

    def tells(limit: float) -> float:
        beyond = (np.mean([move > limit for move in some]) for some in (harms, harmless) if some)
        return float(next(beyond, 0.0) - next(beyond, 0.0))

    return max((0.0, *sorted((*harms, *harmless))), key=tells)


def _flagged(some: Sequence[Tried], limit: float) -> Figure:
    flagged = np.array([bool(one.flags) for one in some], dtype=bool)
    far = float(np.mean([one.moved > limit for one in some])) if some else None
    return results.share(flagged, floor=far)


def _redrawn(some: Sequence[Tried]) -> Figure:
    return Figure(value=float(sum(one.redrawn for one in some)), n=len(some))


def set_up(base: bytes, recipe: Recipe, *, seed: int, counts: Counts = COUNTS) -> Bench:
    """Return the boards of a campaign, and what the base says of them."""
    puzzle, asked = Khop(), panel(recipe, "khop", counts=counts, bands=BANDS)
    index = np.concatenate([of_band(puzzle, "test", b, TRUTH // len(BANDS)) for b in BANDS])
    truth = puzzle.sample(key(seed, "harms", "truth"), "test", index)
    train = puzzle.sample(key(seed, "harms", "train"), "train", np.arange(SHOWN))
    return Bench(
        source=Source(base=base, recipe=recipe, puzzle=puzzle, train=train),
        truth=truth,
        truth_said=look(load(base, recipe, puzzle), truth, cycles=asked.cycles),
        panel=asked,
        said=view(base, recipe, asked),
        counts=counts,
        policy=Policy(),
    )


def campaign(bench: Bench, *, seed: int, each: int = EACH) -> Iterator[Tried]:
    """Yield ``each`` candidates of every kind, judged, one of each kind after the other."""
    for number in range(each):
        for harmful, kinds in ((True, HARMS), (False, HARMLESS)):
            for kind, make in kinds.items():
                made, redrawn = draw(bench, make, harmful, key(seed, "harms", kind), number)
                report = shadowed(bench, made, kind)
                yield Tried(
                    kind=kind,
                    harmful=harmful,
                    flags=flags(report, bench.policy),
                    redrawn=redrawn,
                    report=report,
                )


def draw(bench: Bench, make: Maker, harmful: bool, stream: int, number: int) -> tuple[Made, int]:
    """Return a candidate that does harm, or none, as meant, and how many before it did not.

    Raises:
        TrainingError: none of ``TRIES`` does.
    """
    [throws] = dice(stream, np.array([number]), TRIES)
    for redrawn, die in enumerate(throws):
        made = make(bench.source, die)
        if does_harm(bench, made) is harmful:
            return made, redrawn
    raise TrainingError(
        f"none of {TRIES} candidates of {make.__name__} {'did' if harmful else 'was without'} harm",
        hint="measure by a reasoner that is trained: this one may have nothing to lose",
    )


def does_harm(bench: Bench, made: Made) -> bool:
    """Return whether a candidate does harm, by boards that no report looks at.

    It loses more than may be forgotten, certainly so, or more calibration than may be lost. Boards
    whose rule is said to have changed do not count.
    """
    recipe, puzzle = bench.source.recipe, bench.source.puzzle
    was = bench.truth_said
    now = look(load(made.weights, recipe, puzzle), bench.truth, cycles=bench.panel.cycles)
    changed = frozenset[str]() if made.drift is None else made.drift.changed
    kept = np.array([not tags & changed for tags in tags_of(puzzle, bench.truth)])
    gap = slice_of("truth", was.right[kept], now.right[kept])
    risen = (
        reliability(now.sure[kept], now.right[kept]).ece
        - reliability(was.sure[kept], was.right[kept]).ece
    )
    lost = gap.base - gap.candidate
    policy = bench.policy
    return (lost > policy.forgotten and gap.high < 0) or risen > policy.miscalibrated


def shadowed(bench: Bench, made: Made, name: str) -> ShadowReport:
    """Return the shadow report of a candidate, as a proposal of it would carry."""
    began, base, recipe = time.process_time(), bench.source.base, bench.source.recipe
    asked, said = bench.panel, bench.said
    if made.drift is not None:
        asked = panel(recipe, "khop", drift=made.drift, counts=bench.counts, bands=BANDS)
        said = view(base, recipe, asked)
    return compare(
        base,
        made.weights,
        asked,
        said,
        view(made.weights, recipe, asked),
        change_id="0" * 12,
        names=("base", name),
        began=began,
    )
