"""What is said of the stacks: captions, balanced questions and gold facts."""

from collections.abc import Callable, Iterator
from typing import Final

from nexus.base.randomness import key
from nexus.base.records import Facts, Question, Truth
from nexus.logic.language import Term, parse
from nexus.worlds.blocks.scene import COLOURS, RELATIONS, SIZES, VOCABULARY, Stacks
from nexus.worlds.dice import Dice, dice

_SAID: Final = {"on": "on", "under": "under", "above": "above", "below": "below"}
_KINDS: Final = ("exist", "count", "query", "relation")
_STEPS: Final = {
    "objects": "look at every block",
    "exists": "say whether there is any",
    "count": "count them",
}
Put = tuple[str, str]
"""A question's text and query."""


def describe(stacks: Stacks, *, partial: bool = False) -> list[str]:
    """Return one caption a scene: of every block, or (``partial``) of one of them."""
    stream = key(stacks.seed, "blocks", stacks.split, "caption", int(partial))
    told: list[str] = []
    for i, (thrown,) in enumerate(dice(stream, stacks.index)):
        order = thrown.shuffled(int(stacks.count[i]))
        said = [_place(stacks, i, k) for k in (order[:1] if partial else order)]
        told.append(thrown.pick((", ", "; ", " and ")).join(said) + thrown.pick(("", ".")))
    return told


def _place(stacks: Stacks, i: int, k: int) -> str:
    on = stacks.related()["on"][i, k].nonzero()[0]
    below = f"the {COLOURS[stacks.colour[i, on[0]]]} block" if len(on) else "the table"
    size, colour = SIZES[stacks.size[i, k]], COLOURS[stacks.colour[i, k]]
    return f"the {size} {colour} block is on {below}"


def ask(stacks: Stacks, *, per_scene: int) -> list[list[Question]]:
    """Return ``per_scene`` questions for each scene; yes and no are decided by a coin."""
    stream = key(stacks.seed, "blocks", stacks.split, "ask")
    gold = facts(stacks)
    return [
        [
            _question(gold[i], thrown, _KINDS[(turn + row[0].roll(4)) % 4])
            for turn, thrown in enumerate(row)
        ]
        for i, row in enumerate(dice(stream, stacks.index, per_scene))
    ]


def _question(known: Facts, thrown: Dice, kind: str) -> Question:
    """Return a question of this kind, searching until the answer wished for turns up."""
    if kind == "relation" and not any(
        truth is Truth.TRUE for atom, truth in known.truth.items() if atom[0] == "on"
    ):
        kind = "exist"  # nothing is stacked: every relation would be "no"
    wish = thrown.pick({"exist": ("yes", "no"), "relation": ("yes", "no")}.get(kind, ("",)))
    while True:
        text, query = _PUT[kind](known, thrown)
        term = parse(query, VOCABULARY)
        answer = answered(term, known)
        if answer and wish in ("", answer):
            return Question(
                text=text,
                query=query,
                steps=tuple(_steps(term)),
                answer=answer,
                kind=kind,
                template=kind,
            )


def _exist(_: Facts, thrown: Dice) -> Put:
    size, colour = thrown.pick(SIZES), thrown.pick(COLOURS)
    query = f"exists filter size {size} filter colour {colour} objects"
    return f"is there a {size} {colour} block?", query


def _count(known: Facts, thrown: Dice) -> Put:
    if thrown.roll(2):
        relation, colour = thrown.pick(("above", "below")), _named(known, thrown)
        text = f"how many blocks are {relation} the {colour} block?"
        return text, f"count related {relation} filter colour {colour} objects"
    size = thrown.pick(SIZES)
    return f"how many {size} blocks are there?", f"count filter size {size} objects"


def _query(known: Facts, thrown: Dice) -> Put:
    colour = _named(known, thrown)
    if thrown.roll(2):
        text = f"what size is the {colour} block?"
        return text, f"describe size filter colour {colour} objects"
    relation = thrown.pick(("on", "under"))
    text = f"what colour is the block {relation} the {colour} block?"
    return text, f"describe colour related {relation} filter colour {colour} objects"


def _relation(known: Facts, thrown: Dice) -> Put:
    relation, a, b = thrown.pick(RELATIONS), _named(known, thrown), _named(known, thrown)
    text = f"is the {a} block {_SAID[relation]} the {b} block?"
    return text, f"holds {relation} filter colour {a} objects filter colour {b} objects"


def _named(known: Facts, thrown: Dice) -> str:
    name = thrown.pick(known.objects)
    return next(c for c in COLOURS if known.of(("colour", name, c)) is Truth.TRUE)


_PUT: Final[dict[str, Callable[[Facts, Dice], Put]]] = {
    "exist": _exist,
    "count": _count,
    "query": _query,
    "relation": _relation,
}


def answered(term: Term, known: Facts) -> str:
    """Return the gold answer of a query, or "" where "the" block it speaks of is not one block."""
    sets = [_members(child, known) for child in term.children]
    match term.op:
        case "exists":
            return "yes" if sets[0] else "no"
        case "count":
            return str(len(sets[0]))
        case "describe" if len(sets[0]) == 1:
            attribute = term.arguments[0]
            values = VOCABULARY.attributes[attribute]
            return next(v for v in values if known.of((attribute, sets[0][0], v)) is Truth.TRUE)
        case "holds" if len(sets[0]) == len(sets[1]) == 1 and sets[0] != sets[1]:
            holds = known.of((term.arguments[0], sets[0][0], sets[1][0])) is Truth.TRUE
            return "yes" if holds else "no"
        case _:
            return ""


def _members(term: Term, known: Facts) -> list[str]:
    match term.op:
        case "objects":
            return list(known.objects)
        case "filter":
            inside = _members(term.children[0], known)
            return [
                o for o in inside if known.of((term.arguments[0], o, term.arguments[1])) == "true"
            ]
        case _:
            (anchor,) = _members(term.children[0], known)
            relation = term.arguments[0]
            return [o for o in known.objects if known.of((relation, o, anchor)) is Truth.TRUE]


def _steps(term: Term) -> Iterator[str]:
    for node in term.walk():
        match node.op, node.arguments:
            case "filter", (_, value):
                yield f"keep what is {value}"
            case "related", (relation,):
                yield f"look at what is {relation} it"
            case "describe", (attribute,):
                yield f"say its {attribute}"
            case "holds", (relation,):
                yield f"say whether the first is {relation} the second"
            case op, _:
                yield _STEPS[op]


def facts(stacks: Stacks) -> list[Facts]:
    """Return the gold facts of each scene: every atom about its blocks, true or false."""
    related = {name: grid.tolist() for name, grid in stacks.related().items()}
    told: list[Facts] = []
    for i, count in enumerate(stacks.count.tolist()):
        names = tuple(f"b{k + 1}" for k in range(count))
        held: dict[tuple[str, ...], bool] = {("object", name): True for name in names}
        for k, name in enumerate(names):
            held |= {("colour", name, c): stacks.colour[i, k] == v for v, c in enumerate(COLOURS)}
            held |= {("size", name, s): stacks.size[i, k] == v for v, s in enumerate(SIZES)}
        for relation, grid in related.items():
            held |= {
                (relation, a, b): grid[i][j][k]
                for j, a in enumerate(names)
                for k, b in enumerate(names)
                if a != b
            }
        told.append(
            Facts(
                objects=names,
                truth={atom: Truth.TRUE if so else Truth.FALSE for atom, so in held.items()},
                probability={atom: float(so) for atom, so in held.items()},
            )
        )
    return told
