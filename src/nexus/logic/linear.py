"""What a sentence says as a short sequence of symbols, most of them pointers to its words.

A parser writes this notation symbol by symbol, and ``allowed`` says at every symbol which ones may
follow, so whatever is written is well formed. A name is a pointer to a word; its symbol is that
word's base form. Names that are two or three words are joined::

    The polar bear chases Bob.             fact does @3 @1 join @4 end
    Bob is big but not kind.               fact is @2 @0 fact is_not @5 @0 end
    If someone is a cat and not shy        rule isa @4 x and is_not @7 x
      then they are kind and like Bob.       then is @11 x then does @13 x @14 end
    Is Max a cat?                          ask isa @3 @1 end
    Not all cats are shy.                  none end

Planning has a few relations that need no word (``logic.relations``), and goals::

    Nothing is on the red block.           fact clear @4 end
    Block c must be on block b.            goal on @1 @6 end
    To crave means to be on.               means on @1 end
    There is harmony.                      fact holds @2 end

"Not" is one thing here: what it means in a condition depends on the world, open or closed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from nexus.base.errors import LanguageError
from nexus.logic.lemmas import base, singular
from nexus.logic.meaning import KIND, Meaning
from nexus.logic.relations import ACTIONS, RELATION, RELATIONS, kind_of
from nexus.logic.theory import BODY, SYMBOL, Literal, Rule, Sign, World

CLAIMS: Final[Mapping[str, int]] = MappingProxyType(
    {"is": 1, "is_not": 1, "isa": 1, "isa_not": 1, "does": 2, "does_not": 2}
)
"""What a literal can say, and of how many things."""
RELATED: Final[Mapping[str, int]] = MappingProxyType(
    {f"{x}{sign}": count for x, count in RELATIONS.items() for sign in ("", "_not")}
)
"""What only facts and goals can say, without a word for it, and of how many things."""
HOLDS: Final = ("holds", "holds_not")
"""What says a word of nothing in particular: "there is harmony"."""
VARIABLES: Final = ("x", "y")
SYMBOLS: Final = (
    *("fact", "rule", "and", "then", "ask", "none", "end", "join", *CLAIMS, *VARIABLES),
    *("goal", "means", *HOLDS, *RELATED, *ACTIONS),
)
"""Every symbol but the pointers ``@0``, ``@1``, ..."""
PARTS: Final = 3
"""Most words of a name."""
FACTS: Final = 6
"""Most facts of a sentence, and most conclusions."""
LONGEST: Final = 2 + (BODY + FACTS) * (2 + 3 * PARTS)
"""No sequence has more symbols than this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _State:
    """Where a beginning has got to."""

    at: str = ""
    """"fact", "rule" (its conditions), "then", "ask", "goal", "means", "none" or "end"; empty at
    the beginning."""
    count: int = 0
    """Literals begun in this part."""
    owed: int = 0
    """Names still to come in this literal, its predicate first."""
    naming: bool = False
    """Whether the next name is the predicate."""
    met: int = 0
    """Variables met so far."""
    last: int = -1
    """The last word of the name just written; -1 if there is none to join to."""
    parts: int = 0
    """Words of that name."""
    claim: bool = False
    """Whether a claim comes next."""


def allowed(prefix: Sequence[str], words: Sequence[str]) -> frozenset[str]:
    """Return the symbols that may follow ``prefix``; empty exactly when it is complete.

    Raises:
        LanguageError: ``prefix`` is not the beginning of anything that can be said of ``words``.
    """
    return frozenset(_options(_walked(prefix, words), words))


def _walked(prefix: Sequence[str], words: Sequence[str]) -> _State:
    state = _State()
    for at, symbol in enumerate(prefix):
        if symbol not in _options(state, words):
            raise LanguageError(
                f"symbol {at + 1}, {symbol!r}, is out of place",
                hint="one of " + ", ".join(sorted(_options(state, words))),
            )
        state = _after(state, symbol)
    return state


def _options(state: _State, words: Sequence[str]) -> set[str]:
    if state.at == "end":
        return set()
    if not state.at:
        # what has no word has no name, and only abstention is left
        some = {"fact", "rule", "ask", "goal", "means", "none"}
        return some if _pointers(words) else {"none"}
    if state.claim:
        return claims(state.at)
    joined = {"join"} if _joinable(state, words) else set[str]()
    if state.owed:
        if state.naming:
            return _pointers(words)
        known = VARIABLES[: state.met]
        new = VARIABLES[state.met : state.met + 1] if state.at == "rule" else ()
        return joined | _pointers(words) | {*known, *new}
    more = {
        "fact": {"fact"} if state.count < FACTS else set[str](),
        "rule": {"and", "then"} if state.count < BODY else {"then"},
    }.get(state.at, set())
    if state.at in ("then", "goal", "means") and state.count < FACTS:
        more = {state.at}
    return joined | more | (set() if state.at == "rule" else {"end"})


def claims(part: str) -> set[str]:
    """Return what may be claimed in a part: only facts and goals speak of relations."""
    if part == "means":
        return {*RELATIONS, *ACTIONS}
    return {*CLAIMS, *HOLDS, *RELATED} if part in ("fact", "goal") else set(CLAIMS)


def names(part: str, claim: str) -> int:
    """Return how many names a claim is made of: what it says, if it needs a word, and of what."""
    if part == "means" or claim in HOLDS:
        return 1
    return RELATED[claim] if claim in RELATED else 1 + CLAIMS[claim]


def _after(state: _State, symbol: str) -> _State:
    if state.claim:
        naming = state.at == "means" or symbol not in RELATED
        return replace(state, claim=False, owed=names(state.at, symbol), naming=naming)
    if symbol.startswith("@"):
        return replace(state, owed=state.owed - 1, naming=False, last=int(symbol[1:]), parts=1)
    if symbol == "join":
        return replace(state, last=state.last + 1, parts=state.parts + 1)
    if symbol in VARIABLES:
        met = max(state.met, VARIABLES.index(symbol) + 1)
        return replace(state, owed=state.owed - 1, met=met, last=-1)
    if symbol in ("none", "end"):
        return _State(at=symbol)
    if symbol == "and":
        return replace(state, count=state.count + 1, claim=True, last=-1)
    count = state.count + 1 if state.at == symbol else 1
    return replace(state, at=symbol, count=count, claim=True, last=-1)


def _pointers(words: Sequence[str]) -> set[str]:
    return {f"@{i}" for i, word in enumerate(words) if nameable(word)}


def nameable(word: str) -> bool:
    """Return whether a word can be a name or part of one."""
    return re.fullmatch(r"[a-z][a-z0-9]{0,28}", word.lower()) is not None


def _joinable(state: _State, words: Sequence[str]) -> bool:
    """Whether the name just written may go on with the next word."""
    piece = [x.lower() for x in words[state.last - state.parts + 1 : state.last + 2]]
    return (
        state.last >= 0
        and state.parts < PARTS
        and len(piece) == state.parts + 1
        and nameable(piece[-1])
        and piece[0] != KIND[0]
        and SYMBOL.fullmatch(KIND + "_".join(piece)) is not None
    )


def decode(symbols: Sequence[str], words: Sequence[str], world: World) -> Meaning:
    """Return what a complete sequence says of a sentence's words.

    Raises:
        LanguageError: the sequence is not well formed or not complete, or a name is no symbol.
    """
    if missing := _options(_walked(symbols, words), words):
        raise LanguageError(
            f"{' '.join(symbols)!r} is not complete", hint="one of " + ", ".join(sorted(missing))
        )
    facts, body, heads, goals, wanted, means = (list[Literal]() for _ in range(6))
    called = dict[str, str]()
    for part, claim, found in _literals(symbols):
        if part == "means":
            word = symbol(words[found[0].start : found[0].stop], kind_of(claim))
            means.append(Literal((RELATION + claim, word)))
            continue
        said = _literal(claim, found, words, called)
        if part in ("rule", "and"):
            absent = said.sign is Sign.DENIED and world is World.CLOSED
            body.append(Literal(said.atom, Sign.ABSENT) if absent else said)
        else:
            {"fact": facts, "then": heads, "ask": goals, "goal": wanted}[part].append(said)
    return Meaning(
        facts=tuple(facts),
        rules=tuple(Rule(head=head, body=tuple(body)) for head in heads),
        goal=goals[0] if goals else None,
        wanted=tuple(wanted),
        means=tuple(means),
        words=called,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Name:
    """Words ``start`` to ``stop`` of the sentence, or a variable."""

    start: int
    stop: int
    variable: str = ""


def _literals(symbols: Sequence[str]) -> Iterator[tuple[str, str, tuple[_Name, ...]]]:
    """Yield of every literal to what part it belongs, what it claims, and its names."""
    part, claim, found = "", "", list[_Name]()
    for symbol in symbols:
        if symbol.startswith("@"):
            at = int(symbol[1:])
            found.append(_Name(start=at, stop=at + 1))
        elif symbol == "join":
            found[-1] = replace(found[-1], stop=found[-1].stop + 1)
        elif symbol in VARIABLES:
            found.append(_Name(start=0, stop=0, variable=f"?{symbol}"))
        elif part and not claim:
            claim, found = symbol, []
        else:
            if claim:
                yield part, claim, tuple(found)
            part, claim = symbol, ""


def _literal(
    claim: str, found: Sequence[_Name], words: Sequence[str], called: dict[str, str]
) -> Literal:
    kind, sign = claim.removesuffix("_not"), Sign.DENIED if "_not" in claim else Sign.HOLDS
    if claim in RELATED:
        atom = [RELATION + kind]
    else:
        atom = [symbol(words[found[0].start : found[0].stop], kind)]
        found = found[1:]
    for name in found:
        if name.variable:
            atom.append(name.variable)
            continue
        constant = symbol(words[name.start : name.stop], "name")
        atom.append(constant)
        definite = name.start > 0 and words[name.start - 1].lower() == "the"
        spelt = constant.replace("_", " ")
        called.setdefault(constant, f"the {spelt}" if definite else spelt.title())
    return Literal(tuple(atom), sign)


def symbol(words: Sequence[str], kind: str) -> str:
    """Return the symbol of a name: its last word in base form, as its kind of word has it.

    Args:
        words: the words of the name.
        kind: "is" (an adjective), "isa" (a count noun), "does" (a verb), "holds" or "name".

    Raises:
        LanguageError: it is too long, or has letters a symbol has not.
    """
    *first, last = (word.lower() for word in words)
    last = {"isa": singular, "does": base}.get(kind, str)(last)
    found = (KIND if kind == "isa" else "") + "_".join((*first, last))
    if not SYMBOL.fullmatch(found) or (kind != "isa" and found.startswith(KIND)):
        raise LanguageError(f"{' '.join(words)!r} is no name", hint=f"{SYMBOL.pattern}")
    return found


def encode(meaning: Meaning, words: Sequence[str]) -> tuple[str, ...]:
    """Return the sequence that says this of these words; names point to where they first occur.

    Raises:
        LanguageError: a name is not among the words, a rule has other conditions than the first,
            or it is more than the notation can say.
    """
    written = list[str]()
    if meaning.abstains:
        return ("none", "end")
    for fact in meaning.facts:
        written += ["fact", *_spelt(fact, words)]
    for at, rule in enumerate(meaning.rules):
        if rule.body != meaning.rules[0].body:
            raise LanguageError(f"{rule} has other conditions than the rule before it")
        for i, condition in enumerate(rule.body if at == 0 else ()):
            written += ["and" if i else "rule", *_spelt(condition, words)]
        written += ["then", *_spelt(rule.head, words)]
    if meaning.goal is not None:
        written += ["ask", *_spelt(meaning.goal, words)]
    for wanted in meaning.wanted:
        written += ["goal", *_spelt(wanted, words)]
    for meant in meaning.means:
        claim, word = meant.atom[0].removeprefix(RELATION), meant.atom[1]
        written += ["means", claim, *_pointed(word, kind_of(claim), words)]
    written.append("end")
    _walked(written, words)
    return tuple(written)


def _spelt(literal: Literal, words: Sequence[str]) -> list[str]:
    name, *arguments = literal.atom
    if name.startswith(RELATION):
        kind, said = name.removeprefix(RELATION), list[str]()
    else:
        kind = "isa" if name.startswith(KIND) else ("holds", "is", "does")[len(arguments)]
        said = _pointed(name, kind, words)
    found = [kind if literal.sign is Sign.HOLDS else f"{kind}_not", *said]
    for x in arguments:
        found += [x[1:]] if x.startswith("?") else _pointed(x, "name", words)
    return found


def _pointed(name: str, kind: str, words: Sequence[str]) -> list[str]:
    """Return a pointer to the first words that have this symbol, with what joins them."""
    parts = name.removeprefix(KIND if kind == "isa" else "").count("_") + 1
    for start in range(len(words) - parts + 1):
        piece = words[start : start + parts]
        if all(map(nameable, piece)) and _matches(piece, kind, name):
            return [f"@{start}", *["join"] * (parts - 1)]
    raise LanguageError(f"{name!r} is not among the words", hint=" ".join(words))


def _matches(piece: Sequence[str], kind: str, name: str) -> bool:
    try:
        return symbol(piece, kind) == name
    except LanguageError:
        return False
