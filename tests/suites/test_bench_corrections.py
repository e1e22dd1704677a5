"""Bench "corrections" on a core that never errs: what a person says, and what is made of it."""

import numpy as np
import pytest

from nexus.base.proposals import Evidence
from nexus.reason.corrections import outruled, standing
from nexus.suites.bench_corrections import RIGHT, WRONG, Heard, figures_of, later, spoken
from nexus.suites.consolidating import case
from nexus.suites.drift_rivals import Scores
from nexus.suites.drifting import Change, Stream
from nexus.train.correcting import boards_of
from nexus.worlds.puzzles import Khop
from untrained import untrained

KNOWN = Khop()
CHANGE = Change(first=3, second=5, to=0, at=0)


@pytest.fixture(scope="module")
def lived() -> Stream:
    data = KNOWN.sample(5, "test", np.arange(2500))
    return Stream(known=KNOWN, data=data, answer=data.solution, seed=5)


def test_a_person_corrects_what_the_change_made_wrong_and_errs_five_times(lived: Stream) -> None:
    said = spoken(lived, CHANGE)
    assert (len(said.words), len(said.wrong)) == (RIGHT + sum(WRONG), sum(WRONG))
    boards = boards_of(said.words, KNOWN)
    truth = CHANGE.world(KNOWN).answered(boards).solution
    right = (boards.solution == truth).all(1)
    assert [word.id for word, ok in zip(said.words, right, strict=True) if not ok] == [
        word.id for word in said.words if word.id in said.wrong
    ]
    moved = (truth != KNOWN.answered(boards).solution).any(1)
    assert moved.sum() == RIGHT + WRONG[0]
    assert spoken(lived, CHANGE) == said
    tested = later(lived, CHANGE, said)
    assert min(*tested.new, *tested.old) > said.last


def test_the_wrong_ones_are_doubted_and_the_case_names_all(lived: Stream) -> None:
    said = spoken(lived, CHANGE)
    against = outruled(KNOWN, standing(said.words))
    found = case(untrained("khop"), KNOWN, standing(said.words, against), cycles=1, seed=0)
    assert {*found.evidence.doubted} == said.wrong
    assert {*found.evidence.corrections, *found.evidence.doubted} == {w.id for w in said.words}
    assert CHANGE.tag in found.evidence.cause
    taught = found.lessons.taught
    assert (CHANGE.world(KNOWN).answered(taught).solution == taught.solution)[:, KNOWN.asks].all()


def test_figures_count_words_and_answers_of_all_streams(lived: Stream) -> None:
    said = spoken(lived, CHANGE)
    first, *others = sorted(said.wrong)
    fine = next(word.id for word in said.words if word.id not in said.wrong)
    some = Scores(right_new=np.array([True, False]), right_old=np.array([True, True, True, False]))
    none = Scores(right_new=np.zeros(2, dtype=bool), right_old=some.right_old)
    heard = Heard(
        said=said,
        against=dict.fromkeys(others, "no"),
        remembered={first: "no", fine: "no"},
        evidence=Evidence(cause="", traces=(), corrections=(first, fine)),
        before=none,
        at_once=some,
        after=some,
    )
    figures = figures_of([heard, heard])
    value = {name: figure.value for name, figure in figures.items()}
    assert value == {
        "wrong_words_flagged": 0.8,
        "right_words_flagged": 0.0,
        "memory_wrong_words_flagged": 0.2,
        "memory_right_words_flagged": 1 / RIGHT,
        "words_in_evidence": 2 / 55,
        "at_once_new": 0.5,
        "after_new": 0.5,
        "at_once_old": 0.75,
        "after_old": 0.75,
    }
    assert (figures["after_new"].floor, figures["after_old"].floor) == (0.0, 0.75)
    assert figures["after_new"].streams == 2
