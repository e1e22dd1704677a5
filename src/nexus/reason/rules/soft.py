"""A soft program: forward chaining in which every clause holds a little, so that it can be learned.

As in differentiable ILP (Evans and Grefenstette, JAIR 61, 2018, arXiv:1711.04574): a program has a
few slots, each a softmax over all clauses and over *no clause*; conjunction is the product, "there
is" the maximum, and what several slots say adds up as probabilities do. Several programs are
learned side by side from different beginnings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nexus.logic.lessons import Lesson
from nexus.logic.theory import Literal, Rule, Sign
from nexus.nn.seeding import stream
from nexus.reason.rules.templates import X, Y, Z


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """A lesson as tensors for some clauses; smaller families have things of which nothing is said.

    What has one argument holds of a row, whatever the column; its examples stand in column 0.
    """

    known: Float[Tensor, "clause family x y"]
    """Where the body of each clause without the target holds; 0 for the others."""
    recursive: tuple[int, ...]
    """Which clauses speak of the target; each as a chain of two conditions."""
    first: Float[Tensor, "recursive family x z"]
    second: Float[Tensor, "recursive family z y"]
    """What the conditions say, as far as they are not about the target."""
    about: tuple[tuple[bool, bool], ...]
    """Which of the two conditions of each recursive clause are about the target."""
    positive: Bool[Tensor, "family x y"]
    negative: Bool[Tensor, "family x y"]


def ground(lesson: Lesson, clauses: Sequence[Rule]) -> Ground:
    """Return the lesson as tensors for these clauses of its target."""
    size = max(len(family.constants) for family in lesson.families)
    shape = (len(lesson.families), size, size)
    facts = {name: torch.zeros(shape) for name in (*lesson.background, lesson.target)}
    positive, negative = (torch.zeros(shape, dtype=torch.bool) for _ in range(2))
    for number, family in enumerate(lesson.families):
        place = {name: at for at, name in enumerate(family.constants)}
        for predicate, *names in family.facts:
            row, *column = (place[name] for name in names)
            facts[predicate][number, row, column or slice(None)] = 1
        for atoms, marked in ((family.positive, positive), (family.negative, negative)):
            for _, *names in atoms:
                row, *column = (place[name] for name in names)
                marked[number, row, column or 0] = True
    known, recursive = torch.zeros(len(clauses), *shape), list[int]()
    sides, about = list[tuple[Tensor, Tensor]](), list[tuple[bool, bool]]()
    for at, clause in enumerate(clauses):
        first, second = _sides(clause, facts, size)
        spoken = [x.atom[0] == lesson.target for x in clause.body]
        if any(spoken):
            recursive.append(at)
            sides.append((first, second))
            about.append((spoken[0], len(spoken) > 1 and spoken[1]))
        elif _hidden(clause):
            known[at] = (first @ second).clamp(max=1)  # of 0 and 1 the same as the maximum
        else:
            known[at] = first * second
    nothing = torch.zeros(0, *shape)
    return Ground(
        known=known,
        recursive=tuple(recursive),
        first=torch.stack([x for x, _ in sides]) if sides else nothing,
        second=torch.stack([x for _, x in sides]) if sides else nothing,
        about=tuple(about),
        positive=positive,
        negative=negative,
    )


def _hidden(clause: Rule) -> bool:
    return any(Z in x.atom for x in clause.body)


def _sides(
    clause: Rule, facts: Mapping[str, Float[Tensor, "family x y"]], size: int
) -> tuple[Float[Tensor, "family x z"], Float[Tensor, "family z y"]]:
    """Return what the two conditions say, or the first and what changes nothing."""
    hidden, spoken = _hidden(clause), clause.body[0].atom[0] == clause.head.atom[0]
    first = _seen(clause.body[0], facts, (X, Z) if hidden else (X, Y))
    if len(clause.body) == 2:
        return first, _seen(clause.body[1], facts, (Z, Y) if hidden else (X, Y))
    if spoken:  # the target swapped, as a chain that goes nowhere
        return first, torch.eye(size).expand_as(first)
    return first, torch.ones_like(first)


def _seen(
    literal: Literal, facts: Mapping[str, Float[Tensor, "family x y"]], axes: tuple[str, str]
) -> Float[Tensor, "family row column"]:
    """Return where a condition holds, its rows and columns being the variables ``axes``."""
    predicate, *variables = literal.atom
    values = facts[predicate]
    if variables[0] == axes[1]:
        values = values.transpose(1, 2)
    return 1 - values if literal.sign is Sign.ABSENT else values


class SoftRules(nn.Module):
    """Programs of a few slots, each a choice among clauses, learned side by side.

    The target swapped is ``p(Y, X)``: a clause that speaks of nothing else is about it transposed.
    """

    def __init__(self, clauses: Sequence[Rule], *, programs: int, slots: int, seed: int) -> None:
        super().__init__()
        self.clauses = tuple(clauses)
        draw = torch.randn(programs, slots, len(clauses) + 1, generator=stream(seed, "soft rules"))
        self.weights = nn.Parameter(draw)
        """Of each clause in each slot, and of no clause, last."""

    def forward(self, world: Ground, *, steps: int) -> Float[Tensor, "program family x y"]:
        """Return how far the target holds after so many steps of forward chaining, from nothing."""
        chosen = self.weights.softmax(-1)[..., :-1]
        given = torch.einsum("psc,cfxy->psfxy", chosen, world.known)
        if not world.recursive:
            return _any_slot(given)
        again = chosen[..., list(world.recursive)]
        believed = _any_slot(given)
        for _ in range(steps - 1):
            derived = self._chained(world, believed)
            believed = _any_slot(given + torch.einsum("psr,prfxy->psfxy", again, derived))
        return believed

    def _chained(
        self, world: Ground, believed: Float[Tensor, "program family x y"]
    ) -> Float[Tensor, "program recursive family x y"]:
        """Return what each recursive clause derives from what is believed."""
        derived = list[Tensor]()
        for number, clause in enumerate(world.recursive):
            swapped = self.clauses[clause].body[0].atom[1:] == (Y, X)
            if swapped:
                derived.append(believed.transpose(-1, -2))
                continue
            of_first, of_second = world.about[number]
            first = believed if of_first else world.first[number].expand_as(believed)
            second = believed if of_second else world.second[number].expand_as(believed)
            through = first[..., :, :, None] * second[..., None, :, :]
            derived.append(through.amax(-2))
        return torch.stack(derived, dim=1)


def _any_slot(
    said: Float[Tensor, "program slot family x y"],
) -> Float[Tensor, "program family x y"]:
    """Return how far any slot says so, as if they were independent."""
    return 1 - (1 - said).prod(dim=1)
