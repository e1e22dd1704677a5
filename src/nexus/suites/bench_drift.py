"""Bench "drift": one rule of the world changes; is it noticed, learned, and nothing else lost?

The core thinks about a stream of k-hop puzzles (k = 2 to 10); of one example in ten the true
outcome turns out, nothing else. What is built is never told the new table, nor when it changed.
Delays and false proposals are measured over many draws of change and revelation on the answers of
each stream, where an answer right under the old rules is taken to be the same on second thoughts.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.proposals import Proposal, ShadowReport
from nexus.config import Recipe
from nexus.nn.thinking import load_to_think
from nexus.nn.weights import module_bytes
from nexus.reason.boards import BoardReasoner
from nexus.reason.drift import poisson_upper
from nexus.reason.reflection import event_of
from nexus.reason.rule_change import RuleChange
from nexus.review.approved import Approved
from nexus.suites import results
from nexus.suites.drift_rivals import Scores, rivals_of, scores_of
from nexus.suites.drifting import (
    CYCLES,
    LENGTH,
    REFERENCE,
    Change,
    Stream,
    Watched,
    drawn_change,
    stream,
    surely_wrong,
    watched,
)
from nexus.suites.figures_drift import drift_figure
from nexus.suites.gated import Gated, gated
from nexus.suites.noticing import lessons_from, notice, promised
from nexus.suites.proposing import put_forward
from nexus.suites.results import Figure
from nexus.suites.shadow import Drift
from nexus.suites.thoughts import load
from nexus.train.candidates import Candidate, build, order
from nexus.train.consolidation import Consolidation
from nexus.train.parts import Parts
from nexus.train.phase import Progress
from nexus.train.puzzles import artefact
from nexus.worlds.puzzles import Khop
from nexus.worlds.tabletop import Tabletop

DRAWS: Final = 40
"""Changes drawn for the delay of each stream."""
REVELATIONS: Final = 5
"""Draws of what is revealed, for false proposals."""
TESTED: Final = {"new": 300, "old": 700}
"""Examples after the update on which cores are compared."""
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
    guess: RuleChange
    candidate: Candidate
    proposal: Proposal
    flags: tuple[str, ...]
    shadow: ShadowReport
    events: tuple[str, ...]
    ours: Scores
    rivals: Mapping[str, tuple[tuple[int, Scores], ...]]
    """Rival -> examples since the change, and what it scores then."""
    n: Mapping[str, int]
    denied_bytes_changed: int


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
    began, found, details = time.process_time(), dict[str, list[Figure]](), list[Any]()
    boards, known = load(folder, recipe, TASK), Khop()
    for seed in range(seeds):
        lived = stream(boards, known, seed, length=LENGTH, cycles=CYCLES)
        progress.note(f"seed {seed}: {LENGTH} examples thought about")
        weights = Approved.open(folder).artefact(artefact(TASK))
        with gated(recipe, artefact(TASK), weights, within=folder) as own:
            figures, learned = one_stream(boards, lived, own, recipe, progress)
        for name, figure in figures.items():
            found.setdefault(name, []).append(figure)
        details.append(told(learned))
    drift_figure(folder, details[0], length=LENGTH)
    together = {name: results.over_seeds(each) for name, each in found.items()}
    if harms is not None:
        together |= harms(Approved.open(folder).artefact(artefact(TASK)), recipe)
    spent = time.process_time() - began + sum(d["candidate_cpu_s"] for d in details)
    return results.result("drift", together, recipe, cpu_s=spent, cycles=CYCLES, streams=details)


def one_stream(
    boards: BoardReasoner,
    lived: Stream,
    own: Gated,
    recipe: Recipe,
    progress: Progress,
) -> tuple[dict[str, Figure], Learned]:
    """Return the figures of one stream, and what came of the change that is followed through."""
    slips = np.zeros(len(lived.data), dtype=bool)
    everything = np.arange(len(lived.data))
    base_wrong = everything[lived.wrong(everything, lived.data)]
    truth = lived.data.take(base_wrong)
    slips[base_wrong] = ~surely_wrong(boards, lived, base_wrong, truth, cycles=CYCLES)
    delays = np.array([delay(lived, slips, draw) for draw in range(DRAWS)], dtype=np.float64)
    named = sum(len(_quiet(lived, slips, draw).causes) for draw in range(REVELATIONS))
    stable = REVELATIONS * (len(lived.data) - REFERENCE)
    progress.note(f"seed {lived.seed}: delay {delays.mean():.0f}, {named} false proposals")
    learned = follow(boards, lived, own, recipe, progress)
    before = dict(learned.rivals)["never"][0][1]
    n = learned.n
    return {
        "detection_delay": replace(results.mean(delays)),
        "false_proposals_per_10k": Figure(
            value=1e4 * named / stable, high=1e4 * poisson_upper(named) / stable, n=stable
        ),
        "new_rule_accuracy": Figure(value=learned.ours.new, floor=before.new, n=n["new"]),
        "old_rule_loss": Figure(value=before.old - learned.ours.old, floor=0.0, n=n["old"]),
        "denied_bytes_changed": Figure(value=float(learned.denied_bytes_changed), n=1),
        "detection_delay_p95": Figure(value=float(np.quantile(delays, 0.95)), n=DRAWS),
        "proposal_delay": Figure(value=float(learned.cause), n=1),
    } | {
        f"{name}_{part}": Figure(value=getattr(scored[-1][1], part), n=n[part])
        for name, scored in learned.rivals.items()
        for part in ("new", "old")
    }, learned


def delay(lived: Stream, slips: Bool[np.ndarray, " n"], draw: int) -> int:
    """Return the examples from a drawn change to the first alarm after it."""
    change = drawn_change(lived.known, lived.seed, 1 + draw)
    rows = lived.shown(draw)
    truth = lived.revealed(rows, change)
    wrong = lived.wrong(rows, truth) & ~(slips[rows] & (rows < change.at))
    seen = watched(lived.outcomes(rows, wrong), rows)
    late = [row for row in seen.alarms if row >= change.at]
    return (late[0] if late else len(lived.data)) + 1 - change.at


def _quiet(lived: Stream, slips: Bool[np.ndarray, " n"], draw: int) -> Watched:
    """Return what is made of a stream in which nothing changes."""
    rows = lived.shown(draw)
    wrong = lived.wrong(rows, lived.data.take(rows)) & ~slips[rows]
    return watched(lived.outcomes(rows, wrong), rows)


def follow(
    boards: BoardReasoner,
    lived: Stream,
    own: Gated,
    recipe: Recipe,
    progress: Progress,
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

    def proposed() -> Proposal:
        return put_forward(
            own.gate,
            candidate,
            found.evidence,
            promised(cause),
            data={"stream_seed": lived.data.seed, "split": lived.data.split},
            drift=drift,
        )

    asked = proposed()
    own.deny(asked.change_id, because="to see that nothing changes")
    changed = sum(a != b for a, b in zip(before, _memory(own, boards), strict=True))
    asked = proposed()
    own.approve(asked.change_id)
    book = own.gate.book()
    new, old = _tested(lived, change, after=now)
    ours = _core(recipe, lived.known, _approved(own))
    scores = scores_of(ours, lived, change, new, old)
    at_base = Scores(
        new=float(1 - lived.wrong(new, lived.revealed(new, change)).mean()),
        old=float(1 - lived.wrong(old, lived.revealed(old, change)).mean()),
    )
    progress.note(f"seed {lived.seed}: {scores} against {at_base}")
    weights = own.gate.objects.get(candidate.replay.base)
    rivals = rivals_of(weights, lived, change, now, known_rows, how, recipe, (new, old))
    return Learned(
        change=change,
        alarm=found.alarm + 1 - change.at,
        cause=now + 1 - change.at,
        guess=found.guess,
        candidate=candidate,
        proposal=asked,
        flags=book.find(asked.change_id).flags,
        shadow=own.gate.report(book.find(asked.change_id)),
        events=tuple(event_of(f.finding, traces=f.traces).cause for f in found.events),
        ours=scores,
        rivals={"never": ((now - change.at, at_base),), **rivals},
        n={"new": len(new), "old": len(old)},
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


def _tested(
    lived: Stream, change: Change, *, after: int
) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " m"]]:
    """Return later examples, which nobody has learned from: with the new rule, without."""
    rest = np.arange(after + 1, len(lived.data))
    has = lived.having(change.tag)[rest]
    return rest[has][: TESTED["new"]], rest[~has][: TESTED["old"]]


def told(learned: Learned) -> dict[str, Any]:
    """Return what came of a stream as the report shows it."""
    return {
        "change": asdict(learned.change),
        "alarm": learned.alarm,
        "cause": learned.cause,
        "events": learned.events,
        "flags": learned.flags,
        "shadow_cpu_s": learned.shadow.cpu_s,
        "guess": asdict(learned.guess),
        "candidate": learned.candidate.sha256,
        "candidate_cpu_s": learned.candidate.cpu_s,
        "evidence": asdict(learned.proposal.evidence),
        "data": dict(learned.proposal.data),
        "ours": asdict(learned.ours),
        "rivals": {
            name: [{"at": at, **asdict(scores)} for at, scores in scored]
            for name, scored in learned.rivals.items()
        },
        "n": learned.n,
    }
