"""Random little planning problems for tests: negative conditions, types and constants."""

from dataclasses import replace

import numpy as np

from nexus.logic.pddl_files import write_domain, write_problem
from nexus.logic.planning import Action, Domain, Predicate, Problem, Typed
from nexus.logic.theory import Literal, Sign
from plan_twin import Twin, twin

_KINDS = {"u": (), "p": ("t1",), "q": ("object",), "r": ("t1", "object")}
_OBJECTS = {"a": "t1", "b": "t2", "c": "t3", "k": "t1"}


def invented(seed: int) -> Problem:
    """A problem of a few actions over at most 28 atoms; about half of them can be solved.

    What is wanted is drawn blindly, or from where two random walks end: each part of that can be
    met, perhaps not all. Three of four problems are of switches.
    """
    if seed % 4:
        return _switches(seed)
    g = np.random.default_rng(seed)

    def literal(names: dict[str, str], denied: float) -> Literal:
        fitting = {"object": list(names), "t1": [x for x, t in names.items() if t in ("t1", "t2")]}
        can = [p for p, types in _KINDS.items() if all(fitting[t] for t in types)]
        predicate = str(g.choice(can))
        arguments = (str(g.choice(fitting[t])) for t in _KINDS[predicate])
        sign = Sign.DENIED if g.random() < denied else Sign.HOLDS
        return Literal((predicate, *arguments), sign)

    def some(names: dict[str, str], low: int, high: int, denied: float) -> tuple[Literal, ...]:
        drawn = [literal(names, denied) for _ in range(g.integers(low, high + 1))]
        return tuple(dict.fromkeys(drawn))

    actions = []
    for number in range(g.integers(3, 7)):
        types = [str(g.choice(["t1", "t2", "t3", "object"])) for _ in range(g.integers(0, 3))]
        parameters = {f"?x{at}": kind for at, kind in enumerate(types)}
        scope = parameters if parameters and g.random() < 0.8 else {**parameters, "k": "t1"}
        actions.append(
            Action(
                name=f"do{number}",
                parameters=tuple(Typed(x, kind) for x, kind in parameters.items()),
                condition=some(scope, 1, 3, 0.35),
                effect=some(scope, 2, 4, 0.5),
            )
        )
    domain = Domain(
        name="invented",
        types=(Typed("t1"), Typed("t2", "t1"), Typed("t3")),
        predicates=tuple(Predicate(name=p, types=types) for p, types in _KINDS.items()),
        actions=tuple(actions),
        constants=(Typed("k", "t1"),),
    )
    objects = tuple(Typed(x, kind) for x, kind in _OBJECTS.items() if x != "k")
    problem = Problem(
        domain=domain,
        objects=objects,
        initial=frozenset(x.atom for x in some(_OBJECTS, 3, 8, 0.0)),
        goal=(),
    )
    if g.random() < 0.5:
        return replace(problem, goal=some(_OBJECTS, 1, 3, 0.3))
    ends = [_wandered(twin_of(problem), g) for _ in range(2)]
    goal = list[Literal]()
    for end, most in zip(ends, (4, 2), strict=True):
        atoms = sorted(ends[0] | ends[1])
        for at in g.permutation(len(atoms))[: g.integers(0, most + 1)]:
            sign = Sign.HOLDS if atoms[at] in end else Sign.DENIED
            goal.append(Literal(tuple(atoms[at].strip("()").split()), sign))
    return replace(problem, goal=tuple(dict.fromkeys(goal)))


def _switches(seed: int) -> Problem:
    """Seven lamps, and a dozen switches that work when some are on and others off; many states."""
    g = np.random.default_rng(seed)
    lamps = tuple(Typed(f"l{at}", "lamp") for at in range(7))

    def some(low: int, high: int, names: list[str]) -> tuple[Literal, ...]:
        chosen = g.permutation(names)[: g.integers(low, high + 1)]
        signs = g.choice([Sign.HOLDS, Sign.DENIED], len(chosen))
        return tuple(
            Literal(("on", str(x)), Sign(str(s))) for x, s in zip(chosen, signs, strict=True)
        )

    names = [x.name for x in lamps]
    actions = tuple(
        Action(
            name=f"switch{number}",
            parameters=(Typed("?x", "lamp"),) if number % 6 == 0 else (),
            condition=some(1, 2, names + ["?x"] * (number % 6 == 0)),
            effect=some(1, 2, names + ["?x"] * (number % 6 == 0)),
        )
        for number in range(14)
    )
    domain = Domain(
        name="switches",
        types=(Typed("lamp"),),
        predicates=(Predicate(name="on", types=("lamp",)),),
        actions=actions,
        constants=lamps,
    )
    initial = frozenset(x.atom for x in some(2, 5, names) if x.sign is Sign.HOLDS)
    return Problem(domain=domain, objects=(), initial=initial, goal=some(4, 7, names))


def _wandered(twin: Twin, g: np.random.Generator) -> frozenset[str]:
    state = twin.start
    for _ in range(15):
        can = [
            after for name in twin.moves if (after := twin.after(state, name)) not in (None, state)
        ]
        state = can[g.integers(len(can))] if can else state
    return state


def twin_of(problem: Problem) -> Twin:
    """The same problem in strings, by way of its PDDL."""
    return twin(write_domain(problem.domain), write_problem(problem))


def renamed(problem: Problem, names: dict[str, str]) -> Problem:
    """The problem with its objects renamed."""

    def under(atom: tuple[str, ...]) -> tuple[str, ...]:
        return (atom[0], *(names.get(x, x) for x in atom[1:]))

    return replace(
        problem,
        objects=tuple(Typed(names[x.name], x.type) for x in problem.objects),
        initial=frozenset(under(x) for x in problem.initial),
        goal=tuple(Literal(under(x.atom), x.sign) for x in problem.goal),
    )
