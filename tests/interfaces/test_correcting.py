"""A person's word on a thought: checked, kept, learned at once, and the core as it was."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nexus.base.errors import DataError, InputError
from nexus.interfaces.boards import board_lines, task_of
from nexus.interfaces.corrected import read_answer
from nexus.interfaces.service.adapting import remembered
from nexus.interfaces.service.correcting import correct, listed
from nexus.interfaces.service.reflecting import reflect
from nexus.interfaces.service.solving import solve
from nexus.reason.reflection import Reflection
from nexus.review.approved import Approved
from nexus.store.corrections import CorrectionLog
from nexus.store.traces import Trace, TraceLog
from nexus.train import correcting
from nexus.train.adapt import Pace
from nexus.worlds.puzzles import get
from nexus.worlds.puzzles.sudoku import odd
from untrained import Nexus

TOLD = "a is b turned left; b is c flipped; a is ? c"
BLANK = odd.one_blank(0, "test", np.arange(1)).puzzles


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """So little is learned that it takes no time."""
    monkeypatch.setattr(correcting, "REPLAYED", 8)
    monkeypatch.setattr(correcting, "PACE", Pace(steps=4, working=0.01, answer=0.3, before=0))


def objects(run: Path) -> dict[str, bytes]:
    kept = {path.name: path.read_bytes() for path in (run / "objects").iterdir()}
    return {**kept, "manifest": (run / "manifest.json").read_bytes()}


def of(task: str, board: list[int], text: str = "") -> Trace:
    folder = Path("logs")
    assert not folder.exists()
    trace = solve(task, text or "".join(map(str, board))).trace
    assert trace.board
    return trace


def test_a_correction_is_kept_learned_and_listed_and_the_core_is_as_it_was(
    nexus: Nexus, run: Path
) -> None:
    trace = of("khop", [], TOLD)
    before = objects(run)
    words = ("--answer", "Turned  right", "--because", "so I say", "--by", "Ann", "--json")
    code, out, err = nexus("correct", trace.id, *words)
    assert code == 0, err
    last = json.loads(out.splitlines()[-1])
    assert (last["answer"], last["state"], last["by"]) == ("turned right", "standing", "Ann")
    assert (last["learned"], last["trace"]) == (1, trace.id)
    assert last["checker"].startswith("tile a is tile c 'flipped then turned left'")
    (kept,) = CorrectionLog(run / "logs").read()
    assert (kept.board, kept.question, kept.because) == (trace.board, TOLD, "so I say")
    assert objects(run) == before
    memory = remembered(run, "khop", "corrected")
    assert memory.cycles == 1 + correcting.PACE.before + 1
    again = solve("khop", TOLD, memory="corrected").trace
    assert len(again.cycles) == memory.cycles
    assert again.cycles[-1].board != trace.cycles[-1].board or again.answer
    assert objects(run) == before
    # two others say another thing of the same facts in other words
    same = solve("khop", "y is z flipped; x is y turned left; x is ? z").trace
    for name in ("Bob", "Cy"):
        correct(same.id, "flipped then turned left", by=name)
    assert [w.state for w in listed("")] == ["outvoted", "standing", "standing"]
    out = nexus("correct", "--list")[1]
    assert "outvoted: Ann says turned right" in out
    assert "2 say flipped then turned left, 1 this" in out
    for word in ("flipped", "flipped then turned left"):  # Ann changes her mind, twice
        correct(trace.id, word, by="Ann")
    states = [w.state for w in listed("")]
    assert states == ["replaced", "standing", "standing", "replaced", "standing"]
    seen = reflect("")
    assert (seen.seen.corrected, seen.new) == (2, 0)
    events = [e for e in Reflection(run / "logs").events() if e.kind == "correction"]
    assert [e.evidence for e in events] == [(w.correction.trace,) for w in listed("")]
    assert "Corrected by people: 2 thoughts." in nexus("reflect")[1]
    assert json.loads(nexus("correct", "--weigh", "--json")[1])["corrections"][0]["by"] == "Ann"


def test_what_is_contested_is_unlearned(run: Path) -> None:
    trace = of("khop", [], TOLD)
    assert correct(trace.id, "flipped", by="Ann").learned == 1
    done = correct(trace.id, "unchanged", by="Bob")
    assert (done.learned, done.weighed.state) == (0, "contested")
    with pytest.raises(InputError, match="no working memory 'corrected'"):
        remembered(run, "khop", "corrected")


def test_wrong_words_are_refused_and_nothing_is_written(nexus: Nexus, run: Path) -> None:
    trace = of("khop", [], TOLD)
    there = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for words, said in (
        (("0" * 12, "--answer", "flipped"), "no thought"),
        (("../x", "--answer", "flipped"), "not a trace id"),
        ((trace.id, "--answer", "twisted"), "one of: unchanged"),
        ((trace.id, "--answer", "x" * 2000), "1 to 1000 characters"),
        ((trace.id, "--answer", "flipped", "--because", "x" * 301), "at most 300"),
        ((trace.id, "--answer", "flipped", "--by", "x" * 65), "at most 64"),
        ((trace.id, "--answer", "flipped", "--by", "\x1b[31m"), "control characters"),
        ((trace.id, "--answer", "flipped", "--because", "\udcff"), "not UTF-8"),
    ):
        code, _, err = nexus("correct", *words)
        assert (code, said in err) == (1, True), err
    for words in ((), (trace.id,), ("--list", "--by", "Ann")):
        assert nexus("correct", *words)[0] == 2
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == there
    (run / "logs" / "corrections.jsonl").write_text("rubbish\n")
    with pytest.raises(DataError, match="line 1 of"):
        correct(trace.id, "flipped")


def test_a_board_of_digits_is_corrected_by_cells_or_as_a_whole(run: Path) -> None:
    given, right = BLANK.given[0].tolist(), BLANK.solution[0].tolist()
    trace = of("sudoku6", given)
    at = given.index(0)
    row, column = at // 6 + 1, at % 6 + 1
    whole, dots = "".join(map(str, right)), ["."] * 36
    dots[at] = str(right[at])
    for text in (whole, f"r{row}c{column}={right[at]}", "".join(dots)):
        assert read_answer(text, trace, frozenset()) == whole
    other = at - 1 if at else 1
    fixed = f"r{other // 6 + 1}c{other % 6 + 1}={given[other] % 6 + 1}"
    for text, said in (
        (fixed, "is given as"),
        ("r1c7=1", "'r1c7=1' is no cell"),
        ("5", "'5' is no answer"),
        ("7" * 36, "is no answer"),
    ):
        with pytest.raises(InputError, match=said):
            read_answer(text, trace, frozenset())
    unthought = replace(trace, cycles=())
    with pytest.raises(InputError, match="has no answer"):
        read_answer("." * 36, unthought, frozenset())
    done = correct(trace.id, whole)
    assert (done.learned, done.refused) == (1, "")
    assert not Approved.open(run).artefacts.get("corrected")


def test_a_way_is_drawn_into_its_maze(run: Path) -> None:
    assert run.exists()
    data = get("maze").sample(0, "test", np.arange(3))
    task = task_of("maze", "")
    for given, right in zip(data.given.tolist(), data.solution.tolist(), strict=True):
        lines = board_lines(given, right, task)
        trace = Trace.parse(
            {**of_maze(given).plain(), "id": "a" * 12},
        )
        told = read_answer("\n".join(lines), trace, frozenset())
        assert told == "".join(map(str, right))
        small = "\n".join(line[1:-1] for line in lines[1:-1])
        assert read_answer(small, trace, frozenset()) == told
        for text, said in (
            ("*" * 121, "row 1 column 1 is '#', not '\\*'"),
            ("*" * 7, "has 7 cells, not 121"),
            ("ab", "drawn in"),
        ):
            with pytest.raises(InputError, match=said):
                read_answer(text, trace, frozenset())


def of_maze(given: list[int]) -> Trace:
    task = task_of("maze", "")
    return solve("maze", "\n".join(board_lines(given, [], task))).trace


def test_a_question_about_a_picture_is_evidence_and_not_learned_from(run: Path) -> None:
    base = of("khop", [], TOLD)
    asked = replace(
        base,
        id="c" * 12,
        task="tabletop",
        text="what colour is the circle?",
        board=(),
        cycles=(),
        answer="red",
        notes=("source: a.png",),
    )
    TraceLog(run / "logs").write([asked])
    with pytest.raises(InputError, match=r"'rde' answers no question .*one of: .*red"):
        correct(asked.id, "rde")
    done = correct(asked.id, "Blue", by="Ann")
    assert (done.learned, "evidence" in done.why) == (0, True)
    (word,) = CorrectionLog(run / "logs").read()
    assert (word.answer, word.answered, word.source) == ("blue", "red", "a.png")
    assert [w.state for w in listed("")] == ["standing"]
