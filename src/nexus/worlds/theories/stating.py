"""How facts are stated and asked: every wording with every kind of claim, singly and joined."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

from nexus.logic import english
from nexus.logic.english import Number
from nexus.logic.lemmas import participle
from nexus.logic.meaning import KIND, Meaning
from nexus.logic.theory import Literal, Sign
from nexus.worlds.theories.phrases import (
    Template,
    joined,
    naming,
    passive,
    said,
    template,
    together,
)

_OPENINGS: Final = {
    "plain": "{}",
    "known": "we know that {}",
    "true": "it is true that {}",
    "fact": "it is a fact that {}",
    "everyone": "as everyone knows, {}",
}
_HELD_OPENINGS: Final = {
    "note": "note that {}",
    "course": "of course, {}",
    "doubt": "there is no doubt that {}",
}
_DENIALS: Final = {"untrue": "it is not true that {}", "case": "it is not the case that {}"}
_HELD_DENIALS: Final = {"false": "it is false that {}"}
_ASKING: Final = {
    "true": "is it true that {}?",
    "or": "true or false: {}.",
    "case": "is it the case that {}?",
    "conclude": "can we conclude that {}?",
    "follow": "does it follow that {}?",
}
_HELD_ASKING: Final = {
    "correct": "is it correct that {}?",
    "say": "would you say that {}?",
    "sure": "can we be sure that {}?",
}
_CLAIMS: Final = ("is", "isa", "does", "done")


def claim(literal: Literal) -> str:
    """Return what kind of thing a literal says: "is", "isa" or "does"."""
    if len(literal.atom) == 3:
        return "does"
    return "isa" if literal.atom[0].startswith(KIND) else "is"


def _stated(literal: Literal, meaning: Meaning, voice: str) -> str:
    who = literal.atom[2 if voice == "done" else 1]
    return f"{meaning.words[who]} {said(literal, who, naming(meaning.words))}"


def _fits(literal: Literal, voice: str) -> bool:
    return claim(literal) == ("does" if voice == "done" else voice)


def _single(opening: str, voice: str, sign: Sign) -> Callable[[Meaning], str]:
    """Return how to state one fact of this sign after an opening."""

    def write(meaning: Meaning) -> str:
        if len(meaning.facts) != 1:
            return ""
        (fact,) = meaning.facts
        if not _fits(fact, voice) or fact.sign is not sign:
            return ""
        return opening.format(_stated(fact, meaning, voice))

    return write


def _denial(opening: str, voice: str) -> Callable[[Meaning], str]:
    def write(meaning: Meaning) -> str:
        if len(meaning.facts) != 1:
            return ""
        (fact,) = meaning.facts
        if not _fits(fact, voice) or fact.sign is Sign.HOLDS:
            return ""
        return opening.format(_stated(fact.opposite, meaning, voice))

    return write


def singles() -> Iterator[Template]:
    """Yield the templates of single facts."""
    for held, openings in enumerate((_OPENINGS, _HELD_OPENINGS)):
        for (name, opening), voice, sign in product(
            openings.items(), _CLAIMS, (Sign.HOLDS, Sign.DENIED)
        ):
            yield template(
                f"fact.{name}.{voice}.{sign}",
                _single(opening, voice, sign),
                *(("passive",) if voice == "done" else ()),
                held_out=bool(held),
            )
    for held, openings in enumerate((_DENIALS, _HELD_DENIALS)):
        for (name, opening), voice in product(openings.items(), _CLAIMS):
            yield template(
                f"fact.{name}.{voice}",
                _denial(opening, voice),
                *(("passive",) if voice == "done" else ()),
                held_out=bool(held),
            )


def _one_subject(meaning: Meaning) -> str:
    subjects = {fact.atom[1] for fact in meaning.facts}
    return subjects.pop() if len(subjects) == 1 and len(meaning.facts) > 1 else ""


def _same(elide: bool) -> Callable[[Meaning], str]:
    def write(meaning: Meaning) -> str:
        if not (who := _one_subject(meaning)):
            return ""
        text = together(meaning.facts, who, naming(meaning.words), elide=elide)
        return f"{meaning.words[who]} {text}"

    return write


def _but(meaning: Meaning) -> str:
    """Say "is big but not kind"."""
    if not (who := _one_subject(meaning)) or len(meaning.facts) != 2:
        return ""
    first, second = meaning.facts
    if first.sign is second.sign or len(first.atom) != len(second.atom):
        return ""
    call = naming(meaning.words)
    texts = [said(fact, who, call) for fact in meaning.facts]
    return f"{meaning.words[who]} {texts[0]} but {texts[1].removeprefix('is ')}"


def _neither(meaning: Meaning) -> str:
    """Say "is neither big nor kind"."""
    if not (who := _one_subject(meaning)) or len(meaning.facts) != 2:
        return ""
    if any(fact.sign is Sign.HOLDS or len(fact.atom) != 2 for fact in meaning.facts):
        return ""
    call = naming(meaning.words)
    one, two = (said(fact.opposite, who, call).removeprefix("is ") for fact in meaning.facts)
    return f"{meaning.words[who]} is neither {one} nor {two}"


def _subjects(both: bool) -> Callable[[Meaning], str]:
    """Say "Bob and Anne are big"."""

    def write(meaning: Meaning) -> str:
        facts = meaning.facts
        alike = {(fact.atom[0], *fact.atom[2:], fact.sign) for fact in facts}
        if len(alike) != 1 or len(facts) < 2 or (both and len(facts) != 2):
            return ""
        names = joined([meaning.words[fact.atom[1]] for fact in facts])
        text = said(facts[0], facts[0].atom[1], naming(meaning.words), Number.MANY)
        return f"{'both ' if both else ''}{names} {text}"

    return write


def _objects(meaning: Meaning) -> str:
    """Say "the dog chases the cat and the bear"."""
    facts = meaning.facts
    alike = {(*fact.atom[:2], fact.sign) for fact in facts}
    if len(alike) != 1 or len(facts) < 2 or len(facts[0].atom) != 3:
        return ""
    things = joined([meaning.words[fact.atom[2]] for fact in facts])
    if facts[0].sign is Sign.DENIED:
        things = things.replace(" and ", " or ")
    return f"{meaning.words[facts[0].atom[1]]} {english.predicate(facts[0], things)}"


def _apart(meaning: Meaning) -> str:
    """Say "Bob is big and Anne is kind"."""
    if len(meaning.facts) < 2:
        return ""
    texts = [_stated(fact, meaning, claim(fact)) for fact in meaning.facts]
    return " and ".join(texts)


def several() -> Iterator[Template]:
    """Yield the templates of facts that share a sentence."""
    ways: dict[str, Callable[[Meaning], str]] = {
        "elide": _same(True),
        "repeat": _same(False),
        "but": _but,
        "neither": _neither,
        "subjects": _subjects(False),
        "both": _subjects(True),
        "objects": _objects,
        "apart": _apart,
    }
    openings = {**_OPENINGS, **_HELD_OPENINGS}
    for (way, write), name in product(ways.items(), ("plain", "known", "everyone", "note")):
        yield template(
            f"facts.{way}.{name}",
            _opened(openings[name], write),
            "coordination",
            held_out=name in _HELD_OPENINGS,
        )


def _opened(opening: str, write: Callable[[Meaning], str]) -> Callable[[Meaning], str]:
    def opened(meaning: Meaning) -> str:
        text = write(meaning)
        return opening.format(text) if text else ""

    return opened


def _direct(meaning: Meaning) -> str:
    """Ask "Is Bob big?"."""
    goal = meaning.goal
    if goal is None or goal.sign is not Sign.HOLDS:
        return ""
    subject = meaning.words[goal.atom[1]]
    if len(goal.atom) == 3:
        return english.finished(f"does {subject} {goal.atom[0]} {meaning.words[goal.atom[2]]}", "?")
    return english.finished(f"is {subject} {english.predicate(goal).removeprefix('is ')}", "?")


def _direct_passive(meaning: Meaning) -> str:
    """Ask "Is the cat chased by the dog?"."""
    goal = meaning.goal
    if goal is None or goal.sign is not Sign.HOLDS or not passive(goal, goal.atom[-1]):
        return ""
    verb, who, thing = goal.atom
    done = f"{participle(verb)} by {meaning.words[who]}"
    return english.finished(f"is {meaning.words[thing]} {done}", "?")


def _asked(wording: str, voice: str, sign: Sign) -> Callable[[Meaning], str]:
    def write(meaning: Meaning) -> str:
        goal = meaning.goal
        if goal is None or not _fits(goal, voice) or goal.sign is not sign:
            return ""
        text = wording[:-1].format(_stated(goal, meaning, voice))
        return english.finished(text, wording[-1])

    return write


def questions() -> Iterator[Template]:
    """Yield the templates of questions."""
    yield template("ask.direct", _direct)
    yield template("ask.direct.done", _direct_passive, "passive")
    for held, wordings in enumerate((_ASKING, _HELD_ASKING)):
        for (name, wording), voice, sign in product(
            wordings.items(), _CLAIMS, (Sign.HOLDS, Sign.DENIED)
        ):
            yield template(
                f"ask.{name}.{voice}.{sign}",
                _asked(wording, voice, sign),
                *(("passive",) if voice == "done" else ()),
                held_out=bool(held),
            )
