"""Why no wording gives the answer away: a question is only put where it could have gone otherwise.

*Yes or no.* ``fair`` keeps proposing questions of one sort about the scene until two of the same
signature (family and which attributes are named) differ in their answer; a coin decides between
them. So within each signature exactly half of the answers are yes, whatever the scenes are like.
*Numbers and values.* ``even`` proposes several and prefers rare answers by their rarity.
"""

from collections.abc import Callable
from dataclasses import dataclass

from nexus.logic.language import Term
from nexus.worlds.dice import Dice
from nexus.worlds.tabletop.language import Phrase


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A question before it is worded."""

    family: str
    phrases: tuple[Phrase, ...]
    term: Callable[[], Term]
    """Makes the query; most drafts are dropped before anyone needs it."""
    answer: str
    signature: tuple[object, ...] = ()
    """What must be alike for two drafts to be fair alternatives of each other."""
    relations: tuple[int, ...] = ()
    attribute: int = -1
    colour: int = -1


def fair(propose: Callable[[], Draft | None], thrown: Dice, tries: int) -> Draft | None:
    """Return a draft whose yes or no was decided by a coin, or None if no fair pair turned up."""
    seen: dict[tuple[object, ...], Draft] = {}
    for _ in range(tries):
        if (draft := propose()) is None:
            continue
        other = seen.setdefault(draft.signature, draft)
        if other.answer != draft.answer:
            return thrown.pick((draft, other))
    return None


def even(
    propose: Callable[[], Draft | None],
    thrown: Dice,
    weight: Callable[[Draft], float],
    tries: int,
) -> Draft | None:
    """Return one of up to ``tries`` proposals, one an answer, chosen in proportion to ``weight``.

    Where all that was found weighs less than 1 in all, the rest to 1 is the chance of None: a scene
    of which only the commonest answer can be asked mostly is not asked.
    """
    found: dict[str, Draft] = {}
    for _ in range(tries):
        if draft := propose():
            found.setdefault(draft.answer, draft)
    if not found:
        return None
    weights = [weight(draft) for draft in found.values()]
    at = thrown.roll(1 << 30) / (1 << 30) * max(1.0, sum(weights))
    for draft, share in zip(found.values(), weights, strict=True):
        at -= share
        if at < 0:
            return draft
    return None
