"""The trusted checker of plans: replays them, and checks again that there is none.

It searches for nothing and shares no code with a planner: conditions are read here once more, and
every action that matters is bound here once more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nexus.base.errors import NexusError
from nexus.base.records import Atom, Verdict
from nexus.logic.planning import Action, Problem, checked
from nexus.logic.plans import Impossible, Mutexes, Relaxed, StateSet, Step
from nexus.logic.theory import Literal, Sign


class _Wrong(Exception):
    """The first thing wrong with a plan or a certificate."""


def check_plan(problem: Problem, steps: Sequence[Step]) -> Verdict:
    """Return whether the steps lead from the beginning to the goal; never raises.

    The reason names the first step that cannot be taken and the condition it lacks, or the goal
    that is not met in the end.
    """
    try:
        checked(problem)
        state = set(problem.initial)
        for number, step in enumerate(steps, start=1):
            _take(problem, state, step, f"step {number} ({' '.join(step)})")
        for literal in problem.goal:
            _require(_true(literal, state), f"the goal {literal} is not met in the end")
    except _Wrong as wrong:
        return Verdict(valid=False, reason=str(wrong))
    except NexusError as error:
        return Verdict(valid=False, reason=f"the problem is not one: {error.message}")
    except Exception as error:  # a plan is untrusted: any surprise in reading it refuses it
        return Verdict(valid=False, reason=f"the plan is malformed: {error!r}")
    return Verdict(valid=True)


def check_unsolvable(problem: Problem, certificate: Impossible) -> Verdict:
    """Return whether the certificate proves that the problem has no plan; never raises."""
    try:
        checked(problem)
        if isinstance(certificate, Relaxed):
            _check_relaxed(problem, certificate)
        elif isinstance(certificate, Mutexes):
            _check_mutexes(problem, certificate)
        else:
            _check_states(problem, certificate)
    except _Wrong as wrong:
        return Verdict(valid=False, reason=str(wrong))
    except NexusError as error:
        return Verdict(valid=False, reason=f"the problem is not one: {error.message}")
    except Exception as error:  # a certificate is untrusted, too
        return Verdict(valid=False, reason=f"the certificate is malformed: {error!r}")
    return Verdict(valid=True)


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise _Wrong(otherwise)


def _true(literal: Literal, state: Iterable[Atom]) -> bool:
    return (literal.atom in state) == (literal.sign is Sign.HOLDS)


def _take(problem: Problem, state: set[Atom], step: Step, name: str) -> None:
    """Change the state as the step does."""
    action = next((x for x in problem.domain.actions if step and x.name == step[0]), None)
    if action is None:
        raise _Wrong(f"{name}: there is no such action")
    wanted, given = len(action.parameters), len(step) - 1
    _require(wanted == given, f"{name}: it takes {wanted} objects, not {given}")
    things = {x.name: x.type for x in problem.things}
    for parameter, thing in zip(action.parameters, step[1:], strict=True):
        _require(thing in things, f"{name}: there is no {thing}")
        fits = _is_a(problem, things[thing], parameter.type)
        _require(fits, f"{name}: {thing} is a {things[thing]}, no {parameter.type}")
    binding = {x.name: v for x, v in zip(action.parameters, step[1:], strict=True)}
    for condition in action.condition:
        literal = condition.under(binding)
        _require(_true(literal, state), f"{name}: its condition {literal} is not met")
    effect = [x.under(binding) for x in action.effect]
    state.difference_update(x.atom for x in effect if x.sign is Sign.DENIED)
    state.update(x.atom for x in effect if x.sign is Sign.HOLDS)


def _is_a(problem: Problem, kind: str, wanted: str) -> bool:
    above = {x.name: x.type for x in problem.domain.types}
    while kind != wanted and kind in above:
        kind = above[kind]
    return kind == wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class _Done:
    """An action done to certain things: what it needs and what it makes true."""

    step: Step
    needs: frozenset[Literal]
    makes: frozenset[Literal]


def _all_done(problem: Problem, relaxed: Relaxed) -> Iterator[_Done]:
    """Yield every action whose conditions are each possible by ``relaxed``, every way it binds.

    Parameters are bound from first to last; a condition is looked at once its last one is.
    """
    things: dict[str, list[str]] = {}
    for kind in {x.type for action in problem.domain.actions for x in action.parameters}:
        things[kind] = [x.name for x in problem.things if _is_a(problem, x.type, kind)]
    for action in problem.domain.actions:
        order = [x.name for x in action.parameters]
        due: list[list[Literal]] = [[] for _ in range(len(order) + 1)]
        for literal in action.condition:
            due[max((order.index(x) + 1 for x in literal.variables), default=0)].append(literal)
        yield from _bound(problem, relaxed, action, things, due, {})


def _bound(
    problem: Problem,
    relaxed: Relaxed,
    action: Action,
    things: Mapping[str, list[str]],
    due: Sequence[Sequence[Literal]],
    binding: dict[str, str],
) -> Iterator[_Done]:
    for literal in due[len(binding)]:
        if not _possible(literal.under(binding), problem, relaxed):
            return
    if len(binding) < len(action.parameters):
        parameter = action.parameters[len(binding)]
        for thing in things[parameter.type]:
            more = {**binding, parameter.name: thing}
            yield from _bound(problem, relaxed, action, things, due, more)
        return
    effect = {x.under(binding) for x in action.effect}
    holds = {x for x in effect if x.sign is Sign.HOLDS}
    yield _Done(
        step=(action.name, *binding.values()),
        needs=frozenset(x.under(binding) for x in action.condition),
        makes=frozenset(x for x in effect if x in holds or x.opposite not in holds),
    )


def _possible(literal: Literal, problem: Problem, relaxed: Relaxed) -> bool:
    if literal.sign is Sign.HOLDS:
        return literal.atom in relaxed.true
    return literal.atom not in problem.initial or literal.atom in relaxed.false


def _closed(problem: Problem, relaxed: Relaxed) -> list[_Done]:
    """Return every action that ``relaxed`` allows, once it is seen that none leads out of it."""
    _require(problem.initial <= relaxed.true, "what holds at first is not all listed")
    done = list(_all_done(problem, relaxed))
    for one in done:
        for literal in one.makes:
            inside = _possible(literal, problem, relaxed)
            _require(inside, f"{' '.join(one.step)} makes {literal}, which is not listed")
    return done


def _check_relaxed(problem: Problem, certificate: Relaxed) -> None:
    _closed(problem, certificate)
    beyond = any(not _possible(x, problem, certificate) for x in problem.goal)
    _require(beyond, "every goal is listed as possible")


def _check_mutexes(problem: Problem, certificate: Mutexes) -> None:
    done = _closed(problem, certificate.relaxed)
    never, rivals = set[Literal](), dict[Literal, set[Literal]]()
    for pair in certificate.pairs:
        one, other = (*pair, *pair)[:2]
        _require(1 <= len(pair) <= 2, "a pair is not of one or two literals")
        both = _true(one, problem.initial) and _true(other, problem.initial)
        _require(not both, f"{one} and {other} are both true at first")
        rivals.setdefault(one, set()).add(other)
        rivals.setdefault(other, set()).add(one)
        if one == other:
            never.add(one)

    def excluded(literals: frozenset[Literal]) -> bool:
        return any(x in never or rivals.get(x, set()) & literals for x in literals)

    for step in done:
        if excluded(step.needs):
            continue
        for made in step.makes:
            for rival in rivals.get(made, ()):
                # the rival is made too, or it stays: it may be true now, and is not undone
                undone = rival.opposite in step.makes or rival.opposite in step.needs
                absent = undone or rival in never or bool(rivals[rival] & step.needs)
                safe = rival not in step.makes and absent
                _require(safe, f"{' '.join(step.step)} may make {made} true along with {rival}")
    goal = frozenset(problem.goal)
    contradictory = any(x.opposite in goal for x in goal)
    _require(contradictory or excluded(goal), "no two goals exclude each other")


def _check_states(problem: Problem, certificate: StateSet) -> None:
    table = {atom: 1 << at for at, atom in enumerate(certificate.atoms)}
    fixed = problem.initial - table.keys()
    _require(len(table) == len(certificate.atoms), "an atom has two bits")

    def coded(state: Iterable[Literal], sign: Sign) -> int:
        return sum(table.get(x.atom, 0) for x in set(state) if x.sign is sign)

    relaxed = Relaxed(
        true=frozenset((*table, *fixed)), false=frozenset(table.keys() & problem.initial)
    )
    first = coded(map(Literal, problem.initial), Sign.HOLDS)
    _require(first in certificate.states, "the initial state is not listed")
    # every condition of these is open in the table or met outside of it
    done = list(_all_done(problem, relaxed))
    for one in done:
        for literal in one.makes:
            steady = literal.atom in table or _true(literal, fixed)
            _require(steady, f"{' '.join(one.step)} makes {literal}, which no bit says")
    moves = [
        (
            coded(one.needs, Sign.HOLDS),
            coded(one.needs, Sign.DENIED),
            coded(one.makes, Sign.HOLDS),
            coded(one.makes, Sign.DENIED),
            one.step,
        )
        for one in done
    ]
    goal = [x for x in problem.goal if x.atom in table]
    met = all(_true(x, fixed) for x in problem.goal if x.atom not in table)
    wanted, unwanted = coded(goal, Sign.HOLDS), coded(goal, Sign.DENIED)
    for state in certificate.states:
        reaches = met and state & wanted == wanted and not state & unwanted
        _require(not reaches, "the goal is met in a state that is listed")
        for needs, denied, add, delete, step in moves:
            if state & needs == needs and not state & denied:
                after = state & ~delete | add
                _require(
                    after in certificate.states, f"{' '.join(step)} leads to a state not listed"
                )
