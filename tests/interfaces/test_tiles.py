"""Facts typed by a person are read as they stand, or refused with the reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import InputError
from nexus.interfaces.tiles import fact_lines, read_facts
from nexus.worlds.puzzles import Khop


@given(index=st.integers(0, 10_000), form=st.sampled_from(["; ", ". ", "\n", " ;\t"]))
def test_what_is_printed_is_read_back(index: int, form: str) -> None:
    puzzle = Khop(tiles=[f"t{k}" for k in range(17)])
    data = puzzle.sample(0, "test", np.array([index]))
    lines = [line for line in fact_lines(data.given[0], "", puzzle) if line]
    told = read_facts(form.join(lines), puzzle)
    named = Khop(tiles=told.tiles)
    assert [line for line in fact_lines(told.board, "", named) if line] == lines
    assert puzzle.alike(told.board) == puzzle.alike(data.given[0])
    assert named.way(told.board) == data.solution[0][named.asks]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there are 0 questions"),
        ("a is b flipped", "there are 0 questions"),
        ("a is ? b; b is ? a", "there are 2 questions"),
        ("a is b flop; a is ? b", "'flop' is not how .*one of: unchanged, turned left"),
        ("a was b; a is ? b", "'a was b' is no fact"),
        ("what is ?", "'what is \\?' is no question"),
        ("; ".join(f"a is b{k} flipped" for k in range(17)) + "; a is ? b1", "there are 17 facts"),
        ("; ".join(f"x{k} is y{k} flipped" for k in range(9)) + "; x1 is ? y1", "18 tiles"),
        ("a is b flipped;" * 200, "the limit is 2000"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_facts(text, Khop())
