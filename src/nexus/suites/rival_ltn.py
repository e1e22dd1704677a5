"""Logic Tensor Networks (PyPI ``LTNtorch``) on the lessons that rules are learned from.

As in its own tutorials: every person is a vector that is learned, every predicate a network of two
layers, and what is known are formulas to satisfy: the facts, true and false, and the examples,
under "for all" (mean p-error), with Adam. It is also given the facts, but no examples, of the
families it is judged on, for it knows nobody else.

It states no rules. They are asked of it, as the paper does (Badreddine et al., Artificial
Intelligence 303, 2022, section 4.8): how far does it satisfy that a body implies the target? Of the
clauses that ours choose from, those it satisfies are taken that add most to what they say of the
target, and of these the ones that make fewest mistakes; what is not needed is left out as in ours.
"""

import time
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nexus.base.errors import ConfigError
from nexus.evaluate.rules import mistakes
from nexus.logic.lessons import Lesson
from nexus.logic.theory import Rule
from nexus.nn.seeding import seeded
from nexus.reason.rules.soft import Ground, ground
from nexus.reason.rules.templates import clauses
from nexus.train.rules import Learning, shortest

WIDTH: Final = 16
"""Of a person's vector, and four times that of a network."""
SATISFIED: Final = 0.9
"""From so much satisfaction on an implication counts as a rule."""
ADDS: Final = 0.02
"""Least share of what the target holds of that a further clause must add."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tensed:
    """A Logic Tensor Network after its training."""

    rules: tuple[Rule, ...]
    """What it satisfies, asked of it."""
    unseen: float
    """Balanced accuracy of its target on families of which it saw only the facts."""
    satisfied: float
    """Satisfaction of all it was taught, on the whole."""
    steps: int
    cpu_s: float


class _Pairs(nn.Module):
    """A predicate of two vectors."""

    def __init__(self) -> None:
        super().__init__()
        wide = 4 * WIDTH
        self.layers = nn.Sequential(nn.Linear(2 * WIDTH, wide), nn.ELU(), nn.Linear(wide, 1))

    def forward(self, a: Float[Tensor, "n a"], b: Float[Tensor, "n b"]) -> Float[Tensor, " n"]:
        return self.layers(torch.cat([a, b], dim=-1))[:, 0].sigmoid()


def learn(lesson: Lesson, unseen: Lesson, *, seed: int, cpu_s: float, how: Learning) -> Tensed:
    """Return a network taught for ``cpu_s`` seconds, and the rules it comes to.

    Raises:
        ConfigError: LTNtorch is not installed.
    """
    ltn, began = _package(), time.process_time()
    pool = clauses(lesson.target, lesson.arity, lesson.background)
    worlds = {"taught": ground(lesson, pool), "unseen": ground(unseen, pool)}
    names = (*lesson.background, lesson.target)
    with seeded(seed, "ltn"):
        networks = nn.ModuleDict({name: _Pairs() for name in names})
        people = nn.ParameterDict(
            {
                name: nn.Parameter(torch.randn(*_people(world), WIDTH))
                for name, world in worlds.items()
            }
        )
    predicates = {name: ltn.Predicate(networks[name]) for name in names}
    known = {"taught": _facts(lesson, worlds["taught"]), "unseen": _facts(unseen, worlds["unseen"])}
    optimizer = torch.optim.Adam([*networks.parameters(), *people.parameters()], lr=0.01)
    every = ltn.Quantifier(ltn.fuzzy_ops.AggregPMeanError(p=2), quantifier="f")
    deny = ltn.Connective(ltn.fuzzy_ops.NotStandard())
    together = ltn.fuzzy_ops.SatAgg()
    steps, satisfied = 0, torch.zeros(())
    while time.process_time() - began < cpu_s or not steps:
        formulas = list[Any]()
        for world, some in known.items():
            told = {**some}
            if world == "taught":
                told[lesson.target] = worlds[world].positive, worlds[world].negative
            for name, (holds, fails) in told.items():
                for which, wrap in ((holds, None), (fails, deny)):
                    if which.any():
                        x, y = _those(ltn, people[world], which)
                        pairs = ltn.diag(x, y)  # from here on the two go together
                        said = predicates[name](x, y)
                        formulas.append(every(pairs, said if wrap is None else wrap(said)))
        satisfied = together(*formulas)
        optimizer.zero_grad()
        (1 - satisfied).backward()
        optimizer.step()
        steps += 1
    with torch.no_grad():
        believed = {name: _said(networks[lesson.target], people[name]) for name in worlds}
        rules = _asked(ltn, believed["taught"], worlds["taught"], pool, how)
    return Tensed(
        rules=shortest(_best(rules, lesson), lesson),
        unseen=_balanced(believed["unseen"], worlds["unseen"]),
        satisfied=float(satisfied.detach()),
        steps=steps,
        cpu_s=time.process_time() - began,
    )


def _best(rules: tuple[Rule, ...], lesson: Lesson) -> tuple[Rule, ...]:
    """Return those of the rules that make fewest mistakes together, in its favour."""
    some = [x for count in range(len(rules) + 1) for x in combinations(rules, count)]
    return min(some, key=lambda x: mistakes(x, lesson))


def _people(world: Ground) -> tuple[int, int]:
    family, people, _ = world.positive.shape
    return family, people


def _facts(lesson: Lesson, world: Ground) -> dict[str, tuple[Tensor, Tensor]]:
    """Return for each known predicate of which pairs it holds and of which not."""
    shape, found = world.positive.shape, dict[str, tuple[Tensor, Tensor]]()
    for name, arity in lesson.background.items():
        holds = torch.zeros(shape, dtype=torch.bool)
        asked = torch.zeros(shape, dtype=torch.bool)
        for number, family in enumerate(lesson.families):
            place = {person: at for at, person in enumerate(family.constants)}
            size = len(place)
            asked[number, :size, : size if arity == 2 else 1] = True
            for predicate, *people in family.facts:
                if predicate == name:
                    row, *column = (place[person] for person in people)
                    holds[number, row, column or 0] = True
        found[name] = holds, asked & ~holds
    return found


def _those(ltn: Any, people: Tensor, which: Bool[Tensor, "family x y"]) -> tuple[Any, Any]:
    family, x, y = which.nonzero(as_tuple=True)
    first, second = people[family, x], people[family, y]
    return ltn.Variable("x", first), ltn.Variable("y", second)


def _said(network: nn.Module, people: Tensor) -> Float[Tensor, "family x y"]:
    """Return how far a predicate holds of every pair of a family."""
    families, size, width = people.shape
    first = people[:, :, None].expand(-1, -1, size, -1).reshape(-1, width)
    second = people[:, None].expand(-1, size, -1, -1).reshape(-1, width)
    return network(first, second).view(families, size, size)


def _balanced(believed: Float[Tensor, "family x y"], world: Ground) -> float:
    right = (believed > 0.5)[world.positive].float().mean()
    return float(right + (believed <= 0.5)[world.negative].float().mean()) / 2


def _asked(
    ltn: Any,
    believed: Float[Tensor, "family x y"],
    world: Ground,
    pool: tuple[Rule, ...],
    how: Learning,
) -> tuple[Rule, ...]:
    """Return the clauses it satisfies, those first that add most; at most as many as slots."""
    implies = ltn.fuzzy_ops.ImpliesReichenbach()
    every = ltn.fuzzy_ops.AggregPMeanError(p=2)
    examples = world.positive | world.negative
    bodies = world.known.clone()
    for number, at in enumerate(world.recursive):
        about = world.about[number]
        first = believed if about[0] else world.first[number]
        second = believed if about[1] else world.second[number]
        if pool[at].body[0].atom[1:] == ("?y", "?x"):
            first = believed.transpose(1, 2)
        bodies[at] = (first[..., :, :, None] * second[..., None, :, :]).amax(-2)
    able = [
        at
        for at in range(len(pool))
        if bodies[at][examples].max() > 0.5
        and float(every(implies(bodies[at], believed)[bodies[at] > 0.5])) >= SATISFIED
    ]
    chosen, covered = list[int](), torch.zeros_like(believed)
    while able and len(chosen) < how.slots:
        gains = {
            at: float((bodies[at] - covered).clamp(min=0)[world.positive].mean()) for at in able
        }
        best = max(able, key=lambda at: gains[at])
        if gains[best] < ADDS:
            break
        chosen.append(best)
        covered = torch.maximum(covered, bodies[best])
    return tuple(sorted({pool[at] for at in chosen}, key=str))


def installed() -> bool:
    """Return whether the package is there."""
    try:
        _package()
    except ConfigError:
        return False
    return True


def _package() -> Any:
    try:
        import ltn  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ConfigError(
            "LTNtorch is not installed", hint="pip install 'nexus-jepa[dev]'"
        ) from None
    return ltn
