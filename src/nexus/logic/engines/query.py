"""The solver: from a query and partial facts to a certificate, or to what is not known.

Every answer holds in every completion of the facts, given that the objects listed are all there
may be and that an attribute of an object has at most one value. A certificate cites only the
literals its answer needs: drop any one and the checker refuses it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Final, Literal, TypeAlias

from nexus.base.records import Certificate, Facts, Premise, ProofStep, Truth
from nexus.logic.engines.sets import (
    Evidence,
    KleeneSet,
    Proof,
    Undecided,
    chain,
    evaluate,
    exclusion,
    support,
)
from nexus.logic.engines.wording import noun, one_of, say
from nexus.logic.language import HYPOTHETICAL, Term, Vocabulary, parse

ENGINE: Final = "kleene-sets/1"
ASSUMPTION: Final = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unproved:
    """No certificate, and why: the slow route has nothing to show."""

    reason: str
    """What is not known, in plain words."""
    cause: Literal["unproved", "unparsed"] = "unproved"
    """Whether the facts do not decide the query, or there is no query to decide."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Claim:
    """That these objects of one set are in, and those are out."""

    of: KleeneSet
    inside: Iterable[str]
    outside: Iterable[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """A value, and all it rests on: one claim a child of the query, and literals."""

    value: str
    claims: tuple[_Claim, ...]
    premises: tuple[Premise, ...] = ()


_Outcome: TypeAlias = _Answer | Unproved


def solve(query: Term, facts: Facts, vocabulary: Vocabulary) -> Certificate | Unproved:
    """Return a certified answer to ``query``, or what must be known to answer it.

    A hypothetical query is answered after the imagined action: ask its
    ``nexus.logic.hypothetical.goal`` of the facts that hold then.

    Raises:
        LanguageError: ``query`` is not a query of this vocabulary.
    """
    parse(str(query), vocabulary)
    if query.op in HYPOTHETICAL:
        return Unproved(reason=f"'{query.op}' has not been imagined yet: these facts are of before")
    evidence = Evidence(facts=facts, vocabulary=vocabulary)
    sets: list[KleeneSet] = []
    for child in query.children:
        found = evaluate(child, evidence)
        if isinstance(found, Undecided):
            return _not_unique(found.anchor_set, evidence)
        sets.append(found)
    outcome = _RULES[query.op](query, sets, evidence)
    return outcome if isinstance(outcome, Unproved) else _certify(query, outcome, evidence)


def referent(of: Term, facts: Facts, vocabulary: Vocabulary) -> str | Unproved:
    """Return the name of the one object that the set term ``of`` is about, or why it has none.

    Raises:
        LanguageError: ``of`` is not a set term of this vocabulary.
    """
    parse(f"count {of}", vocabulary)
    evidence = Evidence(facts=facts, vocabulary=vocabulary)
    found = evaluate(of, evidence)
    return (
        _not_unique(found.anchor_set, evidence)
        if isinstance(found, Undecided)
        else _one(found, evidence)
    )


def _certify(query: Term, answer: _Answer, evidence: Evidence) -> Certificate:
    proof = Proof(evidence=evidence)
    inputs = tuple(proof.add(c.of, c.inside, c.outside) for c in answer.claims)
    proof.steps.append(
        ProofStep(
            op=query.op,
            arguments=query.arguments,
            inputs=inputs,
            value=answer.value,
            premises=tuple(dict.fromkeys(answer.premises)),
        )
    )
    return Certificate(
        query=str(query),
        answer=answer.value,
        steps=tuple(proof.steps),
        assumption=ASSUMPTION,
        engine=ENGINE,
    )


def _exists(_query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    (of,) = sets
    if of.inside:
        witness = max(sorted(of.inside), key=lambda o: support(of, o, evidence))
        return _Answer(value="yes", claims=(_Claim(of=of, inside=(witness,), outside=()),))
    if of.maybe:
        return _doubt(of, evidence)
    return _Answer(value="no", claims=(_exactly(of, evidence),))


def _count(_query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    (of,) = sets
    if of.maybe:
        return _doubt(of, evidence)
    return _Answer(value=str(len(of.inside)), claims=(_exactly(of, evidence),))


def _describe(query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    (of,), (attribute,) = sets, query.arguments
    obj = _one(of, evidence)
    if isinstance(obj, Unproved):
        return obj
    value = evidence.value(attribute, obj)
    if not value:
        return _no_value(attribute, obj, evidence)
    premise = evidence.premise((attribute, obj, value), True)
    return _Answer(value=value, claims=(_exactly(of, evidence),), premises=(premise,))


def _same(query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    pair = _pair(sets, evidence)
    if isinstance(pair, Unproved):
        return pair
    (attribute,), (a, b) = query.arguments, pair
    claims = tuple(_exactly(of, evidence) for of in sets)
    v, w = evidence.value(attribute, a), evidence.value(attribute, b)
    if v and w:
        cited = (((attribute, a, v), True), ((attribute, b, w), True))
    elif v and evidence.truth((attribute, b, v)) is Truth.FALSE:
        cited = (((attribute, a, v), True), ((attribute, b, v), False))
    elif w and evidence.truth((attribute, a, w)) is Truth.FALSE:
        cited = (((attribute, a, w), False), ((attribute, b, w), True))
    else:
        return _no_value(attribute, b if v else a, evidence)
    premises = tuple(evidence.premise(atom, holds) for atom, holds in cited)
    return _Answer(value="yes" if v and v == w else "no", claims=claims, premises=premises)


def _holds(query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    pair = _pair(sets, evidence)
    if isinstance(pair, Unproved):
        return pair
    atom = (*query.arguments, *pair)
    claims = tuple(_exactly(of, evidence) for of in sets)
    if pair[0] == pair[1]:  # no relation of any world relates an object to itself
        return _Answer(value="no", claims=claims)
    truth = evidence.truth(atom)
    if truth is Truth.UNKNOWN:
        return Unproved(reason=f"cannot tell whether {_say(atom, evidence)}")
    holds = truth is Truth.TRUE
    premises = (evidence.premise(atom, holds),)
    return _Answer(value="yes" if holds else "no", claims=claims, premises=premises)


def _more(_query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    first, second = sets
    if claims := _at_least(first, second, 1, evidence):
        return _Answer(value="yes", claims=claims)
    if claims := _at_least(second, first, 0, evidence):
        return _Answer(value="no", claims=claims[::-1])
    return _doubt(first if first.maybe else second, evidence)


def _fewer(query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    outcome = _more(query, sets[::-1], evidence)
    if isinstance(outcome, Unproved):
        return outcome
    return _Answer(value=outcome.value, claims=outcome.claims[::-1])


def _equal(_query: Term, sets: list[KleeneSet], evidence: Evidence) -> _Outcome:
    first, second = sets
    if claims := _at_least(first, second, 1, evidence):
        return _Answer(value="no", claims=claims)
    if claims := _at_least(second, first, 1, evidence):
        return _Answer(value="no", claims=claims[::-1])
    if first.maybe or second.maybe:
        return _doubt(first if first.maybe else second, evidence)
    return _Answer(value="yes", claims=tuple(_exactly(of, evidence) for of in sets))


_RULES: Final[dict[str, Callable[[Term, list[KleeneSet], Evidence], _Outcome]]] = {
    "exists": _exists,
    "count": _count,
    "describe": _describe,
    "same": _same,
    "holds": _holds,
    "more": _more,
    "fewer": _fewer,
    "equal": _equal,
}


def _outside(of: KleeneSet, evidence: Evidence) -> list[str]:
    objects = dict.fromkeys(evidence.facts.objects)
    return [o for o in objects if o not in of.inside and o not in of.maybe]


def _exactly(of: KleeneSet, evidence: Evidence) -> _Claim:
    return _Claim(of=of, inside=of.inside, outside=_outside(of, evidence))


def _at_least(
    large: KleeneSet, small: KleeneSet, gap: int, evidence: Evidence
) -> tuple[_Claim, ...]:
    """Return the surest claims from which ``|large| >= |small| + gap`` follows, or none.

    For some bound t: t + gap objects are in ``large``, and all but t are out of ``small``.
    """
    ins = sorted(sorted(large.inside), key=lambda o: -support(large, o, evidence))
    reasons = {o: exclusion(small, o, evidence).probability for o in _outside(small, evidence)}
    outs = sorted(reasons, key=lambda o: -reasons[o])
    total = len(set(evidence.facts.objects))
    best: tuple[_Claim, ...] = ()
    best_odds = -1.0
    for t in range(total - len(outs), len(ins) - gap + 1):
        inside, outside = ins[: t + gap], outs[: total - t]
        odds = prod(support(large, o, evidence) for o in inside) * prod(reasons[o] for o in outside)
        if odds > best_odds:
            best_odds = odds
            best = (
                _Claim(of=large, inside=inside, outside=()),
                _Claim(of=small, inside=(), outside=outside),
            )
    return best


def _one(of: KleeneSet, evidence: Evidence) -> str | Unproved:
    if of.maybe or len(of.inside) != 1:
        return _not_unique(of, evidence)
    return next(iter(of.inside))


def _pair(sets: list[KleeneSet], evidence: Evidence) -> tuple[str, str] | Unproved:
    first, second = (_one(of, evidence) for of in sets)
    if isinstance(first, Unproved):
        return first
    return second if isinstance(second, Unproved) else (first, second)


def _not_unique(of: KleeneSet, evidence: Evidence) -> Unproved:
    if len(of.inside) > 1:
        least = "at least " if of.maybe else ""
        many = f"there are {least}{len(of.inside)} {noun(of.term, plural=True)}"
        return Unproved(reason=f'{many}, "the {noun(of.term)}" is not unique')
    if of.maybe:
        return _doubt(of, evidence)
    return Unproved(reason=f"no such object: there is no {noun(of.term)}")


def _doubt(of: KleeneSet, evidence: Evidence) -> Unproved:
    """Name the least certain literal that leaves some object undecided."""
    unknown = [
        atom
        for obj in sorted(of.maybe)
        for s in chain(of)
        for atom in s.conditions(obj)
        if evidence.truth(atom) is Truth.UNKNOWN
    ]
    probability = evidence.facts.probability
    atom = min(unknown, key=lambda a: abs(probability.get(a, 0.5) - 0.5))
    rivals = evidence.rivals(atom)
    if rivals and evidence.facts.of(atom) is Truth.TRUE:
        return Unproved(reason=f"{_say(atom, evidence)}, but also {one_of(atom[0], rivals)}")
    return Unproved(reason=f"cannot tell whether {_say(atom, evidence)}")


def _no_value(attribute: str, obj: str, evidence: Evidence) -> Unproved:
    values = evidence.vocabulary.attributes[attribute]
    likely = {v: evidence.facts.probability.get((attribute, obj, v), 0.0) for v in values}
    best = max(values, key=lambda v: likely[v])
    odds = _odds((attribute, obj, best), evidence)
    return Unproved(reason=f"cannot tell the {attribute} of {obj}: it may be {best}{odds}")


def _say(atom: tuple[str, ...], evidence: Evidence) -> str:
    return say(atom, evidence.vocabulary.relations) + _odds(atom, evidence)


def _odds(atom: tuple[str, ...], evidence: Evidence) -> str:
    p = evidence.facts.probability.get(atom)
    return "" if p is None else f" (p = {p:.2f})"
