"""Random queries and random facts in any vocabulary, to try logic on."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from nexus.base.records import Atom, Facts, Truth
from nexus.logic.hypothetical import goal
from nexus.logic.language import Term, Vocabulary, allowed, parse


def questions(rng: random.Random, vocabulary: Vocabulary, n: int) -> Iterator[Term]:
    """Yield ``n`` random queries, every answering operator as likely, without hypotheticals."""
    answering = sorted(allowed((), vocabulary))
    for _ in range(n):
        symbols = [rng.choice(answering)]
        while options := sorted(allowed(symbols, vocabulary)):
            symbols.append(rng.choice(options))
        yield goal(parse(" ".join(symbols), vocabulary))


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

    At most three values of an attribute are in use, so that objects are often alike; relations
    are drawn independently, as no spatial world would have them.
    """
    objects = tuple(f"o{i + 1}" for i in range(rng.randint(1, 6)))
    true: dict[Atom, bool] = {}
    for obj in objects:
        true["object", obj] = rng.random() < 0.9
    for attribute, values in vocabulary.attributes.items():
        used = rng.sample(values, min(3, len(values)))
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
