"""A plan, or why there is none, in words for people and in JSON for programs."""

from typing import Any

from nexus.decide.planning import PlannedText, Planning
from nexus.logic.meaning import KIND
from nexus.logic.pddl_files import write_problem
from nexus.logic.planning import Problem
from nexus.logic.plans import KINDS, Impossible, Mutexes, Planned, Relaxed, Spent, Step, Unsolvable
from nexus.logic.relations import RELATION
from nexus.logic.theory import Literal, Sign
from nexus.reason.problems import Line


def plan_lines(planning: Planning) -> list[str]:
    """Return what planning came to, and what the checker says of it."""
    problem, outcome = planning.problem, planning.outcome
    if isinstance(outcome, Spent):
        return [
            f"timeout: the budget of {outcome.reason} ran out after {outcome.states} states",
            "whether there is a plan is not known; allow more with --states or --seconds",
        ]
    assert planning.verdict is not None
    if not planning.verdict.valid:
        return [f"abstain: the checker refuses what was found: {planning.verdict.reason}"]
    if isinstance(outcome, Unsolvable):
        return [
            f"unsolvable: {_why(outcome.certificate, problem)}",
            "the checker finds the proof valid",
        ]
    count = len(outcome.steps)
    shortest = "no plan is shorter" if outcome.optimal else "there may be a shorter one"
    steps = enumerate((_told(step, problem) for step in outcome.steps), start=1)
    return [
        f"a plan of {count} step{'s' * (count != 1)}; {shortest}:",
        *(f"  {at}. {step}" for at, step in steps),
        "the checker finds the plan valid",
    ]


def plan_json(planning: Planning) -> dict[str, Any]:
    """Return what planning came to, for ``--json``; names are those of the files."""
    problem, outcome, verdict = planning.problem, planning.outcome, planning.verdict
    valid = verdict is not None and verdict.valid
    plan, kind, reason = None, "", ""
    if isinstance(outcome, Spent):
        reason = outcome.reason
    elif isinstance(outcome, Unsolvable):
        kind, reason = KINDS[type(outcome.certificate)], _why(outcome.certificate, problem)
    else:
        kind, plan = "plan", [_told(step, problem) for step in outcome.steps]
    return {
        "status": planning.status,
        "plan": plan if valid else None,
        "optimal": valid and isinstance(outcome, Planned) and outcome.optimal,
        "certificate": kind,
        "reason": reason,
        "valid": valid,
        "refused": "" if verdict is None else verdict.reason,
        "states": outcome.states,
        "assumption": "closed",
    }


def text_lines(found: PlannedText) -> list[str]:
    """Return what came of a text, and everything that was read beside its words."""
    assembled = found.understood.assembled
    lines = [] if found.planning is None else plan_lines(found.planning)
    if found.planning is None:
        at = f': "{assembled.sentence}"' if assembled.sentence else ""
        lines.append(f"abstain: {assembled.reason}{at}")
    lines.append("assumed: closed world: at first nothing is so but what is told")
    if found.planning is not None:
        lines.append(
            f"domain: {found.planning.problem.domain.name}; its actions are known, not read"
        )
    lines.append("read:")
    for reading in found.understood.readings:
        where = f'{reading.span.start}-{reading.span.stop} "{reading.text}"'
        said = [_line(x) for x in assembled.lines if x.reading is reading]
        lines.append(f"  {where} -> {'; '.join(said) or reading.reason or 'a word of the text'}")
    return lines


def _line(line: Line) -> str:
    literal = line.literal
    if line.part == "means":
        return f"{literal.atom[1]} means {literal.atom[0].removeprefix(RELATION)}"
    said = f"{literal.atom[0].removeprefix(KIND)}({', '.join(literal.atom[1:])})"
    said = said if literal.sign is Sign.HOLDS else f"not {said}"
    return said if line.part == "fact" else f"goal {said}"


def text_json(found: PlannedText) -> dict[str, Any]:
    """Return what came of a text, for ``--json``."""
    assembled, planning = found.understood.assembled, found.planning
    sentences = [
        {
            "text": reading.text,
            "span": [reading.span.start, reading.span.stop],
            "read": [_line(x) for x in assembled.lines if x.reading is reading],
            "probability": reading.probability,
            "reason": reading.reason,
        }
        for reading in found.understood.readings
    ]
    if planning is None:
        plan: dict[str, Any] = {
            "status": found.status,
            "plan": None,
            "reason": assembled.reason,
            "sentence": assembled.sentence,
            "assumption": "closed",
        }
    else:
        plan = {**plan_json(planning), "domain_name": planning.problem.domain.name}
        plan["pddl"] = write_problem(planning.problem)
    return {**plan, "sentences": sentences}


def _told(step: Step, problem: Problem) -> str:
    """Return a step as plan files write it, in the words of the problem."""
    return f"({' '.join(problem.words.get(x, x) for x in step)})"


def _said(literal: Literal, problem: Problem) -> str:
    told = _told(literal.atom, problem)
    return told if literal.sign is Sign.HOLDS else f"(not {told})"


def _why(certificate: Impossible, problem: Problem) -> str:
    if isinstance(certificate, Relaxed):
        beyond = next(x for x in problem.goal if not _possible(x, certificate, problem))
        return f"{_said(beyond, problem)} can never be, even if no action ever undid anything"
    if isinstance(certificate, Mutexes):
        for at, one in enumerate(problem.goal):
            for other in problem.goal[at:]:
                if frozenset((one, other)) in certificate.pairs:
                    pair = f"{_said(one, problem)} and {_said(other, problem)}"
                    never = "are never so at once" if one != other else "is never so"
                    return f"{pair if one != other else _said(one, problem)} {never}"
        return "two goals are never so at once"
    count = len(certificate.states)
    return f"{count} states can be reached, and the goal is met in none of them"


def _possible(literal: Literal, certificate: Relaxed, problem: Problem) -> bool:
    if literal.sign is Sign.HOLDS:
        return literal.atom in certificate.true
    return literal.atom not in problem.initial or literal.atom in certificate.false
