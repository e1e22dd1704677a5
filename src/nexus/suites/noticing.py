"""From a stream whose rule changed to what is learned of it: alarm, cause, guess, lessons."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64

from nexus.base.errors import DataError
from nexus.base.proposals import Effect, Evidence
from nexus.reason.boards import BoardReasoner
from nexus.reason.causes import Cause
from nexus.reason.patterns import Found
from nexus.reason.reflection import event_of
from nexus.reason.rule_change import RuleChange, guess, is_rule
from nexus.suites.drifting import REFERENCE, Change, Stream, surely_wrong, watched
from nexus.train.consolidation import Lessons


@dataclass(frozen=True, kw_only=True, slots=True)
class Noticed:
    """What was made of a change, counted in examples of the stream from 0."""

    alarm: int
    now: int
    """The example whose outcome named the cause."""
    cause: Cause
    guess: RuleChange
    rows: Int64[np.ndarray, " m"]
    """Examples that turned out from the likeliest moment of the change to now."""
    wrong: Int64[np.ndarray, " k"]
    """Examples that had turned out wrong by now, however long ago."""
    events: tuple[Found, ...]
    idle: tuple[str, ...]
    """Tags that had been named before, of which nothing came."""

    @property
    def evidence(self) -> Evidence:
        """What speaks for the change that is asked for."""
        traces, cause = self.events[-1].traces, self.cause
        return Evidence(
            cause=event_of(cause, traces=traces).cause,
            traces=traces,
            counts={
                "revealed": len(self.rows),
                "wrong_with": cause.wrong_with,
                "with": cause.n_with,
                "wrong_without": cause.wrong_without,
                "without": cause.n_without,
                "explained": self.guess.explained,
                "explained_otherwise": self.guess.runner_up,
            },
            intervals={"effect": (cause.low, cause.high)},
        )


def notice(
    boards: BoardReasoner,
    lived: Stream,
    rows: Int64[np.ndarray, " m"],
    change: Change,
    *,
    cycles: int,
    reference: int = REFERENCE,
) -> Noticed:
    """Return what is noticed of ``change`` when the outcomes of ``rows`` turn out one by one.

    The first cause counts that names a rule and for which outcomes decide what it comes to now.
    Of any other nothing is proposed, and the watch goes on.

    Raises:
        DataError: there is no such cause.
    """
    truth = lived.revealed(rows, change)
    wrong = surely_wrong(boards, lived, rows, truth, cycles=cycles)
    seen = watched(lived.outcomes(rows, wrong), rows, reference=reference)
    idle = list[str]()
    for named in seen.causes:
        # The builder's view: outcomes revealed since the alarm's moment of change, and what was
        # seen.
        known, tag = rows[(rows >= named.since) & (rows <= named.at)], named.cause.tag
        rule = is_rule(lived.known, tag)
        guessed = guess(lived.known, lived.revealed(known, change), tag) if rule else None
        if guessed is None:
            idle.append(tag)
            continue
        return Noticed(
            alarm=next(row for row in seen.alarms if row >= named.since),
            now=named.at,
            cause=named.cause,
            guess=guessed,
            rows=known,
            wrong=rows[wrong & (rows <= named.at)],
            events=named.events,
            idle=tuple(idle),
        )
    told = ", ".join(idle) or "none"
    raise DataError(
        f"seed {lived.seed}: no cause was named of which outcomes decide what it comes to"
        f" (named: {told})",
        hint="look at the core's errors",
    )


def promised(cause: Cause) -> tuple[Effect, ...]:
    """Return what a candidate that has learned of a cause is expected to reach."""
    return (
        Effect(figure=cause.tag, expected=0.97, tolerance=0.03),
        Effect(figure="all", expected=0.98, tolerance=0.02),
    )


def lessons_from(
    lived: Stream,
    now: int,
    tag: str,
    guessed: RuleChange,
    *,
    aside: Int64[np.ndarray, " m"] | None = None,
) -> Lessons:
    """Return what a candidate is taught: boards of the stream so far, and what to say of them.

    Those at ``aside`` are left out, where the shadow report asks about them.
    Those with the suspect rule are answered as the guess says, all others as the core answered.
    Steps on the way that the guess does not touch are those of the known rules.
    """
    past = lived.data.take(slice(0, now + 1))
    kept = ~np.isin(np.arange(now + 1), () if aside is None else aside)
    suspect, world = lived.having(tag)[: now + 1], guessed.under(lived.known)
    answered = replace(past, solution=np.where(past.asked, lived.answer[: now + 1], past.solution))
    taught = world.answered(past.take(np.flatnonzero(suspect & kept)))
    replay = answered.take(np.flatnonzero(~suspect & kept))
    return Lessons(taught=world.explained(taught), replay=world.explained(replay))
