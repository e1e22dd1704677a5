"""Planning once more, slow and obvious: PDDL text in, strings all the way, nothing of NEXUS in it.

It reads the brackets itself, tries every way of naming objects, and writes an atom as
``"(on a b)"``. What it says of a plan is a second opinion that shares no code with the first.
"""

from collections import deque
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """An action with its objects, in strings."""

    name: str
    needs: frozenset[str]
    lacks: frozenset[str]
    adds: frozenset[str]
    removes: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Twin:
    """A problem in strings."""

    start: frozenset[str]
    wanted: frozenset[str]
    unwanted: frozenset[str]
    moves: dict[str, Move]

    def met(self, state: frozenset[str]) -> bool:
        return self.wanted <= state and not self.unwanted & state

    def after(self, state: frozenset[str], name: str) -> frozenset[str] | None:
        """The state after a move; None where there is no such move or it cannot be made."""
        move = self.moves.get(name)
        if move is None or not move.needs <= state or move.lacks & state:
            return None
        return (state - move.removes) | move.adds

    def accepts(self, steps: list[str]) -> bool:
        state: frozenset[str] | None = self.start
        for step in steps:
            state = self.after(state, step)
            if state is None:
                return False
        return self.met(state)

    def distances(self, most: int = 1_000_000) -> dict[frozenset[str], int]:
        """Every state that can be reached, and in how many steps."""
        found, waiting = {self.start: 0}, deque([self.start])
        while waiting:
            state = waiting.popleft()
            for name in self.moves:
                after = self.after(state, name)
                if after is not None and after not in found:
                    found[after] = found[state] + 1
                    waiting.append(after)
            assert len(found) <= most
        return found

    def shortest(self) -> int | None:
        """The length of a shortest plan; None where there is none."""
        return min((n for state, n in self.distances().items() if self.met(state)), default=None)


def twin(domain: str, problem: str) -> Twin:
    """The problem that two PDDL texts say."""
    d, p = _section(_tree(domain)), _section(_tree(problem))
    above = dict(_typed(d.get(":types", [[]])[0]))
    things = _typed(d.get(":constants", [[]])[0]) + _typed(p.get(":objects", [[]])[0])

    def is_a(kind: str, wanted: str) -> bool:
        return kind == wanted or (kind in above and is_a(above[kind], wanted))

    moves = {}
    for body in d.get(":action", []):
        parts = dict(zip(body[1::2], body[2::2], strict=True))
        parameters = _typed(parts[":parameters"])
        choices = [[o for o, kind in things if is_a(kind, wanted)] for _, wanted in parameters]
        for names in product(*choices):
            binding = {x: o for (x, _), o in zip(parameters, names, strict=True)}
            needs, lacks = _split(parts[":precondition"], binding)
            adds, removes = _split(parts[":effect"], binding)
            step = " ".join([body[0], *names])
            moves[step] = Move(name=step, needs=needs, lacks=lacks, adds=adds, removes=removes)
    start = frozenset(_atom(x, {}) for x in p[":init"][0])
    wanted, unwanted = _split(p[":goal"][0][0], {})
    return Twin(start=start, wanted=wanted, unwanted=unwanted, moves=moves)


def _tree(text: str) -> list:
    stack: list[list] = [[]]
    for word in text.replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            stack.append([])
        elif word == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    return stack[0][0]


def _section(tree: list) -> dict[str, list]:
    sections: dict[str, list] = {}
    for part in tree[1:]:
        sections.setdefault(part[0], []).append(part[1:])
    return sections


def _typed(words: list[str]) -> list[tuple[str, str]]:
    typed, pending = [], []
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "-":
            kind = words.pop(0)
            typed += [(x, kind) for x in pending]
            pending = []
        else:
            pending.append(word)
    return typed + [(x, "object") for x in pending]


def _atom(tree: list[str], binding: dict[str, str]) -> str:
    return f"({' '.join(binding.get(x, x) for x in tree)})"


def _split(tree: list, binding: dict[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """The atoms of a conjunction that are to hold, and those that are not."""
    yes, no = set(), set()
    for part in tree[1:]:
        if part[0] == "not":
            no.add(_atom(part[1], binding))
        else:
            yes.add(_atom(part, binding))
    return frozenset(yes), frozenset(no)
