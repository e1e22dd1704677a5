"""Proofs and answers as records: what an engine hands over, and what a checker reads.

A proof lists every step that it needs, earlier steps first. Where it rests on something that does
not follow (negation as failure, or what a closed world makes false), it carries the whole model,
so that a reader can see for himself that nothing else follows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from nexus.base.errors import CertificateError
from nexus.base.records import Atom
from nexus.logic.theory import ARITY, BODY, SYMBOL, Literal, Sign, Span, World

LONGEST: Final = 1_000_000
"""Most steps of a proof that is read, and of the model it carries."""


class Status(StrEnum):
    """What came of a question."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"
    """Neither follows, and the world is open."""
    CONTRADICTION = "contradiction"
    """Something is both derived and denied."""
    TIMEOUT = "timeout"
    """A budget was used up; this says nothing about the goal."""
    ABSTAIN = "abstain"
    UNSAT = "unsat"
    UNSOLVABLE = "unsolvable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One literal, and why it holds: a fact, or an instance of a rule."""

    literal: Literal
    rule: int | None = None
    """Which of the theory's rules; None for a fact."""
    premises: tuple[int, ...] = ()
    """Indices of earlier steps: what the rule's body says holds or is denied, in its order."""
    absent: tuple[Atom, ...] = ()
    """What the rule's body says is absent, in its order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """That a goal is proved, refuted or unknown.

    With ``steps``, the last of them is the goal (proved) or its opposite (refuted). Without, it is
    that the goal's atom does not follow: false in a closed world, and in an open one unknown if
    its denial does not follow either.
    """

    goal: Literal
    status: Status
    world: World
    steps: tuple[Step, ...] = ()
    model: tuple[Step, ...] = ()
    """Everything that follows; empty where nothing rests on what does not."""

    def plain(self) -> dict[str, Any]:
        """Return the proof as what JSON can hold."""
        return {
            "goal": _plain_literal(self.goal),
            "status": self.status.value,
            "world": self.world.value,
            "steps": [_plain_step(step) for step in self.steps],
            "model": [_plain_step(step) for step in self.model],
        }

    @classmethod
    def parse(cls, values: object) -> "Proof":
        """Return the proof that ``plain`` and JSON made ``values`` of.

        Raises:
            CertificateError: ``values`` is of another form, or longer than any proof that is read.
        """
        fields = _fields(values, ("goal", "status", "world", "steps", "model"))
        if fields["status"] not in (Status.PROVED, Status.REFUTED, Status.UNKNOWN):
            raise CertificateError(f"no proof shows that a goal is {fields['status']!r}")
        if fields["world"] not in tuple(World):
            raise CertificateError(f"{fields['world']!r} is no world", hint="closed or open")
        return cls(
            goal=_literal(fields["goal"]),
            status=Status(fields["status"]),
            world=World(fields["world"]),
            steps=tuple(_step(x) for x in _list(fields["steps"], LONGEST)),
            model=tuple(_step(x) for x in _list(fields["model"], LONGEST)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came of a question, and everything it rests on."""

    status: Status
    answer: str
    """yes, no or unknown; empty when there is none."""
    world: World
    engine: str
    proofs: tuple[Proof, ...] = ()
    """One; two of a contradiction, what holds first; none if nothing was shown."""
    spans: tuple[Span, ...] = ()
    """Where the facts and rules of the proofs' steps were read, in the order of the text."""
    note: str = ""
    """Which budget was used up, or what contradicts itself."""

    def plain(self) -> dict[str, Any]:
        """Return the answer as what JSON can hold."""
        return {
            "status": self.status.value,
            "answer": self.answer,
            "assumption": self.world.value,
            "engine": self.engine,
            "proofs": [proof.plain() for proof in self.proofs],
            "spans": [[span.start, span.stop] for span in self.spans],
            "note": self.note,
        }


def _plain_literal(literal: Literal) -> list[str]:
    return [literal.sign.value, *literal.atom]


def _plain_step(step: Step) -> dict[str, Any]:
    return {
        "literal": _plain_literal(step.literal),
        "rule": step.rule,
        "premises": list(step.premises),
        "absent": [list(atom) for atom in step.absent],
    }


def _step(values: object) -> Step:
    fields = _fields(values, ("literal", "rule", "premises", "absent"))
    rule = fields["rule"]
    return Step(
        literal=_literal(fields["literal"]),
        rule=None if rule is None else _number(rule),
        premises=tuple(_number(x) for x in _list(fields["premises"], BODY)),
        absent=tuple(_atom(x) for x in _list(fields["absent"], BODY)),
    )


def _literal(values: object) -> Literal:
    sign, *atom = _list(values, ARITY + 2) or [None]
    if sign not in (Sign.HOLDS, Sign.DENIED):
        raise CertificateError(f"a step says what holds or is denied, not {sign!r}")
    return Literal(_atom(atom), Sign(sign))


def _atom(values: object) -> Atom:
    names: list[str] = []
    for name in _list(values, ARITY + 1):
        if not isinstance(name, str) or not SYMBOL.fullmatch(name):
            raise CertificateError(f"{name!r} is no symbol", hint=f"of the form {SYMBOL.pattern}")
        names.append(name)
    if not names:
        raise CertificateError("an atom without a predicate")
    return tuple(names)


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise CertificateError(f"{value!r} is no index", hint="a whole number from 0")
    return value


def _list(value: object, longest: int) -> list[Any]:
    if not isinstance(value, list):
        raise CertificateError(f"a list was expected, got {type(value).__name__}")
    if len(value) > longest:  # pyright: ignore[reportUnknownArgumentType]
        raise CertificateError(f"a list of {len(value)}, at most {longest} are read")  # pyright: ignore[reportUnknownArgumentType]
    return value  # pyright: ignore[reportUnknownVariableType]


def _fields(values: object, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(values, Mapping) or set(values) != set(names):  # pyright: ignore[reportUnknownArgumentType]
        raise CertificateError(f"an object of {', '.join(names)} was expected")
    return values  # pyright: ignore[reportUnknownVariableType]
