"""The grammar never strands a speaker: every walk ends, every end parses, all else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import LanguageError
from nexus.logic.language import LONGEST, SIGNATURES, Term, Vocabulary, allowed, parse
from nexus.worlds.tabletop import VOCABULARY

NO_RELATIONS = Vocabulary(attributes={"colour": ("red", "blue")}, relations=())
NO_COLOURS = Vocabulary(attributes={"size": ("small", "big"), "mood": ()}, relations=("on",))
NOTHING = Vocabulary(attributes={}, relations=())
VOCABULARIES = (VOCABULARY, NO_RELATIONS, NO_COLOURS, NOTHING)


@given(vocabulary=st.sampled_from(VOCABULARIES), data=st.data())
def test_every_walk_completes_and_parses_to_itself(vocabulary: Vocabulary, data: st.DataObject):
    symbols: list[str] = []
    while options := sorted(allowed(symbols, vocabulary)):
        short = "objects" if len(symbols) > 30 else "exists" if len(symbols) > 20 else ""
        symbols.append(short if short in options else data.draw(st.sampled_from(options)))
        assert len(symbols) <= LONGEST
    term = parse(" ".join(symbols), vocabulary)
    assert str(term) == " ".join(symbols)
    assert parse(str(term), vocabulary) == term
    *before, root = term.walk()
    assert root is term
    assert all(node.op in SIGNATURES for node in before)


@given(data=st.data())
def test_what_is_not_allowed_is_refused(data: st.DataObject) -> None:
    symbols: list[str] = []
    for _ in range(data.draw(st.integers(0, 11))):
        options = sorted(allowed(symbols, VOCABULARY))
        if not options:
            break
        symbols.append(data.draw(st.sampled_from(options)))
    wrong = sorted({*VOCABULARY.symbols, "wug"} - allowed(symbols, VOCABULARY))
    with pytest.raises(LanguageError, match=f"symbol {len(symbols) + 1}, "):
        allowed([*symbols, data.draw(st.sampled_from(wrong))], VOCABULARY)


def test_a_world_offers_only_what_it_can_say() -> None:
    assert "related" not in allowed(["count"], NO_RELATIONS)
    assert "recolour" not in allowed([], NO_COLOURS)
    assert "mood" not in allowed(["count", "filter"], NO_COLOURS)
    assert allowed(["count"], NOTHING) == {"objects"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not complete"),
        ("count", "may go on with filter, objects, related"),
        ("objects", "'objects', is not an answer"),
        ("count filter colour circle objects", "'circle', is not a value of colour"),
        ("count objects objects", "symbol 3, 'objects', follows a complete query"),
        ("describe red objects", "'red', is not an attribute"),
        ("exists related big objects", "'big', is not a relation"),
        ("recolour small objects exists objects", "'small', is not a value of colour"),
        ("count " + "related above " * LONGEST + "objects", f"the longest may have {LONGEST}"),
    ],
)
def test_errors_name_the_symbol_and_what_would_do(text: str, says: str) -> None:
    with pytest.raises(LanguageError, match=says):
        parse(text, VOCABULARY)


def test_the_longest_query_can_be_read_and_printed() -> None:
    text = "exists " + "related above " * ((LONGEST - 2) // 2) + "objects"
    assert str(parse(text, VOCABULARY)) == text


def test_a_term_prints_in_prefix_order() -> None:
    red = Term(op="filter", arguments=("colour", "red"), children=(Term(op="objects"),))
    assert str(Term(op="more", children=(red, Term(op="objects")))) == (
        "more filter colour red objects objects"
    )
