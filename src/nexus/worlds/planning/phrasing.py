"""Facts, goals and words of one's own, put into sentences of one text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nexus.logic import english, planning_english
from nexus.logic.lemmas import article, plural, third
from nexus.logic.linear import FACTS
from nexus.logic.meaning import KIND, Meaning
from nexus.logic.relations import ACTIONS, RELATION, RELATIONS
from nexus.logic.sentences import words
from nexus.logic.theory import Literal, Rule, Sign
from nexus.worlds.dice import Dice
from nexus.worlds.planning import wording
from nexus.worlds.planning.names import Style, the
from nexus.worlds.planning.outside import OUTSIDE
from nexus.worlds.planning.wording import Ways, bent
from nexus.worlds.theories.lexicon import drawn
from nexus.worlds.theories.phrases import joined
from nexus.worlds.theories.world import Split

Said = tuple[str, Meaning]
"""A sentence and what it says."""
_IMPLIED: Final = ("block", "place", "city")
"""Types that a relation gives away; all others are told."""
_RENAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "blocksworld": (*list(RELATIONS)[:5], *ACTIONS[:4]),
    "logistics": (*list(RELATIONS)[5:], *ACTIONS[4:]),
}
_LONG: Final = 36
"""Words after which nothing more is said in a sentence, its frame aside."""
_TOLD: Final = {"package": "package", "truck": "truck", "plane": "plane", "airport": "airport"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A vocabulary of one's own; nothing in it where a word has its usual meaning."""

    means: Mapping[str, str] = field(default_factory=dict[str, str])
    """Relation or action -> word."""
    sorts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Type -> count noun."""


def mystery_words(dice: Dice, how: Split, family: str) -> Words:
    """Return a vocabulary in which every relation and action of a domain has another word."""
    verbs = drawn(dice, how.pool, "verbs", 12, 2)
    plain = [x for x in drawn(dice, how.pool, "adjectives", 6, 2) if x not in verbs]
    means = dict[str, str]()
    for meant in _RENAMED[family]:
        means[meant] = verbs.pop() if RELATIONS.get(meant, 2) == 2 else plain.pop()
    kinds = drawn(dice, how.pool, "kinds", 4, 3)
    sorts = dict(zip(_TOLD, kinds, strict=True)) if family == "logistics" and dice.roll(2) else {}
    return Words(means=means, sorts=sorts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """What the things of a text are, and what they and all else are called."""

    style: Style
    names: Mapping[str, str]
    """Object -> name."""
    types: Mapping[str, str]
    words: Words

    def symbol(self, thing: str) -> str:
        """Return what a reader calls a thing."""
        return self.names[thing].replace(" ", "_")


class Phraser:
    """Tells of one cast; remembers of which things it has told what they are."""

    def __init__(self, *, dice: Dice, cast: Cast, held_out: bool) -> None:
        self.dice, self.cast, self.held_out = dice, cast, held_out
        self._known = set[str]()
        self._bodies = False
        """Whether bodies, rather than frames, are the held-out ones of this sentence."""

    def _of(self, ways: Ways, *, body: bool = True) -> str:
        held = self.held_out and body is self._bodies
        return self.dice.pick(ways.of(held))

    def _turn(self) -> None:
        self._bodies = self.dice.roll(2) == 0

    def _literal(self, literal: Literal) -> Literal:
        """Return a literal as it is spoken of: relations or words of one's own, and names."""
        name, *things = literal.atom
        word = self.cast.words.means.get(name, RELATION + name)
        return Literal((word.replace(" ", "_"), *map(self.cast.symbol, things)), literal.sign)

    def call(self, thing: str) -> tuple[str, list[Literal]]:
        """Return how a thing is called, and what that says of what it is."""
        kind, how = self.cast.types[thing], self.cast.style
        name = self.cast.names[thing]
        if kind == "block":
            return how.shape.format(name), []
        noun = how.noun[kind]
        definite = the(name) != name
        if kind == "city" or definite or not how.nouns:
            return the(name), []
        said = f"{'the ' if self.dice.roll(4) == 0 else ''}{noun} {name}"
        if kind in _IMPLIED:
            return said, []
        return said, [Literal((f"{KIND}{noun}", self.cast.symbol(thing)))]

    def _clause(self, literal: Literal, body: str) -> tuple[str, list[Literal]]:
        """Return what a body says of a literal's things, and all that it tells."""
        called = [self.call(x) for x in literal.atom[1:]]
        kinds = [x for _, some in called for x in some]
        if literal.atom[0] == "inside":  # what is inside is a package
            kinds = [x for x in kinds if x.atom[1] == self.cast.symbol(literal.atom[2])]
        return body.format(*(x for x, _ in called)), [*kinds, self._literal(literal)]

    def _body(self, literal: Literal, form: str, modal: str = "") -> str:
        """Return a body of a literal in a form, or "" if it has none."""
        name, denied = literal.atom[0], literal.sign is Sign.DENIED
        if word := self.cast.words.means.get(name):
            own = self._denied if denied else self._own
            return own(word, len(literal.atom) - 1, form, modal)
        for _ in range(8):
            if text := bent(self._of(wording.BODIES[name]), form, modal=modal, denied=denied):
                return text
        return ""

    def _own(self, word: str, count: int, form: str, modal: str) -> str:
        """Return a body of a relation that has a word of its own."""
        if count == 2:
            verb = {"finite": third(word), "to": f"to {word}", "must": f"{modal} {word}"}.get(form)
            return f"{{0}} {verb} {{1}}" if verb else ""
        if count == 1:
            if form == "finite" and self.cast.style.shape == "object {}" and self.dice.roll(2):
                return f"{word} {{0}}"
            return bent(f"{{0}} [is] {word}", form, modal=modal) if form != "bare" else ""
        return self.dice.pick((f"there is {word}", f"{word} holds")) if form == "finite" else ""

    def _denied(self, word: str, count: int, form: str, modal: str) -> str:
        if count == 1:
            return bent(f"{{0}} [is] {word}", form, modal=modal, denied=True)
        if form != "finite":
            return ""
        return f"{{0}} does not {word} {{1}}" if count else f"there is no {word}"

    def _done(self, text: str, meaning: Meaning) -> list[Said]:
        self._known.update(x.atom[1] for x in meaning.facts if x.atom[0].startswith(KIND))
        return [(english.finished(text), meaning)]

    def facts(self, facts: Sequence[Literal]) -> list[Said]:
        """Return sentences of what is so, one or several facts in each."""
        left, found = list(facts), list[Said]()
        while left:
            self._turn()
            found += self._chained(left) or self._grouped(left) or self._joined(left)
        return found

    def _joined(self, left: list[Literal]) -> list[Said]:
        count = self.dice.pick((1, 1, 1, 1, 2, 2))
        some = [left.pop(0) for _ in range(min(count, len(left)))]
        texts, told = list[str](), list[Literal]()
        for literal in some:
            body = self._body(literal, "finite") or self._plain(literal)
            text, said = self._clause(literal, body)
            if len(told) + len(said) > FACTS or (told and len(words(f"{texts} {text}")) > _LONG):
                left.append(literal)
                continue
            texts.append(text)
            told += said
        text = joined(texts) if self.dice.roll(2) else " and ".join(texts)
        return self._framed(text, told)

    def _framed(self, text: str, told: Sequence[Literal]) -> list[Said]:
        frame = self._of(wording.FACT_FRAMES, body=False)
        return self._done(frame.format(text), Meaning(facts=tuple(dict.fromkeys(told))))

    def _chained(self, left: list[Literal]) -> list[Said]:
        """Return "a is on b, which is on c" or "a is on b and it is clear"."""
        first, *rest = left
        if self.cast.words.means or len(first.atom) < 2 or self.dice.roll(3):
            return []
        if first.sign is Sign.DENIED or first.atom[0] not in ("on", "on_table", "clear"):
            return []
        which = [x for x in rest if x.atom[0] in wording.WHICH and x.atom[1:2] == first.atom[2:3]]
        same = [x for x in rest if x.atom[0] in wording.TOO and x.atom[1:2] == first.atom[1:2]]
        body = "{0} is on {1}" if first.atom[0] == "on" else "{0} is on the table"
        if which and first.atom[2:] and self.dice.roll(2):
            second, glue = which[0], ", "
            after = self._of(wording.WHICH[second.atom[0]])
        elif same and first.atom[0] != "clear":
            second, glue = same[0], " and "
            after = self._of(wording.TOO[second.atom[0]])
        else:
            return []
        left.remove(first)
        left.remove(second)
        one, told = self._clause(first, body)
        two, more = self._clause(second, after)
        return self._framed(one + glue + two, [*told, *more])

    def _grouped(self, left: list[Literal]) -> list[Said]:
        """Return "a, b and c are on the table"."""
        first = left[0]
        name, *things = first.atom
        alike = [
            x for x in left if (x.atom[0], x.atom[2:], x.sign) == (name, first.atom[2:], first.sign)
        ]
        if name not in wording.GROUPS or name in self.cast.words.means or self.dice.roll(3):
            return []
        if len(alike) < 2 or first.sign is Sign.DENIED:
            return []
        some = alike[: 2 + self.dice.roll(2)]
        body = self._of(wording.GROUPS[name])
        if "nothing" in body:
            some = some[:2]
        called = [self.call(x.atom[1]) for x in some]
        where = [self.call(x) for x in things[1:]]
        told = list[Literal]()
        for literal, (_, kinds) in zip(some, called, strict=True):
            told += [*kinds, self._literal(literal)]
        told[:0] = [x for _, kinds in where for x in kinds]
        if len(told) > FACTS:
            return []
        for x in some:
            left.remove(x)
        text = body.format(joined([x for x, _ in called]), *(x for x, _ in where))
        return self._framed(text, told)

    def goals(self, goals: Sequence[Literal]) -> list[Said]:
        """Return sentences of what is to be so, one or several goals in each."""
        left, found = list(goals), list[Said]()
        while left:
            self._turn()
            count = self.dice.pick((1, 1, 1, 1, 2, 2, 3))
            some, left = left[:count], left[count:]
            found += self._wanted(some)
        return found

    def _wanted(self, some: Sequence[Literal]) -> list[Said]:
        for _ in range(6):
            form = self.dice.pick(("finite", "finite", "to", "must", "bare", "do"))
            modal = self._of(wording.MODALS)
            if form == "do":
                bodies = [self._order(x) for x in some]
            else:
                bodies = [self._body(x, form, modal) for x in some]
            if all(bodies):
                break
        else:
            form = "finite"
            bodies = [self._body(x, form) or self._plain(x) for x in some]
        texts = [self._clause(x, body)[0] for x, body in zip(some, bodies, strict=True)]
        text = joined(texts) if self.dice.roll(2) else " and ".join(texts)
        frame = self._of(wording.GOAL_FRAMES[form], body=False)
        wanted = tuple(dict.fromkeys(self._literal(x) for x in some))
        if some[1:] and len(words(text)) > _LONG:
            return [*self._wanted(some[:1]), *self._wanted(some[1:])]
        return self._done(frame.format(text), Meaning(wanted=wanted))

    def _plain(self, literal: Literal) -> str:
        """Return a body that can be denied."""
        denied, ways = literal.sign is Sign.DENIED, wording.BODIES[literal.atom[0]].taught
        return next(x for way in ways if (x := bent(way, "finite", denied=denied)))

    def _order(self, literal: Literal) -> str:
        name = literal.atom[0]
        if name not in wording.ORDERS or name in self.cast.words.means:
            return ""
        if name == "at" and self.cast.types[literal.atom[1]] != "package":
            return ""
        return self._of(wording.ORDERS[name]) if literal.sign is Sign.HOLDS else ""

    def _noun(self, thing: str) -> str:
        kind = self.cast.types[thing]
        return self.cast.words.sorts.get(kind, self.cast.style.noun[kind])

    def preface(self, *, always: bool = False) -> list[Said]:
        """Return a sentence or two of which blocks there are, or nothing."""
        blocks = [x for x, kind in self.cast.types.items() if kind == "block"]
        if not blocks or self.cast.words.means or (self.dice.roll(3) and not always):
            return []
        found = list[Said]()
        for at in range(0, len(blocks), 5):
            self._turn()
            found += self._declared(blocks[at : at + 5])
        return found

    def declarations(self) -> list[Said]:
        """Return sentences of what things are, of which that was not told yet."""
        found = list[Said]()
        for kind in _TOLD:
            some = [x for x, sort in self.cast.types.items() if sort == kind]
            some = [x for x in some if self.cast.symbol(x) not in self._known]
            while some:
                self._turn()
                count = 1 + self.dice.roll(4)
                found += self._declared(some[:count])
                some = some[count:]
        return found

    def _declared(self, things: Sequence[str]) -> list[Said]:
        noun = self._noun(things[0])
        names = [the(self.cast.names[x]) for x in things]
        told = tuple(
            Literal((f"{KIND}{noun}".replace(" ", "_"), self.cast.symbol(x))) for x in things
        )
        if len(things) == 1:
            text = (
                self._of(wording.DECLARED).replace("a {n}", article(noun)).format(names[0], n=noun)
            )
        else:
            count = wording.NUMBERS[len(things)]
            text = self._of(wording.ALL_DECLARED).format(joined(names), s=plural(noun), c=count)
        return self._done(text, Meaning(facts=told))

    def meanings(self) -> list[Said]:
        """Return sentences that say what each word of one's own means."""
        found = list[Said]()
        for meant, word in self.cast.words.means.items():
            self._turn()
            verb = RELATIONS.get(meant, 2) == 2
            spelt = word if meant == "hand_empty" else f"to {word}" if verb else f"to be {word}"
            what = self._of(wording.MEANS[meant])
            text = self._of(wording.SAME, body=False).format(w=spelt, m=what)
            literal = Literal((RELATION + meant, word.replace(" ", "_")))
            found += self._done(text, Meaning(means=(literal,)))
        for kind, word in self.cast.words.sorts.items():
            noun = self.cast.style.noun[kind]
            one, other = (Literal((f"{KIND}{x}".replace(" ", "_"), "?x")) for x in (word, noun))
            text = self.dice.pick(("every {w} is {n}", "each {w} is {n}", "{s} are {p}"))
            text = text.format(w=word, n=article(noun), s=plural(word), p=plural(noun))
            found += self._done(text, Meaning(rules=(Rule(head=other, body=(one,)),)))
        return found

    def canonical(self, facts: Sequence[Literal], goals: Sequence[Literal]) -> list[Said]:
        """Return what is said in canonical English, one thing a sentence."""
        found = list[Said]()
        for literal in (*map(self._literal, facts), *self._some_denied(facts)):
            if planning_english.related(literal):
                found.append((planning_english.stated(literal), Meaning(facts=(literal,))))
        for literal in map(self._literal, goals):
            found.append((planning_english.wanted(literal), Meaning(wanted=(literal,))))
        for meant, word in self.cast.words.means.items():
            literal = Literal((RELATION + meant, word.replace(" ", "_")))
            found.append((planning_english.meant(literal), Meaning(means=(literal,))))
        return found

    def _some_denied(self, facts: Sequence[Literal]) -> list[Literal]:
        if self.cast.words.means:
            return []
        return [self._literal(x.opposite) for x in facts[:1]]

    def random(self, goal: bool) -> list[Said]:
        """Return a sentence of a relation that may not be so at first, or is denied."""
        kinds, dice = self.cast.types, self.dice
        fits = {
            "on": ("block", "block"),
            "holding": ("block",),
            "hand_empty": (),
            "clear": ("block",),
        }
        fits |= {"on_table": ("block",)}
        if "block" not in kinds.values():
            fits = {
                "at": ("package", "place"),
                "inside": ("package", "truck"),
                "in_city": ("place", "city"),
            }
        name = dice.pick(list(fits))
        pools = [[x for x, k in kinds.items() if k == kind] for kind in fits[name]]
        things = list[str]()
        for pool in pools:
            left = [x for x in pool if x not in things]
            if not left:
                return [(self.outside(), Meaning())]
            things.append(dice.pick(left))
        denied = dice.roll(2) == 0
        literal = Literal((name, *things), Sign.DENIED if denied else Sign.HOLDS)
        self._turn()
        return self._wanted([literal]) if goal else self._joined([literal])

    def outside(self) -> str:
        """Return a sentence of which nothing is to be made."""
        names = list(self.cast.types)
        things = [self.call(names[i])[0] for i in self.dice.shuffled(len(names))[:3]]
        return english.finished(self.dice.pick(OUTSIDE).format(*things, *things))
