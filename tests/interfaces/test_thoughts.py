"""Boards on the command line: solved or doubted with the reason, logged, shown, looked back on."""

import io
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nexus.base.errors import DataError, InputError, ThoughtError
from nexus.base.records import Certificate, ProofStep
from nexus.interfaces.service import solving
from nexus.interfaces.service.reflecting import reflect
from nexus.interfaces.service.solving import solve
from nexus.interfaces.service.tracing import draw, thought, thoughts
from nexus.nn.weights import module_bytes
from nexus.reason.boards import think_aloud
from nexus.reason.reflection import Reflection
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.store.traces import Trace, TraceLog
from nexus.suites import figures_thoughts
from nexus.worlds.puzzles import get
from nexus.worlds.puzzles.sudoku import odd
from untrained import RECIPE, Nexus, untrained

FULL = "456123 123456 561234 234561 615342 342615"
"""A full grid: what is given is the answer, so that an untrained reasoner has it too."""


def typed(cells: list[int]) -> str:
    return "".join(map(str, cells))


def test_a_board_is_answered_when_the_checker_agrees_and_doubted_when_not(run: Path) -> None:
    """Of grids with one blank, an untrained reasoner fills some right and most wrong."""
    data = odd.one_blank(0, "test", np.arange(40)).puzzles
    rows = (torch.from_numpy(part) for part in (data.given, data.asked, data.given))
    alone = think_aloud(untrained("sudoku6"), *rows, cycles=3)
    right = [
        cycles[-1].board == tuple(solution)
        for cycles, solution in zip(alone, data.solution.tolist(), strict=True)
    ]
    assert 0 < sum(right) < len(right)
    core = Approved.open(run).artefacts["reasoner-sudoku6"].sha256
    for row in (right.index(True), right.index(False)):
        solved = solve("sudoku6", typed(data.given[row].tolist()))
        trace = solved.trace
        assert trace.board == tuple(data.given[row].tolist())
        assert [cycle.board for cycle in trace.cycles] == [c.board for c in alone[row]]
        assert trace.core == core
        assert thought("small", trace.id) == trace
        if right[row]:
            assert trace.answer == typed(data.solution[row].tolist())
            assert trace.note("cause") == "checked"
        else:
            assert trace.answer == ""
            assert trace.note("cause") in ("unsure", "refuted")
            assert "the checker refuses it: " in trace.note("reason")


def test_what_has_not_one_answer_is_not_thought_about_and_logged(run: Path) -> None:
    (run / "objects").rename(run / "gone")  # nothing can think
    for text, cause, words in (
        ("55" + "." * 34, "contradictory", "5 twice in row 1 (row 1 column 1 and row 1 column 2)"),
        ("." * 36, "ambiguous", "more than one board fits"),
        ("123..." + "...4.." + "...5.." + "." * 18, "unsolvable", "no board fits"),
    ):
        trace = solve("sudoku6", text).trace
        assert (trace.answer, trace.cycles, trace.core) == ("", (), "")
        assert trace.note("cause") == cause
        assert words in trace.note("reason")
        assert draw(trace, run) is None
    kinds = [event.kind for event in Reflection(run / "logs").events()]
    assert kinds == ["contradiction", "contradiction"]


def test_bad_input_is_refused_before_a_run_is_even_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for task, text, cycles in (
        ("sudoku6", "12", None),
        ("sudoku6", "x" * 36, None),
        ("chess", FULL, None),
        ("sudoku6", FULL, 0),
        ("sudoku6", FULL, solving.MOST_CYCLES + 1),
    ):
        with pytest.raises(InputError):
            solve(task, text, cycles=cycles)


def test_a_thought_with_a_number_that_is_none_is_an_error_and_leaves_no_line(run: Path) -> None:
    boards = untrained("sudoku6")
    boards.symbol.weight.data[2] = float("nan")
    odd = run.with_name("odd")
    Run.create(odd, recipe=Run.open(run).recipe, config_hash=RECIPE.hash, seed=0)
    Gate(odd).found("reasoner-sudoku6", module_bytes(boards), kind="core")
    with pytest.raises(ThoughtError, match=r"cycle 1: .* hold nan"):
        solve("sudoku6", FULL, run="odd")
    assert not (odd / "logs").exists()


def test_a_disk_that_refuses_does_not_stop_a_thought(run: Path) -> None:
    (run / "logs").write_text("a file where the folder should be")
    assert solve("sudoku6", FULL).trace.answer == FULL.replace(" ", "")


def test_solve_prints_the_board_or_one_object(nexus: Nexus, run: Path, tmp_path: Path) -> None:
    code, out, _ = nexus("solve", "sudoku6", FULL, "--cycles", "2")
    assert code == 0
    lines = out.splitlines()
    assert lines[:3] == ["4 5 6 | 1 2 3", "1 2 3 | 4 5 6", "------+------"]
    assert any(line.startswith("Solved (") for line in lines)
    (tmp_path / "board.txt").write_text(FULL.replace(" ", "\n").replace("6", "."))
    code, out, _ = nexus("solve", "sudoku6", "--file", "board.txt", "--json")
    last = json.loads(out.splitlines()[-1])
    keys = {"task", "board", "answer", "abstained", "cause", "reason", "confidence"}
    assert set(last) == keys | {"cycles", "trace", "run"}
    assert last["cycles"] == 3
    assert last["abstained"] == (last["answer"] == "")
    code, out, _ = nexus("solve", "maze", ("#" * 12 + "S.G").ljust(121, "#"))
    assert code == 0
    assert out.startswith("###########\n#S")
    assert len([*(run / "logs" / "thoughts").iterdir()]) == 3
    for words, said in (
        (("sudoku6",), "BOARD or --file"),
        (("sudoku6", FULL, "--file", "board.txt"), "BOARD or --file"),
        (("chess", "1"), "sudoku6"),
    ):
        code, out, err = nexus("solve", *words)
        assert code == 2
        assert said in out + err
    code, _, err = nexus("solve", "sudoku6", "--file", "gone.txt")
    assert (code, err.count("\n")) == (1, 1)


def test_thoughts_are_listed_newest_first(nexus: Nexus, run: Path) -> None:
    assert nexus("trace", "list")[1] == "No thought is logged yet.\n"
    solve("maze", ("#" * 12 + "S.G").ljust(121, "#"))
    ids = [solve("sudoku6", FULL).trace.id for _ in range(3)]
    assert [line.id for line in thoughts("", last=2)] == ids[:0:-1]
    last = json.loads(nexus("trace", "list", "--task", "sudoku6", "--json")[1])
    assert [line["id"] for line in last["thoughts"]] == ids[::-1]
    out = nexus("trace", "list", "--last", "2")[1].splitlines()
    assert [row.split()[0] for row in out] == ["id", ids[2], ids[1]]
    for words in (("--last", "0"), ("--task", "chess")):
        code, _, err = nexus("trace", "list", *words)
        assert (code, "hint: " in err) == (1, True)
    path = run / "logs" / "thoughts.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id": "')  # cut short by a crash
    assert len(thoughts("", last=9)) == 4
    path.write_bytes(b"rubbish\n" + path.read_bytes())
    with pytest.raises(DataError, match="line 1 of"):
        thoughts("", last=9)


def test_a_board_is_shown_as_a_picture_and_an_animation(nexus: Nexus, run: Path) -> None:
    given = get("sudoku6").sample(0, "test", np.array([2])).given[0]
    trace = solve("sudoku6", typed(given.tolist())).trace
    last = json.loads(nexus("trace", "show", trace.id, "--out", "here", "--json")[1])
    assert (last["id"], last["png"]) == (trace.id, f"here/{trace.id}.png")
    assert Trace.parse({k: v for k, v in last.items() if k not in ("png", "gif")}) == trace
    with Image.open(last["png"]) as picture:
        assert (picture.format, picture.width > 500) == ("PNG", True)
    with Image.open(last["gif"]) as moving:
        assert (moving.format, moving.n_frames, moving.info["loop"]) == ("GIF", 4, 0)
        assert moving.info["duration"] == 2 * figures_thoughts.FRAME_MS
        moving.seek(3)
        assert moving.info["duration"] == figures_thoughts.LAST_MS
    code, out, _ = nexus("trace", "show", trace.id)
    assert code == 0
    assert f"figures/thoughts/{trace.id}.png" in out
    for bad, said in (("0" * 12, "no thought"), ("../x", "not a trace id")):
        code, _, err = nexus("trace", "show", bad)
        assert (code, said in err) == (1, True)
    (path,) = (run / "logs" / "thoughts").iterdir()
    path.write_bytes(path.read_bytes()[:200])
    code, _, err = nexus("trace", "show", trace.id)
    assert (code, "is no whole trace" in err) == (1, True)


def test_frames_keep_what_is_given_and_show_what_changed() -> None:
    """Between two frames a given cell keeps its pixels and a changed one does not."""
    data = get("sudoku6").sample(0, "test", np.array([2]))
    given = tuple(data.given[0].tolist())
    blank = [cell for cell in range(36) if not given[cell]]
    first = [given[cell] or 1 for cell in range(36)]
    second = [6 if cell == blank[0] else symbol for cell, symbol in enumerate(first)]
    (cycles,) = think_aloud(
        untrained("sudoku6"),
        torch.from_numpy(data.given),
        torch.from_numpy(data.asked),
        torch.from_numpy(data.given),
        cycles=2,
    )
    boards = zip(cycles, (first, second), strict=True)
    trace = Trace(
        id="a" * 12,
        time=datetime.now(UTC),
        task="sudoku6",
        board=given,
        cycles=tuple(replace(cycle, board=tuple(board)) for cycle, board in boards),
        answer="",
        confidence=0.5,
        core="",
    )
    gif = Image.open(io.BytesIO(figures_thoughts.thought_gif(trace, ())))
    frames = []
    for at in range(gif.n_frames):
        gif.seek(at)
        frames.append(np.asarray(gif.convert("RGB")).astype(int))
    moved = np.argwhere(np.abs(frames[2] - frames[1]).max(-1) > 20)
    board = moved[moved[:, 0] < 0.66 * frames[0].shape[0]]
    board = board[board[:, 0] > 0.05 * frames[0].shape[0]]  # below the title
    height, width = np.ptp(board, axis=0)
    assert max(height, width) < frames[0].shape[1] / 6  # one cell, and no more
    assert min(height, width) > 10


def test_at_most_so_many_cycles_are_drawn_and_both_ends_among_them() -> None:
    for count, most in ((1, 24), (5, 24), (24, 24), (25, 24), (256, 48)):
        shown = figures_thoughts.spread(count, most)
        assert (shown[0], shown[-1]) == (1, count)
        assert len(shown) == len(set(shown)) == min(count, most)


def test_a_question_is_shown_with_routes_proof_and_confidence(nexus: Nexus, run: Path) -> None:
    step = ProofStep(op="objects", arguments=(), inputs=(), inside=("o1",))
    proof = Certificate(
        query="count objects", answer="1", steps=(step,), assumption="closed", engine="test"
    )
    trace = Trace(
        id="b" * 12,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        task="tabletop",
        text="how many things are there?",
        answer="1",
        confidence=0.87,
        certificate=asdict(proof),
        core="c" * 64,
        notes=(
            "reason: both say so",
            "fast: 1 (90%), rests on latents",
            "slow: 1 (80%), rests on o1",
            "verdict: valid",
        ),
    )
    refused = replace(trace, id="d" * 12, notes=(*trace.notes[:-1], "verdict: step 1 is wrong"))
    broken = replace(trace, id="e" * 12, certificate={"steps": 3})
    TraceLog(run / "logs").write([trace, refused, broken])
    code, out, _ = nexus("trace", "show", trace.id)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Asked: how many things are there?"
    assert "1   (87% sure)" in lines
    assert "  fast: 1 (90%), rests on latents" in lines
    assert "Proof of 1, checked; it follows from what I see (p = 1.00):" in lines
    assert "  1. objects: o1" in lines
    out = nexus("trace", "show", refused.id)[1]
    assert "REJECTED by the checker: step 1 is wrong" in out
    assert "checked;" not in out
    code, _, err = nexus("trace", "show", broken.id)
    assert (code, f"the proof of trace {broken.id} is damaged" in err) == (1, True)


def test_reflecting_twice_finds_the_same_and_notes_it_once(nexus: Nexus, run: Path) -> None:
    assert nexus("reflect")[1] == "No thought is logged yet.\n"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    log = [
        Trace(
            id=f"{k:012x}",
            time=start + timedelta(seconds=k),
            task="tabletop",
            text="?",
            answer="" if k % 3 == 0 else "yes",
            confidence=0.5,
            core="",
            notes=(
                f"cause: {'disagreed' if k % 3 == 0 else 'agreed'}",
                "reason: so it is",
                f"query: exists filter colour {'red' if k % 3 == 0 else 'blue'} objects",
            ),
        )
        for k in range(60)
    ]
    TraceLog(run / "logs").write(log)
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    first = reflect("small")
    noted = {p: p.read_bytes() for p in run.rglob("trace_*.jsonl")}
    assert first.new == 20 + 1  # each disagreement, and what they have in common
    again = reflect("small")
    assert (again.seen, again.new) == (first.seen, 0)
    after = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    assert after == {**before, **noted}
    code, out, _ = nexus("reflect")
    assert code == 0
    assert "  colour:blue" not in out
    assert "  colour:red: 20 of 20 disagreed, against 0 of 40 without it" in out
    assert "60 thoughts are too few" in out
    last = json.loads(nexus("reflect", "--json")[1])
    assert (last["thoughts"], last["contradictions"], last["new_events"]) == (60, 20, 0)
    assert last["found"][0]["evidence"] == [trace.id for trace in log[::3]]
    path = next(iter((run / "logs" / "thoughts").iterdir()))
    path.write_bytes(b"{")
    code, _, err = nexus("reflect")
    assert (code, path.name in err) == (1, True)


def test_an_alarm_is_told_with_the_rate_of_false_ones(nexus: Nexus, run: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    TraceLog(run / "logs").write(
        [
            Trace(
                id=f"{k:012x}",
                time=start + timedelta(seconds=k),
                task="tabletop",
                answer="yes",
                confidence=0.5,
                core="",
                notes=(
                    f"cause: {'disagreed' if k % 20 == 0 or k > 230 else 'agreed'}",
                    "reason: -",
                ),
            )
            for k in range(260)
        ]
    )
    out = nexus("reflect")[1]
    assert "  yes, since thought 23" in out
    assert "false alarms: at most" in out
    assert "in 10,000 thoughts" in out
    assert [e for e in run.rglob("trace_*.jsonl") if '"kind": "drift"' in e.read_text()]


TOLD = "a is b turned left; c is d flipped; b is c flipped; A is ? d"


def test_facts_are_thought_about_and_shown_in_words(nexus: Nexus, run: Path) -> None:
    code, out, _ = nexus("solve", "khop", TOLD, "--cycles", "2")
    assert code == 0
    assert out.startswith("a is b turned left\nc is d flipped\nb is c flipped\n\na is ")
    assert "After each cycle:" in out
    (line,) = thoughts("", last=1)
    trace = thought("", line.id)
    relations = get("khop").rules.relations
    assert (trace.text, trace.note("fast") in relations) == (TOLD, True)
    assert len(trace.cycles) == 2
    shown = nexus("trace", "show", line.id)[1]
    assert shown.strip() == out.split("\n\nTo see it think")[0].strip()
    assert draw(trace, run) is None
    for text, cause, words in (
        ("a is b flipped; a is ? z", "unsolvable", "no chain of facts leads from tile a to tile z"),
        ("x is y flipped; x is y unchanged; x is ? y", "contradictory", "of tiles x and y"),
    ):
        trace = solve("khop", text).trace
        assert (trace.note("cause"), trace.cycles) == (cause, ())
        assert words in trace.note("reason")
