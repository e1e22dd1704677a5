"""A parser of sentences that reads canonical English of adjectives alone, taught within a test."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from nexus.base.errors import LanguageError
from nexus.base.randomness import key
from nexus.config import PhaseConfig, SentencesConfig, TrainConfig
from nexus.decide.proving import Asked
from nexus.logic import english, linear
from nexus.logic.meaning import KIND, Meaning
from nexus.logic.sentences import words
from nexus.logic.theory import Literal, Rule, Sign, Theory, World
from nexus.nn.seeding import seeded
from nexus.reason.sentences.network import SentenceNetwork
from nexus.reason.sentences.pointing import alike
from nexus.reason.sentences.reading import SentenceParser
from nexus.store.runs import Run
from nexus.train.loop import run_phase
from nexus.train.sentence_parser import calibrate_sentences
from nexus.train.sentences import Lesson, Lessons, SentencePhase, known_words
from nexus.train.trainer import LoopSettings
from nexus.worlds.dice import Dice, dice
from nexus.worlds.theories import utterances
from nexus.worlds.theories.cast import cast, claimed, random_rule
from nexus.worlds.theories.drawing import answered

CONFIG = SentencesConfig(width=48, heads=4, read_depth=1, write_depth=1, lessons=2000)
PHASE = PhaseConfig(steps=240, batch=48, rate=5e-3, warmup=20, decay_from=0.4)
CONDITIONS = 2
"""Most conditions of a rule."""


def plain(clause: Literal | Rule) -> bool:
    """Return whether a clause says of few things that they are, or are not, so."""
    literals = tuple(clause.literals) if isinstance(clause, Rule) else (clause,)
    few = len(literals) <= CONDITIONS + 1
    return few and all(len(x.atom) == 2 and not x.atom[0].startswith(KIND) for x in literals)


def canonical(meaning: Meaning) -> list[Lesson]:
    """Return one lesson of each clause."""
    found = list[Lesson]()
    for x in (*meaning.facts, *meaning.rules, meaning.goal):
        if x is None:
            continue
        try:
            asks = x is meaning.goal
            text = (english.question if asks else english.sentence)(x, meaning.words)  # type: ignore[operator]
        except LanguageError:
            continue
        if not plain(x):
            continue
        said = Meaning(
            facts=(x,) if x in meaning.facts else (),
            rules=(x,) if x in meaning.rules else (),
            goal=meaning.goal if asks else None,
        )
        found.append(Lesson(words=words(text), symbols=linear.encode(said, words(text))))
    return found


def canonical_lessons(seed: int, split: str, count: int) -> list[Lesson]:
    """Return lessons in canonical English, and those of which nothing is to be made."""
    found = list[Lesson]()
    for sentence in utterances(seed, split, np.arange(count)):
        if sentence.meaning.abstains:
            found.append(Lesson(words=sentence.words, symbols=("none", "end")))
        found.extend(canonical(sentence.meaning))
    return found


class CanonicalPhase(SentencePhase):
    """The phase, on canonical lessons."""

    @cached_property
    def lessons(self) -> Lessons:
        found = canonical_lessons(self.seed, "train", self.count)
        return Lessons(found, known_words(found))


def untaught(seed: int = 0) -> SentenceNetwork:
    """Return a network that knows nothing."""
    with seeded(seed, "test", "sentences"):
        return SentenceNetwork(CONFIG)


def taught(folder: Path) -> SentenceNetwork:
    """Return a network taught by the real loop in a run below ``folder``, and calibrated."""
    phase = CanonicalPhase(untaught(), PHASE, count=CONFIG.lessons, seed=0)
    run = Run.create(folder / "run", recipe="", config_hash="sentences", seed=0)
    assert run_phase(phase, run, LoopSettings.of(TrainConfig(), PHASE)).status == "finished"
    network = phase.network.eval()
    calibrate_sentences(network, canonical_lessons(0, "val", 300))
    return network


def right(read: Sequence[tuple[str, ...]], lessons: Sequence[Lesson]) -> float:
    """Return the share of lessons that were read as they should be."""
    pairs = zip(read, lessons, strict=True)
    return float(np.mean([alike(x, y.symbols, y.words) for x, y in pairs]))


def questions(seed: int, split: str, count: int) -> list[tuple[Asked, str]]:
    """Return small theories in canonical English, half of worlds closed, with right answers."""
    found = list[tuple[Asked, str]]()
    for (one,) in dice(key(seed, "canonical", split), np.arange(8 * count)):
        world = (World.CLOSED, World.OPEN)[len(found) % 2]
        try:
            theory, goal, words = _drawn(one, world, split)
            answer = answered(theory, goal)
        except LanguageError:
            continue
        said = [english.sentence(x, words) for x in (*theory.facts, *theory.rules)]
        asked = english.question(goal, words)
        found.append((Asked(context=" ".join(said), question=asked, world=world), answer))
    return found[:count]


def _drawn(one: Dice, world: World, split: str) -> tuple[Theory, Literal, Mapping[str, str]]:
    """Return a theory of three facts and three rules, and a conclusion or a fact as a goal."""
    players = cast(one, "attribute", split, 1, few=True)
    negation = Sign.ABSENT if world is World.CLOSED else Sign.DENIED
    rules, facts = list[Rule](), dict[Literal, None]()
    while len(rules) < 3:
        if plain(rule := random_rule(one, players, negation=negation)):
            rules.append(rule)
    while len(facts) < 3:
        if plain(fact := claimed(one, players, one.pick(players.things))):
            facts[fact] = None
    theory = Theory(facts=tuple(facts), rules=tuple(rules), world=world)
    goal = one.pick((*(x.head for x in rules), *facts))
    goal = goal.under({x: one.pick(players.things) for x in goal.variables})
    return theory, goal, players.words


def parser(network: SentenceNetwork) -> SentenceParser:
    """Return a parser with this network, as a recipe would have it."""
    return SentenceParser(network, certain=CONFIG.certain, heard=CONFIG.heard)
