"""Sets of objects under partial knowledge: who is in, who may be, and why.

Three-valued sets after Kleene (Introduction to Metamathematics, 1952, section 64): ``inside`` is
proved in, ``maybe`` is undecided, and everything else is proved out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import prod

from nexus.base.records import Atom, Facts, Premise, ProofStep, Truth
from nexus.logic.language import Term, Vocabulary


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Facts as the solver reads them: contradictions and missing probabilities are unknown."""

    facts: Facts
    vocabulary: Vocabulary

    def truth(self, atom: Atom) -> Truth:
        """Return the truth of ``atom``; an attribute has one value, so two true ones are none."""
        truth = self.facts.of(atom)
        if atom not in self.facts.probability or (truth is Truth.TRUE and self.rivals(atom)):
            return Truth.UNKNOWN
        return truth

    def rivals(self, atom: Atom) -> tuple[str, ...]:
        """Return the other values that the facts claim for the attribute ``atom`` is about."""
        others = self.vocabulary.attributes.get(atom[0], ())
        return tuple(
            v for v in others if v != atom[-1] and self.facts.of((*atom[:2], v)) is Truth.TRUE
        )

    def premise(self, atom: Atom, holds: bool) -> Premise:
        """Return the literal that ``atom`` holds, or does not, with its probability."""
        p = self.facts.probability[atom]
        return Premise(atom=atom, holds=holds, probability=p if holds else 1.0 - p)

    def value(self, attribute: str, obj: str) -> str:
        """Return the one value of ``attribute`` known to be true of ``obj``, or nothing."""
        values = self.vocabulary.attributes[attribute]
        return next((v for v in values if self.truth((attribute, obj, v)) is Truth.TRUE), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class KleeneSet:
    """A set term, evaluated."""

    term: Term
    inside: frozenset[str]
    maybe: frozenset[str]
    child: "KleeneSet | None" = None
    anchor: str = ""
    """The one object that a ``related`` set is about."""

    @property
    def narrows(self) -> "KleeneSet | None":
        """The set this one is a part of: an object outside that is outside this."""
        return self.child if self.term.op == "filter" else None

    def member(self, obj: str) -> Truth:
        """Return whether ``obj`` is in, out or undecided."""
        if obj in self.inside:
            return Truth.TRUE
        return Truth.UNKNOWN if obj in self.maybe else Truth.FALSE

    def conditions(self, obj: str) -> tuple[Atom, ...]:
        """Return the atoms that put ``obj`` in this set, beyond being in ``narrows``."""
        match self.term.op, self.term.arguments:
            case "filter", (attribute, value):
                return ((attribute, obj, value),)
            case "related", (relation,):
                return (("object", obj), (relation, obj, self.anchor))
            case _:
                return (("object", obj),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Undecided:
    """A ``related`` set whose one object cannot be told."""

    anchor_set: KleeneSet


def evaluate(term: Term, evidence: Evidence) -> KleeneSet | Undecided:
    """Return the three-valued set that ``term`` denotes, or what stands in the way."""
    child: KleeneSet | None = None
    anchor = ""
    if term.children:
        found = evaluate(term.children[0], evidence)
        if isinstance(found, Undecided):
            return found
        child = found
        if term.op == "related":
            if child.maybe or len(child.inside) != 1:
                return Undecided(anchor_set=child)
            (anchor,) = child.inside
    nothing = KleeneSet(
        term=term, inside=frozenset(), maybe=frozenset(), child=child, anchor=anchor
    )
    truth = {o: _member(nothing, o, evidence) for o in evidence.facts.objects}
    return replace(
        nothing,
        inside=frozenset(o for o, t in truth.items() if t is Truth.TRUE),
        maybe=frozenset(o for o, t in truth.items() if t is Truth.UNKNOWN),
    )


def _member(of: KleeneSet, obj: str, evidence: Evidence) -> Truth:
    truths = {evidence.truth(atom) for atom in of.conditions(obj)}
    if of.narrows is not None:
        truths.add(of.narrows.member(obj))
    if Truth.FALSE in truths or obj == of.anchor:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.TRUE


def chain(of: KleeneSet) -> Iterable[KleeneSet]:
    """Yield ``of`` and the sets it narrows, outermost first."""
    here: KleeneSet | None = of
    while here is not None:
        yield here
        here = here.narrows


def support(of: KleeneSet, obj: str, evidence: Evidence) -> float:
    """Return the probability of the literals that put ``obj`` in the set."""
    atoms = (atom for s in chain(of) for atom in s.conditions(obj))
    return prod(evidence.premise(atom, True).probability for atom in atoms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusion:
    """The surest single literal that keeps an object out, and the set it belongs to."""

    at: KleeneSet
    premise: Premise | None
    """None when nothing need be cited: no object stands in a relation to itself."""

    @property
    def probability(self) -> float:
        """Probability of the literal."""
        return 1.0 if self.premise is None else self.premise.probability


def exclusion(of: KleeneSet, obj: str, evidence: Evidence) -> Exclusion:
    """Return the surest reason why ``obj``, proved out of ``of``, is out."""
    options: list[Exclusion] = []
    for s in chain(of):
        if obj == s.anchor:
            return Exclusion(at=s, premise=None)
        options += [
            Exclusion(at=s, premise=evidence.premise(atom, False))
            for atom in s.conditions(obj)
            if evidence.truth(atom) is Truth.FALSE
        ]
    return max(options, key=lambda e: e.probability)


@dataclass(slots=True)
class Proof:
    """Proof steps under construction; only what an answer needs is claimed and cited."""

    evidence: Evidence
    steps: list[ProofStep] = field(default_factory=list[ProofStep])

    def add(self, of: KleeneSet, inside: Iterable[str], outside: Iterable[str]) -> int:
        """Add the steps that prove these objects in and those out; return the last one's index.

        Everything else is left undecided, known or not: fewer premises make a surer proof.
        """
        objects = tuple(dict.fromkeys(self.evidence.facts.objects))
        wanted, out = set(inside), set(outside)
        unwanted = {o: exclusion(of, o, self.evidence) for o in objects if o in out}
        inputs: tuple[int, ...] = ()
        if of.term.op == "related" and of.child is not None:
            inputs = (self.add(of.child, {of.anchor}, set(objects) - {of.anchor}),)
        elif of.child is not None:
            deeper = {o for o, e in unwanted.items() if e.at is not of}
            inputs = (self.add(of.child, wanted, deeper),)
        self.steps.append(
            ProofStep(
                op=of.term.op,
                arguments=of.term.arguments,
                inputs=inputs,
                inside=tuple(o for o in objects if o in wanted),
                maybe=tuple(o for o in objects if o not in wanted and o not in unwanted),
                premises=self._premises(of, [o for o in objects if o in wanted], unwanted),
            )
        )
        return len(self.steps) - 1

    def _premises(
        self, of: KleeneSet, inside: list[str], outside: Mapping[str, Exclusion]
    ) -> tuple[Premise, ...]:
        """Return what this step itself cites: all conditions of members, one per exclusion."""
        cited = [self.evidence.premise(a, True) for o in inside for a in of.conditions(o)]
        cited += [e.premise for e in outside.values() if e.at is of and e.premise is not None]
        return tuple(cited)
