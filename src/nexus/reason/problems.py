"""What sentences of planning come to together: one problem, or why it is none.

What is not told at first is not so (a closed world). So nothing may be left open: every sentence
must have been read, every thing must be known for what it is and have one place, and what is told
must fit together. Otherwise there is no problem, and the reason names the sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from nexus.base.errors import LanguageError, NexusError
from nexus.base.records import Atom
from nexus.logic.meaning import KIND, Meaning
from nexus.logic.planning import Domain, Problem, Typed, checked
from nexus.logic.relations import RELATION, RELATIONS
from nexus.logic.theory import Literal, Sign, World
from nexus.reason.sentences.reading import Reading
from nexus.worlds.planning import blocksworld, logistics

DOMAINS: Final[Mapping[str, Domain]] = MappingProxyType(
    {x.name: x for x in (blocksworld.DOMAIN, logistics.DOMAIN)}
)
_SORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{x: x for x in ("block", "package", "truck", "plane", "place", "airport", "city")},
        "parcel": "package",
        "lorry": "truck",
        "airplane": "plane",
        "aircraft": "plane",
        "location": "place",
        "town": "city",
        "cube": "block",
    }
)
"""Count noun -> type."""
_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"load": ("load_truck", "load_plane"), "unload": ("unload_truck", "unload_plane")}
)
"""Action that a word may stand for -> the actions it is in the domain."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thing that a sentence says, in the words of the domain."""

    literal: Literal
    """Of a domain's predicate, or of a type, and of names as they are spelt."""
    part: str
    """"fact", "goal" or "means"."""
    reading: Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Assembled:
    """What readings come to."""

    lines: tuple[Line, ...]
    problem: Problem | None = None
    reason: str = ""
    """Why there is no problem; empty where there is one."""
    sentence: str = ""
    """The sentence at which that was found; empty if it was at none."""


class _Unfit(NexusError):
    """What was read makes no problem."""

    def __init__(self, reason: str, reading: Reading | None = None) -> None:
        super().__init__(reason)
        self.reason, self.sentence = reason, "" if reading is None else reading.text


@dataclass(kw_only=True, slots=True)
class _Table:
    """What words of one's own mean."""

    relations: dict[str, str] = field(default_factory=dict[str, str])
    """Word -> relation or action."""
    sorts: dict[str, str] = field(default_factory=lambda: dict(_SORTS))


def assemble(readings: Sequence[Reading], domain: str = "") -> Assembled:
    """Return the problem of a domain that readings come to; without its name, it is guessed.

    It is guessed from the relations, which no two domains share.
    """
    lines = list[Line]()
    try:
        if unread := [x for x in readings if not x.symbols]:
            raise _Unfit(f"a sentence was not read: {unread[0].reason}", unread[0])
        said = [(x, x.meaning(World.CLOSED)) for x in readings]
        table = _table(said)
        for reading, meaning in said:
            lines += _lines(reading, meaning, table)
        found = _domain(lines, domain)
        return Assembled(lines=tuple(lines), problem=_problem(lines, found, table))
    except _Unfit as unfit:
        return Assembled(lines=tuple(lines), reason=unfit.reason, sentence=unfit.sentence)
    except LanguageError as error:
        return Assembled(lines=tuple(lines), reason=f"what is told makes no problem: {error}")


def _table(said: Sequence[tuple[Reading, Meaning]]) -> _Table:
    table = _Table()
    for reading, meaning in said:
        for literal in meaning.means:
            word, meant = literal.atom[1], literal.atom[0].removeprefix(RELATION)
            if table.relations.setdefault(word, meant) != meant:
                raise _Unfit(f"'{word}' means two things", reading)
        for rule in meaning.rules:
            names = [x.atom[0].removeprefix(KIND) for x in (*rule.body, rule.head)]
            if len(names) != 2 or any(not x.atom[0].startswith(KIND) for x in rule.literals):
                raise _Unfit("it is a rule, and the rules are those of the domain", reading)
            if any(x.sign is not Sign.HOLDS for x in rule.literals) or names[1] not in _SORTS:
                raise _Unfit(f"'{names[1]}' is no sort of thing that I know", reading)
            if names[0] in _SORTS or table.sorts.get(names[0], names[1]) != names[1]:
                raise _Unfit(f"'{names[0]}' is two sorts of things", reading)
            table.sorts[names[0]] = _SORTS[names[1]]
    return table


def _lines(reading: Reading, meaning: Meaning, table: _Table) -> Iterator[Line]:
    if meaning.goal is not None:
        raise _Unfit("it is a question", reading)
    for part, some in (("fact", meaning.facts), ("goal", meaning.wanted)):
        for literal in some:
            yield Line(literal=_resolved(literal, table, reading), part=part, reading=reading)
    for literal in meaning.means:
        yield Line(literal=literal, part="means", reading=reading)


def _resolved(literal: Literal, table: _Table, reading: Reading) -> Literal:
    """Return a literal of a relation or of a type.

    Raises:
        _Unfit: its word means nothing that is known.
    """
    name, *things = literal.atom
    if name.startswith(RELATION):
        return Literal((name.removeprefix(RELATION), *things), literal.sign)
    if name.startswith(KIND):
        word = name.removeprefix(KIND)
        if word not in table.sorts or literal.sign is not Sign.HOLDS:
            raise _Unfit(f"I do not know what it is to be a '{word}'", reading)
        return Literal((KIND + table.sorts[word], *things))
    meant = table.relations.get(name, "")
    if RELATIONS.get(meant) != len(things):
        raise _Unfit(f"no sentence says what '{name}' means", reading)
    return Literal((meant, *things), literal.sign)


def _domain(lines: Sequence[Line], name: str) -> Domain:
    if name and name not in DOMAINS:
        raise _Unfit(f"there is no domain {name!r}; there are " + ", ".join(DOMAINS))
    for line in lines:
        if line.part == "means" or line.literal.atom[0].startswith(KIND):
            continue
        relation = line.literal.atom[0]
        (one,) = (d for d in DOMAINS.values() if relation in {p.name for p in d.predicates})
        if name and one.name != name:
            raise _Unfit(f"it is of {one.name}, not of {name}", line.reading)
        name = one.name
    if not name:
        raise _Unfit("no sentence says how things are")
    return DOMAINS[name]


def _problem(lines: Sequence[Line], domain: Domain, table: _Table) -> Problem:
    """Return the problem.

    Raises:
        _Unfit: it does not fit together, or leaves something open.
        LanguageError: it is too large.
    """
    facts = {line.literal: line.reading for line in reversed(lines) if line.part == "fact"}
    goals = [line for line in lines if line.part == "goal"]
    if not goals:
        raise _Unfit("no sentence says what is wanted")
    types = _types(lines, domain)
    initial = {x.atom: reading for x, reading in facts.items() if x.sign is Sign.HOLDS}
    initial = {atom: x for atom, x in initial.items() if not atom[0].startswith(KIND)}
    denied = {x.atom: reading for x, reading in facts.items() if x.sign is Sign.DENIED}
    for atom in denied.keys() & initial.keys():
        raise _Unfit(f"another sentence says that it is so: {' '.join(atom)}", denied[atom])
    look = _look_at_blocks if domain is blocksworld.DOMAIN else _look_at_places
    look(initial, denied, types)
    symbol = {name: f"{types[name][0]}{at}" for at, name in enumerate(types, start=1)}
    spelt = {x: name.replace("_", " ") for name, x in symbol.items()}
    for word, meant in table.relations.items():
        spelt.update((x, word.replace("_", " ")) for x in _ACTIONS.get(meant, (meant,)))

    def renamed(literal: Literal) -> Literal:
        name, *things = literal.atom
        return Literal((name, *(symbol[x] for x in things)), literal.sign)

    problem = Problem(
        domain=domain,
        objects=tuple(Typed(symbol[name], kind) for name, kind in types.items()),
        initial=frozenset(renamed(Literal(atom)).atom for atom in initial),
        goal=tuple(dict.fromkeys(renamed(line.literal) for line in goals)),
        words=spelt,
    )
    return checked(problem)


def _types(lines: Sequence[Line], domain: Domain) -> dict[str, str]:
    """Return the type of every thing, in the order in which they are met first.

    Raises:
        _Unfit: it is not known, or is two.
    """
    above = {x.name: x.type for x in domain.types}
    signature = {x.name: x.types for x in domain.predicates}
    found = dict[str, str]()
    met = dict[str, Reading]()
    for line in lines:
        name, *things = line.literal.atom
        if line.part == "means":
            continue
        wanted = (name.removeprefix(KIND),) if name.startswith(KIND) else signature[name]
        for thing, kind in zip(things, wanted, strict=True):
            if kind not in above:
                raise _Unfit(f"there is no {kind} in {domain.name}", line.reading)
            known = found.get(thing, kind)
            if kind not in _chain(known, above) and known not in _chain(kind, above):
                raise _Unfit(f"'{_spelt(thing)}' is a {known} and a {kind}", line.reading)
            found[thing] = kind if known in _chain(kind, above) else known
            met[thing] = line.reading
    told = {x for line in lines if line.part == "fact" for x in line.literal.atom[1:]}
    for thing, kind in found.items():
        if thing not in told:
            raise _Unfit(f"nothing is told of '{_spelt(thing)}' but that it is wanted", met[thing])
        if kind in ("movable", "vehicle"):
            raise _Unfit(f"what '{_spelt(thing)}' is, is not told", met[thing])
    return found


def _chain(kind: str, above: Mapping[str, str]) -> list[str]:
    found = [kind]
    while found[-1] in above:
        found.append(above[found[-1]])
    return found


def _spelt(name: str) -> str:
    return name.replace("_", " ")


def _once(
    atoms: Mapping[Atom, Reading], at: int, what: str, names: Sequence[str]
) -> dict[str, Atom]:
    """Return, of atoms of these names, the one that each thing at this place is in.

    Raises:
        _Unfit: a thing is in two.
    """
    found = dict[str, Atom]()
    for atom, reading in atoms.items():
        if atom[0] in names:
            thing = atom[at]
            if thing in found:
                raise _Unfit(f"'{_spelt(thing)}' {what}", reading)
            found[thing] = atom
    return found


def _look_at_blocks(
    initial: Mapping[Atom, Reading], denied: Mapping[Atom, Reading], types: Mapping[str, str]
) -> None:
    """Raise if blocks are in two places or in none, or what is clear, or held, does not fit."""
    place = _once(initial, 1, "is in two places", ("on", "on_table", "holding"))
    covered = _once(initial, 2, "has two blocks on it", ("on",))
    held = [atom for atom in initial if atom[0] == "holding"]
    for atom, reading in initial.items():
        if atom[0] == "clear" and atom[1] in covered:
            raise _Unfit(f"'{_spelt(atom[1])}' is clear, and something is on it", reading)
        if atom[0] == "hand_empty" and held:
            raise _Unfit(f"the hand is empty, and holds '{_spelt(held[0][1])}'", reading)
        if atom[0] == "on" and atom[1] == atom[2]:
            raise _Unfit(f"'{_spelt(atom[1])}' is on itself", reading)
    if len(held) > 1:
        raise _Unfit("the hand holds two blocks", initial[held[1]])
    if not held and ("hand_empty",) not in {*initial, *denied}:
        raise _Unfit("no sentence says whether the hand is empty")
    for block in types:
        if block not in place:
            raise _Unfit(f"no sentence says where '{_spelt(block)}' is")
        free = place[block][0] == "holding" or block in covered
        if not free and ("clear", block) not in {*initial, *denied}:
            raise _Unfit(f"no sentence says whether '{_spelt(block)}' is clear")
    for block in types:
        at, passed = block, set[str]()
        while place[at][0] == "on":
            passed.add(at)
            at = place[at][2]
            if at in passed:
                raise _Unfit(f"'{_spelt(at)}' is above itself", initial[place[at]])


def _look_at_places(
    initial: Mapping[Atom, Reading], denied: Mapping[Atom, Reading], types: Mapping[str, str]
) -> None:
    """Raise if a thing is at two places or at none, or a place in two cities or in none."""
    del denied
    at = _once(initial, 1, "is at two places", ("at", "inside"))
    city = _once(initial, 1, "is in two cities", ("in_city",))
    for thing, kind in types.items():
        if kind in ("package", "truck", "plane") and thing not in at:
            raise _Unfit(f"no sentence says where '{_spelt(thing)}' is")
        if kind in ("place", "airport") and thing not in city:
            raise _Unfit(f"no sentence says in which city '{_spelt(thing)}' is")
        if kind == "plane" and at[thing][0] == "at" and types[at[thing][2]] != "airport":
            raise _Unfit(f"'{_spelt(thing)}' is a plane, and at no airport", initial[at[thing]])
