"""The story of a change, in a world small enough for a demo: noticed, learned, put to a person.

Everything is as in ``bench_drift``, only smaller: a core learns k-hop puzzles of 2 or 3 steps; in a
stream of them one rule changes; of some examples the outcome turns out. What is built waits. Where
nobody watches, ``play`` has a marked demo key decide, so that the rest of the way is seen too.
"""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import torch

from nexus.base.errors import DataError, ReviewError
from nexus.config import Recipe
from nexus.reason.boards import BoardReasoner, think_aloud
from nexus.reason.reflection import Reflection
from nexus.review import keys
from nexus.review.approved import Approved
from nexus.review.change import Change, State
from nexus.review.gate import Gate
from nexus.review.keys import Signer
from nexus.store.objects import sha256
from nexus.store.runs import Run
from nexus.store.traces import Cycle, Trace
from nexus.suites import drifting
from nexus.suites.drifting import Stream, drawn_change, stream, turned_out
from nexus.suites.noticing import Noticed, lessons_from, notice, promised
from nexus.suites.proposing import put_forward
from nexus.suites.shadow import Counts, Drift
from nexus.suites.thoughts import load, think
from nexus.train.candidates import build, order
from nexus.train.consolidation import Consolidation
from nexus.train.phase import Progress
from nexus.train.puzzles import artefact, train_puzzle
from nexus.worlds import puzzles
from nexus.worlds.puzzles import Khop, answers

TASK: Final = "khop-small"
LEARNED: Final = 0.9
"""Least share of the stable world a core answers for a change to be told from its own errors."""
OVER: Final[tuple[State, ...]] = ("draft", "shadowed", "expired", "superseded", "failed")
"""States of a change that nobody decided about and nobody will."""
REASON: Final = "the demo shows the way back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How long the story is, in examples of the stream."""

    reference: int = 800
    """The first, known to be stable."""
    between: tuple[int, int] = (900, 1_000)
    """The rule changes somewhere here."""
    length: int = 2_200
    """Within these the cause must be named."""
    shadowed: int = 5_000
    """From ``length`` to here, what turns out is shown to the candidate in its shadow report."""
    watched: int = 7_000
    """From there to here, what turns out is held against it once it thinks."""
    share: float = 0.25
    """Share of examples whose outcome turns out."""
    how: Consolidation = field(
        default_factory=lambda: Consolidation(steps=120, batch=64, lessons=0.3, segments=3)
    )
    counts: Counts = field(default_factory=lambda: Counts(asked=200, frozen=1_000))

    def change(self, recipe: Recipe) -> drifting.Change:
        """Return what changes in the world of a recipe's demo."""
        return drawn_change(known(), recipe.seed, between=self.between)


PLAN: Final = Plan()


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """What became of a change that demo keys decided about."""

    by: tuple[str, ...]
    approve_s: float
    """Wall seconds from the first signature until the candidate could think."""
    observed: State
    """How it stood after what turned out had been observed."""
    note: str
    """Why it was taken back by then, if it was."""
    rollback_s: float
    before: str
    """Hash of what thinks, pointer and bytes: before, while it was applied, and afterwards."""
    between: str
    after: str


def waiting(folder: Path, recipe: Recipe, progress: Progress, *, plan: Plan = PLAN) -> Change:
    """Return the change that the story of the run at ``folder`` comes to; told once, it stands.

    Raises:
        DataError: the core has not learned its world, no cause was named, or outcomes did not
            decide what had changed.
        NexusError: see ``train_puzzle`` and ``put_forward``.
    """
    train_puzzle(recipe, folder, TASK, progress)
    gate = Gate(folder)
    for told in reversed([*gate.settle().changes.values()]):
        if artefact(TASK) in told.asked.artefacts and told.state not in OVER:
            return told
    boards, taught, cycles = load(folder, recipe, TASK), known(), recipe.reasoner.think
    lived = stream(boards, taught, recipe.seed, length=plan.length, cycles=cycles)
    stable = np.arange(plan.reference)
    right = 1 - float(lived.wrong(stable, lived.data.take(stable)).mean())
    if right < LEARNED:
        raise DataError(
            f"the core of {TASK} answers {right:.0%} of a stable world: too few to tell a change",
            hint="raise train.khop.steps; nothing was proposed",
        )
    progress.note(f"{TASK}: {right:.1%} of {plan.reference} stable examples are right")
    change, rows = plan.change(recipe), lived.shown(share=plan.share)
    found = notice(boards, lived, rows, change, cycles=cycles, reference=plan.reference)
    progress.note(f"{found.cause.tag} named {found.now + 1 - change.at} examples after the change")
    _log(folder, boards, lived, found, change, cycles=cycles)
    lessons = lessons_from(lived, found.now, found.cause.tag, found.guess)
    run = Run.open(folder)
    candidate = build(run, order(run, TASK, lessons, replace(plan.how, seed=recipe.seed)))
    progress.note(f"candidate {candidate.sha256[:12]} built in {candidate.cpu_s:.0f} CPU-seconds")
    later = turned_out(
        taught, recipe.seed, change, start=plan.length, stop=plan.shadowed, share=plan.share
    )
    proposal = put_forward(
        gate,
        candidate,
        found.evidence,
        promised(found.cause),
        data={
            "stream_seed": lived.data.seed,
            "split": lived.data.split,
            "alarm_at": found.alarm,
            "named_at": found.now,
            "guess": f"{found.cause.tag} comes to {taught.rules.relations[found.guess.to]}",
            "right_before": f"{right:.3f}",
        },
        drift=Drift(
            revealed=replace(later, split="revealed"), changed=frozenset({found.cause.tag})
        ),
        counts=plan.counts,
    )
    return gate.book().find(proposal.change_id)


def play(folder: Path, recipe: Recipe, change: Change, *, plan: Plan = PLAN) -> Played:
    """Have demo keys approve a change that waits, watch it, and take it back.

    Raises:
        ReviewError: a person is enrolled, so it is theirs to decide; or the run is no demo.
    """
    gate, this = Gate(folder), change.change
    book = gate.settle()
    if persons := sorted(r.name for r in book.reviewers.values() if not r.demo):
        raise ReviewError(
            f"change {this} is for {', '.join(persons)} to decide; nothing was played",
            hint=f"`nexus review show {this}`",
        )
    before, signers = _hash(folder), _signers(gate, change.needs(book.policy))
    began = time.perf_counter()
    for signer in signers:
        gate.approve(gate.ballot("approve", this), signer)
    approve_s, between = time.perf_counter() - began, _hash(folder)
    observed = _observe(gate, recipe, change, plan)
    began = time.perf_counter()
    if observed.state != "rolled_back":
        gate.rollback(gate.ballot("rollback", this, REASON), signers[0])
    return Played(
        by=tuple(signer.name for signer in signers),
        approve_s=approve_s,
        observed=observed.state,
        note=observed.note,
        rollback_s=time.perf_counter() - began,
        before=before,
        between=between,
        after=_hash(folder),
    )


def known() -> Khop:
    """Return the small world as it was taught."""
    puzzle = puzzles.get(TASK)
    assert isinstance(puzzle, Khop)
    return puzzle


def _log(
    folder: Path,
    boards: BoardReasoner,
    lived: Stream,
    found: Noticed,
    change: drifting.Change,
    *,
    cycles: int,
) -> None:
    """Log the thoughts that turned out wrong, whole, and what reflection found in them."""
    core = Approved.open(folder).artefacts[artefact(TASK)].sha256
    reflection = Reflection(folder / "logs", core=core)
    logged = {line.id for line in reflection.log.lines()}
    rows = np.array([row for row in found.wrong.tolist() if lived.id(row) not in logged], dtype=int)
    data, truth = lived.data.take(rows), lived.revealed(rows, change)
    given, asked = torch.from_numpy(data.given), torch.from_numpy(data.asked)
    thoughts = list[tuple[Cycle, ...]]()
    if len(rows):  # else all are logged already, by a telling that was interrupted
        thoughts = think_aloud(boards, given, asked, torch.zeros_like(given), cycles=cycles)
    told = zip(
        rows.tolist(), thoughts, truth.solution.tolist(), lived.known.describe(data), strict=True
    )
    reflection.keep(
        [
            Trace(
                id=lived.id(row),
                time=datetime.now(UTC),
                task=TASK,
                text=text,
                board=tuple(lived.data.given[row].tolist()),
                cycles=thought,
                answer=answers.written(lived.known, thought[-1].board),
                confidence=thought[-1].confidence,
                core=core,
                notes=(
                    f"source: example {row} of the demo's stream",
                    "cause: turned out",
                    f"reason: it turned out to be: {answers.written(lived.known, solution)}",
                ),
            )
            for row, thought, solution, text in told
        ]
    )
    for event in found.events:
        reflection.report(event.finding, traces=event.traces)


def _signers(gate: Gate, needed: int) -> list[Signer]:
    """Return as many demo keys as are needed, enrolled and marked as such."""
    signers = [keys.demo(gate.folder, f"demo-{number}") for number in range(1, needed + 1)]
    for at, signer in enumerate(signers):
        if signer.name not in gate.book().reviewers:
            voucher = signers[0] if at else None
            gate.enroll(signer.name, signer.public, "lead", demo=True, voucher=voucher)
    return signers


def _observe(gate: Gate, recipe: Recipe, change: Change, plan: Plan) -> Change:
    """Hold what turns out next against each promise, and return how the change stands then."""
    taught, world = known(), plan.change(recipe)
    data = turned_out(
        taught, recipe.seed, world, start=plan.shadowed, stop=plan.watched, share=plan.share
    )
    right = think(load(gate.folder, recipe, TASK), data, cycles=recipe.reasoner.think).right
    tags, stands = taught.tags(data), gate.book().find(change.change)
    for effect in change.asked.effects:
        about = np.array([effect.figure in (*each, "all") for each in tags])
        if about.any() and stands.state != "rolled_back":
            some = right[about]
            stands = gate.observe(change.change, effect.figure, right=int(some.sum()), n=len(some))
    return stands


def _hash(folder: Path) -> str:
    """Return the hash of what thinks: where the pointer points, and the bytes of the core."""
    core = Approved.open(folder).artefact(artefact(TASK))
    return sha256((folder / "manifest.json").read_bytes() + core)
