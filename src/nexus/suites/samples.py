"""Random queries and random facts in any vocabulary, to try logic on."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, permutations
from typing import Final

from nexus.base.records import Atom, Facts, Truth
from nexus.logic.language import HYPOTHETICAL, Term, Vocabulary, allowed, parse

_WEIGHTS: Final = {"objects": 2.0, "filter": 3.0, "related": 1.0}
"""Filters tell objects apart; a relation asks for one object, which a random set seldom is."""


def questions(rng: random.Random, vocabulary: Vocabulary) -> Iterator[Term]:
    """Yield random queries for ever, the operators in turn; none is hypothetical."""
    answering = sorted(allowed((), vocabulary) - HYPOTHETICAL)
    for op in cycle(rng.sample(answering, len(answering))):
        symbols = [op]
        while options := sorted(allowed(symbols, vocabulary)):
            symbols.append(rng.choices(options, [_WEIGHTS.get(o, 1.0) for o in options])[0])
        yield parse(" ".join(symbols), vocabulary)


def haze(facts: Facts, rng: random.Random, *, unknown: float) -> Facts:
    """Return ``facts`` as an imperfect eye has them: this share unknown, none quite certain."""
    truth: dict[Atom, Truth] = {}
    probability: dict[Atom, float] = {}
    for atom, was in facts.truth.items():
        sure = 0.8 + 0.2 * rng.random()
        if was is Truth.UNKNOWN or rng.random() < unknown:
            truth[atom], probability[atom] = Truth.UNKNOWN, 0.2 + 0.6 * rng.random()
        else:
            truth[atom] = was
            probability[atom] = sure if was is Truth.TRUE else 1.0 - sure
    return replace(facts, truth=truth, probability=probability)


def invent(rng: random.Random, vocabulary: Vocabulary) -> Facts:
    """Return certain facts about one to six listed objects, some of which may not exist.

    Few values of an attribute are in use, so that objects are often alike; relations are drawn
    independently, as no spatial world would have them.
    """
    objects = tuple(f"o{i + 1}" for i in range(rng.randint(1, 6)))
    true: dict[Atom, bool] = {}
    for obj in objects:
        true["object", obj] = rng.random() < 0.9
    for attribute, values in vocabulary.attributes.items():
        used = rng.sample(values, min(rng.randint(2, 6), len(values)))
        for obj in objects:
            mine = rng.choice(used)
            true |= {(attribute, obj, value): value == mine for value in values}
    for relation in vocabulary.relations:
        for a, b in permutations(objects, 2):
            true[relation, a, b] = rng.random() < 0.5
    return Facts(
        objects=objects,
        truth={atom: Truth.TRUE if holds else Truth.FALSE for atom, holds in true.items()},
        probability={atom: float(holds) for atom, holds in true.items()},
    )
