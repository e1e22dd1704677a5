"""The records of a change to what thinks: what is proposed, what it does, what is agreed.

Who makes what, and who reads it: ``train`` makes ``Proposal`` with its candidate; ``evaluate``
makes ``ShadowReport``; a ``Policy`` is agreed on beforehand; ``review`` lets people decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from nexus.base.errors import ConfigError

KINDS: Final = (
    "core",
    "encoder",
    "asker",
    "memory",
    "grounding",
    "dynamics",
    "parser",
    "tokenizer",
    "threshold",
    "rule",
)
"""What can change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A figure the change is expected to reach; what is observed later is held against it."""

    figure: str
    """A slice of the shadow report, such as ``all`` or ``rule:3x5``: its accuracy."""
    expected: float
    tolerance: float
    """As expected is whatever is no lower than ``expected - tolerance``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What speaks for a change."""

    cause: str
    """What reflection named, in plain words."""
    traces: tuple[str, ...]
    """Ids of the thoughts it was found in."""
    corrections: tuple[str, ...] = ()
    """Ids of the corrections it rests on."""
    doubted: tuple[str, ...] = ()
    """Ids of corrections that most others speak against; they were not learned from."""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    intervals: Mapping[str, tuple[float, float]] = field(
        default_factory=dict[str, tuple[float, float]]
    )
    """Figure -> its 95 % interval."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A change to what may think, asked for; it changes nothing by itself."""

    change_id: str
    """12 hexadecimal digits."""
    kind: str
    """What changes, one of ``KINDS``."""
    proposer: str
    """Who asks: ``reflection``, or a person's name; who proposes never approves."""
    rationale: str
    evidence: Evidence
    expected_effects: tuple[Effect, ...]
    revert_plan: str
    base: str
    """Hash of the system manifest the change starts from."""
    candidate: str
    """Hash of the system manifest it would put in place."""
    replay: str
    """Hash of the object from which the candidate can be built again, byte for byte."""
    policy: str
    """Hash of the policy it is to be judged by."""
    data: Mapping[str, str | int]
    """Where the examples came from: seeds, splits, versions, counts, hashes."""
    created: int
    """UTC, in whole seconds since 1970."""
    expires: int
    """No approval counts from this second on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """Base and candidate on the same examples."""

    name: str
    n: int
    base: float
    """Share right."""
    candidate: float
    low: float
    """Lower end of the 95 % interval of ``candidate - base``, paired."""
    high: float
    detectable: float
    """Least difference that so many examples show in 4 cases of 5."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip:
    """An example that base and candidate answer differently, one of them rightly."""

    example: str
    """The example in words, or where it can be found again."""
    right: str
    base: str
    candidate: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerDiff:
    """How one tensor differs between base and candidate."""

    name: str
    norm: float
    """Frobenius norm of the difference."""
    relative: float
    """That, over the norm of the base."""
    singular: tuple[float, ...]
    """Largest singular values of the difference, falling; empty for a vector."""
    effective_rank: float
    """Exponential of the entropy of its normalised singular values (Roy and Vetterli, 2007)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShadowReport:
    """What a candidate does, measured before anyone decides about it."""

    change_id: str
    base: str
    candidate: str
    slices: tuple[Slice, ...]
    frozen: Slice
    """The frozen set: nothing on it should have changed for the worse."""
    ece_base: float
    ece_candidate: float
    mended: tuple[Flip, ...]
    """Up to 20 examples the candidate answers rightly and the base does not."""
    broken: tuple[Flip, ...]
    """Up to 20 the other way."""
    n_mended: int
    n_broken: int
    layers: tuple[LayerDiff, ...]
    cpu_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What was agreed on before anyone knew what would be proposed."""

    approvals: int = 1
    """Persons who must approve; two for the two-person rule."""
    flagged_approvals: int = 2
    """Persons who must approve what the shadow report flags; never fewer than ``approvals``."""
    lead_only: str = ""
    """Kinds of change, apart by spaces, that only a lead may approve; others any reviewer may."""
    expires_s: int = 14 * 86_400
    """Longest time a proposal may wait for a decision."""
    forgotten: float = 0.01
    """Accuracy that may be lost on the frozen set."""
    miscalibrated: float = 0.02
    """ECE that may be added."""
    moved: float = 0.5
    """Relative change of one tensor above which it is flagged."""
    window: int = 200
    """Outcomes observed after applying, before a change is confirmed."""
    fallen: float = 0.05
    """Accuracy below what was expected, tolerance taken off, at which a change is rolled back; the
    whole of its 99 % interval must lie there, of 30 outcomes or more."""

    def __post_init__(self) -> None:
        least = {"approvals": 1, "flagged_approvals": 1, "window": 1, "expires_s": 60}
        for field_ in fields(self):
            value, low = getattr(self, field_.name), least.get(field_.name, 0)
            if not isinstance(value, str) and value < low:
                raise ConfigError(
                    f"review.policy.{field_.name} must be at least {low}, got {value}"
                )
        if unknown := [word for word in self.lead_only.split() if word not in KINDS]:
            raise ConfigError(
                f"review.policy.lead_only names {unknown[0]!r}, which is no kind of change",
                hint=f"some of {', '.join(KINDS)}, apart by spaces",
            )
