"""What happens if: the actions a query supposes, the question after them, and their effect.

The world model imagines the actions in latents; ``apply`` does the same in symbols, so that what
was imagined can be compared with what must follow.
"""

from nexus.base.records import Atom, Facts, Truth
from nexus.logic.engines.query import Unproved, referent, solve
from nexus.logic.language import HYPOTHETICAL, Term, Vocabulary


def goal(term: Term) -> Term:
    """Return what is asked once every supposed action has been done."""
    while term.op in HYPOTHETICAL:
        term = term.children[1]
    return term


def actions(term: Term) -> tuple[Term, ...]:
    """Return the supposed actions, first to last: ``remove`` or ``recolour v``, over their set."""
    found: list[Term] = []
    while term.op in HYPOTHETICAL:
        found.append(Term(op=term.op, arguments=term.arguments, children=term.children[:1]))
        term = term.children[1]
    return tuple(found)


def notation(action: Term, facts: Facts, vocabulary: Vocabulary) -> str | Unproved:
    """Return the action as a world takes it: ``remove o2``, ``recolour o1 red``."""
    obj = referent(action.children[0], facts, vocabulary)
    return obj if isinstance(obj, Unproved) else " ".join((action.op, obj, *action.arguments))


def apply(action: Term, facts: Facts, vocabulary: Vocabulary) -> Facts | Unproved:
    """Return the facts after ``action``, or why its object cannot be told.

    With probability r, that of the proof of which object is meant, the action does to it what it
    says; otherwise all stays as it was. The truth values take the action as done.

    Raises:
        LanguageError: ``action`` does not come from a query of this vocabulary.
    """
    obj = referent(action.children[0], facts, vocabulary)
    if isinstance(obj, Unproved):
        return obj
    changed: dict[Atom, Truth] = {("object", obj): Truth.FALSE}
    if action.op == "recolour":
        (new,) = action.arguments
        changed = {
            ("colour", obj, c): Truth.TRUE if c == new else Truth.FALSE
            for c in vocabulary.attributes["colour"]
        }
    sure = _surety(action.children[0], facts, vocabulary)
    probability = dict(facts.probability)
    for atom, truth in changed.items():
        before = probability.get(atom, 0.0 if truth is Truth.TRUE else 1.0)  # the worse guess
        probability[atom] = sure * (truth is Truth.TRUE) + (1.0 - sure) * before
    return Facts(
        objects=facts.objects,
        truth={**facts.truth, **changed},
        probability=probability,
        centres=facts.centres,
    )


def _surety(of: Term, facts: Facts, vocabulary: Vocabulary) -> float:
    """Return the probability of the proof that ``of`` is this one object."""
    proof = solve(Term(op="count", children=(of,)), facts, vocabulary)
    assert not isinstance(proof, Unproved), "a set with a referent can be counted"
    return proof.probability
