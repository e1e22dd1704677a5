"""Bench "corrections": 50 right words and 5 wrong ones on a world whose rule has changed.

The core thinks about a stream of k-hop puzzles after a change of one rule, and a made-up person
corrects the first 50 answers that the change made wrong. Five times they err: three times about a
board of the changed rule, twice about one the core was right about. What is held against whom, what
working memory makes of the rest at once, and what the proposal says that comes of it is measured;
nobody tells what is built which words are wrong, nor what has changed.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool

from nexus.base.proposals import Evidence
from nexus.base.randomness import integers, key
from nexus.config import Recipe
from nexus.nn.lora import Adaptation
from nexus.nn.thinking import load_to_think
from nexus.reason.boards import BoardReasoner
from nexus.reason.corrections import outruled, standing
from nexus.review.approved import Approved
from nexus.store.corrections import Correction
from nexus.suites import results
from nexus.suites.consolidating import propose
from nexus.suites.drift_rivals import Scores, Tested, scores_of
from nexus.suites.drifting import CYCLES, Change, Stream, drawn_change, stream
from nexus.suites.gated import Gated, gated
from nexus.suites.results import Figure
from nexus.suites.thoughts import load
from nexus.train.consolidation import Consolidation
from nexus.train.correcting import Bench, bench, contradicted, learn, probability, taught
from nexus.train.parts import Parts
from nexus.train.phase import Progress
from nexus.train.puzzles import artefact
from nexus.worlds.puzzles import Khop, Puzzles, answers
from nexus.worlds.tabletop import Tabletop

RIGHT: Final = 50
WRONG: Final = (3, 2)
"""Wrong words about boards of the changed rule, and about boards the core is right about."""
LENGTH: Final = 4_000
"""Examples of a stream; the rule is another one all along."""
NEW: Final = 300
OLD: Final = 700
"""Later examples with the changed rule, and without, on which what was learned is measured."""
TASK: Final = "khop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a person said of a stream, in order, and which of it is wrong."""

    words: tuple[Correction, ...]
    wrong: frozenset[str]
    last: int
    """The last example that was corrected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What came of a person's words in one stream."""

    said: Said
    against: Mapping[str, str]
    """Words that a change of one rule speaks against, and how."""
    remembered: Mapping[str, str]
    """Words that memories learned from the others speak against."""
    evidence: Evidence
    """What the proposal rests on."""
    before: Scores
    """The core as it was."""
    at_once: Scores
    """With the working memory that learned at once."""
    after: Scores
    """The core after approval."""


def bench_corrections(
    recipe: Recipe, folder: Path, *, seeds: int, progress: Progress
) -> dict[str, Any]:
    """Return what comes of corrections, 5 of 55 wrong, over ``seeds`` streams.

    The core is the run's at ``folder``, in a run of its own behind a gate of its own.

    Raises:
        CheckpointError: the reasoner is not trained there.
    """
    began, each = time.process_time(), list[Heard]()
    boards, known = load(folder, recipe, TASK), Khop()
    weights = Approved.open(folder).artefact(artefact(TASK))
    for seed in range(seeds):
        change = replace(drawn_change(known, seed), at=0)
        lived = stream(boards, known, seed, length=LENGTH, cycles=CYCLES)
        progress.note(f"seed {seed}: {LENGTH} examples thought about, {change.tag} has changed")
        with gated(recipe, artefact(TASK), weights, within=folder) as own:
            each.append(listen(boards, lived, change, own, recipe))
        one = each[-1]
        progress.note(
            f"seed {seed}: against {len(one.against)}, new {one.before.new:.3f} to "
            f"{one.at_once.new:.3f} at once, {one.after.new:.3f} approved"
        )
    figures = figures_of(each)
    return results.result(
        "corrections", figures, recipe, cpu_s=time.process_time() - began, streams=told(each)
    )


def listen(
    boards: BoardReasoner, lived: Stream, change: Change, own: Gated, recipe: Recipe
) -> Heard:
    """Return what comes of a person's words: at once, and by a proposal that is approved."""
    known, cycles = lived.known, recipe.reasoner.think
    said = spoken(lived, change)
    against = outruled(known, standing(said.words))
    weighed = standing(said.words, against)
    own_bench = bench(boards, known, cycles=cycles, seed=recipe.seed)
    memory = learn(own_bench, taught(weighed, known).examples)
    tested = later(lived, change, said)
    at_once = Scores(
        right_new=remembered(own_bench, lived.revealed(tested.new, change), memory),
        right_old=remembered(own_bench, lived.revealed(tested.old, change), memory),
    )
    asked = propose(
        own.gate, boards, known, weighed, cycles=cycles, how=Consolidation(seed=lived.seed)
    )
    own.approve(asked.change_id)
    approved = Approved.open(own.gate.folder, keys=own.gate.keys).artefact(artefact(TASK))
    core = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(known)
    load_to_think(core, approved, source="a candidate")
    return Heard(
        said=said,
        against=against,
        remembered=contradicted(own_bench, standing(said.words)),
        evidence=asked.evidence,
        before=scores_of(boards, lived, change, tested),
        at_once=at_once,
        after=scores_of(core, lived, change, tested),
    )


def remembered(bench: Bench, data: Puzzles, memory: Adaptation) -> Bool[np.ndarray, " n"]:
    """Return which boards are answered right with a working memory."""
    chance = probability(bench.boards, data, cycles=bench.pace.cycles, task=memory)
    return ((chance.argmax(-1) == data.solution) | ~data.asked).all(1)


def spoken(lived: Stream, change: Change) -> Said:
    """Return a person's words on the first answers that a change made wrong, some of them wrong.

    Where they err, and what they say instead, is drawn.
    """
    everything = np.arange(len(lived.data))
    truth = lived.revealed(everything, change)
    wrong, about = lived.wrong(everything, truth), lived.having(change.tag)
    slips, others = WRONG
    corrected = everything[wrong & about][: RIGHT + slips]
    fine = everything[~wrong & (everything < corrected[-1])]
    draw = key(lived.seed, "corrections", "slips")
    picked = integers(draw, corrected, 1, 1 << 30)[:, 0].argsort()[:slips]
    idle = fine[integers(draw, fine, 1, 1 << 30)[:, 0].argsort()[:others]]
    erring = {*corrected[picked].tolist(), *idle.tolist()}
    words, mistaken = list[Correction](), set[str]()
    start, n = datetime(2026, 1, 1, tzinfo=UTC), lived.known.answers
    for row in sorted({*corrected.tolist(), *idle.tolist()}):
        cells = truth.solution[row].copy()
        if row in erring:
            [[by]] = integers(key(lived.seed, "corrections", "said"), np.array([row]), 1, n - 1)
            cells[lived.known.asks] = (cells[lived.known.asks] + 1 + by) % n
        word = Correction(
            id=sha256(f"word on {lived.id(row)}".encode()).hexdigest()[:12],
            trace=lived.id(row),
            task=TASK,
            board=tuple(truth.given[row].tolist()),
            question="",
            source="",
            answered=answers.written(lived.known, lived.answer[row].tolist()),
            answer=answers.written(lived.known, cells.tolist()),
            because="",
            by="a person",
            time=start + timedelta(seconds=row),
        )
        words.append(word)
        if row in erring:
            mistaken.add(word.id)
    return Said(words=tuple(words), wrong=frozenset(mistaken), last=int(corrected[-1]))


def later(lived: Stream, change: Change, said: Said) -> Tested:
    """Return later examples, which nobody said anything about."""
    rest = np.arange(said.last + 1, len(lived.data))
    has = lived.having(change.tag)[rest]
    return Tested(new=rest[has][:NEW], old=rest[~has][:OLD])


def figures_of(each: Sequence[Heard]) -> dict[str, Figure]:
    """Return what was held against right and wrong words, and what was learned, of all streams."""
    figures = dict[str, Figure]()
    ways = {"": [one.against for one in each], "memory_": [one.remembered for one in each]}
    for way, flagged in ways.items():
        wrong = [w.id in f for one, f in zip(each, flagged, strict=True) for w in _of(one, True)]
        right = [w.id in f for one, f in zip(each, flagged, strict=True) for w in _of(one, False)]
        figures[f"{way}wrong_words_flagged"] = results.share(np.array(wrong), floor=0.0)
        figures[f"{way}right_words_flagged"] = results.share(np.array(right), floor=0.0)
    named = [
        word.id in {*one.evidence.corrections, *one.evidence.doubted}
        for one in each
        for word in one.said.words
    ]
    figures["words_in_evidence"] = results.share(np.array(named), floor=0.0)
    for part in ("new", "old"):
        floor = np.concatenate([getattr(one.before, f"right_{part}") for one in each])
        for name in ("at_once", "after"):
            right_ = np.concatenate([getattr(getattr(one, name), f"right_{part}") for one in each])
            figures[f"{name}_{part}"] = results.share(right_, floor=float(floor.mean()))
    return {name: replace(figure, streams=len(each)) for name, figure in figures.items()}


def _of(heard: Heard, wrong: bool) -> list[Correction]:
    return [w for w in heard.said.words if (w.id in heard.said.wrong) is wrong]


def told(each: Sequence[Heard]) -> list[dict[str, Any]]:
    """Return what came of each stream, as numbers and words."""
    return [
        {
            "wrong": sorted(one.said.wrong),
            "against": dict(one.against),
            "cause": one.evidence.cause,
            "counts": dict(one.evidence.counts),
            **{
                name: {"new": scores.new, "old": scores.old}
                for name, scores in (
                    ("before", one.before),
                    ("at_once", one.at_once),
                    ("after", one.after),
                )
            },
        }
        for one in each
    ]
