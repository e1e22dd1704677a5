"""Planning problems told in English, sentence by sentence, with what each says.

Everything is a pure function of ``(seed, split, index)``; splits are those of
``nexus.worlds.theories``. In a mystery, relations, actions and sorts of things have words of their
own, and the text begins by saying what each means; the rules of the world stay those of the domain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.base.errors import ConfigError
from nexus.base.randomness import key
from nexus.logic.meaning import Meaning
from nexus.logic.planning import Problem
from nexus.logic.theory import Literal, Span
from nexus.worlds.dice import Dice, dice
from nexus.worlds.planning import Posed, blocksworld, logistics
from nexus.worlds.planning.names import block_names, style, thing_names
from nexus.worlds.planning.phrasing import Cast, Phraser, Words, mystery_words
from nexus.worlds.theories.world import SPLITS, Sentence, Split

FAMILIES: Final = ("blocksworld", "logistics")
VERSION: Final = 1
"""Raised when the same ``(seed, split, index)`` gives another text than before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldProblem:
    """A text, and the problem that it tells."""

    text: str
    sentences: tuple[Sentence, ...]
    posed: Posed
    """Its problem has no thing that the text does not speak of."""
    mystery: bool
    provenance: Mapping[str, str | int]


def problems(
    seed: int,
    split: str,
    index: Int64[np.ndarray, " n"],
    *,
    family: str = "",
    unsolvable: bool = False,
    sizes: Sequence[int] = range(3, 9),
) -> list[ToldProblem]:
    """Return the texts with these indices; families take turns, every fourth text is a mystery.

    Raises:
        ConfigError: there is no such split or family.
    """
    if split not in SPLITS or family not in ("", *FAMILIES):
        raise ConfigError(f"there is no split {split!r} or no family {family!r}")
    stream = key(seed, "planning", "told", split, int(unsolvable))
    found = list[ToldProblem]()
    for (one,), i in zip(dice(stream, index), index.tolist(), strict=True):
        name = family or FAMILIES[i % 2]
        posed = _posed(seed, split, i, name, unsolvable, sizes)
        provenance = {"seed": seed, "world": name, "split": split, "index": i, "version": VERSION}
        found.append(_told(one, SPLITS[split], posed, i // 2 % 4 == 3, provenance))
    return found


def _posed(
    seed: int, split: str, index: int, family: str, unsolvable: bool, sizes: Sequence[int]
) -> Posed:
    rows = np.array([index])
    if family == "blocksworld":
        (posed,) = blocksworld.sample(seed, split, rows, sizes=sizes, unsolvable=unsolvable)
        return posed
    (posed,) = logistics.sample(seed, split, rows, unsolvable=unsolvable)
    met = {x for atom in posed.problem.initial for x in atom[1:]}
    met |= {x for literal in posed.problem.goal for x in literal.atom[1:]}
    objects = tuple(x for x in posed.problem.objects if x.name in met)
    return replace(posed, problem=replace(posed.problem, objects=objects))


def _told(
    one: Dice, how: Split, posed: Posed, mystery: bool, provenance: Mapping[str, str | int]
) -> ToldProblem:
    problem = posed.problem
    cast = _cast(one, how, problem, mystery)
    phraser = Phraser(dice=one, cast=cast, held_out=how.held_out)
    facts = [Literal(atom) for atom in sorted(problem.initial)]
    if problem.domain.name == "blocksworld" and ("hand_empty",) not in problem.initial:
        facts.append(Literal(("hand_empty",)).opposite)
    facts = [facts[i] for i in one.shuffled(len(facts))]
    said = [*phraser.meanings(), *phraser.preface(), *phraser.facts(facts)]
    said += [*phraser.declarations(), *phraser.goals(list(problem.goal))]
    found, start = list[Sentence](), 0
    for text, meaning in said:
        span = Span(start=start, stop=start + len(text))
        found.append(Sentence(text=text, meaning=meaning, template="planning", span=span))
        start = span.stop + 1
    return ToldProblem(
        text=" ".join(x.text for x in found),
        sentences=tuple(found),
        posed=posed,
        mystery=mystery,
        provenance=provenance,
    )


def _cast(one: Dice, how: Split, problem: Problem, mystery: bool) -> Cast:
    manner = style(one, how.pool, mystery=mystery)
    types = {x.name: x.type for x in problem.objects}
    if problem.domain.name == "blocksworld":
        names = block_names(one, manner, len(types))
    else:
        names = thing_names(one, manner, list(types.values()))
    words = mystery_words(one, how, problem.domain.name) if mystery else Words()
    return Cast(style=manner, names=dict(zip(types, names, strict=True)), types=types, words=words)


def drills(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> list[Sentence]:
    """Return single sentences of planning, one an index, to be parsed: of little problems.

    One in eight is beyond the grammar, one in six canonical, and goals are as many as facts.

    Raises:
        ConfigError: there is no such split.
    """
    if split not in SPLITS:
        raise ConfigError(f"there is no split {split!r}", hint="one of " + ", ".join(SPLITS))
    how = SPLITS[split]
    thrown = dice(key(seed, "planning", "drills", split), index)
    return [_drill(one, how, seed, split, int(i)) for (one,), i in zip(thrown, index, strict=True)]


def _drill(one: Dice, how: Split, seed: int, split: str, index: int) -> Sentence:
    mystery = one.roll(4) == 0
    posed = _posed(seed, f"{split}, drilled", index, FAMILIES[one.roll(2)], False, (3, 4, 5))
    cast = _cast(one, how, posed.problem, mystery)
    phraser = Phraser(dice=one, cast=cast, held_out=how.held_out)
    facts = [Literal(atom) for atom in sorted(posed.problem.initial)]
    facts = [facts[i] for i in one.shuffled(len(facts))][:4]
    goals = list(posed.problem.goal)
    sort = one.roll(24)
    if sort < 3:
        some = [(phraser.outside(), Meaning())]
    elif sort < 7:
        some = phraser.canonical(facts, goals)
    elif sort < 9:
        some = phraser.random(one.roll(2) == 0)
    elif sort < 15:
        some = phraser.goals(goals)
    elif sort < 20:
        some = phraser.facts(facts)
    elif sort < 22 and mystery:
        some = phraser.meanings()
    else:
        some = [*phraser.preface(always=True), *phraser.declarations()] or phraser.facts(facts)
    text, meaning = one.pick(some)
    span = Span(start=0, stop=len(text))
    return Sentence(text=text, meaning=meaning, template="planning", span=span)
