"""Ways to spoil a certificate; where a draw spoils its form, too, ``forgery.well_typed`` tells."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from nexus.base.errors import LanguageError
from nexus.base.records import Atom, Certificate, Facts, Premise, ProofStep, Truth
from nexus.logic.engines.query import Unproved, solve
from nexus.logic.language import SIGNATURES, Term, Vocabulary, allowed, parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What the checker is shown: a certificate, the query asked, and the facts it is asked of."""

    certificate: Certificate
    query: Term
    facts: Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class _Context:
    """What a mutation may draw on."""

    rng: random.Random
    foreign: Facts
    """The facts of another scene."""
    vocabulary: Vocabulary


_Mutation: TypeAlias = Callable[[Case, _Context], Case]


def mutate(
    case: Case, foreign: Facts, rng: random.Random, vocabulary: Vocabulary
) -> tuple[str, Case]:
    """Return the name of the last mutation and the mutant; three in ten are spoiled repeatedly."""
    context = _Context(rng=rng, foreign=foreign, vocabulary=vocabulary)
    kind = ""
    for _ in range(1 if rng.random() < 0.7 else rng.randint(2, 4)):
        kind = rng.choice(sorted(MUTATIONS))
        case = MUTATIONS[kind](case, context)
    return kind, case


def _answer(case: Case, context: _Context) -> Case:
    value = _other_answer(case.certificate.answer, context)
    return replace(case, certificate=replace(case.certificate, answer=value))


def _value(case: Case, context: _Context) -> Case:
    """Change what the last step says, and the answer with it."""
    *steps, last = case.certificate.steps
    value = _other_answer(last.value, context)
    return _with_steps(
        replace(case, certificate=replace(case.certificate, answer=value)),
        [*steps, replace(last, value=value)],
    )


def _other_answer(was: str, context: _Context) -> str:
    """Return an answer of the same kind, one time in five of any kind."""
    kinds = [("yes", "no"), tuple(map(str, range(7))), *context.vocabulary.attributes.values()]
    if context.rng.random() < 0.8:
        kinds = [kind for kind in kinds if was in kind] or kinds
    return context.rng.choice([v for kind in kinds for v in kind if v != was])


def _inside(case: Case, context: _Context) -> Case:
    """Move an object into or out of what a step proves."""

    def move(step: ProofStep) -> ProofStep:
        obj = context.rng.choice(case.facts.objects)
        if obj in step.inside:
            return replace(step, inside=tuple(o for o in step.inside if o != obj))
        return replace(
            step, inside=(*step.inside, obj), maybe=tuple(o for o in step.maybe if o != obj)
        )

    return _at_a_set(case, context, move)


def _maybe(case: Case, context: _Context) -> Case:
    """Turn an undecided object into one proved out, or the other way round."""

    def move(step: ProofStep) -> ProofStep:
        obj = context.rng.choice(case.facts.objects)
        if obj in step.maybe:
            return replace(step, maybe=tuple(o for o in step.maybe if o != obj))
        return replace(
            step, maybe=(*step.maybe, obj), inside=tuple(o for o in step.inside if o != obj)
        )

    return _at_a_set(case, context, move)


def _loosened(case: Case, context: _Context) -> Case:
    """Leave an object undecided, and cite nothing of it, where its place was proved."""

    def move(step: ProofStep) -> ProofStep:
        decided = [o for o in case.facts.objects if o not in step.maybe]
        if not decided:
            return step
        obj = context.rng.choice(decided)
        return replace(
            step,
            inside=tuple(o for o in step.inside if o != obj),
            maybe=(*step.maybe, obj),
            premises=tuple(p for p in step.premises if p.atom[1] != obj),
        )

    return _recounted(_at_a_set(case, context, move), context)


def _listed_twice(case: Case, context: _Context) -> Case:
    """List a member once more, where only its number may matter."""
    twice = _at_a_set(case, context, lambda s: replace(s, inside=(*s.inside, *s.inside[:1])))
    return _recounted(twice, context)


def _recounted(case: Case, context: _Context) -> Case:
    """Let a count say, one time in two, what its last set now lists."""
    *steps, last = case.certificate.steps
    if last.op != "count" or context.rng.random() < 0.5:
        return case
    value = str(len(steps[-1].inside))
    counted = replace(case, certificate=replace(case.certificate, answer=value))
    return _with_steps(counted, [*steps, replace(last, value=value)])


def _citing(change: Callable[[Premise, Case, _Context], Premise | None]) -> _Mutation:
    """Make the mutation that changes (or, given None, drops) one premise."""

    def mutation(case: Case, context: _Context) -> Case:
        steps = list(case.certificate.steps)
        cited = [(i, j) for i, step in enumerate(steps) for j in range(len(step.premises))]
        if not cited:
            return case
        i, j = context.rng.choice(cited)
        premises = list(steps[i].premises)
        changed = change(premises[j], case, context)
        premises[j : j + 1] = [] if changed is None else [changed]
        steps[i] = replace(steps[i], premises=tuple(premises))
        return _with_steps(case, steps)

    return mutation


def _dropped(_premise: Premise, _case: Case, _context: _Context) -> None:
    """Cite nothing in its place."""


def _flipped(premise: Premise, _case: Case, _context: _Context) -> Premise:
    return replace(premise, holds=not premise.holds, probability=1.0 - premise.probability)


def _elsewhere(_premise: Premise, case: Case, context: _Context) -> Premise:
    """Cite another atom of these facts, as they have it."""
    return _cite(context.rng.choice(sorted(case.facts.probability)), case.facts)


def _of_another(_premise: Premise, _case: Case, context: _Context) -> Premise:
    """Cite the other scene."""
    return _cite(context.rng.choice(sorted(context.foreign.probability)), context.foreign)


def _doubted(premise: Premise, _case: Case, context: _Context) -> Premise:
    return replace(premise, probability=context.rng.random())


def _cite(atom: Atom, facts: Facts) -> Premise:
    holds, p = facts.of(atom) is Truth.TRUE, facts.probability[atom]
    return Premise(atom=atom, holds=holds, probability=p if holds else 1.0 - p)


def _argument(case: Case, context: _Context) -> Case:
    """Change one argument of a step for another of its sort."""
    attributes, rng = context.vocabulary.attributes, context.rng

    def others(step: ProofStep) -> list[tuple[str, ...]]:
        """All that the arguments may be if one is changed."""
        match SIGNATURES[step.op].arguments:
            case ("attribute", "value"):
                return [(name, v) for name, values in attributes.items() for v in values]
            case ("attribute",):
                return [(name,) for name in attributes]
            case ("relation",):
                return [(name,) for name in context.vocabulary.relations]
            case _:
                return [step.arguments]

    return _at_any(case, context, lambda step: replace(step, arguments=rng.choice(others(step))))


def _op(case: Case, context: _Context) -> Case:
    """Change an operator for another that takes and gives the same sorts."""

    def others(step: ProofStep) -> list[str]:
        return [op for op, sorts in SIGNATURES.items() if sorts == SIGNATURES[step.op]]

    return _at_any(case, context, lambda step: replace(step, op=context.rng.choice(others(step))))


def _inputs(case: Case, context: _Context) -> Case:
    """Let a step read other sets that were found before it."""
    steps = list(case.certificate.steps)
    i = context.rng.randrange(len(steps))
    sets = [at for at in range(i) if SIGNATURES[steps[at].op].result == "set"]
    if sets:
        read = tuple(context.rng.choice(sets) for _ in steps[i].inputs)
        steps[i] = replace(steps[i], inputs=read)
    return _with_steps(case, steps)


def _swapped(case: Case, context: _Context) -> Case:
    steps = list(case.certificate.steps)
    i, j = context.rng.randrange(len(steps)), context.rng.randrange(len(steps))
    steps[i], steps[j] = steps[j], steps[i]
    return _with_steps(case, steps)


def _other_scene(case: Case, context: _Context) -> Case:
    return replace(case, facts=context.foreign)


def _other_facts(case: Case, context: _Context) -> Case:
    """Let one fact be otherwise: one that is cited, three times in four."""
    facts = case.facts
    cited = [p.atom for s in case.certificate.steps for p in s.premises]
    known = [atom for atom in cited if atom in facts.truth]
    atoms = known if known and context.rng.random() < 0.75 else sorted(facts.truth)
    atom = context.rng.choice(atoms)
    truth = context.rng.choice([t for t in Truth if t is not facts.of(atom)])
    return replace(case, facts=replace(facts, truth={**facts.truth, atom: truth}))


def _two_values(case: Case, context: _Context) -> Case:
    """Let an attribute that is cited have a second value."""
    attributes = context.vocabulary.attributes
    premises = [p for s in case.certificate.steps for p in s.premises]
    atoms = [p.atom for p in premises if p.holds and p.atom[0] in attributes]
    if not atoms:
        return case
    name, obj, value = context.rng.choice(atoms)
    others = [v for v in attributes[name] if v != value]
    rival = (name, obj, context.rng.choice(others or [value]))
    return replace(case, facts=replace(case.facts, truth={**case.facts.truth, rival: Truth.TRUE}))


def _doctored(case: Case, context: _Context) -> Case:
    """Prove the query from facts in which a few things are otherwise, and cite only true ones.

    The strongest forgery: perfect but for the premises that it would need.
    """
    facts = case.facts
    cited = {p.atom for s in case.certificate.steps for p in s.premises}
    pool = cited if context.rng.random() < 0.8 else facts.truth
    known = sorted(a for a in pool if facts.of(a) is not Truth.UNKNOWN)
    flipped = {
        a: Truth.FALSE if facts.of(a) is Truth.TRUE else Truth.TRUE
        for a in context.rng.sample(known, min(len(known), context.rng.choice((1, 2, 5))))
    }
    doctored = replace(facts, truth={**facts.truth, **flipped})
    proof = solve(case.query, doctored, context.vocabulary)
    if isinstance(proof, Unproved):
        return case
    steps = [
        replace(s, premises=tuple(p for p in s.premises if p.atom not in flipped))
        for s in proof.steps
    ]
    return _with_steps(replace(case, certificate=proof), steps)


def _one_more(case: Case, _context: _Context) -> Case:
    """Let there be one more object, of which nothing is known."""
    name = f"o{len(case.facts.objects) + 1}"
    return replace(case, facts=replace(case.facts, objects=(*case.facts.objects, name)))


def _other_query(case: Case, context: _Context) -> Case:
    """Ask another query that begins alike; the certificate may claim to be about it."""
    symbols = case.certificate.query.split()[: context.rng.randrange(4)]
    try:
        while options := sorted(allowed(symbols, context.vocabulary)):
            symbols.append(context.rng.choice(options))
        query = parse(" ".join(symbols), context.vocabulary)
    except LanguageError:
        return case
    renamed = replace(case.certificate, query=str(query))
    return context.rng.choice(
        (
            replace(case, query=query),
            replace(case, query=query, certificate=renamed),
            replace(case, certificate=renamed),
        )
    )


def _at_any(case: Case, context: _Context, change: Callable[[ProofStep], ProofStep]) -> Case:
    steps = list(case.certificate.steps)
    i = context.rng.randrange(len(steps))
    steps[i] = change(steps[i])
    return _with_steps(case, steps)


def _at_a_set(case: Case, context: _Context, change: Callable[[ProofStep], ProofStep]) -> Case:
    steps = list(case.certificate.steps)
    i = context.rng.randrange(len(steps) - 1)
    steps[i] = change(steps[i])
    return _with_steps(case, steps)


def _with_steps(case: Case, steps: list[ProofStep]) -> Case:
    return replace(case, certificate=replace(case.certificate, steps=tuple(steps)))


MUTATIONS: Final[dict[str, _Mutation]] = {
    "answer": _answer,
    "value": _value,
    "inside": _inside,
    "maybe": _maybe,
    "dropped premise": _citing(_dropped),
    "flipped premise": _citing(_flipped),
    "other premise": _citing(_elsewhere),
    "foreign premise": _citing(_of_another),
    "probability": _citing(_doubted),
    "argument": _argument,
    "op": _op,
    "inputs": _inputs,
    "swapped steps": _swapped,
    "other facts": _other_facts,
    "two values": _two_values,
    "doctored facts": _doctored,
    "loosened": _loosened,
    "listed twice": _listed_twice,
    "one more object": _one_more,
    "another scene": _other_scene,
    "other query": _other_query,
}
