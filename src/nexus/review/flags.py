"""What in a shadow report speaks against a candidate, by what was agreed on beforehand.

A flag forbids nothing: it is put first on the page, and by the policy more persons must approve.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nexus.base.proposals import Effect, Policy, ShadowReport, Slice

Kind = Literal["forgotten", "fallen", "miscalibrated", "moved", "blind", "promise", "idle"]
BLIND: Final = 5
"""A frozen set that would show no loss this many times the one allowed says too little."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """One thing that speaks against a candidate."""

    kind: Kind
    sentence: str
    """What was seen, in plain words and with its numbers."""
    value: float
    limit: float
    """What was agreed on; ``value`` is beyond it."""


def flags(report: ShadowReport, policy: Policy, effects: Sequence[Effect] = ()) -> tuple[Flag, ...]:
    """Return what speaks against a candidate, the gravest first; nothing found is no proof of good.

    ``effects`` are what its proposal promises.
    """
    found = (
        *_forgotten(report, policy),
        *_fallen(report, policy),
        *_miscalibrated(report, policy),
        *_promises(report, effects),
        *_moved(report, policy),
        *_blind(report, policy),
    )
    return found


def _forgotten(report: ShadowReport, policy: Policy) -> Iterator[Flag]:
    frozen = report.frozen
    lost = frozen.base - frozen.candidate
    if not lost <= policy.forgotten:
        yield Flag(
            kind="forgotten",
            sentence=f"It forgets: of {frozen.n} frozen examples {_from_to(frozen)}. "
            f"At most {policy.forgotten:.1%} may be lost.",
            value=lost,
            limit=policy.forgotten,
        )


def _fallen(report: ShadowReport, policy: Policy) -> Iterator[Flag]:
    """Flag slices that fell further than may be forgotten, certainly: no interval reaches 0."""
    fell = [s for s in report.slices if s.high < 0 and s.base - s.candidate > policy.forgotten]
    if fell:
        worst = min(fell, key=lambda s: (s.candidate - s.base, s.name))
        number = "1 slice" if len(fell) == 1 else f"{len(fell)} slices"
        yield Flag(
            kind="fallen",
            sentence=f"It got worse on {number}, most on {worst.name} ({worst.n} examples): "
            f"{_from_to(worst)}.",
            value=worst.base - worst.candidate,
            limit=policy.forgotten,
        )


def _miscalibrated(report: ShadowReport, policy: Policy) -> Iterator[Flag]:
    risen = report.ece_candidate - report.ece_base
    if not risen <= policy.miscalibrated:
        yield Flag(
            kind="miscalibrated",
            sentence=f"Its confidence means less: the gap between how sure it is and how often it "
            f"is right goes from {report.ece_base:.3f} to {report.ece_candidate:.3f}. "
            f"At most {policy.miscalibrated:.3f} may be added.",
            value=risen,
            limit=policy.miscalibrated,
        )


def _promises(report: ShadowReport, effects: Sequence[Effect]) -> Iterator[Flag]:
    """Flag every promise that is not kept or cannot be looked at, and a change that mends none."""
    measured = {s.name: s for s in (*report.slices, report.frozen)}
    for effect in effects:
        least = effect.expected - effect.tolerance
        if (seen := measured.get(effect.figure)) is None:
            yield Flag(
                kind="promise",
                sentence=f"It promises {effect.expected:.1%} on {effect.figure}, "
                "which was not measured.",
                value=0.0,
                limit=least,
            )
        elif not seen.candidate >= least:
            yield Flag(
                kind="promise",
                sentence=f"It promises {effect.expected:.1%} on {effect.figure} "
                f"(at least {least:.1%}); {seen.candidate:.1%} was seen.",
                value=seen.candidate,
                limit=least,
            )
    if effects and not report.n_mended:
        yield Flag(
            kind="idle",
            sentence="It promises to be better, and not one example that was wrong is right now.",
            value=0.0,
            limit=1.0,
        )


def _moved(report: ShadowReport, policy: Policy) -> Iterator[Flag]:
    far = [layer for layer in report.layers if not layer.relative <= policy.moved]
    if far:
        worst = max(far, key=lambda layer: (layer.relative, layer.name))
        number = "1 tensor" if len(far) == 1 else f"{len(far)} tensors"
        yield Flag(
            kind="moved",
            sentence=f"It moves {number} far, most {worst.name}: by {_times(worst.relative)} of "
            f"its size. {_times(policy.moved)} is the limit.",
            value=worst.relative,
            limit=policy.moved,
        )


def _blind(report: ShadowReport, policy: Policy) -> Iterator[Flag]:
    """Flag a frozen set so small that harm could hide in it, where none was seen."""
    limit, lost = BLIND * policy.forgotten, report.frozen.base - report.frozen.candidate
    if lost <= policy.forgotten and not report.frozen.detectable <= limit:
        yield Flag(
            kind="blind",
            sentence=f"Too little was looked at: {report.frozen.n} frozen examples show a loss of "
            f"{report.frozen.detectable:.1%} or more, and should show one of {limit:.1%}.",
            value=report.frozen.detectable,
            limit=limit,
        )


def _from_to(s: Slice) -> str:
    return (
        f"{s.candidate:.1%} are right instead of {s.base:.1%} "
        f"(change {s.candidate - s.base:+.1%}, 95 % interval {s.low:+.1%} to {s.high:+.1%})"
    )


def _times(share: float) -> str:
    return f"{share:.0%}" if share < 10 else f"{share:.0f} times"
