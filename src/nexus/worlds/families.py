"""Families: who is whose parent, who likes whom, who is tall; and what words of kinship mean.

Gold answers are computed here from the family itself, by loops over people, and by no engine.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from nexus.base.errors import DataError
from nexus.base.randomness import key, uniform
from nexus.base.records import Atom
from nexus.logic.lessons import Family, Lesson, lesson

RELATIONS: Final = ("grandparent", "ancestor", "sibling", "descendant", "short_parent")
"""What can be asked of a family."""
_BACK: Final = 4
"""A parent is one of so many people born just before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kin:
    """A family of ``people`` persons; parents are born before their children."""

    people: int
    parents: tuple[tuple[int, int], ...]
    """Parent and child, of which each person has one or two parents, the first has none."""
    likes: tuple[tuple[int, int], ...]
    """Thrown at random: it has nothing to do with kinship."""
    tall: tuple[int, ...]

    @property
    def facts(self) -> tuple[Atom, ...]:
        """What is told of the family."""
        return (
            *(("parent", f"p{a}", f"p{b}") for a, b in self.parents),
            *(("likes", f"p{a}", f"p{b}") for a, b in self.likes),
            *(("tall", f"p{a}") for a in self.tall),
        )

    def holds(self, relation: str, a: int, b: int) -> bool:
        """Return whether ``a`` is in the relation to ``b``.

        Raises:
            DataError: there is no such relation.
        """
        children = [child for parent, child in self.parents if parent == a]
        if relation == "grandparent":
            return any((child, b) in self.parents for child in children)
        if relation == "ancestor":
            return b in children or any(self.holds(relation, child, b) for child in children)
        if relation == "descendant":
            return self.holds("ancestor", b, a)
        if relation == "sibling":  # of oneself too, for those who have parents
            return any((x, a) in self.parents for x, child in self.parents if child == b)
        if relation == "short_parent":
            return b in children and a not in self.tall
        raise DataError(f"no relation {relation!r}", hint="one of " + ", ".join(RELATIONS))


def kin(seed: int, split: str, index: int, people: int) -> Kin:
    """Return one family, a pure function of its arguments."""
    draw = uniform(key(seed, "families", split, index, people), np.arange(people), people + 4)
    parents = set[tuple[int, int]]()
    for child in range(1, people):
        near = min(child, _BACK)
        for column in (0, 1) if draw[child, 2] < 0.4 else (0,):
            parents.add((child - 1 - int(draw[child, column] * near), child))
    likes = [(a, b) for a in range(people) for b in range(people) if draw[a, 4 + b] < 1.5 / people]
    tall = [a for a in range(people) if draw[a, 3] < 0.5]
    return Kin(people=people, parents=tuple(sorted(parents)), likes=tuple(likes), tall=tuple(tall))


def told(one: Kin, relation: str) -> Family:
    """Return a family with every pair as an example of a relation."""
    pairs = [(a, b) for a in range(one.people) for b in range(one.people)]
    atoms = {(a, b): (relation, f"p{a}", f"p{b}") for a, b in pairs}
    right = [pair for pair in pairs if one.holds(relation, *pair)]
    return Family(
        facts=one.facts,
        positive=tuple(atoms[pair] for pair in right),
        negative=tuple(atoms[pair] for pair in pairs if pair not in right),
    )


def lesson_of(relation: str, seed: int, split: str, *, count: int, people: int) -> Lesson:
    """Return a lesson of ``count`` families of ``people`` persons."""
    return lesson([told(kin(seed, split, i, people), relation) for i in range(count)])
