"""Sentences beyond the grammar that is taught: the right thing is to abstain.

Some phenomena are shown in training as what to abstain from; the others no training sees, to find
out whether a parser abstains from what it does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from nexus.logic.english import finished
from nexus.logic.lemmas import article, participle, plural, third
from nexus.worlds.dice import Dice
from nexus.worlds.theories.cast import Cast

SHOWN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "not all": (
            "not all {a} people are {b}",
            "not every {k} is {a}",
            "not everyone who is {a} is {b}",
            "not all {ks} are {a}",
        ),
        "most": (
            "most {a} people are {b}",
            "many {ks} are {a}",
            "few {a} things are {b}",
            "some {a} people are {b}",
            "some {ks} are not {a}",
            "almost all {ks} are {a}",
        ),
        "comparative": (
            "{s} is more {a} than {t}",
            "{s} is less {a} than {t}",
            "{s} is as {a} as {t}",
            "if {s} is more {a} than {t} then {s} is {b}",
        ),
        "might": (
            "{s} might be {a}",
            "{s} may {v} {t}",
            "if someone is {a} then they might be {b}",
            "{s} could be {a}",
            "{s} is probably {a}",
            "perhaps {s} is {a}",
            "if something is {a} then it may be {b}",
        ),
        "or": (
            "{s} is {a} or {b}",
            "if someone is {a} or {b} then they are {c}",
            "either {s} is {a} or {t} is {a}",
            "all {ks} are {a} or {b}",
            "{s} or {t} is {a}",
        ),
        "tense": (
            "{s} was {a}",
            "{s} will be {a}",
            "{s} {ed} {t}",
            "{s} has {ed} {t}",
            "{s} used to be {a}",
            "if someone was {a} then they are {b}",
            "{s} will {v} {t}",
        ),
        "question inside": (
            "{s} is {a}, is it not",
            "we wonder whether {s} is {a}",
            "do you know whether {s} is {a}",
            "nobody knows if {s} is {a}",
            "{s} asks whether {t} is {a}",
        ),
        "reference": (
            "he is {a}",
            "they {v} {t}",
            "she {vs} {t}",
            "it is not {a}",
            "this one is {a}",
            "{s} {vs} him",
            "the other one is {a}",
        ),
        "no condition": (
            "everyone is {a}",
            "everything {vs} {t}",
            "nobody is {a}",
            "all people are {a}",
            "someone is {a}",
            "something {vs} {t}",
            "nothing is {a}",
        ),
        "modified": (
            "{s} is very {a}",
            "{s} is {a} today",
            "{s} quickly {vs} {t}",
            "{s} {vs} {t} at night",
            "{s} is not very {a}",
            "{s} almost {vs} {t}",
            "if someone is very {a} then they are {b}",
            "{s} sometimes {vs} {t}",
            "{s} is rarely {a}",
        ),
        "broken": (
            "if someone is {a} then",
            "{s} is",
            "if {s} then {a}",
            "{a}, {b}, {s}",
            "all people who are are {a}",
            "then they are {a} if",
            "{s} is {a} is {t}",
            "is not {a}",
            "{a}",
            "if someone is {a} and then they {b}",
        ),
    }
)
UNSEEN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "superlative": (
            "{s} is the most {a} of all",
            "the most {a} {k} is {b}",
            "nobody is more {a} than {s}",
            "{s} is the least {a}",
        ),
        "arithmetic": (
            "two plus three is five",
            "{s} has 3 {ks} and {t} has twice as many",
            "if {s} has 4 {ks} then {t} has 5",
            "7 times 6 equals 42",
        ),
        "belief": (
            "{s} thinks that {t} is {a}",
            "{s} believes that {t} {vs} {s}",
            "{s} wants to be {a}",
            "according to {s}, {t} is {a}",
            "{s} says that {t} is not {a}",
        ),
        "counting": (
            "at least two {ks} are {a}",
            "exactly one of {s} and {t} is {a}",
            "if someone {vs} two {ks} then they are {a}",
            "half of the {ks} are {a}",
        ),
        "command": (
            "make {s} {a}",
            "please tell me about {s}",
            "let {s} be {a}",
            "suppose {s} were {a}",
        ),
        "three": (
            "{s} gives {t} to {u}",
            "{s} shows {u} the {k}",
            "{s} puts {t} between {u} and the {k}",
        ),
        "possession": (
            "{s}'s {k} is {a}",
            "the {k} of {s} {vs} {t}",
            "{s} has {ak}",
            "if someone has {ak} then they are {a}",
        ),
        "equivalence": (
            "someone is {a} if and only if they are {b}",
            "{s} is {a} just in case {t} is {b}",
            "being {a} is the same as being {b}",
        ),
        "denied whole": (
            "it is not true that {s} is {a} and {b}",
            "it is not the case that all {ks} are {a}",
            "it is not true that if {s} is {a} then {t} is {b}",
        ),
        "except": (
            "everyone except {s} is {a}",
            "all {ks} but {s} are {a}",
            "apart from {t}, all {a} people are {b}",
        ),
        "why": (
            "why is {s} {a}",
            "who {vs} {t}",
            "what does {s} {v}",
            "how {a} is {s}",
            "which {ks} are {a}",
        ),
        "talk": (
            "hello, how are you",
            "thank you for the answer",
            "once upon a time there lived {ak}",
            "I do not know what to say",
        ),
        "change": (
            "{s} becomes {a} after {t} {vs} {u}",
            "{s} stops being {a}",
            "{s} is no longer {a}",
            "until {s} is {a}, {t} is {b}",
        ),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """A sentence that is not to be read, and why."""

    text: str
    phenomenon: str


def outside(dice: Dice, cast: Cast, *, unseen: bool) -> Outside:
    """Return a sentence with a phenomenon that is not taught; each phenomenon is as likely."""
    known = UNSEEN if unseen else SHOWN
    phenomenon = dice.pick(tuple(known))
    pattern = dice.pick(known[phenomenon])
    called = [cast.words[cast.things[i]] for i in dice.shuffled(len(cast.things))]
    adjectives = [cast.adjectives[i] for i in dice.shuffled(len(cast.adjectives))]
    verb = dice.pick(cast.verbs) if cast.verbs else "follow"
    kind = dice.pick(cast.kinds)
    text = pattern.format(
        s=called[0],
        t=called[1],
        u=called[-1],
        a=adjectives[0],
        b=adjectives[1],
        c=adjectives[2],
        v=verb,
        vs=third(verb),
        ed=participle(verb),
        k=kind,
        ks=plural(kind),
        ak=article(kind),
    )
    asks = phenomenon == "why" or pattern.startswith(("do you", "hello"))
    return Outside(text=finished(text, "?" if asks else "."), phenomenon=phenomenon)
