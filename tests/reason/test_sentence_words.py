"""What the network sees of words, and what a reading leaves unsaid."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from nexus.config import SentencesConfig
from nexus.nn.seeding import seeded
from nexus.reason.sentences.network import SentenceNetwork
from nexus.reason.sentences.words import (
    LOOKS,
    ROWS,
    Lexicon,
    denies,
    firsts,
    hashed,
    pointed,
    runs_of,
    seen,
)

GRAMMAR = ("is", "not", "if", "then", "the", ".", "might", "they", "are")
SKELETONS = ("the * is * .", "if * is not * then they are * .")


def lexicon() -> Lexicon:
    slot = {hashed(word): at for at, word in enumerate(GRAMMAR, start=1)}
    runs = {run for x in SKELETONS for n in (2, 3) for run in runs_of(x.split(), n)}
    silent = frozenset(hashed(word) for word in GRAMMAR if word != "might")
    return Lexicon(
        slot=slot, silent=silent, denying=frozenset({hashed("not")}), runs=frozenset(runs)
    )


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_any_words_whatever_can_be_looked_up(words: list[str]) -> None:
    batch = seen([words, words[:1]], lexicon())
    assert batch.looks.shape == (2, len(words), LOOKS)
    assert 0 <= int(batch.looks.min()) <= int(batch.looks.max()) < ROWS
    assert batch.keep.sum(1).tolist() == [len(words), 1]
    assert all(first <= at for at, first in enumerate(firsts(words)))


def test_which_word_it_is_shows_of_grammar_alone() -> None:
    known = lexicon()
    blick, glick, other = known.looks(["blick", "glick", "dorfs"])
    assert blick == glick != other
    assert known.looks(["Is"]) == known.looks(["is"]) != known.looks(["not"])


def test_a_word_is_like_its_other_forms() -> None:
    words = ["If", "Bob", "chases", "ponies", "then", "the", "pony", "is", "chased", "by", "bob"]
    assert firsts(words) == [0, 1, 2, 3, 4, 5, 3, 7, 2, 9, 1]


def test_what_is_left_unsaid() -> None:
    known, words = lexicon(), ["The", "blicks", "might", "not", "chase", "Bob", "."]
    symbols = ("fact", "does_not", "@4", "@1", "@5", "end")
    assert pointed(symbols) == {1, 4, 5}
    assert known.unsaid(words, symbols) == ["might"]
    assert known.unsaid(words, symbols[:4]) == ["might", "Bob"]
    assert known.denies(words)
    assert denies(symbols)
    assert not denies(("fact", "is"))
    assert not known.unsaid(["the", "blick", "is", "the", "Blicks"], ("@1",))


def test_words_in_company_in_which_they_never_were() -> None:
    known = lexicon()
    assert known.unheard(["The", "dorf", "is", "glick", "."], 3) == 0
    assert (
        known.unheard(["If", "Bob", "is", "not", "glick", "then", "they", "are", "vump", "."], 2)
        == 0
    )
    assert known.unheard(["The", "dorf", "is", "not", "glick", "."], 2) == 0
    assert known.unheard(["The", "dorf", "is", "not", "glick", "."], 3) == 1
    assert known.unheard(["Then", "the", "dorf", "is", "glick", "."], 2) == 2


def test_a_network_keeps_what_is_known_of_words() -> None:
    with seeded(0, "test"):
        network = SentenceNetwork(SentencesConfig(width=16, heads=2, read_depth=1, write_depth=1))
    assert network.lexicon() == Lexicon(
        slot={}, silent=frozenset(), denying=frozenset(), runs=frozenset()
    )
    network.learn_words(lexicon())
    assert network.lexicon() == lexicon()
    assert torch.count_nonzero(network.words) == len(GRAMMAR)
