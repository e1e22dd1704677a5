"""Of each thing the answer of most persons stands, whatever the order of the others."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.reason.corrections import LEAST, event_of, outruled, standing, thing
from nexus.store.corrections import Correction
from nexus.worlds.puzzles import Khop, Puzzles, Sudoku, answers

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


KNOWN = Khop()
CHANGED = Khop(KNOWN.rules.changed(3, 5, 0))


@cache
def pool(seed: int) -> tuple[Puzzles, np.ndarray]:
    """Return boards answered by the changed rule, and which of them it makes another."""
    data = CHANGED.sample(seed, "test", np.arange(1100))
    return data, (data.solution != KNOWN.answered(data).solution).any(1)


def words_on_a_changed_rule(count: int, wrong: dict[int, int], seed: int = 0) -> list[Correction]:
    """Return words on boards of the changed rule, and two others; ``wrong`` says by how much."""
    data, moved = pool(seed)
    rows = [*np.flatnonzero(moved)[: count - 2], *np.flatnonzero(~moved)[:2]]
    words = list[Correction]()
    for k, row in enumerate(rows):
        cells = data.solution[row].copy()
        cells[KNOWN.asks] = (cells[KNOWN.asks] + wrong.get(k, 0)) % KNOWN.answers
        said = answers.written(KNOWN, cells.tolist())
        board = tuple(data.given[row].tolist())
        words.append(replace(WORD, id=f"{k:012x}", task="khop", board=board, answer=said))
    return words


@given(
    wrong=st.dictionaries(st.integers(0, 54), st.integers(1, 5), min_size=1, max_size=8),
    seed=st.integers(0, 1),
)
@settings(max_examples=8, deadline=None)
def test_what_speaks_against_the_rule_that_the_others_speak_for_is_doubted(
    wrong: dict[int, int], seed: int
) -> None:
    words = words_on_a_changed_rule(55, wrong, seed)
    against = outruled(KNOWN, standing(words))
    assert {*against} == {words[k].id for k in wrong}
    at = next(iter(wrong))
    truth = answers.written(KNOWN, [int(x) for x in _truth(words[at])])
    assert against[words[at].id].endswith(f"by that it is {truth}")
    assert f"{55 - len(wrong)} of 55" in against[words[at].id]
    states = [w.state for w in standing(words, against)]
    assert states == ["doubted" if k in wrong else "standing" for k in range(55)]


def _truth(word: Correction) -> np.ndarray:
    cells = np.zeros(KNOWN.cells, dtype=np.int64)
    cells[KNOWN.asks] = CHANGED.rules.compose(KNOWN.chain(np.array(word.board)))
    return cells


def test_where_no_rule_is_spoken_for_nothing_speaks_against_any() -> None:
    """Few words; words at random; words by the known rules; boards without a chain."""
    words = words_on_a_changed_rule(55, {})
    assert outruled(KNOWN, standing(words)) == {}, "all agree"
    assert outruled(KNOWN, standing(words_on_a_changed_rule(LEAST - 1, {3: 1}))) == {}
    noise = {k: int(x) for k, x in enumerate(np.random.default_rng(0).integers(0, 6, 55))}
    assert outruled(KNOWN, standing(words_on_a_changed_rule(55, noise))) == {}
    usual = KNOWN.sample(1, "test", np.arange(40))
    by_the_book = [
        replace(
            word,
            board=tuple(given.tolist()),
            answer=answers.written(KNOWN, solution.tolist()),
        )
        for word, given, solution in zip(words[:40], usual.given, usual.solution, strict=True)
    ]
    odd = replace(by_the_book[0], answer=answers.written(KNOWN, usual.solution[1].tolist()))
    assert outruled(KNOWN, standing([odd, *by_the_book[1:]])) == {}
    nowhere = list(words[0].board)
    nowhere[:-3] = [0] * (len(nowhere) - 3)
    lost = [replace(words[0], board=tuple(nowhere)), replace(words[1], board=(9, 9))]
    wrong = words_on_a_changed_rule(55, {7: 2})
    assert {*outruled(KNOWN, standing([*lost, *wrong[2:]]))} == {wrong[7].id}
    assert outruled(Sudoku(), standing(wrong)) == {}
