"""The language of theories: pools that share nothing, templates that all speak, and limits."""

from collections import Counter

import numpy as np
import pytest

from nexus.logic import english, linear
from nexus.logic.lemmas import base, participle, plural, singular, third
from nexus.logic.sentences import words
from nexus.logic.theory import World
from nexus.worlds.dice import Dice
from nexus.worlds.theories import Sentence, misspelt, out_of_grammar, utterances
from nexus.worlds.theories.lexicon import POOLS, REAL, SORTS, made_up, pool_of
from nexus.worlds.theories.outside import SHOWN, UNSEEN
from nexus.worlds.theories.templates import all_templates, families

COUNT = 1500


@pytest.fixture(scope="module")
def taught() -> list[Sentence]:
    return utterances(0, "train", np.arange(COUNT))


@pytest.fixture(scope="module")
def held_out() -> list[Sentence]:
    return utterances(0, "templates", np.arange(300))


def skeleton(sentence: Sentence) -> str:
    """The sentence with a blank for every name, of one word or several."""
    named, at = set[str](), 0
    for symbol in sentence.symbols:
        at = int(symbol[1:]) if symbol[0] == "@" else at + 1
        if symbol[0] == "@" or symbol == "join":
            named |= {base(sentence.words[at].lower()), singular(sentence.words[at].lower())}
    return " ".join(
        "_" if {base(x.lower()), singular(x.lower())} & named else x for x in sentence.words
    )


def test_pools_share_no_word() -> None:
    pools = {
        pool: [w for sort in SORTS for phrase in REAL[pool].of(sort) for w in (phrase,)]
        for pool in POOLS
    }
    every = [word for pool in POOLS for word in pools[pool]]
    assert len(set(every)) == len(every)
    for pool in POOLS:
        for sort in SORTS:
            made = {made_up(Dice(i), sort, pool) for i in range(60)}
            assert {pool_of(word) for word in made} == {pool}
            assert not made & set(every)


def test_splits_share_no_content_word(taught: list[Sentence], held_out: list[Sentence]) -> None:
    def said(sentences: list[Sentence]) -> set[str]:
        meanings = [s.meaning for s in sentences]
        goals = [m.goal for m in meanings if m.goal]
        literals = [
            x for m in meanings for x in (*m.facts, *(y for r in m.rules for y in r.literals))
        ]
        return {x for literal in (*literals, *goals) for x in literal.atom if x[0] != "?"}

    test = utterances(0, "test", np.arange(300))
    assert not said(taught) & said([*test, *held_out])
    assert len(said(taught)) > 2000


def test_lemmas_come_back_for_every_word_there_is() -> None:
    for pool in POOLS:
        for verb in (*REAL[pool].verbs, *(made_up(Dice(i), "verbs", pool) for i in range(200))):
            assert {base(verb), base(third(verb)), base(participle(verb))} == {verb}
        for noun in (*REAL[pool].kinds, *(made_up(Dice(i), "kinds", pool) for i in range(200))):
            assert singular(noun) == singular(plural(noun)) == noun


def test_every_sentence_says_its_gold(taught: list[Sentence], held_out: list[Sentence]) -> None:
    for s in (*taught, *held_out):
        meaning = linear.decode(s.symbols, s.words, World.OPEN)
        assert meaning == s.meaning
        assert meaning.words == s.meaning.words
        assert s.meaning.abstains == (s.template == "outside")


def test_there_are_templates_enough(taught: list[Sentence]) -> None:
    names = [t.name for t in all_templates()]
    assert len(set(names)) == len(names)
    assert sum(not t.held_out for t in all_templates()) >= 200
    assert len({skeleton(s) for s in taught if s.template != "outside"}) > 500


def test_every_template_says_something_and_says_it_right(taught: list[Sentence]) -> None:
    meanings = [s.meaning for s in taught]
    for t in all_templates():
        found = next(((m, text) for m in meanings if (text := t.write(m))), None)
        assert found, t.name
        tokens = words(found[1])
        read = linear.decode(linear.encode(found[0], tokens), tokens, World.OPEN)
        assert read == found[0], (t.name, found[1])


def test_no_sentence_of_a_held_out_template_is_taught(
    taught: list[Sentence], held_out: list[Sentence]
) -> None:
    held = {t.name for t in all_templates() if t.held_out}
    assert not held & {s.template for s in taught}
    kept = [s for s in held_out if s.template in held]
    said = [s for s in held_out if not s.meaning.abstains]
    print(f"{len(kept)} of {len(said)} sentences have templates that are held out")
    assert len(kept) > 0.9 * len(said)
    for s in kept:
        part = "facts" if s.meaning.facts else "rules" if s.meaning.rules else "question"
        for family in families(part, False):
            assert all(t.write(s.meaning) != english.finished(s.text[:-1]) for t in family)


def test_the_canonical_sentence_of_every_clause_is_taught(taught: list[Sentence]) -> None:
    for s in taught[:300]:
        clauses = [("facts", x) for x in s.meaning.facts] + [("rules", x) for x in s.meaning.rules]
        for part, clause in clauses:
            one = type(s.meaning)(words=s.meaning.words, **{part: (clause,)})
            text = english.sentence(clause, s.meaning.words)
            ways = {t.write(one): t.name for family in families(part, False) for t in family}
            assert text in ways
            tokens = words(text)
            assert linear.decode(linear.encode(one, tokens), tokens, World.OPEN) == one
    names = Counter(s.template for s in taught)
    assert min(names[f"canonical.{x}"] for x in ("fact", "rule", "question")) > 30


def test_phenomena_are_taught(taught: list[Sentence]) -> None:
    found = Counter(x for s in taught for x in s.phenomena)
    for name in ("passive", "coordination", "pronoun", "relative", "unless", "only", "no", *SHOWN):
        assert found[name] >= 5, name
    assert not set(UNSEEN) & set(found)


def test_what_is_beyond_the_grammar_is_no_sentence_of_it(taught: list[Sentence]) -> None:
    known = {skeleton(s) for s in taught if s.template != "outside"}
    for unseen, phenomena in ((False, SHOWN), (True, UNSEEN)):
        found = out_of_grammar(0, "test", np.arange(400), unseen=unseen)
        assert {s.phenomena[0] for s in found} == set(phenomena)
        assert all(s.symbols == ("none", "end") for s in found)
        for pattern in (x for patterns in phenomena.values() for x in patterns):
            for name in ("_", "the _"):
                blanks = dict.fromkeys(("a", "b", "c", "v", "vs", "k", "ks"), "_")
                told = pattern.format(s=name, t=name, u=name, ak="a _", ed="_ed", **blanks)
                for stop in ".?":
                    assert " ".join(words(english.finished(told, stop))) not in known, pattern
        assert found[7] == out_of_grammar(0, "test", np.array([7]), unseen=unseen)[0]
    assert not set(SHOWN) & set(UNSEEN)


def test_slips_of_the_pen(taught: list[Sentence]) -> None:
    grammar = {x.lower() for s in taught if not s.meaning.abstains for x in skeleton(s).split()}
    for s in misspelt(0, "test", np.arange(60), content=False):
        assert linear.decode(s.symbols, s.words, World.OPEN) == s.meaning
        assert len(set(skeleton(s).lower().split()) - grammar) == 1, s.text
    for s in misspelt(0, "test", np.arange(60), content=True):
        assert s.meaning.abstains
        assert s.phenomena[-1] == "misspelling"
