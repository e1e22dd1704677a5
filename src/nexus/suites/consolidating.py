"""From what people corrected to a change that is asked for: lessons, a candidate, a proposal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nexus.base.errors import DataError
from nexus.base.proposals import Effect, Evidence, Proposal
from nexus.reason.boards import BoardReasoner
from nexus.reason.causes import find_cause
from nexus.reason.corrections import Weighed
from nexus.reason.reflection import event_of
from nexus.reason.rule_change import guess
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.suites.proposing import put_forward
from nexus.suites.shadow import Counts, Drift
from nexus.train.candidates import build, order
from nexus.train.consolidation import Consolidation, Lessons
from nexus.train.correcting import Taught, bench, taught
from nexus.worlds.puzzles import Khop, Puzzle, Puzzles

LEAST: Final = 20
"""Fewest things corrected that a change is asked for."""
LOOKED: Final = 4000
"""Boards looked through for those that a changed rule is about."""
ASIDE: Final = 5
"""Where no rule is named, one correction in so many is kept from the lessons, to measure by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What corrections come to, before anything is built."""

    lessons: Lessons
    evidence: Evidence
    effects: tuple[Effect, ...]
    drift: Drift


def case(
    boards: BoardReasoner, puzzle: Puzzle, weighed: Sequence[Weighed], *, cycles: int, seed: int
) -> Case:
    """Return what standing corrections of a puzzle teach, and what they speak for.

    Where they name a rule of k-hop and decide what it comes to now, boards about that rule are
    answered so, and the corrections stay aside; else most of them are the lessons themselves.

    Raises:
        DataError: there are too few corrections that stand.
    """
    said = taught(weighed, puzzle)
    if len(said.examples) < LEAST:
        raise DataError(
            f"{len(said.examples)} corrections of {puzzle.name} stand, and {LEAST} are needed",
            hint='`nexus correct TRACE --answer X --because "..."`; `nexus correct --list`',
        )
    traces = tuple(w.correction.trace for w in weighed if w.correction.id in set(said.used))
    known = bench(boards, puzzle, cycles=cycles, seed=seed).replay
    if isinstance(puzzle, Khop):
        found = _rule(puzzle, said, known, traces, seed)
        if found is not None:
            return found
    aside = np.arange(len(said.examples)) % ASIDE == ASIDE - 1
    examples = said.examples
    return Case(
        lessons=Lessons(taught=examples.take(np.flatnonzero(~aside)), replay=known),
        evidence=_evidence(f"{len(said.used)} corrections say otherwise", said, traces),
        effects=_effects(),
        drift=Drift(revealed=replace(examples.take(np.flatnonzero(aside)), split="revealed")),
    )


def _rule(
    puzzle: Khop, said: Taught, known: Puzzles, traces: tuple[str, ...], seed: int
) -> Case | None:
    """Return the case of one changed rule, or None if corrections name none or do not decide."""
    about = puzzle.tags(said.examples) + puzzle.tags(known)
    wrong = np.arange(len(about)) < len(said.examples)
    cause = find_cause(about, wrong)
    if cause is None or not cause.tag.startswith("rule:"):
        return None
    guessed = guess(puzzle, said.examples, cause.tag)
    if guessed is None:
        return None
    world = guessed.under(puzzle)
    looked = puzzle.sample(seed, "train", np.arange(LOOKED))
    with_rule = [i for i, tags in enumerate(puzzle.tags(looked)) if cause.tag in tags]
    without = [i for i, tags in enumerate(puzzle.tags(known)) if cause.tag not in tags]
    words = event_of(replace(cause, wrong="corrected"), traces=traces).cause
    return Case(
        lessons=Lessons(
            taught=world.explained(world.answered(looked.take(with_rule))),
            replay=world.explained(known.take(without)),
        ),
        evidence=_evidence(
            words,
            said,
            traces,
            explained=guessed.explained,
            explained_otherwise=guessed.runner_up,
        ),
        effects=_effects(),
        drift=Drift(
            revealed=replace(said.examples, split="revealed"), changed=frozenset({cause.tag})
        ),
    )


def propose(
    gate: Gate,
    boards: BoardReasoner,
    puzzle: Puzzle,
    weighed: Sequence[Weighed],
    *,
    cycles: int,
    how: Consolidation,
    counts: Counts | None = None,
) -> Proposal:
    """Return the proposal that standing corrections come to, built, shadowed and waiting.

    Raises:
        DataError: there are too few corrections that stand.
        NexusError: see ``train.candidates.build`` and ``proposing.put_forward``.
    """
    found = case(boards, puzzle, weighed, cycles=cycles, seed=how.seed)
    run = Run.open(gate.folder)
    candidate = build(run, order(run, puzzle.name, found.lessons, how))
    return put_forward(
        gate,
        candidate,
        found.evidence,
        found.effects,
        data={
            "corrections": len(found.evidence.corrections),
            "doubted": len(found.evidence.doubted),
            "taught": len(found.lessons.taught),
            "replayed": len(found.lessons.replay),
        },
        drift=found.drift,
        counts=counts,
    )


def _evidence(cause: str, said: Taught, traces: tuple[str, ...], **counts: int) -> Evidence:
    return Evidence(
        cause=cause,
        traces=traces,
        corrections=said.used,
        doubted=said.doubted,
        counts={"corrected": len(said.examples), **counts},
    )


def _effects() -> tuple[Effect, ...]:
    return (
        Effect(figure="revealed", expected=0.9, tolerance=0.1),
        Effect(figure="all", expected=0.98, tolerance=0.03),
    )
