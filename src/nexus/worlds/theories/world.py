"""Theories in plain English, sentence by sentence, with what each says and what follows.

Everything is a pure function of ``(seed, split, index)``. Splits differ in their words and
templates: "train" has words of its own and many made up; "val" and "test" have others; "templates"
has the words of "test" in templates that are kept from training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.base.errors import ConfigError
from nexus.base.randomness import key
from nexus.logic import linear, sentences
from nexus.logic.meaning import Meaning, gather
from nexus.logic.theory import Literal, Rule, Sign, Span, Theory, World, checked
from nexus.worlds.dice import Dice, dice
from nexus.worlds.theories.cast import FORMS, Cast, cast, claimed, random_rule
from nexus.worlds.theories.drawing import DEEPEST, Drawn, Plan, answered, draw
from nexus.worlds.theories.outside import outside
from nexus.worlds.theories.phrases import shortened
from nexus.worlds.theories.spelling import GRAMMAR, slipped
from nexus.worlds.theories.templates import choose

VERSION: Final = 3
"""Raised when the same ``(seed, split, index)`` gives another text than before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """What the sentences of a split are made of."""

    pool: str
    held_out: bool
    """Whether templates are those kept from training, wherever one fits."""
    made: int
    """How many words in 4 are made up."""


SPLITS: Final[Mapping[str, Split]] = MappingProxyType(
    {
        "train": Split(pool="train", held_out=False, made=2),
        "val": Split(pool="val", held_out=False, made=1),
        "test": Split(pool="test", held_out=False, made=1),
        "templates": Split(pool="test", held_out=True, made=1),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A sentence and what it says."""

    text: str
    meaning: Meaning
    """Says nothing where the right thing is to abstain."""
    template: str
    phenomena: tuple[str, ...] = ()
    span: Span
    """Where it stands in its text."""

    @property
    def words(self) -> tuple[str, ...]:
        """Its words and marks."""
        return sentences.words(self.text)

    @property
    def symbols(self) -> tuple[str, ...]:
        """What a parser should write."""
        return linear.encode(self.meaning, self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exercise:
    """A text, a question about it, and the right answer."""

    text: str
    sentences: tuple[Sentence, ...]
    theory: Theory
    question: Sentence
    answer: str
    """yes, no or unknown."""
    depth: int
    """Rules on the longest path of the shallowest proof of what is asked or of its opposite; where
    neither follows, of the proof that one fact more would make."""
    withheld: Literal | None
    """That fact."""
    form: str
    provenance: Mapping[str, str | int]


def exercises(
    seed: int, split: str, index: Int64[np.ndarray, " n"], *, kind: str = "rules"
) -> list[Exercise]:
    """Return the exercises with these indices; their worlds, depths and answers take turns.

    ``kind`` is "rules" (attributes and relations, closed and open worlds) or "taxonomy".

    Raises:
        ConfigError: there is no such split or kind.
    """
    how = _split(split)
    if kind not in ("rules", "taxonomy"):
        raise ConfigError(f"there is no kind {kind!r}", hint="rules or taxonomy")
    stream = key(seed, "theories", kind, split)
    thrown = dice(stream, index)
    provenance = {"seed": seed, "world": "theories", "kind": kind, "split": split}
    return [
        _exercise(one, how, kind, int(i), {**provenance, "index": int(i), "version": VERSION})
        for (one,), i in zip(thrown, index, strict=True)
    ]


def _split(split: str) -> Split:
    if split not in SPLITS:
        raise ConfigError(f"there is no split {split!r}", hint="one of " + ", ".join(SPLITS))
    return SPLITS[split]


def _exercise(
    thrown: Dice, how: Split, kind: str, index: int, provenance: Mapping[str, str | int]
) -> Exercise:
    form = "taxonomy" if kind == "taxonomy" else thrown.pick(FORMS[:2])
    players = cast(thrown, form, how.pool, how.made)
    plan = _plan(thrown, index, form)
    drawn = draw(thrown, players, plan)
    said = _told(thrown, how, players, drawn)
    goal = Meaning(goal=drawn.goal, words=_called(players, [drawn.goal]))
    theory = gather([x.meaning for x in said], [x.span for x in said], plan.world)
    checked(theory, drawn.goal)
    return Exercise(
        text=" ".join(x.text for x in said),
        sentences=said,
        theory=theory,
        question=_worded(thrown, how, goal, 0),
        answer=answered(theory, drawn.goal),
        depth=plan.depth,
        withheld=drawn.withheld,
        form=form,
        provenance=provenance,
    )


def _plan(thrown: Dice, index: int, form: str) -> Plan:
    """Return what exercise ``index`` comes to: depths change fastest, then worlds, then answers."""
    rest, depth = divmod(index, DEEPEST + 1)
    if form == "taxonomy":
        world, case, proved = World.OPEN, rest % 2, True
    else:
        case, which = divmod(rest, 2)
        world = (World.CLOSED, World.OPEN)[which]
        # closed: two answers rest on a proof and two on there being none; open: one on none
        proved = case % 4 < 2 if world is World.CLOSED else case % 3 < 2
        if world is World.OPEN and not proved:
            case //= 3
        elif world is World.OPEN:
            case %= 3
    negation = form == "taxonomy" or thrown.roll(4) > 0
    # so often that as many questions with "not" as without come to yes
    denied = thrown.roll(2) > 0 if form == "taxonomy" else negation and thrown.roll(3) > 0
    return Plan(
        world=world,
        depth=depth,
        proved=proved,
        opposite=bool(case % 2),
        negation=negation,
        denied=denied and world is World.OPEN,
    )


def _called(players: Cast, literals: Sequence[Literal]) -> Mapping[str, str]:
    """Return what the constants of these literals are called."""
    names = (x for literal in literals for x in literal.atom[1:])
    return {x: players.words[x] for x in names if x in players.words}


def _told(thrown: Dice, how: Split, players: Cast, drawn: Drawn) -> tuple[Sentence, ...]:
    """Return the sentences of a theory, one after the other."""
    meanings = [
        Meaning(facts=facts, words=_called(players, facts))
        for facts in _grouped(thrown, drawn.facts)
    ]
    for rules in _sharing(drawn.rules):
        literals = [x for rule in rules for x in rule.literals]
        meanings.append(Meaning(rules=rules, words=_called(players, literals)))
    if thrown.roll(4) == 0:
        meanings = [meanings[i] for i in thrown.shuffled(len(meanings))]
    found, start = list[Sentence](), 0
    for meaning in meanings:
        found.append(_worded(thrown, how, meaning, start))
        start = found[-1].span.stop + 1
    return tuple(found)


def _grouped(thrown: Dice, facts: Sequence[Literal]) -> list[tuple[Literal, ...]]:
    """Return facts, some of them two or three a sentence, most often of one thing."""
    left, found = list(facts), list[tuple[Literal, ...]]()
    while left:
        first = left.pop(0)
        alike = [
            x
            for x in left
            if x.atom[1] == first.atom[1]
            or (x.atom[0], x.atom[2:], x.sign) == (first.atom[0], first.atom[2:], first.sign)
        ]
        mates = (alike if thrown.roll(8) else left) if thrown.roll(3) == 0 else []
        group = (first, *mates[: 1 + thrown.roll(2)])
        left = [x for x in left if x not in group]
        found.append(group)
    return found


def _sharing(rules: Sequence[Rule]) -> list[tuple[Rule, ...]]:
    """Return rules, those of anything at all together that share their conditions."""
    found = dict[tuple[Literal, ...] | Rule, list[Rule]]()
    for rule in rules:
        found.setdefault(rule.body if _of_one(rule) else rule, []).append(rule)
    return [tuple(shared) for shared in found.values()]


def _of_one(rule: Rule) -> bool:
    return {x for literal in rule.literals for x in literal.variables} == {"?x"}


def _worded(thrown: Dice, how: Split, meaning: Meaning, start: int) -> Sentence:
    """Return a sentence that says this, from ``start`` on."""
    template, text = choose(thrown, meaning, held_out=how.held_out)
    if thrown.roll(4) == 0 and not template.name.startswith("canonical"):
        text = shortened(text)
    return Sentence(
        text=text,
        meaning=meaning,
        template=template.name,
        phenomena=template.phenomena,
        span=Span(start=start, stop=start + len(text)),
    )


def utterances(seed: int, split: str, index: Int64[np.ndarray, " n"]) -> list[Sentence]:
    """Return single sentences of every sort, to be parsed: quicker to make than whole theories.

    Half are rules; one in eight is a question, and one in eight is beyond the grammar, with a
    phenomenon shown in training.
    Conditions that fail are denied, as in an open world: the notation is the same in both.

    Raises:
        ConfigError: there is no such split.
    """
    how = _split(split)
    thrown = dice(key(seed, "theories", "utterances", split), index)
    return [_utterance(one, how) for (one,) in thrown]


def _utterance(thrown: Dice, how: Split) -> Sentence:
    players = cast(thrown, thrown.pick((*FORMS, "relation")), how.pool, how.made, few=True)
    sort = thrown.roll(8)
    if sort == 0:
        return _beyond(thrown, players, unseen=False)
    claims = [claimed(thrown, players, thrown.pick(players.things)) for _ in range(3)]
    claims = [x.opposite if thrown.roll(3) == 0 else x for x in claims]
    if sort == 1:
        meaning = Meaning(goal=claims[0], words=_called(players, claims[:1]))
    elif sort < 4:
        if thrown.roll(4) == 0:
            claims = _kindred(thrown, players, claims[0])
        (facts, *_) = _grouped(thrown, [*dict.fromkeys(claims)])
        meaning = Meaning(facts=facts, words=_called(players, facts))
    else:
        first = random_rule(thrown, players, negation=Sign.DENIED)
        rules, head = [first], random_rule(thrown, players, negation=Sign.DENIED).head
        other = Rule(head=head, body=first.body)
        if _of_one(first) and _of_one(other) and head != first.head and thrown.roll(6) == 0:
            rules.append(other)
        literals = [x for rule in rules for x in rule.literals]
        meaning = Meaning(rules=tuple(rules), words=_called(players, literals))
    return _worded(thrown, how, meaning, 0)


def _kindred(thrown: Dice, players: Cast, claim: Literal) -> list[Literal]:
    """Return claims of one sign of one thing: the same of other things, or others like it."""
    verb, subject, *objects = claim.atom
    if objects:
        others = [x for x in players.things if x not in (subject, *objects)]
        more = [(verb, subject, x) for x in others]
    else:
        more = [claimed(thrown, players, subject).atom for _ in range(2)]
    return [claim, *(Literal(atom, claim.sign) for atom in more)]


def _beyond(thrown: Dice, players: Cast, *, unseen: bool) -> Sentence:
    found = outside(thrown, players, unseen=unseen)
    return Sentence(
        text=found.text,
        meaning=Meaning(),
        template="outside",
        phenomena=(found.phenomenon,),
        span=Span(start=0, stop=len(found.text)),
    )


def out_of_grammar(
    seed: int, split: str, index: Int64[np.ndarray, " n"], *, unseen: bool
) -> list[Sentence]:
    """Return sentences to abstain from: of phenomena shown in training, or of the others.

    Raises:
        ConfigError: there is no such split.
    """
    how = _split(split)
    thrown = dice(key(seed, "theories", "outside", split, int(unseen)), index)
    return [
        _beyond(one, cast(one, one.pick(FORMS), how.pool, how.made, few=True), unseen=unseen)
        for (one,) in thrown
    ]


def misspelt(
    seed: int, split: str, index: Int64[np.ndarray, " n"], *, content: bool
) -> list[Sentence]:
    """Return utterances with one slip of the pen in each.

    A slip in a word of grammar leaves the meaning, and reading it is as right as abstaining; with a
    slip in any other word it is not known whose word it is, and the right thing is to abstain.

    Raises:
        ConfigError: there is no such split.
    """
    how = _split(split)
    thrown = dice(key(seed, "theories", "misspelt", split, int(content)), index)
    return [_misspelt(one, how, content) for (one,) in thrown]


def _misspelt(thrown: Dice, how: Split, content: bool) -> Sentence:
    while True:
        found = _utterance(thrown, how)
        told = [i for i, x in enumerate(found.words) if _slips(found, x, content)]
        if found.meaning.abstains or not told:
            continue
        word = found.words[thrown.pick(told)]
        text = found.text.replace(word, slipped(thrown, word), 1)
        return Sentence(
            text=text,
            meaning=Meaning() if content else found.meaning,
            template=found.template,
            phenomena=(*found.phenomena, "misspelling"),
            span=Span(start=0, stop=len(text)),
        )


def _slips(sentence: Sentence, word: str, content: bool) -> bool:
    """Whether a word is of the sort that is to be misspelt."""
    if not content:
        return word in GRAMMAR
    names = {f"@{i}" for i, x in enumerate(sentence.words) if x == word}
    return len(word) > 3 and bool(names & set(sentence.symbols))
