"""All templates in families, and which of them puts a meaning into words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Final

from nexus.base.errors import LanguageError
from nexus.logic import english
from nexus.logic.meaning import Meaning
from nexus.worlds.dice import Dice
from nexus.worlds.theories import ruling, special, stating
from nexus.worlds.theories.phrases import Template, template


def _canonical_fact(meaning: Meaning) -> str:
    return english.sentence(meaning.facts[0], meaning.words) if len(meaning.facts) == 1 else ""


def _canonical_rule(meaning: Meaning) -> str:
    return english.sentence(meaning.rules[0], meaning.words) if len(meaning.rules) == 1 else ""


def _canonical_question(meaning: Meaning) -> str:
    return english.question(meaning.goal, meaning.words) if meaning.goal else ""


def _canonical_facts() -> Iterator[Template]:
    yield template("canonical.fact", _canonical_fact)


def _canonical_rules() -> Iterator[Template]:
    yield template("canonical.rule", _canonical_rule)


def _canonical_questions() -> Iterator[Template]:
    yield template("canonical.question", _canonical_question)


_FAMILIES: Final[Mapping[str, Mapping[str, Callable[[], Iterator[Template]]]]] = MappingProxyType(
    {
        "facts": {
            "canonical": _canonical_facts,
            "single": stating.singles,
            "several": stating.several,
        },
        "question": {"canonical": _canonical_questions, "question": stating.questions},
        "rules": {
            "canonical": _canonical_rules,
            "conditional": ruling.conditionals,
            "reversal": ruling.reversals,
            "relative": ruling.relatives,
            "attributive": ruling.attributives,
            "kind": ruling.kinds,
            "named": special.named,
            "two": special.twos,
            "unless": special.exceptions,
            "only": special.onlys,
            "being": special.beings,
        },
    }
)
"""What is said -> family -> its templates. Canonical ones are taught, to be read back."""


@cache
def families(said: str, held_out: bool) -> tuple[tuple[Template, ...], ...]:
    """Return the families of templates for facts, rules or a question: taught, or held out."""
    found = (
        tuple(t for t in make() if t.held_out is held_out) for make in _FAMILIES[said].values()
    )
    return tuple(family for family in found if family)


def all_templates() -> tuple[Template, ...]:
    """Return every template."""
    return tuple(t for made in _FAMILIES.values() for make in made.values() for t in make())


def choose(dice: Dice, meaning: Meaning, *, held_out: bool = False) -> tuple[Template, str]:
    """Return a template and the sentence in which it puts a meaning; each family is as likely.

    A template that is held out is taken only if none that is taught says the same; where there is
    no such template, one that is taught is taken.

    Raises:
        LanguageError: no template fits.
    """
    said = "facts" if meaning.facts else "rules" if meaning.rules else "question"
    for held in (True, False) if held_out else (False,):
        known = families(said, held)
        taken = _taught(meaning, said) if held else frozenset[str]()
        for family in dice.shuffled(len(known)):
            if found := _first(dice, meaning, known[family], taken):
                return found
    raise LanguageError(f"{meaning} cannot be put into words", hint="fewer facts in one sentence")


def _taught(meaning: Meaning, said: str) -> frozenset[str]:
    """Return every sentence that a template which is taught makes of a meaning."""
    return frozenset(t.write(meaning) for family in families(said, False) for t in family)


def _first(
    dice: Dice, meaning: Meaning, templates: Sequence[Template], taken: frozenset[str]
) -> tuple[Template, str] | None:
    for at in dice.shuffled(len(templates)):
        text = templates[at].write(meaning)
        if text and text not in taken:
            return templates[at], text
    return None
