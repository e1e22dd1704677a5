"""Rules of named things, of two things at once, with "unless", with "only" and with "being"."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

from nexus.logic import english
from nexus.logic.english import Number
from nexus.logic.meaning import Meaning
from nexus.logic.theory import Literal, Rule, Sign
from nexus.worlds.theories.phrases import (
    Someone,
    Template,
    about,
    clauses,
    naming,
    said,
    template,
    together,
)
from nexus.worlds.theories.stating import claim

Write = Callable[[Meaning], str]
X: Final = "?x"
_HE: Final = ("he", "she", "it")
_OPENINGS: Final = {"if": "if", "when": "when", "whenever": "whenever", "provided": "provided that"}
_THEN: Final = {"then": " then ", "comma": ", "}


def _only_rule(meaning: Meaning) -> Rule | None:
    return meaning.rules[0] if len(meaning.rules) == 1 else None


def _variables(rule: Rule) -> set[str]:
    return {x for literal in rule.literals for x in literal.variables}


def _named(opening: str, then: str, pronoun: str) -> Write:
    """Say "if Bob is big and kind then Bob is nice", or "... then he is nice"."""

    def write(meaning: Meaning) -> str:
        if not (rule := _only_rule(meaning)) or _variables(rule):
            return ""
        who, words = rule.body[0].atom[1], meaning.words
        others = {x for literal in rule.literals for x in literal.atom[1:]} - {who}
        person = not words[who].startswith("the ")
        if pronoun and (others or rule.head.atom[1] != who or person == (pronoun == "it")):
            return ""
        again = Someone(first=words[who], again=pronoun or words[who], after=words[who])
        conditions = clauses(rule.body, who, words, again, "elide")
        subject = rule.head.atom[1]
        head = said(rule.head, subject, naming(words))
        return f"{opening} {conditions}{then}{pronoun or words[subject]} {head}"

    return write


def _named_reversed(opening: str) -> Write:
    """Say "Bob is nice if Bob is big"."""

    def write(meaning: Meaning) -> str:
        if not (rule := _only_rule(meaning)) or _variables(rule):
            return ""
        who, subject, words = rule.body[0].atom[1], rule.head.atom[1], meaning.words
        someone = Someone(first=words[who], again=words[who], after=words[who])
        conditions = clauses(rule.body, who, words, someone, "elide")
        head = said(rule.head, subject, naming(words))
        return f"{words[subject]} {head} {opening} {conditions}"

    return write


def _both(opening: str, then: str) -> Write:
    """Say "when someone chases something, they like it": canonical but for "if" and "then"."""

    def write(meaning: Meaning) -> str:
        if not (rule := _only_rule(meaning)) or len(_variables(rule)) != 2:
            return ""
        text = english.sentence(rule, meaning.words)
        conditions, _, head = text.removeprefix("If ").rpartition(" then ")
        return f"{opening} {conditions}{then}{head.removesuffix('.')}"

    return write


def _unless(someone: Someone, opening: str, last: bool) -> Write:
    """Say "if someone is big then they are kind unless they are shy"."""

    def write(meaning: Meaning) -> str:
        if not (rule := _only_rule(meaning)) or _variables(rule) != {X} or len(rule.body) < 2:
            return ""
        *conditions, exception = rule.body
        if exception.sign is Sign.HOLDS or rule.head.atom[1] != X:
            return ""
        if not all(about(x, X) and x.sign is Sign.HOLDS for x in conditions):
            return ""
        if exception.atom[1] != X or any(x.atom[1] != X for x in conditions):
            return ""
        call = naming(meaning.words, x=someone.after)
        again = someone.again
        given = f"{opening} {someone.first} {together(conditions, X, call)}"
        then = f"{again} {together([rule.head], X, call, someone.number)}"
        positive = Literal(exception.atom)
        but = f"unless {again} {together([positive], X, call, someone.number)}"
        return f"{given} then {then} {but}" if last else f"{given}, {then}, {but}"

    return write


def _unless_many(meaning: Meaning) -> str:
    """Say "big people are kind unless they are shy"."""
    if not (rule := _only_rule(meaning)) or _variables(rule) != {X} or len(rule.body) != 2:
        return ""
    given, exception = rule.body
    if exception.sign is Sign.HOLDS or given.sign is not Sign.HOLDS or claim(given) != "is":
        return ""
    if any(x.atom[1] != X for x in (rule.head, exception)):
        return ""
    call = naming(meaning.words, x="them")
    head = together([rule.head], X, call, Number.MANY)
    but = together([Literal(exception.atom)], X, call, Number.MANY)
    return f"{given.atom[0]} people {head} unless they {but}"


def _only(noun: str) -> Write:
    """Say "only big people are kind": whoever is kind is big."""

    def write(meaning: Meaning) -> str:
        if not (rule := _only_rule(meaning)) or _variables(rule) != {X} or len(rule.body) != 1:
            return ""
        (given,), head = rule.body, rule.head
        if claim(head) != "is" or {head.sign, given.sign} != {Sign.HOLDS}:
            return ""
        if given.atom[1] != X or head.atom[1] != X:
            return ""
        call = naming(meaning.words, x="them")
        return f"only {head.atom[0]} {noun} {together([given], X, call, Number.MANY)}"

    return write


def _being(word: str) -> Write:
    """Say "being big implies being kind"."""

    def write(meaning: Meaning) -> str:
        if not (rule := _only_rule(meaning)) or _variables(rule) != {X}:
            return ""
        head = rule.head
        if any(claim(x) == "does" or x.atom[1] != X for x in rule.literals):
            return ""
        if any(x.sign is not Sign.HOLDS for x in rule.body) or head.sign is not Sign.HOLDS:
            return ""
        call = naming(meaning.words)
        conditions = together(rule.body, X, call).removeprefix("is ")
        return f"being {conditions} {word} being {together([head], X, call).removeprefix('is ')}"

    return write


def named() -> Iterator[Template]:
    """Yield rules that name all they are about."""
    for opening, then, pronoun in product(_OPENINGS, _THEN, ("", *_HE)):
        if opening == "provided" and then == "then":
            continue
        yield template(
            f"named.{opening}.{then}.{pronoun or 'name'}",
            _named(_OPENINGS[opening], _THEN[then], pronoun),
            *(("pronoun",) if pronoun else ()),
            held_out=opening == "provided" or (opening, then) == ("whenever", "comma"),
        )
    for opening, text in _OPENINGS.items():
        yield template(
            f"named.reversed.{opening}", _named_reversed(text), held_out=opening == "provided"
        )


def twos() -> Iterator[Template]:
    """Yield rules about two things that are not named."""
    for opening, then in product(_OPENINGS, _THEN):
        if (opening, then) != ("provided", "then"):
            yield template(
                f"two.{opening}.{then}",
                _both(_OPENINGS[opening], _THEN[then]),
                "pronoun",
                held_out=opening == "provided",
            )


def exceptions() -> Iterator[Template]:
    """Yield rules with "unless"."""
    people = {
        "someone": Someone(first="someone", again="they", after="them"),
        "something": Someone(first="something", again="it", after="it"),
    }
    for who, opening, last in product(people, ("if", "when"), (True, False)):
        yield template(
            f"unless.{who}.{opening}.{'then' if last else 'comma'}",
            _unless(people[who], opening, last),
            "unless",
            held_out=(who, opening, last) == ("something", "when", False),
        )
    yield template("unless.people", _unless_many, "unless")


def onlys() -> Iterator[Template]:
    """Yield rules with "only"."""
    for noun in ("people", "things"):
        yield template(f"only.{noun}", _only(noun), "only")


def beings() -> Iterator[Template]:
    """Yield rules with "being"."""
    for word, held in (("implies", False), ("means", True)):
        yield template(f"being.{word}", _being(word), held_out=held)
