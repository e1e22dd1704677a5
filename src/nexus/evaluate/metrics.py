"""Counting what is right, wrong and unknown: seen facts against gold facts, answers by kind."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot

from nexus.base.records import Facts, Truth
from nexus.logic.language import Vocabulary

NEAR = 0.07
"""A seen object counts as a gold one whose centre is closer than this (fraction of the side)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How often something was told right, told wrong, or honestly not told."""

    right: int = 0
    wrong: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.right + self.wrong + self.unknown

    @property
    def accuracy(self) -> float:
        """Share told right; what is not told is not right. NaN of nothing."""
        return self.right / self.total if self.total else float("nan")

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            right=self.right + other.right,
            wrong=self.wrong + other.wrong,
            unknown=self.unknown + other.unknown,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenScore:
    """Facts of a set of scenes against gold."""

    scenes: int = 0
    perfect: int = 0
    """Scenes with every object and attribute told, right, and nothing invented."""
    invented: int = 0
    """Objects held true that are not there."""
    factors: Mapping[str, Tally] = field(default_factory=dict[str, Tally])
    """``object``, each attribute, and ``relation``."""

    def __add__(self, other: "SeenScore") -> "SeenScore":
        names = [*self.factors, *(n for n in other.factors if n not in self.factors)]
        none = Tally()
        return SeenScore(
            scenes=self.scenes + other.scenes,
            perfect=self.perfect + other.perfect,
            invented=self.invented + other.invented,
            factors={n: self.factors.get(n, none) + other.factors.get(n, none) for n in names},
        )


def match(seen: Facts, gold: Facts) -> dict[str, str]:
    """Return gold object -> seen object, closest pairs first, none farther than ``NEAR``."""
    pairs = sorted(
        (hypot(a[0] - b[0], a[1] - b[1]), g, s)
        for g, a in gold.centres.items()
        for s, b in seen.centres.items()
    )
    found: dict[str, str] = {}
    for distance, g, s in pairs:
        if distance < NEAR and g not in found and s not in found.values():
            found[g] = s
    return found


def score_facts(seen: Facts, gold: Facts, vocabulary: Vocabulary) -> SeenScore:
    """Return the tally of one scene; whatever is about an object not seen counts as unknown."""
    found = match(seen, gold)
    tallies: dict[str, Counter[str]] = {"object": Counter()}
    for g in gold.objects:
        truth = seen.of(("object", found[g])) if g in found else Truth.UNKNOWN
        tallies["object"]["right" if truth is Truth.TRUE else "unknown"] += 1
    for name, values in vocabulary.attributes.items():
        tallies[name] = Counter(
            _told(seen, found.get(g), name, values, gold, g) for g in gold.objects
        )
    tallies["relation"] = Counter(
        _compare(seen.of((r, found[a], found[b])), gold.of((r, a, b)))
        if a in found and b in found
        else "unknown"
        for r in vocabulary.relations
        for a in gold.objects
        for b in gold.objects
        if a != b
    )
    extra = [s for s in seen.objects if s not in found.values()]
    shown = [n for n in tallies if n not in ("relation", "place")]
    perfect = not extra and all(set(tallies[n]) <= {"right"} for n in shown)
    return SeenScore(
        scenes=1,
        perfect=int(perfect),
        invented=sum(seen.of(("object", s)) is Truth.TRUE for s in extra),
        factors={n: Tally(**c) for n, c in tallies.items()},
    )


def _told(seen: Facts, s: str | None, name: str, values: Sequence[str], gold: Facts, g: str) -> str:
    true = [v for v in values if s is not None and seen.of((name, s, v)) is Truth.TRUE]
    if len(true) != 1:
        return "unknown"
    return "right" if gold.of((name, g, true[0])) is Truth.TRUE else "wrong"


def _compare(seen: Truth, gold: Truth) -> str:
    if seen is Truth.UNKNOWN:
        return "unknown"
    return "right" if seen is gold else "wrong"


def score_scenes(seen: Sequence[Facts], gold: Sequence[Facts], vocabulary: Vocabulary) -> SeenScore:
    """Return the tally over scenes."""
    scores = (score_facts(s, g, vocabulary) for s, g in zip(seen, gold, strict=True))
    return sum(scores, SeenScore())


def accuracy_by(kinds: Iterable[str], right: Iterable[bool]) -> dict[str, float]:
    """Return the share right of each kind, kinds in alphabetical order."""
    seen: dict[str, list[bool]] = {}
    for kind, ok in zip(kinds, right, strict=True):
        seen.setdefault(kind, []).append(ok)
    return {kind: sum(oks) / len(oks) for kind, oks in sorted(seen.items())}
