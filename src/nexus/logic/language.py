"""The query language: what a question means, as a small typed term.

A term is written in prefix order, so a parser can emit it symbol by symbol and a machine can say
at every symbol which ones may follow::

    count filter colour red objects                 how many red things are there?
    describe shape related left_of filter size big objects
    remove filter shape cube objects exists filter colour red objects
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nexus.base.errors import LanguageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What an operator takes and gives: argument sorts, child sorts, result sort."""

    arguments: tuple[str, ...]
    children: tuple[str, ...]
    result: str


def _sig(arguments: str, children: str, result: str) -> Signature:
    return Signature(
        arguments=tuple(arguments.split()), children=tuple(children.split()), result=result
    )


SIGNATURES: Final[Mapping[str, Signature]] = {
    "objects": _sig("", "", "set"),
    "filter": _sig("attribute value", "set", "set"),
    "related": _sig("relation", "set", "set"),  # everything in that relation to the one object
    "exists": _sig("", "set", "answer"),
    "count": _sig("", "set", "answer"),
    "describe": _sig("attribute", "set", "answer"),  # the attribute of the one object
    "same": _sig("attribute", "set set", "answer"),
    "holds": _sig("relation", "set set", "answer"),
    "more": _sig("", "set set", "answer"),
    "fewer": _sig("", "set set", "answer"),
    "equal": _sig("", "set set", "answer"),
    "remove": _sig("", "set answer", "answer"),  # hypothetical: after removing the one object ...
    "recolour": _sig("value", "set answer", "answer"),
}

HYPOTHETICAL: Final = frozenset({"remove", "recolour"})

LONGEST: Final = 256
"""Most symbols in a query; reading one is recursive, and no person asks for more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The names a world talks about; every query of that world is built from these alone."""

    attributes: Mapping[str, tuple[str, ...]]
    """Attribute -> its values; values are unique across attributes."""
    relations: tuple[str, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol a query may contain, in a fixed order."""
        values = (v for vs in self.attributes.values() for v in vs)
        return (*SIGNATURES, *self.attributes, *values, *self.relations)


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One node of a query."""

    op: str
    arguments: tuple[str, ...] = ()
    children: tuple["Term", ...] = ()

    def __str__(self) -> str:
        return " ".join((self.op, *self.arguments, *map(str, self.children)))

    def walk(self) -> Iterator["Term"]:
        """Yield every node, children before parents (the order a proof takes)."""
        for child in self.children:
            yield from child.walk()
        yield self


def allowed(prefix: Sequence[str], vocabulary: Vocabulary) -> frozenset[str]:
    """Return the symbols that may follow ``prefix``; empty exactly when the term is complete.

    Raises:
        LanguageError: ``prefix`` is not the beginning of any query.
    """
    pending = ["answer"]
    for at, symbol in enumerate(prefix):
        if not pending:
            raise LanguageError(f"symbol {at + 1}, {symbol!r}, follows a complete query")
        sort = pending.pop()
        if not _fits(symbol, sort, vocabulary):
            raise LanguageError(
                f"symbol {at + 1}, {symbol!r}, is not {_article(sort)}",
                hint="one of " + ", ".join(sorted(_members(sort, vocabulary))),
            )
        if sort in ("set", "answer"):
            signature = SIGNATURES[symbol]
            wanted = (*signature.arguments, *signature.children)
            if symbol == "recolour":
                wanted = ("value:colour", *signature.children)
            pending.extend(reversed(wanted))
        elif sort == "attribute" and pending and pending[-1] == "value":
            pending[-1] = f"value:{symbol}"
    return _members(pending[-1], vocabulary) if pending else frozenset()


def _members(sort: str, vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(s for s in vocabulary.symbols if _fits(s, sort, vocabulary))


def _fits(symbol: str, sort: str, vocabulary: Vocabulary) -> bool:
    """Whether ``symbol`` may stand where ``sort`` is wanted, and can be completed."""
    if sort == "attribute":
        return bool(vocabulary.attributes.get(symbol))
    if sort == "relation":
        return symbol in vocabulary.relations
    if sort.startswith("value:"):
        return symbol in vocabulary.attributes.get(sort.removeprefix("value:"), ())
    if symbol not in SIGNATURES or SIGNATURES[symbol].result != sort:
        return False
    # A world without relations cannot say "related", one without colours not "recolour".
    if symbol == "recolour":
        return bool(vocabulary.attributes.get("colour"))
    arguments = SIGNATURES[symbol].arguments
    return ("relation" not in arguments or bool(vocabulary.relations)) and (
        "attribute" not in arguments or any(vocabulary.attributes.values())
    )


def _article(sort: str) -> str:
    noun = sort.replace("value:", "value of ")
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def parse(text: str, vocabulary: Vocabulary) -> Term:
    """Read a query from its linear notation.

    Raises:
        LanguageError: a symbol is unknown or out of place, or the query is not complete.
    """
    symbols = text.split()
    if len(symbols) > LONGEST:
        raise LanguageError(f"query of {len(symbols)} symbols, the longest may have {LONGEST}")
    missing = allowed(symbols, vocabulary)
    if missing:
        raise LanguageError(
            f"query {text!r} is not complete", hint="may go on with " + ", ".join(sorted(missing))
        )
    term, rest = _read(symbols)
    assert not rest
    return term


def _read(symbols: Sequence[str]) -> tuple[Term, Sequence[str]]:
    op, rest = symbols[0], symbols[1:]
    signature = SIGNATURES[op]
    arguments, rest = rest[: len(signature.arguments)], rest[len(signature.arguments) :]
    children: list[Term] = []
    for _ in signature.children:
        child, rest = _read(rest)
        children.append(child)
    return Term(op=op, arguments=tuple(arguments), children=tuple(children)), rest
