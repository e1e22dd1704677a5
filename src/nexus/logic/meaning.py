"""What one sentence says, and how what many sentences say comes to a theory.

Symbols are base forms of the words of the sentence. That something *is big* has the predicate
``big``, that it *is a wumpus* ``a_wumpus``, that it *chases* something ``chase`` and two arguments:
so "orange" the colour and "an orange" are not one predicate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nexus.base.errors import LanguageError
from nexus.logic.theory import Literal, Rule, Span, Theory, World, checked

KIND: Final = "a_"
"""What the predicate of a count noun begins with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """Facts, rules that share conditions, a question, goals, or words of one's own; or nothing.

    What says nothing is to be abstained from. Two meanings are equal if they say the same, however
    their things are called.
    """

    facts: tuple[Literal, ...] = ()
    rules: tuple[Rule, ...] = ()
    goal: Literal | None = None
    """What is asked."""
    wanted: tuple[Literal, ...] = ()
    """What is to be so in the end."""
    means: tuple[Literal, ...] = ()
    """Relations and actions of planning, each with the word that means it: ``p__on(crave)``."""
    words: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """Constant -> what its thing is called: "Bob", "the dog"."""

    @property
    def abstains(self) -> bool:
        """Whether it says nothing."""
        said = (self.facts, self.rules, self.wanted, self.means)
        return not any(said) and self.goal is None


def gather(meanings: Sequence[Meaning], spans: Sequence[Span], world: World) -> Theory:
    """Return the theory that these sentences come to; what is said twice is taken from the first.

    Raises:
        LanguageError: a sentence says nothing, asks or wants, or together they are not well typed.
    """
    facts, rules = dict[Literal, Span](), dict[Rule, Span]()
    names = dict[str, str]()
    for meaning, span in zip(meanings, spans, strict=True):
        if not meaning.facts and not meaning.rules:
            raise LanguageError(
                f"the sentence at {span.start} states nothing", hint="leave it out, or ask it"
            )
        for fact in meaning.facts:
            facts.setdefault(fact, span)
        for rule in meaning.rules:
            rules.setdefault(rule, span)
        for symbol, word in meaning.words.items():
            names.setdefault(symbol, word)
    return checked(
        Theory(
            facts=tuple(facts),
            rules=tuple(rules),
            world=world,
            spans=(*facts.values(), *rules.values()),
            words=names,
        )
    )
