"""Watching what turns out: true outcomes come late and for few examples; what changed is named.

In two stages, for an alarm may be wrong now and then and a proposal may not. First a CUSUM for each
tag, with one threshold for all: an alarm says that examples with this tag have begun to go wrong.
Then the alarm is looked into: with every outcome to come, ``find_cause`` asks what those since the
likeliest moment of the change have in common, until a cause is named or patience is at an end.
Another tag that began to go wrong only after that alarm raises one too, and patience begins anew.

The threshold is a bound and no simulation. Let h be the log-likelihood ratio that raises an alarm:
a CUSUM that starts at 0 comes to h before it is back at 0 with a chance of ``exp(-h)`` at most
(Lorden, Ann. Math. Stat. 42, 1971), and starts at most once an observation; so all of them together
raise no more than ``tags * exp(-h)`` false alarms an outcome, whichever tags come together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool

from nexus.base.errors import ConfigError, DataError
from nexus.reason.boards import BoardReasoner
from nexus.reason.causes import Cause, find_cause
from nexus.reason.drift import Cusum, Watch, bernoulli_reference, rate_upper
from nexus.worlds.puzzles import Puzzle, Puzzles

LEAST_REFERENCE: Final = 100
"""Fewest outcomes from which the stable rate is told."""
ALPHA: Final = 1e-4
"""Chance at which pure noise names a cause at one look."""
GUISES: Final = 4
"""Guises in which a board that was answered wrong is thought about again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What turned out about one example."""

    id: str
    """The thought about it."""
    tags: frozenset[str]
    """What it is about, told from what was given alone."""
    wrong: bool
    """Whether the core still says so on second thoughts; a slip is none of the world's doing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspicion:
    """An alarm that is being looked into, or several that were raised in the meantime."""

    tag: str
    cusum: Cusum
    watch: Watch
    """The sum of this tag when it raised the last alarm, counted in outcomes of all tags."""
    since: int
    """Outcomes seen before the likeliest moment of the first change."""
    at: int
    """Outcomes seen when the last alarm was raised."""

    def is_news(self, tag: str, begun: int) -> bool:
        """Return whether an alarm of ``tag``, its sum ``begun`` then, tells of something else."""
        return tag != self.tag and begun >= self.at


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What is remembered of the outcomes so far; the default is a stream not begun."""

    count: int = 0
    sums: Mapping[str, Watch] = field(default_factory=dict[str, Watch])
    begun: Mapping[str, int] = field(default_factory=dict[str, int])
    """Tag -> outcomes seen when its sum last began to rise."""
    suspicion: Suspicion | None = None
    kept: tuple[Outcome, ...] = ()
    """The last outcomes, as many as may matter."""
    cause: Cause | None = None
    """What was named by the last outcome, if anything."""

    def since(self, count: int) -> tuple[Outcome, ...]:
        """Return the outcomes after the first ``count``, as far as they are kept."""
        return self.kept[max(0, len(self.kept) - (self.count - count)) :]


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeWatch:
    """The watch over a stream of outcomes; made by ``fit_outcomes``."""

    cusum: Cusum
    """The detector of every tag."""
    alpha: float
    """Chance at which pure noise names a cause at one look."""
    rows: int
    """Least outcomes with the tag before it is named."""
    patience: int
    """Outcomes after which an alarm without a cause is dropped."""

    def observe(self, seen: Seen, outcome: Outcome) -> Seen:
        """Return the state after one more outcome; see its ``suspicion`` and ``cause``."""
        count, sums, begun = seen.count + 1, dict(seen.sums), dict(seen.begun)
        open_still = seen.suspicion if seen.cause is None else None  # else it has been answered
        raised = list[tuple[float, str]]()
        for tag in sorted(outcome.tags):
            before = sums.get(tag, Watch())
            sums[tag] = self.cusum.observe(before, float(outcome.wrong))
            if before.alarm or before.total == 0.0:
                begun[tag] = seen.count
            if sums[tag].alarm and (open_still is None or open_still.is_news(tag, begun[tag])):
                raised.append((-sums[tag].total, tag))
        kept = (*seen.kept, outcome)[-self.patience :]
        now = Seen(count=count, sums=sums, begun=begun, kept=kept, suspicion=open_still)
        if raised:
            _, tag = min(raised)
            watch = replace(sums[tag], seen=count, since=begun[tag])
            since = watch.since if open_still is None else open_still.since
            doubt = Suspicion(tag=tag, cusum=self.cusum, watch=watch, since=since, at=count)
            now = replace(now, suspicion=doubt)
        return now if now.suspicion is None else self._look(now, now.suspicion)

    def _look(self, now: Seen, suspicion: Suspicion) -> Seen:
        """Return the state with a cause if one can be named, or without the suspicion if late."""
        rows = now.since(suspicion.since)
        wrong = np.array([row.wrong for row in rows], dtype=bool)
        cause = find_cause(
            [row.tags for row in rows], wrong, alpha=self.alpha, least_rows=self.rows
        )
        late = now.count - suspicion.at >= self.patience
        if cause is None and not late:
            return now
        # Either way these outcomes have had their say: every sum begins again.
        return Seen(
            count=now.count,
            kept=now.kept,
            cause=cause,
            suspicion=suspicion if cause is not None else None,
        )


def fit_outcomes(
    stable: Sequence[Outcome],
    *,
    changed: float = 0.8,
    allowed: float = 50.0,
    alpha: float = ALPHA,
    rows: int = 6,
    patience: int = 200,
) -> OutcomeWatch:
    """Return a watch for examples of some tag that go wrong at rate ``changed``.

    Args:
        stable: outcomes of a time in which nothing changed; the upper bound of their rate counts.
        changed: the rate to notice.
        allowed: most false alarms in 10,000 outcomes; not of causes, which are far rarer.
        alpha: see ``OutcomeWatch``.
        rows: likewise.
        patience: likewise.

    Raises:
        ConfigError: ``changed`` is not above the stable rate, or ``allowed`` is not above 0.
        DataError: stable outcomes are too few.
    """
    if len(stable) < LEAST_REFERENCE:
        raise DataError(
            f"{len(stable)} stable outcomes are too few", hint=f"give {LEAST_REFERENCE} or more"
        )
    if allowed <= 0.0:
        raise ConfigError(f"outcomes.allowed must be above 0, got {allowed}")
    rate = rate_upper(sum(row.wrong for row in stable), len(stable))
    if not rate < changed < 1.0:
        raise ConfigError(
            f"outcomes.changed must lie between the stable rate {rate:.4f} and 1, got {changed}"
        )
    tags = sum(len(row.tags) for row in stable) / len(stable)
    unit = log(changed * (1 - rate) / (rate * (1 - changed)))
    cusum = Cusum(
        reference=bernoulli_reference(rate, changed),
        threshold=max(0.0, log(max(tags, 1.0) * 10_000 / allowed)) / unit,
        per_10k=allowed,
        per_10k_upper=allowed,
        simulated=0,
    )
    return OutcomeWatch(cusum=cusum, alpha=alpha, rows=rows, patience=patience)


@torch.no_grad()
def wrong_on_second_thoughts(
    boards: BoardReasoner, puzzle: Puzzle, revealed: Puzzles, *, cycles: int, stream: int
) -> Bool[np.ndarray, " n"]:
    """Return which of these wrongly answered boards are wrong in at least half of their guises.

    A core that errs by itself errs in one guise of a board and seldom in the next; a core whose
    world has changed is wrong in all. ``stream`` is a key; see ``Puzzle.relabel``.
    """
    wrong = np.zeros(len(revealed), dtype=np.int64)
    for guise in range(GUISES if len(revealed) else 0):
        shown = puzzle.relabel(revealed, stream + guise)
        said = boards.solve(torch.from_numpy(shown.given), cycles=cycles)[-1]
        right = (said.answer.argmax(-1).numpy() == shown.solution) | ~shown.asked
        wrong += ~right.all(1)
    return 2 * wrong >= GUISES
