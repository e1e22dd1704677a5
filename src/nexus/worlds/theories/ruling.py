"""How rules are stated: conditionals, quantified nouns, relative clauses, "unless" and "only"."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from nexus.base.randomness import key
from nexus.logic.english import Number
from nexus.logic.lemmas import article, plural
from nexus.logic.meaning import KIND, Meaning
from nexus.logic.theory import Literal, Sign
from nexus.worlds.theories.phrases import (
    JOINS,
    Someone,
    Template,
    about,
    clauses,
    naming,
    template,
    together,
)
from nexus.worlds.theories.stating import claim

Write = Callable[[Meaning], str]
X: Final = "?x"

_SOMEONE: Final = {
    "someone": Someone(first="someone", again="they", after="them"),
    "something": Someone(first="something", again="it", after="it"),
    "person": Someone(first="a person", again="they", after="them"),
    "anyone": Someone(first="anyone", again="they", after="them"),
    "anything": Someone(first="anything", again="it", after="it"),
}
_HELD_SOMEONE: Final = {
    "somebody": Someone(first="somebody", again="they", after="them"),
    "thing": Someone(first="a thing", again="it", after="it"),
}
_IF: Final = {"if": "if", "when": "when", "whenever": "whenever"}
_HELD_IF: Final = {"provided": "provided that", "long": "as long as"}
_THEN: Final = {"then": " then ", "comma": ", ", "both": ", then "}
_WHO: Final = {  # singular subjects of relative clauses
    "everyone": ("everyone who", "them"),
    "everything": ("everything that", "it"),
    "anyone": ("anyone who", "them"),
    "anything": ("anything that", "it"),
    "every person": ("every person who", "them"),
    "whoever": ("whoever", "them"),
}
_HELD_WHO: Final = {"each thing": ("each thing that", "it"), "everybody": ("everybody who", "them")}
_ALL: Final = {"all": "all ", "bare": ""}
_NOUNS: Final = {"people": ("people", "who"), "things": ("things", "that")}
_EVERY: Final = {"every": "every", "each": "each", "a": "a"}
_NO_ONE: Final = {"no one": "no one who", "nothing": "nothing that"}
_HELD_NO_ONE: Final = {"nobody": "nobody who"}


def _is_held(name: str) -> bool:
    """Whether a combination is kept from training although all its parts are taught."""
    return key(0, "template", name) % 8 == 0


def _combined(name: str, write: Write, *phenomena: str, held_out: bool = False) -> Template:
    return template(name, write, *phenomena, held_out=held_out or _is_held(name))


def _heads(meaning: Meaning) -> tuple[Literal, ...]:
    heads = [rule.head for rule in meaning.rules]
    return tuple(heads)


def _body(meaning: Meaning) -> tuple[Literal, ...]:
    return meaning.rules[0].body if meaning.rules else ()


def _variables(meaning: Meaning) -> set[str]:
    return {x for rule in meaning.rules for literal in rule.literals for x in literal.variables}


def _of(literals: Sequence[Literal], who: str) -> bool:
    return bool(literals) and all(about(x, who) for x in literals)


def _concluded(
    heads: Sequence[Literal], who: str, words: Mapping[str, str], someone: Someone
) -> str:
    """Return conclusions, said of ``who`` if they can be."""
    call = naming(words, x=someone.after)
    if all(x.atom[1] == who for x in heads):
        return f"{someone.again} {together(heads, who, call, someone.number)}"
    texts = [
        f"{someone.again} {together([x], who, call, someone.number)}"
        if x.atom[1] == who
        else f"{words[x.atom[1]]} {together([x], x.atom[1], call)}"
        for x in heads
    ]
    return " and ".join(texts)


def _conditional(opening: str, someone: Someone, then: str, join: str) -> Write:
    """Say "if someone is big then they are kind"."""

    def write(meaning: Meaning) -> str:
        if _variables(meaning) != {X}:
            return ""
        body, heads = _body(meaning), _heads(meaning)
        if join != "elide" and len(body) < 2:
            return ""
        conditions = clauses(body, X, meaning.words, someone, join)
        return f"{opening} {conditions}{then}{_concluded(heads, X, meaning.words, someone)}"

    return write


def _reversed(opening: str, someone: Someone, join: str) -> Write:
    """Say "someone is kind if they are big"."""

    def write(meaning: Meaning) -> str:
        body, heads = _body(meaning), _heads(meaning)
        if _variables(meaning) != {X} or not _of(body, X) or heads[0].atom[1] != X:
            return ""
        if len(heads) > 1 or (join != "elide" and len(body) < 2):
            return ""
        call = naming(meaning.words, x=someone.after)
        again = Someone(first=someone.again, again=someone.again, after=someone.after)
        if any(x.atom[1] != X for x in body) and join != "elide":
            return ""
        if join == "again":
            conditions = clauses(body, X, meaning.words, again, join)
            if someone.number is Number.THEY:
                conditions = " and ".join(
                    f"they {together([x], X, call, Number.THEY)}" for x in body
                )
        else:
            said = together(body, X, call, someone.number, elide=join == "elide")
            conditions = f"{someone.again} {said}"
        return f"{someone.first} {together(heads, X, call)} {opening} {conditions}"

    return write


def conditionals() -> Iterator[Template]:
    """Yield "if ... then ..." and "... if ...", of someone or something."""
    openings, people = {**_IF, **_HELD_IF}, {**_SOMEONE, **_HELD_SOMEONE}
    for opening, who, then, join in product(openings, people, _THEN, JOINS):
        if opening in _HELD_IF and then != "comma":
            continue
        yield _combined(
            f"if.{opening}.{who}.{then}.{join}",
            _conditional(openings[opening], people[who], _THEN[then], join),
            "pronoun",
            held_out=opening in _HELD_IF or who in _HELD_SOMEONE,
        )


def reversals() -> Iterator[Template]:
    """Yield "... if ...", of someone or something."""
    openings, people = {**_IF, **_HELD_IF}, {**_SOMEONE, **_HELD_SOMEONE}
    for opening, who, join in product(openings, people, JOINS):
        yield _combined(
            f"reversed.{opening}.{who}.{join}",
            _reversed(openings[opening], people[who], join),
            "pronoun",
            held_out=opening in _HELD_IF or who in _HELD_SOMEONE,
        )


def _relative(subject: str, after: str, elide: bool, number: Number) -> Write:
    """Say "everyone who is big is kind", "all people who are big are kind"."""

    def write(meaning: Meaning) -> str:
        body, heads = _body(meaning), _heads(meaning)
        if _variables(meaning) != {X} or not _of(body, X) or not _of(heads, X):
            return ""
        if any(x.atom[1] != X for x in heads) or (not elide and len(body) < 2):
            return ""
        call = naming(meaning.words, x=after)
        conditions = together(body, X, call, number, elide=elide)
        concluded = together(heads, X, call, number)
        return f"{subject} {conditions} {concluded}"

    return write


def relatives() -> Iterator[Template]:
    """Yield subjects with relative clauses, of one or of many."""
    joins = {"elide": True, "repeat": False}
    for held, subjects in enumerate((_WHO, _HELD_WHO)):
        for (name, (subject, after)), join in product(subjects.items(), joins):
            yield _combined(
                f"who.{name}.{join}",
                _relative(subject, after, joins[join], Number.ONE),
                "relative",
                held_out=bool(held),
            )
    for every, noun, join in product(_ALL, _NOUNS, joins):
        things, which = _NOUNS[noun]
        yield _combined(
            f"who.{every} {noun}.{join}",
            _relative(f"{_ALL[every]}{things} {which}", "them", joins[join], Number.MANY),
            "relative",
        )
    yield template(
        "who.those", _relative("those who", "them", True, Number.MANY), "relative", held_out=True
    )


def _attributive(
    subject: Callable[[str], str], comma: bool, number: Number, no: bool = False
) -> Write:
    """Say "all big people are kind", "every big person is kind", "no big person is kind"."""

    def write(meaning: Meaning) -> str:
        body, heads = _body(meaning), _heads(meaning)
        adjectives = [x for x in body if claim(x) == "is" and x.atom[1] == X]
        if _variables(meaning) != {X} or len(adjectives) != len(body) or not body:
            return ""
        if any(x.sign is not Sign.HOLDS for x in body) or any(x.atom[1] != X for x in heads):
            return ""
        if no and (len(heads) != 1 or heads[0].sign is Sign.HOLDS):
            return ""
        if comma and len(body) < 2:
            return ""
        said = [x.opposite for x in heads] if no else heads
        words = [x.atom[0] for x in body]
        text = ", ".join(words) if comma else " and ".join(words)
        call = naming(meaning.words, x="them" if number is Number.MANY else "it")
        return f"{subject(text)} {together(said, X, call, number)}"

    return write


def _before(quantifier: str, noun: str) -> Callable[[str], str]:
    """Return how to put adjectives between a quantifier and a noun."""

    def subject(adjectives: str) -> str:
        first = article(adjectives) if quantifier == "a" else f"{quantifier} {adjectives}"
        return f"{first} {noun}".strip()

    return subject


def attributives() -> Iterator[Template]:
    """Yield adjectives before "people" and "things", of one or of many, all or none."""
    many = [(q, n, Number.MANY) for q in ("all", "") for n in ("people", "things")]
    one = [(q, n, Number.ONE) for q in (*_EVERY, "any") for n in ("person", "thing")]
    none = [
        ("no", "person", Number.ONE),
        ("no", "thing", Number.ONE),
        ("no", "people", Number.MANY),
    ]
    for (quantifier, noun, number), comma in product((*many, *one, *none), (False, True)):
        no = quantifier == "no"
        yield _combined(
            f"adjectives.{quantifier or 'bare'} {noun}.{'comma' if comma else 'and'}",
            _attributive(_before(quantifier, noun), comma, number, no),
            *(("no",) if no else ()),
            held_out=quantifier == "any",
        )
    for held, subjects in enumerate((_NO_ONE, _HELD_NO_ONE)):
        for name, subject in subjects.items():
            yield template(
                f"none.{name}", _none_who(subject), "no", "relative", held_out=bool(held)
            )


def _none_who(subject: str) -> Write:
    """Say "no one who is big is kind"."""

    def write(meaning: Meaning) -> str:
        body, heads = _body(meaning), _heads(meaning)
        if _variables(meaning) != {X} or not _of(body, X) or len(heads) != 1:
            return ""
        if heads[0].sign is Sign.HOLDS or heads[0].atom[1] != X:
            return ""
        call = naming(meaning.words, x="them" if subject.startswith("no ") else "it")
        return f"{subject} {together(body, X, call)} {together([heads[0].opposite], X, call)}"

    return write


def _kind(quantifier: str, number: Number, no: bool = False) -> Write:
    """Say "every wumpus is a vumpus", "wumpuses are not shy"."""

    def write(meaning: Meaning) -> str:
        body, heads = _body(meaning), _heads(meaning)
        if _variables(meaning) != {X} or len(body) != 1 or claim(body[0]) != "isa":
            return ""
        if body[0].sign is not Sign.HOLDS or any(x.atom[1] != X for x in heads):
            return ""
        if no and (len(heads) != 1 or heads[0].sign is Sign.HOLDS):
            return ""
        noun = body[0].atom[0].removeprefix(KIND).replace("_", " ")
        noun = plural(noun) if number is Number.MANY else noun
        subject = article(noun) if quantifier == "a" else f"{quantifier} {noun}".strip()
        call = naming(meaning.words, x="them" if number is Number.MANY else "it")
        said = [x.opposite for x in heads] if no else heads
        return f"{subject} {together(said, X, call, number)}"

    return write


def kinds() -> Iterator[Template]:
    """Yield rules of count nouns."""
    for quantifier in (*_EVERY, "any"):
        held = quantifier == "any"
        yield template(f"kind.{quantifier}", _kind(quantifier, Number.ONE), held_out=held)
    for quantifier in ("all", ""):
        yield template(f"kind.{quantifier or 'bare'}.many", _kind(quantifier, Number.MANY))
    yield template("kind.no", _kind("no", Number.ONE, no=True), "no")
    yield template("kind.no.many", _kind("no", Number.MANY, no=True), "no", held_out=True)
