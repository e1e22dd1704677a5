"""The linear notation: always well formed, and the same meaning both ways."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import LanguageError
from nexus.logic import linear
from nexus.logic.linear import CLAIMS, HOLDS, LONGEST, RELATED, SYMBOLS, allowed, decode, encode
from nexus.logic.meaning import Meaning, gather
from nexus.logic.relations import ACTIONS, RELATIONS
from nexus.logic.sentences import sentences, words
from nexus.logic.theory import BODY, Literal, Rule, Sign, Span, World

some_words = st.lists(
    st.one_of(
        st.sampled_from(["the", "polar", "Bears", "a", "chased", "isn't", ",", "big", "Bob", "é"]),
        st.text("abcz", min_size=1, max_size=31),
    ),
    max_size=6,
)


def test_examples_of_the_docstring() -> None:
    lines = re.findall(r"^ {4,6}(\S.*)$", linear.__doc__ or "", re.MULTILINE)
    text = [re.split(r"\s{2,}", line) for line in lines]
    told = [" ".join(x) for x in zip(*text[2:4], strict=True)]
    pairs = [*text[:2], told, *text[4:]]
    assert len(pairs) == 9
    for sentence, symbols in pairs:
        found = words(sentence)
        meaning = decode(symbols.split(), found, World.OPEN)
        assert encode(meaning, found) == tuple(symbols.split())


def test_what_a_rule_says_in_both_worlds() -> None:
    found = words("If someone is a cat and isn't shy then Bob is chased by the polar bear.")
    symbols = "rule isa @4 x and is_not @7 x then does @11 @14 join @9 end"
    for world, sign in ((World.OPEN, Sign.DENIED), (World.CLOSED, Sign.ABSENT)):
        body = (Literal(("a_cat", "?x")), Literal(("shy", "?x"), sign))
        meaning = decode(symbols.split(), found, world)
        assert meaning.rules == (Rule(head=Literal(("chase", "polar_bear", "bob")), body=body),)
        assert meaning.words == {"polar_bear": "the polar bear", "bob": "Bob"}


def well_formed(symbols: list[str], found: tuple[str, ...]) -> bool:
    """Whether it is a sequence of the notation, by a regular expression and a second look."""
    name = r"@\d+ (?:join ){0,2}"
    one, two = rf"(?:isa?(?:_not)?) {name}", rf"(?:does(?:_not)?) {name}"
    ground = rf"(?:{one}{name}|{two}{name}{name})"
    related = "|".join(rf"{claim} {name * count}" for claim, count in RELATED.items())
    planned = rf"(?:{ground}|holds(?:_not)? {name}|{related})"
    meant = rf"(?:{'|'.join((*RELATIONS, *ACTIONS))}) {name}"
    some = rf"(?:{name}|x |y )"
    loose = rf"(?:{one}{some}|{two}{some}{some})"
    body = rf"rule {loose}(?:and {loose}){{0,{BODY - 1}}}"
    rule = rf"{body}(?:then {loose}){{1,6}}"
    text = "".join(f"{x} " for x in symbols)
    some_of = "|".join(
        rf"(?:{x}){{1,6}}" for x in (f"fact {planned}", f"goal {planned}", f"means {meant}")
    )
    if not re.fullmatch(rf"(?:none |ask {ground}|{some_of}|{rule})end ", text):
        return False
    for start, joins in re.findall(r"@(\d+) ((?:join )*)", text):
        piece = found[int(start) : int(start) + 1 + joins.count("join")]
        if len(piece) != 1 + joins.count("join"):
            return False
        if any(not re.fullmatch(r"[a-z][a-z0-9]{0,28}", x.lower()) for x in piece):
            return False
        if joins and (piece[0].lower() == "a" or len("_".join(piece)) > 29):
            return False
    if not text.startswith("rule"):
        return True
    conditions, _, conclusions = text.partition("then ")
    used = re.findall(r"\b[xy]\b", conditions)
    if "y" in used and "x" not in used[: used.index("y")]:
        return False
    return set(re.findall(r"\b[xy]\b", conclusions)) <= set(used)


@given(some_words, st.data())
def test_what_is_allowed_is_always_well_formed(tokens: list[str], data: st.DataObject) -> None:
    found, symbols = tuple(tokens), list[str]()
    while options := allowed(symbols, found):
        symbols.append(data.draw(st.sampled_from(sorted(options))))
        assert len(symbols) <= LONGEST
    assert well_formed(symbols, found)
    for world in World:
        meaning = decode(symbols, found, world)
        again = encode(meaning, found)
        assert len(again) == len(symbols)
        assert decode(again, found, world) == meaning


@given(some_words, st.data())
def test_a_change_is_refused_exactly_if_it_is_not_well_formed(
    tokens: list[str], data: st.DataObject
) -> None:
    found, symbols = tuple(tokens), list[str]()
    while options := allowed(symbols, found):
        symbols.append(data.draw(st.sampled_from(sorted(options))))
    at = data.draw(st.integers(0, len(symbols) - 1))
    every = (*SYMBOLS, *(f"@{i}" for i in range(len(found) + 1)))
    match data.draw(st.sampled_from(["replace", "insert", "delete"])):
        case "replace":
            symbols[at] = data.draw(st.sampled_from(every))
        case "insert":
            symbols.insert(at, data.draw(st.sampled_from(every)))
        case _:
            del symbols[at]
    if well_formed(symbols, found):
        decode(symbols, found, World.CLOSED)
    else:
        with pytest.raises(LanguageError):
            decode(symbols, found, World.CLOSED)


def test_the_beginning_says_what_sort_of_sentence() -> None:
    assert allowed([], ("Bob", "is")) == {"fact", "rule", "ask", "goal", "means", "none"}
    assert allowed([], (".", "?")) == {"none"}
    assert allowed(["ask"], ("Bob", "is")) == set(CLAIMS)
    assert allowed(["goal"], ("Bob", "is")) == {*CLAIMS, *RELATED, *HOLDS}
    assert allowed(["means"], ("Bob", "is")) == {*RELATIONS, *ACTIONS}
    assert allowed(["none"], ("Bob",)) == {"end"}
    assert allowed(["none", "end"], ("Bob",)) == set()


def test_what_cannot_be_said_of_the_words_is_refused() -> None:
    fact = Literal(("big", "bob"))
    with pytest.raises(LanguageError, match="'bob' is not among the words"):
        encode(Meaning(facts=(fact,)), words("Anne is big."))
    one, two = (Rule(head=fact, body=(Literal((x, "bob")),)) for x in ("red", "sad"))
    with pytest.raises(LanguageError, match="other conditions"):
        encode(Meaning(rules=(one, two)), words("If Bob is red or sad then Bob is big."))


def test_sentences_are_gathered_once_each_with_where_they_stand() -> None:
    big, sad = Literal(("big", "bob")), Literal(("sad", "bob"))
    rule = Rule(head=sad, body=(big,))
    said = [Meaning(facts=(big,), words={"bob": "Bob"}), Meaning(rules=(rule,))]
    spans = [Span(start=i, stop=i + 1) for i in range(3)]
    theory = gather([*said, said[0]], spans, World.OPEN)
    assert (theory.facts, theory.rules, theory.spans) == ((big,), (rule,), tuple(spans[:2]))
    assert theory.words == {"bob": "Bob"}
    for silent in (Meaning(), Meaning(goal=big)):
        with pytest.raises(LanguageError, match="states nothing"):
            gather([silent], spans[:1], World.OPEN)


@given(st.text("aZ9.!?\n\t 'é", max_size=80))
def test_sentences_are_all_of_a_text_but_its_spaces(text: str) -> None:
    found = sentences(text)
    pieces = [text[span.start : span.stop] for span in found]
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece == piece.strip() != "" for piece in pieces)
