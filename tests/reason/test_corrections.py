"""Of each thing the answer of most persons stands, whatever the order of the others."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nexus.reason.corrections import event_of, standing, thing
from nexus.store.corrections import Correction
from nexus.worlds.puzzles import Khop

BOARD = Khop().sample(0, "test", np.arange(1))
WORD = Correction(
    id="0" * 12,
    trace="b" * 12,
    task="sudoku6",
    board=(0, 1),
    question="",
    source="",
    answered="",
    answer="A",
    because="",
    by="Ann",
    time=datetime(2026, 1, 2, tzinfo=UTC),
)
SPOKEN = st.lists(
    st.tuples(st.sampled_from("PQRST"), st.sampled_from("ABC"), st.integers(0, 1)), max_size=12
)


def words_of(spoken: list[tuple[str, str, int]]) -> list[Correction]:
    return [
        replace(WORD, id=f"{k:012x}", by=by, answer=answer, board=(0, board))
        for k, (by, answer, board) in enumerate(spoken)
    ]


@given(spoken=SPOKEN, against=st.sets(st.integers(0, 11)))
def test_what_stands_is_what_a_count_by_hand_says(
    spoken: list[tuple[str, str, int]], against: set[int]
) -> None:
    words = words_of(spoken)
    weighed = standing(words, {f"{k:012x}": "no" for k in against})
    assert [one.correction for one in weighed] == words
    for at, one in enumerate(weighed):
        by, answer, board = spoken[at]
        last = {who: what for who, what, where in spoken if where == board}
        if any((who, where) == (by, board) for who, _, where in spoken[at + 1 :]):
            assert one.state == "replaced"
            continue
        mine = Counter(last.values())[answer]
        best = max(n for other, n in Counter(last.values()).items() if other != answer or n == mine)
        rivals = [n for other, n in Counter(last.values()).items() if other != answer]
        if all(mine > n for n in rivals):
            assert one.state == ("doubted" if mine == 1 and at in against else "standing")
        elif mine == best and mine == max(rivals):
            assert one.state == "contested"
        else:
            assert one.state == "outvoted"
        assert (one.why == "") == (one.state == "standing")


def test_a_wrong_word_is_outvoted_by_later_ones_and_shown_as_such() -> None:
    wrong, right, same = words_of([("P", "A", 0), ("Q", "B", 0), ("R", "B", 0)])
    assert [w.state for w in standing([wrong])] == ["standing"]
    assert [w.state for w in standing([wrong, right])] == ["contested", "contested"]
    (first, *others) = standing([wrong, right, same])
    assert (first.state, first.why) == ("outvoted", "2 say B, 1 this")
    assert [w.state for w in others] == ["standing", "standing"]


def test_a_thing_is_one_whatever_its_thought_or_guise() -> None:
    guise = Khop().relabel(BOARD, 5)
    one, other, else_ = (
        replace(WORD, task="khop", board=tuple(board), trace=trace)
        for board, trace in (
            (BOARD.given[0].tolist(), "1" * 12),
            (guise.given[0].tolist(), "2" * 12),
            (Khop().sample(0, "test", np.arange(9, 10)).given[0].tolist(), "1" * 12),
        )
    )
    assert thing(one) == thing(other) != thing(else_)
    asked = replace(WORD, task="tabletop", board=(), question="Is it  red?", source="a.png")
    assert thing(asked) == thing(replace(asked, question="is it red?"))
    assert thing(asked) != thing(replace(asked, source="b.png"))
    assert thing(replace(WORD, task="khop", board=(9, 9))) != thing(WORD)


def test_a_correction_is_an_event_whose_evidence_is_the_thought() -> None:
    event = event_of(replace(WORD, because="I see it"))
    assert (event.kind, event.evidence) == ("correction", (WORD.trace,))
    assert event.cause == "Ann says A, I said nothing, because I see it"
