"""Bench "drift": one rule of the world changes; is it noticed, learned, and nothing else lost?

The core thinks about a stream of k-hop puzzles (k = 2 to 10); of one example in ten the true
outcome turns out, nothing else. What is built is never told the new table, nor when it changed.
Delays and false proposals are measured over many draws of change and revelation on the answers of
each stream, where an answer right under the old rules is taken to be the same on second thoughts
(see ``drift_alarms``). A figure is the worst stream's; its interval is of all streams together.
Rivals are not held to their worst stream.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool

from nexus.base.proposals import Proposal, ShadowReport
from nexus.config import Recipe
from nexus.evaluate.shadow import slice_of
from nexus.nn.thinking import load_to_think
from nexus.nn.weights import module_bytes
from nexus.reason.boards import BoardReasoner
from nexus.reason.reflection import event_of
from nexus.reason.rule_change import RuleChange
from nexus.review.approved import Approved
from nexus.suites import results
from nexus.suites.drift_alarms import Heard, alarm_figures, heard
from nexus.suites.drift_rivals import Scores, Tested, ewc_weight, rivals_of, scores_of
from nexus.suites.drifting import (
    CYCLES,
    LENGTH,
    Change,
    Stream,
    drawn_change,
    stream,
    surely_wrong,
)
from nexus.suites.figures_drift import drift_figure
from nexus.suites.gated import Gated, gated
from nexus.suites.noticing import lessons_from, notice, promised
from nexus.suites.proposing import put_forward
from nexus.suites.results import Figure
from nexus.suites.shadow import Counts, Drift
from nexus.suites.thoughts import load
from nexus.train.candidates import Candidate, build, order
from nexus.train.consolidation import Consolidation
from nexus.train.parts import Parts
from nexus.train.phase import Progress
from nexus.train.puzzles import artefact
from nexus.worlds.puzzles import Khop
from nexus.worlds.tabletop import Tabletop

NEW: Final = 300
"""Examples of the changed rule after the update on which cores are compared; of others, all."""
DENIED: Final = Counts(asked=30, frozen=90)
"""How much the shadow report looks at of the proposal that is only made to be denied."""
TASK: Final = "khop"

Harms = Callable[[bytes, Recipe], Mapping[str, Figure]]
"""Measures which harms planted in a core a shadow report flags; see ``harms.harm_figures``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What came of one stream whose rule changed."""

    change: Change
    alarm: int
    cause: int
    """Examples from the change to the alarm, and to the named cause."""
    false: tuple[str, ...]
    """Tags that were named and had not changed."""
    guess: RuleChange
    candidate: Candidate
    proposal: Proposal
    flags: tuple[str, ...]
    shadow: ShadowReport
    events: tuple[str, ...]
    ours: Scores
    rivals: Mapping[str, tuple[tuple[int, Scores], ...]]
    """Rival -> examples since the change, and what it scores then."""
    denied_bytes_changed: int

    @property
    def before(self) -> Scores:
        """What the core as it was scores on what ours is measured on."""
        return self.rivals["never"][0][1]


def bench_drift(
    recipe: Recipe,
    folder: Path,
    *,
    seeds: int,
    progress: Progress,
    harms: Harms | None = None,
) -> dict[str, Any]:
    """Return how soon a change is noticed, and what is learned and lost, over ``seeds`` streams.

    The core is the run's at ``folder``, put into a run of its own behind a gate of its own: what is
    proposed there is denied, and what thinks must be the same bytes after; then it is approved.
    ``harms`` adds its figures to these.

    Raises:
        CheckpointError: the reasoner is not trained there.
        DataError: in a stream no cause was named, or outcomes did not decide what had changed.
    """
    began, details = time.process_time(), list[Any]()
    each, followed = list[Heard](), list[Learned]()
    boards, known = load(folder, recipe, TASK), Khop()
    weights = Approved.open(folder).artefact(artefact(TASK))
    ewc = ewc_weight(weights, known, Consolidation(), recipe)
    progress.note(f"EWC does best on split val at weight {ewc:g}")
    for seed in range(seeds):
        lived = stream(boards, known, seed, length=LENGTH, cycles=CYCLES)
        progress.note(f"seed {seed}: {LENGTH} examples thought about")
        noticed = heard(lived, slips_of(boards, lived))
        progress.note(f"seed {seed}: mean delay {np.mean(noticed.delays):.0f}")
        with gated(recipe, artefact(TASK), weights, within=folder) as own:
            followed.append(follow(boards, lived, own, recipe, progress, ewc=ewc))
        each.append(noticed.beside(len(followed[-1].false)))
        details.append(told(followed[-1], each[-1]))
    drift_figure(folder, details[0], length=LENGTH)
    together = alarm_figures(each) | learned_figures(followed)
    if harms is not None:
        together |= harms(weights, recipe)
    spent = time.process_time() - began + sum(d["candidate_cpu_s"] for d in details)
    return results.result(
        "drift", together, recipe, cpu_s=spent, cycles=CYCLES, ewc=ewc, streams=details
    )


def slips_of(boards: BoardReasoner, lived: Stream) -> Bool[np.ndarray, " n"]:
    """Return which answers are wrong under the known rules, but not on second thoughts."""
    slips, everything = np.zeros(len(lived.data), dtype=bool), np.arange(len(lived.data))
    wrong = everything[lived.wrong(everything, lived.data)]
    slips[wrong] = ~surely_wrong(boards, lived, wrong, lived.data.take(wrong), cycles=CYCLES)
    return slips


def learned_figures(each: Sequence[Learned]) -> dict[str, Figure]:
    """Return what was learned and lost over streams, and what rivals make of them."""
    new = [one.ours.right_new for one in each]
    before = np.concatenate([one.before.right_new for one in each])
    was, now = (
        [x.right_old for x in some]
        for some in zip(*((o.before, o.ours) for o in each), strict=True)
    )
    lost = slice_of("old", np.concatenate(was), np.concatenate(now))
    broken = [a & ~b for a, b in zip(was, now, strict=True)]
    some = {
        "new_rule_accuracy": (
            [float(right.mean()) for right in new],
            results.share(np.concatenate(new), floor=float(before.mean())),
        ),
        "old_rule_loss": (
            [float(a.mean() - b.mean()) for a, b in zip(was, now, strict=True)],
            Figure(
                value=lost.base - lost.candidate,
                floor=0.0,
                low=-lost.high,
                high=-lost.low,
                n=lost.n,
            ),
        ),
        "old_rule_broken": (
            [float(x[a].mean()) for x, a in zip(broken, was, strict=True)],
            results.share(
                np.concatenate([x[a] for x, a in zip(broken, was, strict=True)]), floor=0.0
            ),
        ),
        "denied_bytes_changed": (
            [float(one.denied_bytes_changed) for one in each],
            Figure(value=None, n=len(each)),
        ),
        "proposal_delay": (
            [float(one.cause) for one in each],
            Figure(value=None, n=len(each)),
        ),
    }
    figures = {
        name: results.worst_stream(name, values, pooled) for name, (values, pooled) in some.items()
    }
    for name in each[0].rivals:
        last = [one.rivals[name][-1][1] for one in each]
        for part in ("new", "old"):
            right = np.concatenate([getattr(scores, f"right_{part}") for scores in last])
            figures[f"{name}_{part}"] = replace(results.share(right), streams=len(each))
    return figures


def follow(
    boards: BoardReasoner,
    lived: Stream,
    own: Gated,
    recipe: Recipe,
    progress: Progress,
    *,
    ewc: float,
) -> Learned:
    """Live through a change: alarm, cause, candidate, shadow, denial, then approval of the same."""
    change, rows = drawn_change(lived.known, lived.seed), lived.shown()
    found = notice(boards, lived, rows, change, cycles=CYCLES)
    now, cause, known_rows = found.now, found.cause, found.rows
    revealed = lived.revealed(known_rows, change)
    lessons = lessons_from(lived, now, cause.tag, found.guess, aside=known_rows)
    how = Consolidation(seed=lived.seed)
    before = _memory(own, boards)
    candidate = build(own.run, order(own.run, TASK, lessons, how))
    progress.note(f"seed {lived.seed}: {cause.tag} named at {now - change.at}, candidate built")
    drift = Drift(revealed=replace(revealed, split="revealed"), changed=frozenset({cause.tag}))

    def proposed(counts: Counts | None = None) -> Proposal:
        return put_forward(
            own.gate,
            candidate,
            found.evidence,
            promised(cause),
            data={"stream_seed": lived.data.seed, "split": lived.data.split},
            drift=drift,
            counts=counts,
        )

    asked = proposed(DENIED)
    own.deny(asked.change_id, because="to see that nothing changes")
    changed = sum(a != b for a, b in zip(before, _memory(own, boards), strict=True))
    asked = proposed()
    own.approve(asked.change_id)
    book = own.gate.book()
    tested = kept_aside(lived, change, after=now)
    ours = scores_of(_core(recipe, lived.known, _approved(own)), lived, change, tested)
    at_base = Scores(
        right_new=~lived.wrong(tested.new, lived.revealed(tested.new, change)),
        right_old=~lived.wrong(tested.old, lived.revealed(tested.old, change)),
    )
    progress.note(
        f"seed {lived.seed}: new {at_base.new:.3f} to {ours.new:.3f}, "
        f"old {at_base.old:.3f} to {ours.old:.3f}"
    )
    weights = own.gate.objects.get(candidate.replay.base)
    rivals = rivals_of(weights, lived, change, now, known_rows, how, recipe, tested, ewc=ewc)
    return Learned(
        change=change,
        alarm=found.alarm + 1 - change.at,
        cause=now + 1 - change.at,
        false=tuple(tag for tag in (*found.idle, cause.tag) if tag != change.tag),
        guess=found.guess,
        candidate=candidate,
        proposal=asked,
        flags=book.find(asked.change_id).flags,
        shadow=own.gate.report(book.find(asked.change_id)),
        events=tuple(event_of(f.finding, traces=f.traces).cause for f in found.events),
        ours=ours,
        rivals={"never": ((now - change.at, at_base),), **rivals},
        denied_bytes_changed=changed,
    )


def _approved(own: Gated) -> bytes:
    return Approved.open(own.gate.folder, keys=own.gate.keys).artefact(artefact(TASK))


def _memory(own: Gated, boards: BoardReasoner) -> bytes:
    """Return every byte of what thinks: the manifest, its object, and the core in memory."""
    return own.gate.pointer.read_bytes() + _approved(own) + module_bytes(boards)


def _core(recipe: Recipe, known: Khop, weights: bytes) -> BoardReasoner:
    """Return a core of these weights, to be measured."""
    boards = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(known)
    load_to_think(boards, weights, source="a candidate")
    return boards


def kept_aside(lived: Stream, change: Change, *, after: int) -> Tested:
    """Return later examples that nobody has learned from or will: nothing turns out of them."""
    rest = np.setdiff1d(np.arange(after + 1, len(lived.data)), lived.shown())
    has = lived.having(change.tag)[rest]
    return Tested(new=rest[has][:NEW], old=rest[~has])


def told(learned: Learned, noticed: Heard) -> dict[str, Any]:
    """Return what came of a stream as the report shows it."""
    return {
        "change": asdict(learned.change),
        "alarm": learned.alarm,
        "cause": learned.cause,
        "false": learned.false,
        "delays": noticed.delays,
        "tallies": {name: asdict(tally) for name, tally in noticed.tallies.items()},
        "events": learned.events,
        "flags": learned.flags,
        "shadow_cpu_s": learned.shadow.cpu_s,
        "guess": asdict(learned.guess),
        "candidate": learned.candidate.sha256,
        "candidate_cpu_s": learned.candidate.cpu_s,
        "evidence": asdict(learned.proposal.evidence),
        "data": dict(learned.proposal.data),
        "ours": _scored(learned.ours),
        "rivals": {
            name: [{"at": at, **_scored(scores)} for at, scores in scored]
            for name, scored in learned.rivals.items()
        },
    }


def _scored(scores: Scores) -> dict[str, float | int]:
    """Return shares right and of how many."""
    return {
        "new": scores.new,
        "old": scores.old,
        "n_new": len(scores.right_new),
        "n_old": len(scores.right_old),
    }
