"""Coverage: what always goes together is found, exceptions are not relied upon, slips are named."""

from hypothesis import given
from hypothesis import strategies as st

from nexus.reason.parser.coverage import counts, miscounted, sayings

# Words 0 and 1 say symbol 0. Word 2 says symbol 1, but so does word 3 at times, and never comes
# without word 0 or 1. Word 4 says nothing.
WORDS = [[0, 2], [1, 2, 4], [0, 1, 4], [3, 4], [3, 0], [4]]
QUERIES = [[0, 1], [0, 1], [0, 0], [1], [0], []]
SAYS = sayings(counts(WORDS, 6), counts(QUERIES, 3))


def test_only_what_holds_without_exception_is_relied_upon() -> None:
    assert SAYS.nonzero().tolist() == [[0, 0], [1, 0]]


def test_lost_added_and_repeated_symbols_are_named() -> None:
    assert miscounted([0, 4, 1], [0, 0, 1], SAYS) == []
    assert miscounted([0, 4, 1], [0, 1, 1], SAYS) == [0]
    assert miscounted([4, 2], [0], SAYS) == [0]
    assert miscounted([5], [2, 2], SAYS) == []


@given(
    rows=st.lists(
        st.tuples(st.lists(st.integers(0, 6), min_size=1), st.lists(st.integers(0, 4), min_size=1)),
        min_size=1,
    )
)
def test_training_itself_is_never_miscounted(rows: list[tuple[list[int], list[int]]]) -> None:
    words, queries = [w for w, _ in rows], [q for _, q in rows]
    says = sayings(counts(words, 7), counts(queries, 5))
    assert all(miscounted(w, q, says) == [] for w, q in rows)
