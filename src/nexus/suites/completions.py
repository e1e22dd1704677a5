"""What a query means, the slow way: try every way in which the unknown may turn out.

The obvious twin of the solver and of the checker, sharing no code with either; whatever they claim
is measured against it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from nexus.base.records import Atom, Facts, Truth
from nexus.logic.language import Term, Vocabulary

Result = TypeVar("Result")
Read: TypeAlias = Callable[[Atom], bool]
Slot: TypeAlias = tuple[str, ...]


class IllDefined(Exception):
    """In this completion the query has no answer: "the red circle" when there are two."""


class _Open(Exception):
    """An atom was read that may still turn out either way."""

    def __init__(self, slot: Slot, value: str) -> None:
        self.slot, self.value = slot, value


def outcomes(
    evaluate: Callable[[Read], Result], facts: Facts, vocabulary: Vocabulary
) -> Iterator[Result | None]:
    """Yield the result of ``evaluate`` in every completion of ``facts``, None where ill-defined.

    Atoms are decided as they are read, so only those that matter multiply the cases. Each object
    has exactly one value of each attribute; of several that the facts claim, any may be the one.
    """
    worlds: list[dict[Slot, frozenset[str]]] = [{}]
    while worlds:
        world = worlds.pop()

        def read(atom: Atom, world: dict[Slot, frozenset[str]] = world) -> bool:
            slot, value = _slot(atom, vocabulary)
            if slot not in world:
                world[slot] = _possible(atom, facts, vocabulary)
            if value in world[slot] and len(world[slot]) > 1:
                raise _Open(slot, value)
            return value in world[slot]

        try:
            yield evaluate(read)
        except IllDefined:
            yield None
        except _Open as undecided:
            slot, value = undecided.slot, frozenset({undecided.value})
            worlds += [{**world, slot: world[slot] - value}, {**world, slot: value}]


def _slot(atom: Atom, vocabulary: Vocabulary) -> tuple[Slot, str]:
    return (atom[:2], atom[2]) if atom[0] in vocabulary.attributes else (atom, "true")


def _possible(atom: Atom, facts: Facts, vocabulary: Vocabulary) -> frozenset[str]:
    if atom[0] not in vocabulary.attributes:
        truth = facts.of(atom)
        return frozenset({"true", "false"} if truth is Truth.UNKNOWN else {truth.value})
    truths = {v: facts.of((*atom[:2], v)) for v in vocabulary.attributes[atom[0]]}
    claimed = frozenset(v for v, t in truths.items() if t is Truth.TRUE)
    return claimed or frozenset(v for v, t in truths.items() if t is Truth.UNKNOWN)


def contains(term: Term, obj: str, objects: Sequence[str], read: Read) -> bool:
    """Return whether ``obj`` is in the set ``term``, in the completion that ``read`` reads.

    Raises:
        IllDefined: a set that must be one object is not.
    """
    match term.op, term.arguments:
        case "filter", (attribute, value):
            inside = contains(term.children[0], obj, objects, read)
            return inside and read((attribute, obj, value))
        case "related", (relation,):
            anchor = _the(term.children[0], objects, read)
            return obj != anchor and read(("object", obj)) and read((relation, obj, anchor))
        case _:
            return read(("object", obj))


def answer(term: Term, objects: Sequence[str], read: Read, vocabulary: Vocabulary) -> str:
    """Return the answer to ``term`` in the completion that ``read`` reads.

    Raises:
        IllDefined: there is none.
    """
    if term.op in ("describe", "same", "holds"):
        names = [_the(child, objects, read) for child in term.children]
        if term.op == "holds":
            return _yes(names[0] != names[1] and read((*term.arguments, *names)))
        values = [_value(term.arguments[0], name, read, vocabulary) for name in names]
        return values[0] if term.op == "describe" else _yes(values[0] == values[1])
    if term.op == "exists":
        return _yes(any(contains(term.children[0], o, objects, read) for o in objects))
    counts = [sum(contains(c, o, objects, read) for o in objects) for c in term.children]
    match term.op:
        case "more":
            return _yes(counts[0] > counts[1])
        case "fewer":
            return _yes(counts[0] < counts[1])
        case "equal":
            return _yes(counts[0] == counts[1])
        case _:
            return str(counts[0])


def _the(term: Term, objects: Sequence[str], read: Read) -> str:
    members = [o for o in objects if contains(term, o, objects, read)]
    if len(members) != 1:
        raise IllDefined
    return members[0]


def _value(attribute: str, obj: str, read: Read, vocabulary: Vocabulary) -> str:
    for value in vocabulary.attributes[attribute]:
        if read((attribute, obj, value)):
            return value
    raise IllDefined


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
