"""A text and a question to an answer that is proved, or to why there is none.

Every sentence is read by itself; what they say comes to a theory, an engine looks for a proof, and
a checker that shares no code with it looks at the proof. It shows that the answer follows from what
was read: so everything that was read is shown beside the words it was read from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from nexus.base.errors import LanguageError
from nexus.logic.engines.budget import Budget
from nexus.logic.engines.prove import prove
from nexus.logic.meaning import gather
from nexus.logic.proofs import Answer, Status
from nexus.logic.theory import Literal, Rule, Sign, Span, Theory, World, checked
from nexus.reason.sentences.reading import Clause, Reading, SentenceParser, clauses
from nexus.verify.proofs import check_proof

TOGETHER: Final = 200
"""Questions whose sentences are read in one go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A text, a question about it, and what it means that something is not in the text."""

    context: str
    question: str
    world: World = World.OPEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A clause as it was read, and where."""

    clause: Clause
    canonical: str
    """The same in plain words."""
    span: Span
    """Where it stands in the text; in the question, if it is what was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conclusion:
    """What came of a question, and everything it rests on."""

    asked: Asked
    status: Status
    """proved, refuted, unknown, unsat (the text contradicts itself), timeout or abstain."""
    reason: str
    """Why there is no answer, or what contradicts itself; empty where there is an answer."""
    clauses: tuple[Told, ...]
    """What was read in the text."""
    goal: Told | None
    """What was asked; None if that was not understood."""
    unread: tuple[Reading, ...]
    """Sentences of the text that were not, and why."""
    probability: float
    """Calibrated probability of the least sure reading, of text and question; 0 without any."""
    rules: tuple[Rule, ...] = ()
    """Approved rules that were reasoned with beside the text; the last of the theory's."""
    theory: Theory | None = None
    answer: Answer | None = None
    """What the engine found, checked; None where nothing was asked of it."""

    @property
    def said(self) -> str:
        """Return yes, no or unknown; nothing where there is no answer."""
        shown = self.status in (Status.PROVED, Status.REFUTED, Status.UNKNOWN)
        return self.answer.answer if self.answer and shown else ""

    def plain(self) -> dict[str, Any]:
        """Return the conclusion as what JSON can hold."""
        answer = self.answer
        return {
            "status": self.status.value,
            "answer": self.said,
            "assumption": f"{self.asked.world} world",
            "certificate": [] if answer is None else [x.plain() for x in answer.proofs],
            "engine": "" if answer is None else answer.engine,
            "spans": [] if answer is None else [[x.start, x.stop] for x in answer.spans],
            "clauses": [_plain(told) for told in self.clauses],
            "rules": [str(rule) for rule in self.rules],
            "goal": None if self.goal is None else _plain(self.goal),
            "unread": [
                {"text": x.text, "span": [x.span.start, x.span.stop], "reason": x.reason}
                for x in self.unread
            ],
            "probability": round(self.probability, 4),
            "reason": self.reason,
        }


def _plain(told: Told) -> dict[str, Any]:
    return {
        "clause": str(told.clause),
        "canonical": told.canonical,
        "span": [told.span.start, told.span.stop],
    }


def conclude(
    parser: SentenceParser,
    asked: Sequence[Asked],
    budget: Budget | None = None,
    rules: Sequence[Rule] = (),
) -> Iterator[Conclusion]:
    """Yield what comes of each question; none depends on another.

    ``rules`` hold beside what each text says. In an open world, what they want absent must be
    denied: that nobody said it makes nothing so.
    """
    for start in range(0, len(asked), TOGETHER):
        some = asked[start : start + TOGETHER]
        texts = [text for x in some for text in (x.context, x.question)]
        readings = iter(parser.read_texts(texts))
        for one in some:
            yield _concluded(one, next(readings), next(readings), budget, rules)


def _concluded(
    asked: Asked,
    context: Sequence[Reading],
    question: Sequence[Reading],
    budget: Budget | None,
    rules: Sequence[Rule],
) -> Conclusion:
    read, unread = list[Reading](), list[Reading]()
    for reading in context:
        (read if _states(reading) else unread).append(reading)
    told = tuple(told for reading in read for told in _told(reading, asked.world))
    goal, why = _goal(question, asked.world)
    sure = min((x.probability for x in (*read, *question) if x.symbols), default=0.0)
    beside = tuple(_meant(rule, asked.world) for rule in rules)

    def ended(status: Status, reason: str, **found: Any) -> Conclusion:
        return Conclusion(
            asked=asked,
            status=status,
            reason=reason,
            clauses=told,
            goal=goal,
            unread=tuple(unread),
            probability=sure,
            rules=beside,
            **found,
        )

    if goal is None:
        return ended(Status.ABSTAIN, f"the question: {why}")
    assert isinstance(goal.clause, Literal)
    try:
        meanings = [reading.meaning(asked.world) for reading in read]
        theory = gather(meanings, [reading.span for reading in read], asked.world)
        theory = _beside(theory, beside)
        answer = prove(theory, goal.clause, budget)
    except LanguageError as error:
        return ended(Status.ABSTAIN, f"what the text says cannot be reasoned about: {error}")
    if answer.status is Status.TIMEOUT:
        return ended(Status.TIMEOUT, answer.note, theory=theory)
    for proof in answer.proofs:
        if not (verdict := check_proof(proof, theory)).valid:
            return ended(Status.ABSTAIN, f"the checker refuses the proof: {verdict.reason}")
    if unread and not _stands(answer):
        count = f"{len(unread)} sentence{'s' * (len(unread) > 1)}"
        return ended(Status.ABSTAIN, f"{count} could not be read, and may change the answer")
    if answer.status is Status.CONTRADICTION:
        return ended(Status.UNSAT, answer.note, theory=theory, answer=answer)
    return ended(answer.status, "", theory=theory, answer=answer)


def _meant(rule: Rule, world: World) -> Rule:
    """Return a rule as it is meant in a world: in an open one, what is absent is denied."""
    if world is World.CLOSED:
        return rule
    body = (Literal(x.atom, Sign.DENIED) if x.sign is Sign.ABSENT else x for x in rule.body)
    return replace(rule, body=tuple(body))


def _beside(theory: Theory, rules: tuple[Rule, ...]) -> Theory:
    """Return a theory with rules that stand nowhere in its text; their spans are empty."""
    spans = (*theory.spans, *(Span(start=0, stop=0) for _ in rules))
    return checked(replace(theory, rules=(*theory.rules, *rules), spans=spans))


def _states(reading: Reading) -> bool:
    """Return whether a sentence was read and says something, rather than ask."""
    return bool(reading.symbols) and "ask" not in reading.symbols


def _told(reading: Reading, world: World) -> Iterator[Told]:
    for clause, canonical in clauses(reading.meaning(world)):
        yield Told(clause=clause, canonical=canonical, span=reading.span)


def _goal(question: Sequence[Reading], world: World) -> tuple[Told | None, str]:
    """Return what is asked, or why that is not known."""
    if len(question) != 1:
        return None, f"one sentence was expected, got {len(question)}"
    (reading,) = question
    if not reading.symbols:
        return None, reading.reason
    if "ask" not in reading.symbols:
        return None, "it asks nothing"
    (told,) = _told(reading, world)
    return told, ""


def _stands(answer: Answer) -> bool:
    """Return whether an answer stands whatever else may be said.

    What follows from some sentences follows from all of them, unless it rests on what does not.
    """
    proofs = answer.proofs
    return answer.world is World.OPEN and all(x.steps and not x.model for x in proofs)
