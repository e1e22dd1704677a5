"""Figures of learned rules: how often they are exactly right, and what else would have been.

A lesson is recovered if the rules say of every pair of unseen, larger families what is so, and no
shorter program is known: they have no more conditions and clauses than a person's.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from nexus.evaluate.rules import Support, support
from nexus.logic.lessons import Lesson, parts
from nexus.logic.theory import Rule
from nexus.nn.seeding import stream
from nexus.reason.rules.soft import SoftRules
from nexus.suites import results, rival_ltn
from nexus.suites.results import NOT_MEASURED, Figure
from nexus.train.rules import Learning, fit, judge, length, program
from nexus.worlds.families import lesson_of

SHORTEST: Final[Mapping[str, tuple[int, int]]] = {"grandparent": (2, 1), "ancestor": (3, 2)}
"""Conditions and clauses of the shortest program of each relation."""
SEEDS: Final = 10
FAMILIES: Final = 6
PEOPLE: Final = 10
"""In a lesson; a third of its families is held out."""
UNSEEN: Final = 4
UNSEEN_PEOPLE: Final = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery:
    """One lesson: what was learned, and what stands beside it on the same examples."""

    relation: str
    seed: int
    rules: tuple[Rule, ...]
    seen: Support
    """On unseen families."""
    recovered: bool
    refused: str
    untrained: bool
    """Whether the weights it began with come to the rules too, made hard in the same way."""
    noise: bool
    """Whether noise as large as the learned weights, in their place, does."""
    cpu_s: float
    ltn: rival_ltn.Tensed | None
    """Taught for as many CPU-seconds; None where it is not installed."""
    ltn_recovered: bool


def recover(relation: str, seed: int, how: Learning | None = None) -> Recovery:
    """Return what comes of one lesson."""
    how = how or Learning(seed=seed)
    lesson = lesson_of(relation, seed, "learn", count=FAMILIES, people=PEOPLE)
    unseen = lesson_of(relation, seed, "test", count=UNSEEN, people=UNSEEN_PEOPLE)
    began, some = time.process_time(), parts(lesson)
    kept, soft = some.learn, fit(some.learn, how)
    rules = program(soft, kept)
    learned = judge(some, rules, how, clauses=len(soft.clauses), began=began)
    begun = SoftRules(soft.clauses, programs=how.programs, slots=how.slots, seed=how.seed)
    seen = support(rules, unseen)
    ltn = None
    if rival_ltn.installed():
        ltn = rival_ltn.learn(kept, unseen, seed=seed, cpu_s=learned.cpu_s, how=how)
    return Recovery(
        relation=relation,
        seed=seed,
        rules=rules,
        seen=seen,
        recovered=not learned.refused and _exact(relation, rules, seen),
        refused=learned.refused,
        untrained=_is(relation, program(begun, kept), unseen),
        noise=_is(relation, program(noised(soft, seed), kept), unseen),
        cpu_s=learned.cpu_s,
        ltn=ltn,
        ltn_recovered=ltn is not None and _is(relation, ltn.rules, unseen),
    )


def noised(soft: SoftRules, seed: int) -> SoftRules:
    """Return the programs with noise of the same shape and size in place of their weights."""
    with torch.no_grad():
        weights = soft.weights
        noise = torch.randn(weights.shape, generator=stream(seed, "noise for rules"))
        weights.copy_(weights.mean() + weights.std() * noise)
    return soft


def _is(relation: str, rules: tuple[Rule, ...], unseen: Lesson) -> bool:
    return _exact(relation, rules, support(rules, unseen))


def _exact(relation: str, rules: tuple[Rule, ...], seen: Support) -> bool:
    exact = seen.explained == seen.positive and not seen.wrong and not seen.refused
    return exact and length(rules) <= SHORTEST[relation]


def figures(seed: int, seeds: int = SEEDS) -> dict[str, Figure]:
    """Return the figures of so many seeds from ``seed`` on, of each relation; none of none."""
    return of([recover(name, seed + k) for k in range(seeds) for name in SHORTEST])


def of(found: list[Recovery]) -> dict[str, Figure]:
    """Return the figures of what came of some lessons."""
    if not found:
        return {"rules_recovered": NOT_MEASURED}
    untrained, noise = ([getattr(x, name) for x in found] for name in ("untrained", "noise"))
    floor = float(np.mean(untrained))
    told = {
        "rules_recovered": results.share(np.array([x.recovered for x in found]), floor=floor),
        "rules_recovered_noise": results.share(np.array(noise), floor=floor),
        "rules_cpu_s": Figure(value=max(x.cpu_s for x in found), n=len(found)),
    }
    if all(x.ltn is not None for x in found):
        rival = np.array([x.ltn_recovered for x in found])
        unseen = np.array([x.ltn.unseen for x in found if x.ltn is not None])
        ours = np.array([(x.seen.recall + 1 - x.seen.wrong / x.seen.negative) / 2 for x in found])
        told |= {
            "rules_recovered_ltn": results.share(rival, floor=floor),
            "rules_unseen_accuracy": results.mean(ours, floor=0.5),
            "ltn_unseen_accuracy": results.mean(unseen, floor=0.5),
        }
    return told
