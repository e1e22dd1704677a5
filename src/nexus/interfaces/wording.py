"""Numbers, decisions and proofs in plain words; the same words on a terminal and in a report."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from nexus.base.records import Certificate, Decision, Premise, ProofStep
from nexus.reason.reflection import said

NOTHING: Final = "-"
"""Stands where there is no number."""


def number(value: float | None, *, sign: bool = False) -> str:
    """Return three decimals, so that columns line up; one from 10 on, none of a count.

    What was not measured is a dash.
    """
    if value is None or value != value:
        return NOTHING
    decimals = 0 if isinstance(value, int) or abs(value) >= 1000 else 1 if abs(value) >= 10 else 3
    return f"{value:{'+' if sign and value > 0 else ''},.{decimals}f}"


def decision_lines(decision: Decision) -> list[str]:
    """Return what a person is told: the outcome first, then what it rests on."""
    if decision.abstained:
        lines = ["I am not sure.", decision.reason]
    else:
        alone = ", by the proof alone" if decision.cause == "proved" else ""
        head = f"{decision.answer}   ({decision.confidence:.0%} sure{alone})"
        lines = [head, decision.reason]
    if decision.abstained or decision.fast.answer != decision.slow.answer:
        lines += ["", "What each route says by itself:"]
        lines += [f"  fast: {said(decision.fast)}", f"  slow: {said(decision.slow)}"]
    if decision.certificate is not None:
        verdict = decision.verdict
        lines += ["", *proof_lines(decision.certificate, "" if verdict.valid else verdict.reason)]
    if decision.steps:
        lines += ["", "How the fast route reads the question (it explains, it proves nothing):"]
        lines += ["  " + " ".join(decision.steps)]
    unusual = ", an unusual picture" if decision.surprise > 1 else ""
    lines += ["", f"Surprise {decision.surprise:.2f}{unusual} (1 is rare in training)."]
    return [line for at, line in enumerate(lines) if line or lines[at - 1]]


def proof_lines(proof: Certificate, refused: str) -> list[str]:
    """Return the proof step by step, headed by what the checker says of it.

    ``refused`` is why the checker does not accept it; empty if it does.
    """
    if refused:
        head = f"Proof of {proof.answer}, REJECTED by the checker: {refused}"
    else:
        head = f"Proof of {proof.answer}, checked; "
        head += f"it follows from what I see (p = {proof.probability:.2f}):"
    return [head, *(f"  {at}. {_step(proof, at)}" for at in range(1, len(proof.steps) + 1))]


def _step(proof: Certificate, at: int) -> str:
    step = proof.steps[at - 1]
    of = f" of {' and '.join(str(i + 1) for i in step.inputs)}" if step.inputs else ""
    what = " ".join((step.op, *step.arguments)) + of
    return f"{what}: {_result(step)}{_because(step.premises)}"


def _result(step: ProofStep) -> str:
    if step.value:
        return step.value
    inside = ", ".join(step.inside) or "nothing"
    return f"{inside}; undecided {', '.join(step.maybe)}" if step.maybe else inside


def _because(premises: tuple[Premise, ...]) -> str:
    """Return the premises a step takes from perception, the least certain first."""
    if not premises:
        return ""
    weakest = sorted(premises, key=lambda premise: premise.probability)
    shown = ", ".join(_premise(premise) for premise in weakest[:3])
    more = f" and {len(premises) - 3} more" if len(premises) > 3 else ""
    return f"   because {shown}{more}"


def _premise(premise: Premise) -> str:
    atom = f"{premise.atom[0]}({', '.join(premise.atom[1:])})"
    return f"{'' if premise.holds else 'not '}{atom} {premise.probability:.2f}"


def decision_json(decision: Decision) -> Mapping[str, Any]:
    """Return a decision as plain JSON values, every field by its own name."""
    return {**asdict(decision), "abstained": decision.abstained}
