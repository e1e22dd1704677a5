"""Forged certificates: well-typed, proved wrong by brute force, and shown to the checker.

The figure ``forged_certificates_accepted`` comes from here. A forgery starts from a genuine
certificate and is mutated; a mutant that is still right, or that is no proof by its form alone,
is dropped, never counted.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from nexus.base.errors import LanguageError
from nexus.base.randomness import key
from nexus.base.records import Certificate, Facts, Premise, ProofStep, Truth
from nexus.logic.engines.query import Unproved, solve
from nexus.logic.language import SIGNATURES, Term, Vocabulary, parse
from nexus.suites.completions import answer, contains, outcomes
from nexus.suites.mutations import Case, mutate
from nexus.suites.samples import haze, questions
from nexus.verify.check import check

MOST_COMPLETIONS: Final = 2000
"""Completions tried before a claim counts as not proved wrong."""

_ABOUT_ONE: Final = frozenset({"describe", "same", "holds"})
"""Random queries of these are seldom provable, so each proof serves more often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgeryReport:
    """How the checker did against forgeries, and with the genuine certificates they came from."""

    tried: int
    """Mutants proved wrong and shown to the checker."""
    dropped: int
    """Mutants not proved wrong: most are still right."""
    ill_typed: int
    """Mutants dropped since their form alone gives them away."""
    accepted: int
    """Wrong mutants the checker called valid; anything but 0 is a hole."""
    genuine: int
    refused: int
    """Genuine certificates the checker refused; anything but 0 is a defect."""
    kinds: Mapping[str, int]
    """Wrong mutants by the last mutation applied."""
    examples: tuple[str, ...]
    """Why each of the first few accepted forgeries is wrong."""


@dataclass(slots=True)
class _Tally:
    tried: int = 0
    dropped: int = 0
    ill_typed: int = 0
    genuine: int = 0
    refused: int = 0
    kinds: dict[str, int] = field(default_factory=dict[str, int])
    accepted: list[str] = field(default_factory=list[str])


def forge(
    n: int, *, seed: int, scene: Callable[[int], Facts], vocabulary: Vocabulary
) -> ForgeryReport:
    """Show ``n`` wrong certificates to the checker; ``scene(i)`` gives the facts of scene i.

    Scenes are asked for in order from 0, about one for every dozen forgeries.
    """
    tally = _Tally()
    index = 0
    while tally.tried < n:
        rng = random.Random(key(seed, "forgery", index))
        facts = haze(scene(index), rng, unknown=rng.choice((0.0, 0.05, 0.2)))
        foreign = haze(scene(index + 1), rng, unknown=0.05)
        index += 1
        for query in islice(questions(rng, vocabulary), 24):
            certificate = solve(query, facts, vocabulary)
            if isinstance(certificate, Unproved):
                continue
            case = Case(certificate=certificate, query=query, facts=facts)
            tally.genuine += 1
            tally.refused += not check(certificate, query, facts, vocabulary).valid
            for _ in range(12 if query.op in _ABOUT_ONE else 2):
                if tally.tried < n:
                    _attack(case, foreign, rng, vocabulary, tally)
    return ForgeryReport(
        tried=tally.tried,
        dropped=tally.dropped,
        ill_typed=tally.ill_typed,
        accepted=len(tally.accepted),
        genuine=tally.genuine,
        refused=tally.refused,
        kinds=tally.kinds,
        examples=tuple(tally.accepted[:5]),
    )


def _attack(
    case: Case, foreign: Facts, rng: random.Random, vocabulary: Vocabulary, tally: _Tally
) -> None:
    kind, mutant = mutate(case, foreign, rng, vocabulary)
    if not well_typed(mutant.certificate, vocabulary):
        tally.ill_typed += 1
        return
    fault = wrong(mutant, vocabulary)
    if not fault:
        tally.dropped += 1
        return
    tally.tried += 1
    tally.kinds[kind] = tally.kinds.get(kind, 0) + 1
    if check(mutant.certificate, mutant.query, mutant.facts, vocabulary).valid:
        tally.accepted.append(f"{kind}: {fault} in {mutant.certificate.query!r}")


def well_typed(certificate: Certificate, vocabulary: Vocabulary) -> bool:
    """Whether a certificate has the form of a proof of some query, whatever it says.

    It names a query; each step has an operator with arguments of its sorts and reads earlier steps
    of the sorts that it takes; a set has no value, an answer lists nothing and is of its kind; the
    last step is an answer, and the certificate's own.
    """
    try:
        parse(certificate.query, vocabulary)
    except LanguageError:
        return False
    steps = certificate.steps
    return (
        bool(steps)
        and all(_step_typed(at, steps, vocabulary) for at in range(len(steps)))
        and SIGNATURES[steps[-1].op].result == "answer"
        and certificate.answer in _answers(steps[-1], vocabulary)
    )


def _step_typed(at: int, steps: Sequence[ProofStep], vocabulary: Vocabulary) -> bool:
    step = steps[at]
    takes = SIGNATURES.get(step.op)
    if takes is None:
        return False
    if len(step.arguments) != len(takes.arguments) or len(step.inputs) != len(takes.children):
        return False
    attribute = step.arguments[0] if step.arguments else ""
    sorts = {
        "attribute": vocabulary.attributes,
        "value": vocabulary.attributes.get(attribute, ()),
        "relation": vocabulary.relations,
    }
    given = zip(step.arguments, takes.arguments, strict=True)
    read = zip(step.inputs, takes.children, strict=True)
    said = (
        step.value == ""
        if takes.result == "set"
        else not step.inside and not step.maybe and step.value in _answers(step, vocabulary)
    )
    return (
        said
        and all(argument in sorts[sort] for argument, sort in given)
        and all(0 <= i < at and SIGNATURES[steps[i].op].result == sort for i, sort in read)
    )


def _answers(step: ProofStep, vocabulary: Vocabulary) -> Collection[str]:
    """Return what a step of this operator may answer; any number up to a hundred is a count."""
    if step.op == "count":
        return [str(number) for number in range(100)]
    if step.op == "describe":
        return vocabulary.attributes.get(step.arguments[0], ())
    return ("yes", "no")


def wrong(case: Case, vocabulary: Vocabulary) -> str:
    """Return what brute force proves wrong with a certificate, or nothing.

    It is not about the asked query; it cites what the facts do not say; or it claims something
    that fails in some completion of the facts, or of what it cites (then its premises do not
    carry it, however true it may be).
    """
    certificate, query, facts = case.certificate, case.query, case.facts
    if certificate.query != str(query) or not _follows(query, certificate.steps):
        return "another query"
    cited = [p for step in certificate.steps for p in step.premises]
    for p in cited:
        if not _stated(p, facts):
            return f"the facts do not state {p.atom}"
    assumed = replace(facts, truth={p.atom: Truth.TRUE if p.holds else Truth.FALSE for p in cited})
    return _false(certificate, query, facts, vocabulary) or _false(
        certificate, query, assumed, vocabulary
    )


def _follows(query: Term, steps: Sequence[ProofStep]) -> bool:
    """Whether the steps are the query, read as a stack machine reads its post-order."""
    stack: list[int] = []
    nodes = list(query.walk())
    if len(nodes) != len(steps):
        return False
    for at, (node, step) in enumerate(zip(nodes, steps, strict=True)):
        split = len(stack) - len(node.children)
        if (step.op, step.arguments, step.inputs) != (
            node.op,
            node.arguments,
            tuple(stack[split:]),
        ):
            return False
        stack[split:] = [at]
    return True


def _stated(premise: Premise, facts: Facts) -> bool:
    if premise.atom not in facts.probability:
        return False
    p = facts.probability[premise.atom]
    said = {Truth.TRUE: (True, p), Truth.FALSE: (False, 1.0 - p)}.get(facts.of(premise.atom))
    return said == (premise.holds, premise.probability)


def _false(certificate: Certificate, query: Term, facts: Facts, vocabulary: Vocabulary) -> str:
    """Return a claim of the certificate that fails in some completion of ``facts``."""
    objects = tuple(dict.fromkeys(facts.objects))
    for node, step in zip(query.walk(), certificate.steps, strict=True):
        if SIGNATURES[node.op].result == "answer":
            continue
        if strangers := {*step.inside, *step.maybe} - set(objects):
            return f"there is no {min(strangers)}"
        for obj in objects:
            claimed = obj in step.inside
            if not claimed and obj in step.maybe:
                continue
            found = outcomes(
                lambda read, n=node, o=obj: contains(n, o, objects, read), facts, vocabulary
            )
            if any(f is not claimed for f in islice(found, MOST_COMPLETIONS)):
                return f"{obj} may be {'out' if claimed else 'in'} at '{node}'"
    found = outcomes(lambda read: answer(query, objects, read, vocabulary), facts, vocabulary)
    for value in islice(found, MOST_COMPLETIONS):
        if value != certificate.answer or value != certificate.steps[-1].value:
            return f"the answer may be {value}"
    return ""
