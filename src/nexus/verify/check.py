"""The trusted checker: the only thing that may call an answer proved.

It searches for nothing and shares no code with a solver. An object is in a set when all its
conditions are cited, out when the denial of one is; a proof may decide less than that, never more.
"""

from collections.abc import Iterator

from nexus.base.errors import NexusError
from nexus.base.records import Atom, Certificate, Facts, Premise, ProofStep, Truth, Verdict
from nexus.logic.language import HYPOTHETICAL, SIGNATURES, Term, Vocabulary, parse


class _Wrong(Exception):
    """The first thing wrong with a certificate."""


def check(certificate: Certificate, query: Term, facts: Facts, vocabulary: Vocabulary) -> Verdict:
    """Return whether ``certificate`` proves its answer to ``query`` from ``facts``; never raises.

    Taken for granted: objects beyond ``facts.objects`` do not exist, an attribute of an object
    has one value (facts that claim two are refused where cited), nothing is related to itself.
    """
    try:
        _check(certificate, query, facts, vocabulary)
    except _Wrong as wrong:
        return Verdict(valid=False, reason=str(wrong))
    except NexusError as error:
        return Verdict(valid=False, reason=f"the asked query is not one: {error.message}")
    except Exception as error:  # a certificate is untrusted: any surprise in reading it refuses it
        return Verdict(valid=False, reason=f"the certificate is malformed: {error!r}")
    return Verdict(valid=True)


def _check(cert: Certificate, query: Term, facts: Facts, vocabulary: Vocabulary) -> None:
    well_formed = parse(str(query), vocabulary) == query and query.op not in HYPOTHETICAL
    _require(well_formed, "the asked query is not one that facts alone can answer")
    _require(cert.query == str(query), f"it proves {cert.query!r}, but {str(query)!r} was asked")
    _require(cert.assumption == "closed", f"it assumes {cert.assumption!r}, not 'closed'")
    plan, steps = list(_plan(query, 0)), cert.steps
    _require(len(steps) == len(plan), f"it has {len(steps)} steps, the query has {len(plan)}")
    for number, (step, wanted) in enumerate(zip(steps, plan, strict=True), start=1):
        name = f"step {number} ({' '.join((wanted.op, *wanted.arguments))})"
        found = (step.op, step.arguments, step.inputs)
        _require(found == (wanted.op, wanted.arguments, wanted.inputs), f"{name} is {found}")
        for premise in step.premises:
            _check_premise(name, premise, facts, vocabulary)
        read = [steps[i] for i in step.inputs]
        if SIGNATURES[step.op].result == "set":
            _require(step.value == "", f"{name} is a set, yet has the value {step.value!r}")
            _check_set(name, step, read, facts.objects)
        else:
            _require(step.inside == step.maybe == (), f"{name} answers, yet lists objects")
            follows = step.value in _values(step, read, vocabulary)
            _require(follows, f"{name} says {step.value!r}, which does not follow")
    last = steps[-1].value
    _require(cert.answer == last, f"the answer is {cert.answer!r}, but the proof ends in {last!r}")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise _Wrong(otherwise)


def _plan(term: Term, start: int) -> Iterator[ProofStep]:
    """Yield the bare steps of ``term`` in post-order, the first of them numbered ``start``."""
    inputs: list[int] = []
    for child in term.children:
        for step in _plan(child, start):
            start += 1
            yield step
        inputs.append(start - 1)
    yield ProofStep(op=term.op, arguments=term.arguments, inputs=tuple(inputs))


def _check_premise(name: str, premise: Premise, facts: Facts, vocabulary: Vocabulary) -> None:
    atom, holds = premise.atom, premise.holds
    cites, says = f"{name} cites {atom} as {'true' if holds else 'false'}", facts.of(atom)
    _require(says is (Truth.TRUE if holds else Truth.FALSE), f"{cites}, the facts say {says}")
    p = facts.probability[atom] if holds else 1.0 - facts.probability[atom]
    _require(premise.probability == p, f"{cites} with p = {premise.probability}, not {p}")
    for other in vocabulary.attributes.get(atom[0], ()) if holds else ():
        rival = other != atom[2] and facts.of((*atom[:2], other)) is Truth.TRUE
        _require(not rival, f"{cites}, the facts say {other!r} as well")


def _check_set(name: str, step: ProofStep, read: list[ProofStep], objects: tuple[str, ...]) -> None:
    arguments, listed = step.arguments, (*step.inside, *step.maybe)
    unlike = len(set(listed)) < len(listed) or not set(listed) <= set(objects)
    _require(not unlike, f"{name} lists an object twice, or one that the facts do not")
    anchor = _only(read[0]) if step.op == "related" else None
    known = step.op != "related" or anchor is not None
    _require(known, f"{name} does not know which object it is about")
    for obj in objects:
        filters = step.op == "filter"
        conditions = [(arguments[0], obj, arguments[1]) if filters else ("object", obj)]
        if anchor is not None:
            conditions.append((arguments[0], obj, anchor))
        holds = [obj != anchor, *(_cited(step, atom, True) for atom in conditions)]
        fails = [obj == anchor, *(_cited(step, atom, False) for atom in conditions)]
        if filters:
            holds.append(obj in read[0].inside)
            fails.append(obj not in read[0].inside and obj not in read[0].maybe)
        side, supported = ("in", all(holds)) if obj in step.inside else ("out", any(fails))
        claimed = f"{name} says {obj} is {side}, but no premise supports it"
        _require(supported or obj in step.maybe, claimed)


def _cited(step: ProofStep, atom: Atom, holds: bool) -> bool:
    return any(p.atom == atom and p.holds == holds for p in step.premises)


def _only(step: ProofStep) -> str | None:
    """Return the one object of a set that is proved to have exactly one."""
    return step.inside[0] if len(step.inside) == 1 and not step.maybe else None


def _values(step: ProofStep, read: list[ProofStep], vocabulary: Vocabulary) -> set[str]:
    """Return the answers that follow at this step: one or none."""
    low, high = [len(s.inside) for s in read], [len(s.inside) + len(s.maybe) for s in read]
    match step.op, [name for s in read if (name := _only(s)) is not None]:
        case "count", _:
            return {str(low[0])} if low == high else set()
        case "exists", _:
            yes, no = low[0] > 0, high[0] == 0
        case "more", _:
            yes, no = low[0] > high[1], high[0] <= low[1]
        case "fewer", _:
            yes, no = high[0] < low[1], low[0] >= high[1]
        case "equal", _:
            yes, no = low == high and low[0] == low[1], high[0] < low[1] or high[1] < low[0]
        case "describe", [only]:
            return _having(step, only, True, vocabulary)
        case "holds", [a, b]:
            atom = (*step.arguments, a, b)
            yes, no = a != b and _cited(step, atom, True), a == b or _cited(step, atom, False)
        case "same", [a, b]:
            has_a, has_b = (_having(step, o, True, vocabulary) for o in (a, b))
            not_a, not_b = (_having(step, o, False, vocabulary) for o in (a, b))
            yes = bool(has_a & has_b)
            no = not yes and bool((has_a and has_b) or has_a & not_b or not_a & has_b)
        case _:
            return set()
    return {"yes"} if yes else {"no"} if no else set()


def _having(step: ProofStep, obj: str, holds: bool, vocabulary: Vocabulary) -> set[str]:
    """Return the values of the step's attribute that are cited as true (false) of ``obj``."""
    (attribute,) = step.arguments
    return {v for v in vocabulary.attributes[attribute] if _cited(step, (attribute, obj, v), holds)}
