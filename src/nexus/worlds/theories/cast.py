"""What one theory is about, and random claims about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nexus.logic.meaning import KIND
from nexus.logic.theory import Literal, Rule, Sign
from nexus.worlds.dice import Dice
from nexus.worlds.theories.lexicon import drawn

FORMS: Final = ("attribute", "relation", "taxonomy")
"""What claims are made of: adjectives; verbs with objects too; count nouns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """The things a theory is about and the words it may say of them."""

    form: str
    words: Mapping[str, str]
    """Constant -> what its thing is called."""
    adjectives: tuple[str, ...]
    verbs: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def things(self) -> tuple[str, ...]:
        """Every constant."""
        return tuple(self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """How many words of each sort."""

    adjectives: int
    verbs: int
    kinds: int


_FEW: Final = _Wanted(adjectives=5, verbs=2, kinds=5)
_MANY: Final = {
    "attribute": _Wanted(adjectives=14, verbs=0, kinds=3),
    "relation": _Wanted(adjectives=8, verbs=5, kinds=3),
    "taxonomy": _Wanted(adjectives=14, verbs=0, kinds=16),
}


def cast(dice: Dice, form: str, pool: str, made: int, *, few: bool = False) -> Cast:
    """Return a cast of words of this pool; ``made`` in 4 are made up, and all nonsense nouns.

    A ``few`` words are enough for one sentence.
    """
    definite = form == "relation" or (form == "attribute" and dice.roll(3) == 0)
    count = 2 if form == "taxonomy" else 3 if few else 4 + dice.roll(2)
    animals = drawn(dice, pool, "animals", count, made) if definite else []
    names = drawn(dice, pool, "names", count, made)
    called = {word.replace(" ", "_"): f"the {word}" for word in animals}
    if not definite or dice.roll(2):  # persons among animals, or alone
        spare = 1 + dice.roll(2) if definite else count
        for name in names[:spare]:
            called.setdefault(name, name.title())
    nonsense = 4 if form == "taxonomy" and dice.roll(4) else made
    wanted = _FEW if few else _MANY[form]
    taken = set(called)
    adjectives = _fresh(taken, drawn(dice, pool, "adjectives", wanted.adjectives, made))
    verbs = _fresh(taken, drawn(dice, pool, "verbs", wanted.verbs, made))
    kinds = drawn(dice, pool, "kinds", wanted.kinds, nonsense)
    return Cast(
        form=form, words=called, adjectives=adjectives, verbs=verbs, kinds=_fresh(taken, kinds)
    )


def _fresh(taken: set[str], words: Sequence[str]) -> tuple[str, ...]:
    """Return the words that are not taken yet, and take them."""
    found = tuple(word for word in words if word not in taken)
    taken.update(found)
    return found


def claimed(dice: Dice, cast: Cast, thing: str) -> Literal:
    """Return a random claim of a thing, that it holds."""
    if cast.form == "taxonomy":
        sort = "kinds" if dice.roll(3) else "adjectives"
    elif cast.form == "relation":
        sort = "verbs" if dice.roll(5) > 1 else "adjectives"
    else:
        sort = "adjectives"
    if sort != "kinds" and dice.roll(16) == 0:
        sort = "kinds"
    if sort == "kinds":
        return Literal((KIND + dice.pick(cast.kinds), thing))
    if sort == "adjectives":
        return Literal((dice.pick(cast.adjectives), thing))
    others = [x for x in cast.things if x != thing]
    return Literal((dice.pick(cast.verbs), thing, dice.pick(others)))


def ruled(dice: Dice, body: Sequence[Literal], head: Literal) -> Rule:
    """Return the rule, of one thing in particular or, more often, of everything like it."""
    loose = dict[str, str]()
    things = [x for literal in body if literal.sign is not Sign.ABSENT for x in literal.atom[1:]]
    safe = {x for x in things if all(_safe(literal, x, body) for literal in (*body, head))}
    if dice.roll(4) and things[0] in safe:
        loose[things[0]] = "?x"
        twos = [x for x in things[1:] if x in safe and x != things[0]]
        if twos and dice.roll(8) == 0:
            loose[twos[0]] = "?y"
    under = {name: loose[name] for name in loose}
    first = [x for literal in body for x in literal.atom[1:] if x in under]
    order = list(dict.fromkeys(first))
    under = {name: f"?{letter}" for name, letter in zip(order, "xy", strict=False)}
    return Rule(head=head.under(under), body=tuple(x.under(under) for x in body))


def _safe(literal: Literal, thing: str, body: Sequence[Literal]) -> bool:
    """Whether a literal allows its thing to become a variable."""
    if thing not in literal.atom[1:] or literal.sign is not Sign.ABSENT:
        return True
    return any(thing in x.atom[1:] for x in body if x.sign is not Sign.ABSENT)


def random_rule(dice: Dice, cast: Cast, *, negation: Sign | None) -> Rule:
    """Return a rule drawn without regard to any other; ``negation`` says what "not" means in it."""
    thing, body = dice.pick(cast.things), list[Literal]()
    count = 1 if cast.form == "taxonomy" else dice.pick((1, 1, 2, 2, 3))
    close = dice.roll(3) == 0  # all of one thing, with an exception last: "unless it is shy"
    if close and negation and cast.form != "taxonomy":
        count = max(count, 2)
    while len(body) < count:
        about = thing if close or not body or dice.roll(6) else dice.pick(cast.things)
        literal = claimed(dice, cast, about)
        fails = len(body) == count - 1 if close else dice.roll(5) < 2
        if negation and body and fails:
            literal = Literal(literal.atom, negation)
        if negation is Sign.DENIED and not body and not close and dice.roll(5) == 0:
            literal = literal.opposite
        if literal.atom not in {x.atom for x in body}:
            body.append(literal)
    while True:
        about = thing if close or dice.roll(5) else dice.pick(cast.things)
        head = claimed(dice, cast, about)
        if head.atom not in {x.atom for x in body}:
            break
    if negation and dice.roll(4) == 0:
        head = head.opposite
    return ruled(dice, body, head)
