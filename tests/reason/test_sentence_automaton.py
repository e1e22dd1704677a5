"""The automaton of a whole batch says what the slow and obvious one says of each sentence."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.logic.linear import LONGEST, SYMBOLS, allowed, decode
from nexus.logic.theory import World
from nexus.reason.sentences import automaton
from nexus.reason.sentences.automaton import CODES, POINTER, Automaton

some_words = st.lists(
    st.one_of(
        st.sampled_from(
            ["the", "polar", "Bears", "a", "A", "chased", "isn't", ",", "Bob", "é", "K"]
        ),
        st.text("abcz", min_size=1, max_size=31),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25)
@given(st.lists(some_words, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_same_symbols_may_follow_as_by_the_slow_and_obvious_rule(batch, random) -> None:
    """Sentences of several lengths are written at once, each by choices of its own."""
    quick = Automaton.of(batch)
    state, written = quick.begin(), [list[str]() for _ in batch]
    for _ in range(40):
        may = quick.may_follow(state)
        assert may.shape == (len(batch), POINTER + max(map(len, batch)))
        chosen = list[int]()
        for row, words in enumerate(batch):
            legal = allowed(written[row], words)
            assert set(automaton.decode(may[row].nonzero()[:, 0].tolist())) == legal
            if legal:
                written[row].append(random.choice(sorted(legal)))
            chosen += automaton.encode(written[row][-1:] if legal else ["end"])
        state = quick.after(state, torch.tensor(chosen))
        assert state.ended.tolist() == [x[-1] == "end" for x in written]


@settings(max_examples=25)
@given(st.lists(some_words, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_whatever_is_written_can_be_decoded_and_rows_may_leave(batch, random) -> None:
    quick, left = Automaton.of(batch), list(range(len(batch)))
    state, written = quick.begin(), [list[int]() for _ in batch]
    while left:
        may = quick.may_follow(state)
        chosen = [random.choice(row.nonzero()[:, 0].tolist()) for row in may]
        for row, code in zip(left, chosen, strict=True):
            written[row].append(code)
        state = quick.after(state, torch.tensor(chosen))
        rows = (~state.ended).nonzero()[:, 0]
        quick, state = quick.rows(rows), state.rows(rows)
        left = [left[i] for i in rows.tolist()]
    for codes, words in zip(written, batch, strict=True):
        assert len(codes) <= LONGEST
        decode(automaton.decode(codes), words, World.CLOSED)


def test_symbols_and_their_numbers() -> None:
    symbols = ("rule", "isa", "@4", "x", "then", "does", "@13", "join", "x", "@1", "end")
    assert automaton.decode(automaton.encode(symbols)) == symbols
    assert automaton.encode(["@3"]) == [POINTER + 3]
    assert sorted(CODES.values()) == list(range(len(SYMBOLS)))
