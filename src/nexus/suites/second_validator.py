"""A second opinion of plans: PDDL text in, strings all the way, nothing else of NEXUS in it.

It reads the brackets itself and shares no code with ``nexus.verify.plans``, nor with the planner,
nor with the reader of PDDL files: a mistake in one of them is not a mistake in this.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Tree: TypeAlias = str | list["Tree"]


def accepts(domain: str, problem: str, steps: Sequence[Sequence[str]]) -> bool:
    """Return whether a plan solves a problem, both told in PDDL with types.

    Args:
        domain: actions with conjunctions of atoms and of denied atoms.
        problem: objects, initial atoms and goal.
        steps: of each the action, then its objects.
    """
    rules, asked = _tree(domain), _tree(problem)
    types = dict(_typed(_parts(rules, ":types")))
    things = dict((*_typed(_parts(rules, ":constants")), *_typed(_parts(asked, ":objects"))))
    state = {_atom(x, {}) for x in _parts(asked, ":init")}
    actions = {x[1]: x for x in rules if isinstance(x, list) and x[0] == ":action"}
    for name, *given in steps:
        if name not in actions:
            return False
        action = actions[name]
        field = {str(k): v for k, v in zip(action[2::2], action[3::2], strict=True)}
        wanted = list(_typed(field[":parameters"]))
        if len(wanted) != len(given):
            return False
        for (_, kind), thing in zip(wanted, given, strict=True):
            if thing not in things or not _is_a(things[thing], kind, types):
                return False
        bound = dict(zip((x for x, _ in wanted), given, strict=True))
        if not all(_true(x, bound, state) for x in _flat(field[":precondition"])):
            return False
        effects = list(_flat(field[":effect"]))
        state -= {_atom(x[1], bound) for x in effects if x[0] == "not"}
        state |= {_atom(x, bound) for x in effects if x[0] != "not"}
    return all(_true(x, {}, state) for x in _flat(_parts(asked, ":goal")[0]))


def _tree(text: str) -> list[Tree]:
    """Return what stands in the brackets of a text, bracket by bracket."""
    open_: list[list[Tree]] = [[]]
    for token in re.findall(r"[()]|[^\s()]+", text.lower()):
        if token == "(":
            open_.append([])
        elif token == ")":
            done = open_.pop()
            open_[-1].append(done)
        else:
            open_[-1].append(token)
    (tree,) = open_[0]
    assert isinstance(tree, list)
    return tree


def _parts(tree: list[Tree], name: str) -> list[Tree]:
    """Return what a section holds; nothing if there is none."""
    for part in tree:
        if isinstance(part, list) and part and part[0] == name:
            return part[1:]
    return []


def _typed(names: Tree) -> Iterator[tuple[str, str]]:
    """Yield of "a b - t c - u" each name with its type."""
    waiting, after = list[str](), False
    for name in names:
        assert isinstance(name, str)
        if after:
            yield from ((x, name) for x in waiting)
            waiting, after = [], False
        elif name == "-":
            after = True
        else:
            waiting.append(name)
    yield from ((x, "object") for x in waiting)


def _is_a(kind: str, wanted: str, types: dict[str, str]) -> bool:
    while kind != wanted and kind in types:
        kind = types[kind]
    return kind == wanted or wanted == "object"


def _flat(formula: Tree) -> Iterator[list[Tree]]:
    """Yield the literals of a conjunction."""
    assert isinstance(formula, list)
    if formula and formula[0] == "and":
        for part in formula[1:]:
            yield from _flat(part)
    elif formula:
        yield formula


def _atom(formula: Tree, bound: dict[str, str]) -> str:
    return " ".join(bound.get(str(x), str(x)) for x in formula)


def _true(literal: list[Tree], bound: dict[str, str], state: set[str]) -> bool:
    if literal[0] == "not":
        return _atom(literal[1], bound) not in state
    return _atom(literal, bound) in state
