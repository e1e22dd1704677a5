"""Grammar: what may follow is what the language allows and what can still be finished in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import ConfigError, LanguageError
from nexus.logic.language import allowed, parse
from nexus.reason.parser.grammar import Grammar
from nexus.worlds.tabletop import VOCABULARY

LONG = Grammar(VOCABULARY, 31)


def choices(grammar: Grammar, prefix: list[int]) -> list[int]:
    return grammar.may_follow(tuple(prefix)).nonzero()[:, 0].tolist()


@given(data=st.data(), longest=st.integers(2, 13))
def test_any_walk_ends_in_a_query_no_longer_than_the_longest(
    data: st.DataObject, longest: int
) -> None:
    grammar, query = Grammar(VOCABULARY, longest), []
    while grammar.owed(query):
        query.append(data.draw(st.sampled_from(choices(grammar, query))))
    assert len(query) <= longest
    parse(" ".join(grammar.symbols[i] for i in query), VOCABULARY)


@given(data=st.data(), steps=st.integers(0, 11))
def test_with_room_left_exactly_what_the_language_allows_may_follow(
    data: st.DataObject, steps: int
) -> None:
    query: list[int] = []
    while len(query) < steps and LONG.owed(query):
        query.append(data.draw(st.sampled_from(choices(LONG, query))))
    legal = allowed([LONG.symbols[i] for i in query], VOCABULARY)
    assert bool(legal) == bool(LONG.owed(query))
    if legal and LONG.owed(query) <= 8:
        assert {LONG.symbols[i] for i in choices(LONG, query)} == legal


def test_what_is_owed_is_the_shortest_completion() -> None:
    def shortest(prefix: list[str]) -> int:
        """Return the length of the shortest completion, by breadth-first search."""
        fringe, length = [prefix], 0
        while all(allowed(p, VOCABULARY) for p in fringe):
            fringe, length = [[*p, s] for p in fringe for s in allowed(p, VOCABULARY)], length + 1
        return length

    for text in ("", "count", "filter", "describe shape", "remove objects", "same", "holds above"):
        prefix = text.split()
        if text != "filter":
            assert LONG.owed(LONG.encode(prefix)) == shortest(prefix), text


def test_nonsense_is_refused() -> None:
    with pytest.raises(LanguageError, match="is not an answer"):
        LONG.may_follow(tuple(LONG.encode(["red"])))
    with pytest.raises(ConfigError, match=r"query_symbols must be at least 2, got 1"):
        Grammar(VOCABULARY, 1)
