"""Learning rules: soft by gradient, then hard, as short as they can be, and held against the rest.

Nothing soft is ever used: the clauses that the weights come to are made a program, what it does not
need is left out, and the engine and the checker say what it explains of what was held out. Below
the threshold it is refused.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor

from nexus.base.errors import ConfigError, DataError, InputError
from nexus.evaluate.rules import Support, mistakes, support, verdicts
from nexus.logic.lessons import Lesson, Parts, lesson_text, parts, read_lesson
from nexus.logic.rule_sets import rules_bytes
from nexus.logic.theory import Rule, Sign
from nexus.reason.rules.soft import Ground, SoftRules, ground
from nexus.reason.rules.templates import clauses

_SURE: Final = 1e-4
"""Truth is kept so far from 0 and 1, so that no example is lost for good."""
CELLS: Final = 4_000_000
"""Most numbers of one clause in one step of forward chaining."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """How rules are learned."""

    seed: int = 0
    programs: int = 6
    """Learned side by side, each from another beginning."""
    slots: int = 2
    """Most clauses of a program."""
    steps: int = 150
    """Of Adam."""
    rate: float = 0.1
    deep: int = 6
    """Steps of forward chaining while learning; what is learned is not bound by it."""
    least: float = 0.95
    """Of held-out positive examples to be explained, and of what follows to be right."""

    def __post_init__(self) -> None:
        for name in ("programs", "slots", "steps", "deep"):
            if (value := getattr(self, name)) < 1:
                raise ConfigError(f"learning.{name} must be at least 1, got {value}")
        if not 0.5 <= self.least <= 1:
            raise ConfigError(
                f"learning.least must lie in [0.5, 1], got {self.least}",
                hint="rules that are wrong as often as not are none",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What was learned of a lesson."""

    target: str
    rules: tuple[Rule, ...]
    """The program; empty if the weights chose no clause."""
    learned: Support
    """On what it was learned from."""
    held_out: Support
    by: str
    """What was held out: families or examples."""
    refused: str
    """Why it may not be proposed, in plain words; empty if it may."""
    clauses: int
    """How many there were to choose from."""
    cpu_s: float


def learn(whole: Lesson, how: Learning | None = None) -> Learned:
    """Return the rules that a lesson comes to, and whether they hold of what was held out.

    Raises:
        InputError: the lesson has too few examples, or is too large.
    """
    how, began = how or Learning(), time.process_time()
    some = parts(whole)
    soft = fit(some.learn, how)
    return judge(some, program(soft, some.learn), how, clauses=len(soft.clauses), began=began)


def judge(
    some: Parts, rules: tuple[Rule, ...], how: Learning, *, clauses: int, began: float
) -> Learned:
    """Return a program with what it explains, refused if that is too little."""
    held_out = support(rules, some.held_out)
    return Learned(
        target=some.learn.target,
        rules=rules,
        learned=support(rules, some.learn),
        held_out=held_out,
        by=some.by,
        refused=_refused(rules, held_out, how.least),
        clauses=clauses,
        cpu_s=time.process_time() - began,
    )


def _refused(rules: Sequence[Rule], seen: Support, least: float) -> str:
    if not rules:
        return "no clause was chosen"
    if seen.reaches(least):
        return ""
    if seen.refused:
        return f"{seen.refused} proofs or models were refused by the checker, or too large"
    return (
        f"it explains {seen.recall:.1%} of the held-out positive examples, and of what it says"
        f" {seen.precision:.1%} is right; {least:.1%} of either is asked for"
    )


def fit(lesson: Lesson, how: Learning) -> SoftRules:
    """Return soft programs after gradient descent on the examples of a lesson.

    The loss is the mean surprise (negative log-likelihood) of its positive examples plus that of
    its negative ones, however many there are of either.

    Raises:
        InputError: the lesson is too large.
    """
    pool = clauses(lesson.target, lesson.arity, lesson.background)
    size = max(len(family.constants) for family in lesson.families)
    if how.programs * len(lesson.families) * size**3 > CELLS:
        raise InputError(
            f"{len(lesson.families)} families of up to {size} constants are too much at once",
            hint="learn from fewer or smaller families; the rules will hold of larger ones",
        )
    soft = SoftRules(pool, programs=how.programs, slots=how.slots, seed=how.seed)
    world = ground(lesson, pool)
    optimizer = torch.optim.Adam([soft.weights], lr=how.rate)
    for _ in range(how.steps):
        optimizer.zero_grad()
        _surprise(soft(world, steps=how.deep), world).sum().backward()
        optimizer.step()
    return soft


def _surprise(
    believed: Float[Tensor, "program family x y"], world: Ground
) -> Float[Tensor, " program"]:
    believed = believed.clamp(_SURE, 1 - _SURE)
    missed = believed[:, world.positive].log().mean(1)
    return -(missed + (1 - believed[:, world.negative]).log().mean(1))


def program(soft: SoftRules, lesson: Lesson) -> tuple[Rule, ...]:
    """Return the best hard program among the soft ones: fewest mistakes, then shortest.

    Each slot gives its heaviest clause; then what is not needed is left out (see ``shortest``).
    """
    found = dict[tuple[Rule, ...], None]()
    for chosen in soft.weights.detach().argmax(-1).tolist():
        rules = {soft.clauses[at] for at in chosen if at < len(soft.clauses)}
        found[tuple(sorted(rules, key=str))] = None
    short = {shortest(rules, lesson) for rules in found}
    return min(short, key=lambda x: (mistakes(x, lesson), length(x), [str(rule) for rule in x]))


def length(rules: Sequence[Rule]) -> tuple[int, int]:
    """Return how many conditions, and how many clauses."""
    return sum(len(rule.body) for rule in rules), len(rules)


def shortest(rules: tuple[Rule, ...], lesson: Lesson) -> tuple[Rule, ...]:
    """Return the rules without what can be left out, one thing at a time.

    Of each example they say the same as before, right or wrong: it is no search for better ones.
    """
    said = verdicts(rules, lesson)
    for fewer in _fewer(rules):
        if verdicts(fewer, lesson) == said:
            return shortest(fewer, lesson)
    return rules


def _fewer(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, ...]]:
    """Yield the rules without one of them, then with one condition less that binds nothing."""
    for at in range(len(rules)):
        yield (*rules[:at], *rules[at + 1 :])
    for at, rule in enumerate(rules):
        for place in range(len(rule.body)):
            body = (*rule.body[:place], *rule.body[place + 1 :])
            bound = {name for x in body if x.sign is not Sign.ABSENT for name in x.variables}
            if body and {name for x in (rule.head, *body) for name in x.variables} <= bound:
                fewer = (*rules[:at], replace(rule, body=body), *rules[at + 1 :])
                yield tuple(sorted(set(fewer), key=str))


def replay_bytes(whole: Lesson, how: Learning, others: Sequence[Rule]) -> bytes:
    """Return all from which a candidate set of rules can be built again: lesson, seed, the rest."""
    about = {"lesson": lesson_text(whole), "target": whole.target, "learning": asdict(how)}
    return json.dumps({**about, "others": rules_bytes(others).decode()}, indent=1).encode()


def rebuilt(replay: bytes) -> bytes:
    """Return the candidate set of rules that ``replay_bytes`` described, learned again.

    Raises:
        DataError: it describes none.
    """
    from nexus.logic.rule_sets import read_rules

    try:
        values: Any = json.loads(replay)
        whole = read_lesson(values["lesson"], values["target"])
        how, others = Learning(**values["learning"]), read_rules(values["others"].encode())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DataError("this is no replay of a set of rules") from None
    return rules_bytes((*others, *learn(whole, how).rules))
