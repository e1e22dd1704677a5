"""From rules that were learned to a change that waits for a person: asked for, then measured.

What is measured: every held-out example, answered with the rules that are approved now and with
those that would be; and, as the frozen set, everything that is not about the target, of which
nothing may change.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import product
from typing import Final

import numpy as np
from jaxtyping import Bool

from nexus.base.errors import ReviewError
from nexus.base.proposals import Effect, Evidence, Flip, Proposal, ShadowReport
from nexus.base.records import Atom
from nexus.evaluate.rules import BUDGET, theory_of, verdicts
from nexus.evaluate.shadow import Paired, report
from nexus.logic.engines.datalog import Model, derive
from nexus.logic.lessons import Lesson, parts, written
from nexus.logic.rule_sets import NONE, rules_bytes
from nexus.logic.theory import Literal, Rule
from nexus.review.approved import Approved
from nexus.review.gate import Draft, Gate
from nexus.review.rules import KIND, NAME, approved_rules
from nexus.store.manifest import system_hash
from nexus.store.objects import sha256
from nexus.store.provenance import code_hash
from nexus.train.rules import Learned, Learning, replay_bytes

FROZEN: Final = 2_000
"""Most literals of the frozen set, spread evenly over all there are."""
PROPOSER: Final = "rule learner"


def propose(gate: Gate, whole: Lesson, learned: Learned, how: Learning) -> Proposal:
    """Return the proposal to approve what was learned, measured and waiting; nothing thinks by it.

    It would take the place of the approved rules about its target; those about others stay. Of a
    run that has no set of rules, the empty one is made its first.

    Raises:
        ReviewError: what was learned is refused, or approved already.
        LanguageError: with the rules about others, something would depend on its own absence.
    """
    began = time.process_time()
    if learned.refused:
        raise ReviewError(
            f"these rules are not proposed: {learned.refused}",
            hint="give more or cleaner examples",
        )
    approved = Approved.open(gate.folder, keys=gate.keys)
    now = approved_rules(approved)
    others = tuple(rule for rule in now if rule.head.atom[0] != whole.target)
    wanted = (*others, *learned.rules)
    data = rules_bytes(wanted)
    if data == rules_bytes(now):
        raise ReviewError("these rules are approved already", hint="nothing is left to decide")
    if NAME not in approved.artefacts:
        gate.found(NAME, NONE, kind=KIND)
    book = gate.settle()
    proposal = gate.propose(
        Draft(
            change_id=secrets.token_hex(6),
            kind=KIND,
            base=system_hash(book.artefacts),
            artefacts={NAME: data},
            proposer=PROPOSER,
            rationale=f"what {whole.target} means: " + "; ".join(map(str, learned.rules)),
            evidence=_evidence(learned),
            effects=_effects(learned, how),
            replay=replay_bytes(whole, how, others),
            data=_data(whole, learned, how, data, now),
            lasts_s=book.policy.expires_s,
        )
    )
    gate.shadow(
        shadow(
            now,
            wanted,
            whole,
            change_id=proposal.change_id,
            manifests=(proposal.base, proposal.candidate),
            began=began,
        )
    )
    gate.submit(proposal.change_id)
    return proposal


def _evidence(learned: Learned) -> Evidence:
    seen, held = learned.learned, learned.held_out
    return Evidence(
        cause=f"learned by gradient from examples of {learned.target}, one of"
        f" {learned.clauses} clauses a slot; held-out {learned.by} agree, every proof checked",
        traces=(),
        counts={
            "learned_from_positive": seen.positive,
            "learned_from_negative": seen.negative,
            "held_out_positive": held.positive,
            "held_out_explained": held.explained,
            "held_out_negative": held.negative,
            "held_out_wrong": held.wrong,
            "proofs_and_models_checked": seen.checked + held.checked,
        },
    )


def _effects(learned: Learned, how: Learning) -> tuple[Effect, ...]:
    """Promise of new examples what held of those that were held out."""
    held, slack = learned.held_out, round(1 - how.least, 6)
    silent = 1 - held.wrong / max(1, held.negative)
    return (
        Effect(figure="positive", expected=held.recall, tolerance=slack),
        Effect(figure="negative", expected=silent, tolerance=slack),
    )


def _data(
    whole: Lesson, learned: Learned, how: Learning, data: bytes, now: Sequence[Rule]
) -> dict[str, str | int]:
    return {
        "target": whole.target,
        "families": len(whole.families),
        "held_out": learned.by,
        "rules_before": sha256(rules_bytes(now)),
        "rules_after": sha256(data),
        "seed": how.seed,
        "code": code_hash(),
        **{f"learning_{name}": str(value) for name, value in asdict(how).items()},
    }


def shadow(
    base: Sequence[Rule],
    candidate: Sequence[Rule],
    whole: Lesson,
    *,
    change_id: str,
    manifests: tuple[str, str],
    began: float | None = None,
) -> ShadowReport:
    """Return what two sets of rules say of the held-out examples of a lesson, and of all else.

    ``manifests`` are the hashes of the systems they belong to.
    """
    began = time.process_time() if began is None else began
    held_out = parts(whole).held_out
    right = {
        (number, atom): positive
        for number, family in enumerate(held_out.families)
        for positive, atoms in ((True, family.positive), (False, family.negative))
        for atom in atoms
    }
    was, now = verdicts(base, held_out), verdicts(candidate, held_out)
    asked = list(right)

    def flip(at: int) -> Flip:
        example = asked[at]
        said = (_follows(x[example]) for x in (right, was, now))
        gold, before, after = said
        where = f"{written(example[1])} in held-out family {example[0] + 1}"
        return Flip(example=where, right=gold, base=before, candidate=after)

    return report(
        _paired(
            np.array([was[x] is right[x] for x in asked]),
            np.array([now[x] is right[x] for x in asked]),
            tuple(frozenset({"positive" if right[x] else "negative"}) for x in asked),
            flip,
        ),
        _frozen(base, candidate, whole),
        change_id=change_id,
        base=manifests[0],
        candidate=manifests[1],
        layers=(),
        cpu_s=time.process_time() - began,
    )


def _paired(
    base: Bool[np.ndarray, " n"],
    candidate: Bool[np.ndarray, " n"],
    tags: tuple[frozenset[str], ...],
    flip: Callable[[int], Flip],
) -> Paired:
    sure = np.ones(len(base))  # a rule is never half sure
    return Paired(
        base=base, candidate=candidate, tags=tags, base_sure=sure, candidate_sure=sure, flip=flip
    )


def _frozen(base: Sequence[Rule], candidate: Sequence[Rule], whole: Lesson) -> Paired:
    """Return of what is not about the target whether it is as it was."""
    found = list[tuple[Literal, bool, bool]]()
    for family in whole.families:
        was, now = (derive(theory_of(family, rules), BUDGET) for rules in (base, candidate))
        if not isinstance(was, Model) or not isinstance(now, Model):
            continue
        heads = {rule.head.atom[0]: len(rule.head.atom) - 1 for rule in (*base, *candidate)}
        for atom in _atoms({**heads, **whole.background}, family.constants):
            if atom[0] != whole.target:
                found.append((Literal(atom), Literal(atom) in was, Literal(atom) in now))
    some = found[:: -(-len(found) // FROZEN)]

    def flip(at: int) -> Flip:
        literal, before, after = some[at]
        said = _follows(before)
        return Flip(example=str(literal), right=said, base=said, candidate=_follows(after))

    same = np.array([before is after for _, before, after in some])
    return _paired(np.ones(len(some), dtype=bool), same, (frozenset[str](),) * len(some), flip)


def _atoms(arities: dict[str, int], constants: Sequence[str]) -> Iterator[Atom]:
    for name, arity in sorted(arities.items()):
        yield from ((name, *names) for names in product(constants, repeat=arity))


def _follows(said: bool) -> str:
    return "follows" if said else "does not follow"
