"""The torch-free records that cross stages: frozen, keyword-only, never a bare dict.

Who makes what, and who reads it: worlds make ``Example``; grounding makes ``Facts``; the solver
makes ``Certificate``; decide makes ``Decision``; reflection makes ``ReflectionEvent``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import UInt8

Atom: TypeAlias = tuple[str, ...]
"""A ground statement: ``("colour", "o1", "red")``, ``("left_of", "o1", "o2")``."""


class Truth(StrEnum):
    """Kleene's three values; unknown means "this perception does not say", never "false"."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What the system is shown: one picture, and where it came from."""

    image: UInt8[np.ndarray, "height width 3"]
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question about one scene with its gold answer, computed from world state."""

    text: str
    query: str
    """Meaning, in the linear notation of ``logic.language``."""
    steps: tuple[str, ...]
    """Reasoning steps in plain words, in the order a person would take them."""
    answer: str
    kind: str
    """exist, count, query, compare, relation or hypothetical."""
    template: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is held about one scene; an atom not listed is unknown.

    ``("object", name)`` says that the object exists at all; the other atoms are about objects.
    """

    objects: tuple[str, ...]
    """Names of every object that exists or may exist."""
    truth: Mapping[Atom, Truth]
    probability: Mapping[Atom, float]
    """Probability that the atom is true; 1.0 or 0.0 where the facts are gold."""
    centres: Mapping[str, tuple[float, float]] = field(
        default_factory=dict[str, tuple[float, float]]
    )
    """Centre (x, y) of each object as a fraction of the side, x to the right, y down."""

    def of(self, atom: Atom) -> Truth:
        """Return the truth of ``atom``; unknown when these facts do not mention it."""
        return self.truth.get(atom, Truth.UNKNOWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One complete training or test item, with everything known about it."""

    image: UInt8[np.ndarray, "height width 3"]
    texts: tuple[str, ...]
    """Captions: the first describes every object, later ones are partial."""
    questions: tuple[Question, ...]
    facts: Facts
    provenance: Mapping[str, str | int]
    """seed, world, split, index, version: enough to make this example again, bit for bit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Premise:
    """A literal taken from the facts: the atom holds, or it does not."""

    atom: Atom
    holds: bool
    probability: float
    """Probability of this literal (already ``1 - p`` when it does not hold)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofStep:
    """One node of the query, evaluated: what is proved in, what is undecided, and from what."""

    op: str
    arguments: tuple[str, ...]
    inputs: tuple[int, ...]
    """Indices of earlier steps this one reads."""
    inside: tuple[str, ...] = ()
    """Objects proved to belong to this set."""
    maybe: tuple[str, ...] = ()
    """Objects neither proved in nor proved out."""
    value: str = ""
    """The answer, for a step that answers; empty for a set."""
    premises: tuple[Premise, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A proof that ``answer`` follows from the facts, checkable without the solver."""

    query: str
    answer: str
    steps: tuple[ProofStep, ...]
    assumption: str
    """``closed``: there are no objects beyond those listed."""
    engine: str

    @property
    def probability(self) -> float:
        """Product over the distinct premises: exact if perception errs independently."""
        distinct = {(p.atom, p.holds): p.probability for s in self.steps for p in s.premises}
        return float(np.prod(list(distinct.values()))) if distinct else 1.0

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Certificate":
        """Return the proof that ``asdict`` and JSON made ``values`` of; raises what it will."""
        steps = list[ProofStep]()
        for step in values["steps"]:
            premises = tuple(
                Premise(atom=tuple(p["atom"]), holds=p["holds"], probability=p["probability"])
                for p in step["premises"]
            )
            lists = {name: tuple(step[name]) for name in ("arguments", "inputs", "inside", "maybe")}
            parts: dict[str, Any] = {**step, **lists, "premises": premises}
            steps.append(ProofStep(**parts))
        whole: dict[str, Any] = {**values, "steps": tuple(steps)}
        return cls(**whole)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the checker says of a certificate: valid, or the first thing wrong with it."""

    valid: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One route's own answer: what it says, how sure it is, what that rests on."""

    answer: str
    """Empty when the route abstains."""
    confidence: float
    rests_on: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The one outcome of a question: an answer or an honest abstention, with its grounds."""

    answer: str
    """Empty when abstaining."""
    confidence: float
    """Calibrated probability that ``answer`` (or, abstaining, the likelier route) is right."""
    reason: str
    """Why, in plain words."""
    cause: str
    """One word for counting: agreed and proved are answers (by both routes, by the proof alone);
    disagreed, unparsed, unproved, unfamiliar and unsure are abstentions."""
    fast: Route
    slow: Route
    steps: tuple[str, ...]
    """The fast route's explanation; it explains and is never executed."""
    certificate: Certificate | None
    verdict: Verdict
    surprise: float
    """How unlike the training scenes the picture is; 1.0 is the 99th percentile of training."""
    trace: str
    """Trace id, under which the whole thought is logged."""
    query: str = ""
    """How the slow route read the question, in the query notation; empty when it could not."""

    @property
    def abstained(self) -> bool:
        """True when no answer is given."""
        return not self.answer


@dataclass(frozen=True, kw_only=True, slots=True)
class ReflectionEvent:
    """Something reflection noticed; it asks for nothing and changes nothing."""

    kind: str
    """contradiction, rejected_proof, unfamiliar, drift, cause or correction."""
    evidence: tuple[str, ...]
    """Trace ids."""
    cause: str
