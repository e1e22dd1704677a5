"""A question to a theory: proved, refuted, unknown, contradictory, or not found out in time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from typing import Literal as Literals

from nexus.logic.engines.budget import Budget, Spent
from nexus.logic.engines.datalog import Model, derive
from nexus.logic.proofs import Answer, Proof, Status, Step
from nexus.logic.theory import Literal, Sign, Span, Theory, World, checked

ENGINE: Final = "datalog/1"
_ANSWERS: Final = {Status.PROVED: "yes", Status.REFUTED: "no", Status.UNKNOWN: "unknown"}


def prove(theory: Theory, goal: Literal, budget: Budget | None = None) -> Answer:
    """Return whether ``goal`` follows from ``theory``, with the proof.

    A theory that contradicts itself anywhere answers nothing: the answer is a contradiction with
    both its proofs, of the goal if it is about the goal.

    Raises:
        LanguageError: theory or goal is not well typed, or something depends on its own absence.
    """
    checked(theory, goal)
    model = derive(theory, budget)
    if isinstance(model, Spent):
        return _answer(theory, Status.TIMEOUT, note=str(model))
    if (both := _contradiction(model, goal)) is not None:
        proofs = tuple(_follows(model, x, Status.PROVED, x) for x in (both, both.opposite))
        note = f"{both} follows, and so does {both.opposite}"
        return _answer(theory, Status.CONTRADICTION, proofs, note)
    proof = _decide(model, goal)
    return _answer(theory, proof.status, (proof,))


def _decide(model: Model, goal: Literal) -> Proof:
    """Return what the model says of the goal."""
    if goal in model:
        return _follows(model, goal, Status.PROVED, goal)
    if goal.opposite in model:
        return _follows(model, goal, Status.REFUTED, goal.opposite)
    status = Status.UNKNOWN
    if model.theory.world is World.CLOSED:
        status = Status.REFUTED if goal.sign is Sign.HOLDS else Status.PROVED
    return Proof(goal=goal, status=status, world=model.theory.world, model=_steps(model, model))


def _contradiction(model: Model, goal: Literal) -> Literal | None:
    """Return an atom that is both derived and denied, the goal's if it is; None if none is."""
    if goal in model and goal.opposite in model:
        return Literal(goal.atom)
    return next(model.contradictions, None)


def _follows(model: Model, goal: Literal, status: Status, last: Literal) -> Proof:
    """Return the proof that ends in ``last``, with the whole model only if it must be seen."""
    steps = _steps(model, _needed(model, last))
    negated = any(step.absent for step in steps)
    return Proof(
        goal=goal,
        status=status,
        world=model.theory.world,
        steps=steps,
        model=_steps(model, model) if negated else (),
    )


def _needed(model: Model, last: Literal) -> Collection[Literal]:
    """Return everything that ``last`` rests on, premises first."""
    done: dict[Literal, None] = {}
    waiting = [last]
    while waiting:
        literal = waiting[-1]
        missing = [x for x in model.why(literal).premises if x not in done]
        if missing:
            waiting.extend(reversed(missing))
        else:
            done[literal] = None
            waiting.pop()
    return done


def _steps(model: Model, literals: Iterable[Literal]) -> tuple[Step, ...]:
    """Return the derivations of literals that are in the order in which they rest on others."""
    place: dict[Literal, int] = {}
    steps: list[Step] = []
    for literal in literals:
        why = model.why(literal)
        premises = tuple(place[x] for x in why.premises)
        place[literal] = len(steps)
        steps.append(Step(literal=literal, rule=why.rule, premises=premises, absent=why.absent))
    return tuple(steps)


def _answer(
    theory: Theory, status: Status, proofs: tuple[Proof, ...] = (), note: str = ""
) -> Answer:
    return Answer(
        status=status,
        answer=_ANSWERS.get(status, ""),
        world=theory.world,
        engine=ENGINE,
        proofs=proofs,
        spans=_spans(theory, proofs),
        note=note,
    )


def _spans(theory: Theory, proofs: tuple[Proof, ...]) -> tuple[Span, ...]:
    sources = _sources(theory)
    used = {sources.get(_clause(step)) for proof in proofs for step in proof.steps}
    return tuple(sorted((x for x in used if x is not None), key=lambda x: (x.start, x.stop)))


def _sources(theory: Theory) -> Mapping[Literal | int, Span]:
    """Return where each fact and each rule, by its number, was read; none of an empty span."""
    spans = theory.spans[: len(theory.facts)], theory.spans[len(theory.facts) :]
    facts = dict(zip(reversed(theory.facts), reversed(spans[0]), strict=False))
    sources: Mapping[Literal | int, Span] = {**facts, **dict(enumerate(spans[1]))}
    return {clause: span for clause, span in sources.items() if span.start < span.stop}


def _clause(step: Step) -> Literal | int:
    return step.literal if step.rule is None else step.rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of a proof as people see it: conclusions above what they rest on."""

    depth: int
    literal: Literal
    kind: Literals["given", "rule", "absent", "again", "model"]
    """A fact; by a rule; what does not follow; what was shown above; or that nothing shows it."""
    why: str
    """The rule, counted from 1, or what else it rests on."""
    quoted: str = ""
    """Where it was read, if that is known."""


def rows(proof: Proof, theory: Theory, text: str = "") -> list[Row]:
    """Return the proof row by row, what rests on something above it; each thing is shown once.

    Given the ``text`` that the theory was read from, rows quote it.
    """
    if not proof.steps:
        also = " nor its denial" if proof.status is Status.UNKNOWN else ""
        why = f"{proof.world} world, {len(proof.model)} literals follow"
        said = f"{proof.status}; not derived{also}  [{why}]"
        return [Row(depth=0, literal=proof.goal, kind="model", why=said)]
    sources = _sources(theory)
    found: list[Row] = []
    shown: set[int] = set()
    waiting: list[tuple[int, int | Literal]] = [(0, len(proof.steps) - 1)]
    while waiting:
        depth, item = waiting.pop()
        if isinstance(item, Literal):
            found.append(Row(depth=depth, literal=item, kind="absent", why="does not follow"))
            continue
        step = proof.steps[item]
        if item in shown and step.premises:
            row = Row(depth=depth, literal=step.literal, kind="again", why="shown above")
            found.append(row)
            continue
        shown.add(item)
        source = sources.get(_clause(step))
        found.append(
            Row(
                depth=depth,
                literal=step.literal,
                kind="given" if step.rule is None else "rule",
                why="given" if step.rule is None else f"rule {step.rule + 1}",
                quoted=text[source.start : source.stop] if source is not None else "",
            )
        )
        absent = [Literal(atom, Sign.ABSENT) for atom in step.absent]
        below: list[int | Literal] = [*step.premises, *absent]
        waiting.extend((depth + 1, x) for x in reversed(below))
    return found


def tree(proof: Proof, theory: Theory, text: str = "") -> list[str]:
    """Return the proof as lines, two blanks deeper a level (see ``rows``)."""
    return [_line(row) for row in rows(proof, theory, text)]


def _line(row: Row) -> str:
    if row.kind == "model":
        return f"{row.literal}: {row.why}"
    quoted = f': "{row.quoted}"' if row.quoted else ""
    return "  " * row.depth + f"{row.literal}  [{row.why}{quoted}]"
