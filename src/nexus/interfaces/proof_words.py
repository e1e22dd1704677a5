"""What came of a question about a text, in words for people; and what was read in a text."""

from collections.abc import Sequence

from nexus.decide.proving import Conclusion
from nexus.logic.engines.prove import tree
from nexus.logic.proofs import Status
from nexus.logic.theory import World
from nexus.reason.sentences.reading import Reading, clauses

_SAID = {
    Status.PROVED: "yes: it follows from what I read",
    Status.REFUTED: "no: the opposite follows from what I read",
    Status.UNKNOWN: "unknown: neither it nor its opposite follows from what I read",
    Status.UNSAT: "the text contradicts itself, so anything or nothing would follow",
    Status.TIMEOUT: "timeout: whether it follows is not known",
    Status.ABSTAIN: "I cannot say",
}


def conclusion_lines(conclusion: Conclusion) -> list[str]:
    """Return the answer, the proof, and every clause beside the words it was read from."""
    status, world = conclusion.status, conclusion.asked.world
    head = _SAID[status]
    if status is Status.REFUTED and world is World.CLOSED:
        head = "no: it does not follow from what I read, and what does not follow is false here"
    lines = [f"{status}: {head}"]
    if conclusion.reason:
        lines.append(f"  {conclusion.reason}")
    if conclusion.goal is not None:
        lines.append(f"asked: {conclusion.goal.canonical}  [{conclusion.goal.clause}]")
    lines.append(f"assumed: {world} world")
    if conclusion.answer is not None and conclusion.theory is not None:
        for proof in conclusion.answer.proofs:
            lines.append("proof, valid by the checker:")
            text = conclusion.asked.context
            lines.extend(f"  {line}" for line in tree(proof, conclusion.theory, text))
    if conclusion.clauses:
        lines.append("read:")
    for told in conclusion.clauses:
        quoted = conclusion.asked.context[told.span.start : told.span.stop]
        lines.append(f'  {told.span.start}-{told.span.stop} "{quoted}" -> {told.clause}')
    if conclusion.rules and conclusion.theory is not None:
        first = len(conclusion.theory.rules) - len(conclusion.rules) + 1
        lines.append("approved rules, of which the text says nothing:")
        lines.extend(f"  rule {n}  {x}" for n, x in enumerate(conclusion.rules, start=first))
    if conclusion.unread:
        lines.append("not read:")
    lines.extend(_unread(reading) for reading in conclusion.unread)
    return lines


def _unread(reading: Reading) -> str:
    return f'  {reading.span.start}-{reading.span.stop} "{reading.text}": {reading.reason}'


def reading_lines(readings: Sequence[Reading]) -> list[str]:
    """Return each sentence with its clauses, or with why it was not read."""
    lines: list[str] = []
    for reading in readings:
        if not reading.symbols:
            lines.append(_unread(reading).strip())
            continue
        where = f"{reading.span.start}-{reading.span.stop}"
        lines.append(f'{where} "{reading.text}"  (p = {reading.probability:.3f})')
        for clause, canonical in clauses(reading.meaning(World.OPEN)):
            lines.append(f"  {clause}   {canonical}")
    return lines


def reading_json(reading: Reading) -> dict[str, object]:
    """Return a sentence and its clauses, for ``--json``."""
    told = clauses(reading.meaning(World.OPEN)) if reading.symbols else ()
    return {
        "text": reading.text,
        "span": [reading.span.start, reading.span.stop],
        "clauses": [{"clause": str(clause), "canonical": said} for clause, said in told],
        "symbols": " ".join(reading.symbols),
        "probability": reading.probability,
        "reason": reading.reason,
    }
