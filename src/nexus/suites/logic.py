"""Suite "logic": questions about theories in plain English, and how often the answer is right.

Accuracy among answered questions is only quoted with the share that is answered, on the same items.
The floor of an accuracy is always saying what is right most often; of a coverage or an abstention,
a system that never answers, or always does.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from nexus.base.errors import DataError
from nexus.config import Recipe
from nexus.decide.proving import Asked, conclude
from nexus.logic.theory import World
from nexus.reason.sentences.reading import SentenceParser
from nexus.suites import learned_rules, planning_texts, results
from nexus.suites.results import Figure
from nexus.suites.risk import Point, draw_risk, risk_coverage
from nexus.worlds.theories import exercises, out_of_grammar

TOGETHER: Final = 500
"""Theories that are drawn and asked about in one go."""
PARAPHRASES: Final = Path(__file__).parents[3] / "tests" / "logic" / "paraphrases"
"""Texts by a person who saw no template, frozen by hash; they come with the source."""
_ABSTAIN: Final = "abstain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A question, and its right answer: yes, no, unknown or abstain."""

    asked: Asked
    answer: str
    slice: str
    """What it is counted with in the tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """An item and what was said."""

    item: Item
    said: str
    """Empty where there was no answer."""
    reason: str
    probability: float = 0.0
    """Of the least sure reading that the answer may rest on."""

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.said == self.item.answer


def evaluate(
    parser: SentenceParser, recipe: Recipe, folder: Path, paraphrases: Path = PARAPHRASES
) -> dict[str, Any]:
    """Measure, store and return the suite's result."""
    began, count, seed = time.process_time(), recipe.evaluate.theories, recipe.seed
    rules = list(_marked(parser, drawn(seed, "test", count, "rules")))
    taxonomy = list(_marked(parser, drawn(seed, "test", count, "taxonomy")))
    held_out = list(_marked(parser, drawn(seed, "templates", max(22, count // 10), "rules")))
    planning, plans = planning_texts.figures(parser, seed, count)
    figures = {
        **planning,
        **answered_figures("ruletaker", rules),
        **answered_figures("prontoqa", taxonomy),
        **answered_figures("templates", held_out),
        "out_of_grammar_abstained": abstained(parser, seed, count),
        "sentences_per_cpu_second": speed(parser, seed, min(count, 2_000)),
        **learned_rules.figures(seed, min(learned_rules.SEEDS, count // 100)),
    }
    natural = natural_items(paraphrases)
    marked = list(_marked(parser, natural))
    if marked:
        figures |= natural_figures(marked)
    told = {"templates": [x.item for x in held_out], "paraphrases": natural}
    curves = {
        f"{name}, {make}": curve(list(_marked(loose(parser, heard), items)))
        for name, items in told.items()
        for make, heard in (("as taught", parser.heard), ("any make", 0))
    }
    draw_risk(folder, curves)
    found = results.result(
        "logic",
        figures,
        recipe,
        cpu_s=time.process_time() - began,
        ruletaker=by_slice(rules),
        natural=by_slice(marked),
        planning=plans,
        abstentions={
            name: Counter(x.reason for x in some if not x.said).most_common(12)
            for name, some in (("ruletaker", rules), ("natural", marked))
        },
        risk_coverage={name: [asdict(x) for x in points] for name, points in curves.items()},
    )
    results.store(folder, found)
    return found


def drawn(seed: int, split: str, count: int, kind: str) -> Iterator[Item]:
    """Yield theories of the world of language, each with its question."""
    for start in range(0, count, TOGETHER):
        index = np.arange(start, min(count, start + TOGETHER))
        for x in exercises(seed, split, index, kind=kind):
            asked = Asked(context=x.text, question=x.question.text, world=x.theory.world)
            yield Item(asked=asked, answer=x.answer, slice=f"{x.theory.world} {x.depth}")


def natural_items(folder: Path) -> list[Item]:
    """Return the paraphrases; none where there is no source to come with.

    Raises:
        DataError: they are not those that were frozen.
    """
    path = folder / "paraphrases.jsonl"
    if not path.is_file():
        return []
    data, frozen = path.read_bytes(), (folder / "sha256").read_text().split()[0]
    if hashlib.sha256(data).hexdigest() != frozen:
        raise DataError(f"{path} is not what was frozen", hint="restore it from the repository")
    found = list[Item]()
    for line in data.splitlines():
        values: dict[str, Any] = json.loads(line)
        world = World(values["world"])
        asked = Asked(context=values["context"], question=values["question"], world=world)
        found.append(Item(asked=asked, answer=values["answer"], slice=values["style"]))
    return found


def _marked(parser: SentenceParser, items: Iterable[Item]) -> Iterator[Marked]:
    """Yield items with what is said of them."""
    some = list[Item]()
    for item in items:
        some.append(item)
        if len(some) == TOGETHER:
            yield from _mark(parser, some)
            some = []
    yield from _mark(parser, some)


def _mark(parser: SentenceParser, some: Sequence[Item]) -> Iterator[Marked]:
    found = conclude(parser, [item.asked for item in some])
    for item, conclusion in zip(some, found, strict=True):
        yield Marked(
            item=item,
            said=conclusion.said,
            reason=conclusion.reason,
            probability=conclusion.probability,
        )


def answered_figures(name: str, marked: Sequence[Marked]) -> dict[str, Figure]:
    """Return accuracy among answered questions, their share, and the score."""
    answered = [x for x in marked if x.said]
    right = np.array([x.right for x in answered], dtype=bool)
    return {
        f"{name}_answered_accuracy": results.share(right, floor=majority(answered)),
        f"{name}_coverage": results.share(np.array([bool(x.said) for x in marked]), floor=0.0),
        f"{name}_score": results.mean(scores(marked), floor=0.0),
    }


def majority(marked: Sequence[Marked]) -> float | None:
    """Return how often the commonest right answer of each world is right."""
    counted = Counter((x.item.asked.world, x.item.answer) for x in marked)
    worlds = {world for world, _ in counted}
    best = sum(max(n for (w, _), n in counted.items() if w is world) for world in worlds)
    return best / len(marked) if marked else None


def scores(marked: Sequence[Marked]) -> Float[np.ndarray, " item"]:
    """Return 1 for a right answer, -2 for a wrong one, 0 for none."""
    return np.array([0.0 if not x.said else 1.0 if x.right else -2.0 for x in marked])


def natural_figures(marked: Sequence[Marked]) -> dict[str, Figure]:
    """Return how many answers about paraphrases are right, and how many there are.

    An answer to what has none is wrong; the coverage is that of questions that have one.
    """
    figures = answered_figures("natural", marked)
    askable = [x for x in marked if x.item.answer != _ABSTAIN]
    outside = [x for x in marked if x.item.answer == _ABSTAIN]
    return {
        "natural_precision": figures["natural_answered_accuracy"],
        "natural_coverage": results.share(np.array([bool(x.said) for x in askable]), floor=0.0),
        "natural_score": figures["natural_score"],
        "natural_outside_abstained": results.share(
            np.array([not x.said for x in outside], dtype=bool), floor=0.0
        ),
    }


def loose(parser: SentenceParser, heard: int) -> SentenceParser:
    """Return the parser that reads whatever it is not in doubt about for another reason."""
    return SentenceParser(parser.network, certain=0.0, heard=heard)


def curve(marked: Sequence[Marked]) -> tuple[Point, ...]:
    """Return how right answers are when only the surest are given.

    An answer to what has none is wrong, but what has none is no question to be covered.
    """
    answered = [x for x in marked if x.said]
    sure = np.array([x.probability for x in answered])
    askable = sum(x.item.answer != _ABSTAIN for x in marked)
    return risk_coverage(sure, np.array([x.right for x in answered], dtype=bool), askable)


def abstained(parser: SentenceParser, seed: int, count: int) -> Figure:
    """Return how many sentences of phenomena that no training shows are not read."""
    found = out_of_grammar(seed, "test", np.arange(count), unseen=True)
    readings = parser.read_texts([x.text for x in found])
    silent = [not any(reading.symbols for reading in some) for some in readings]
    return results.share(np.array(silent), floor=0.0)


def speed(parser: SentenceParser, seed: int, count: int) -> Figure:
    """Return how many sentences of theories are read in a CPU-second, all of them different."""
    texts = [x.asked.context for x in drawn(seed, "val", -(-count // 15), "rules")]
    began = time.process_time()
    read = sum(map(len, parser.read_texts(texts)))
    return Figure(value=read / max(1e-9, time.process_time() - began), n=read)


def by_slice(marked: Sequence[Marked]) -> Mapping[str, Mapping[str, float | int]]:
    """Return items, answers and wrong answers of every slice."""
    table: dict[str, Mapping[str, float | int]] = {}
    for name in sorted({x.item.slice for x in marked}):
        some = [x for x in marked if x.item.slice == name]
        answered = [x for x in some if x.said]
        wrong = sum(not x.right for x in answered)
        table[name] = {"n": len(some), "answered": len(answered), "wrong": wrong}
    return table
