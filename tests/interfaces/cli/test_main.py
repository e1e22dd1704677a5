"""The command line's promises: fast help, honest exit codes, one JSON object, a frozen surface."""

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nexus.interfaces.cli import main
from nexus.interfaces.cli.main import COMMANDS, Group, parse
from nexus.interfaces.service import doctor

PROGRAM = [sys.executable, "-m", "nexus.interfaces.cli"]
HEAVY = ("torch", "matplotlib", "pyarrow", "tensorboard", "tokenizers", "PIL")


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a command line did."""

    code: int
    out: str
    err: str


Nexus = Callable[..., Done]


@pytest.fixture
def process(tmp_path: Path) -> Nexus:
    """Run ``nexus`` as a program of its own, in ``tmp_path``."""

    def run(*words: str | bytes) -> Done:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [*PROGRAM, *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.fixture
def nexus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Nexus:
    """Run ``nexus`` in this process, without what would outlive the test: guard and log set-up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(main.network, "install", lambda: None)
    monkeypatch.setattr(main.log, "set_up", lambda: None)

    def run(*words: str) -> Done:
        try:
            code = main.run(words)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        captured = capsys.readouterr()
        return Done(code=code, out=captured.out, err=captured.err)

    return run


def commands(group: Group = COMMANDS, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, entry in group.items():
        yield (*path, name)
        if isinstance(entry, Group):
            yield from commands(entry, (*path, name))


def help_of(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as exit_:
        parse([*words, "--help"])
    assert exit_.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_every_help_says_what_and_shows_examples(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = help_of(words, capsys)
    assert text.startswith(" ".join(["usage: nexus", *words]))
    entry: object = COMMANDS
    for word in words:
        entry = entry[word]  # type: ignore[index]
    if not isinstance(entry, Group):
        examples = re.findall(r"^    (nexus .*)$", text, re.MULTILINE)
        assert examples
        assert all(example.startswith(f"nexus {' '.join(words)}") for example in examples)


def test_the_commands_and_options_are_these(capsys: pytest.CaptureFixture[str]) -> None:
    """A new option is a decision: rewrite surface.txt with what this prints and say so."""
    lines: list[str] = []
    for words in commands():
        text = help_of(words, capsys).partition(" world options")[0]  # settings have their own test
        options = sorted(set(re.findall(r"^[│ ] +(--[\w.-]+)", text, re.MULTILINE)))
        lines.append(" ".join(["nexus", *words, *options]))
    expected = Path(__file__).with_name("surface.txt").read_text()
    assert "\n".join(lines) + "\n" == expected


def test_every_setting_of_the_recipe_is_an_option_of_train(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = help_of(("train", "perception"), capsys)
    for name in ("encode.vision.depth", "train.perception.steps", "objective.sigreg", "world.side"):
        assert f"--{name} " in text


@pytest.mark.parametrize("words", [(), ("train",), ("data", "make")], ids=" ".join)
def test_help_is_fast_and_light(words: tuple[str, ...], process: Nexus) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process(*words, "--help").code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < 3.0, "the promise is one second on an idle machine; a busy one gets three"


def test_no_heavy_package_is_imported_before_it_is_needed() -> None:
    code = f"import sys, nexus.interfaces.cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian"], "train"),
        (["data", "mkae"], "make, show, verify"),
        (["train", "everything"], "perception"),
        (["train", "perception", "--encode.vision.dept", "4"], "--encode.vision.depth"),
        (["train", "perception", "--encode.vision.depth", "deep"], "--encode.vision.depth"),
        (["evaluate", "--suite", "everything"], "perception"),
        (["evaluate"], "--suite"),
        (["ask"], "QUESTION"),
        (["ask", "why?"], "--image FILE or --scene SEED"),
        (["ask", "why?", "--image", "a.png", "--scene", "3"], "--image FILE or --scene SEED"),
        (["ask", "why?", "--scene", "seven"], "--scene"),
    ],
    ids=" ".join,
)
def test_misuse_is_2_and_names_the_way_out(words: list[str], said: str, nexus: Nexus) -> None:
    done = nexus(*words)
    assert done.code == 2
    assert said in done.err + done.out
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "perception", "--recipe", "tyni"], r"no recipe 'tyni' \(hint: one of .*tiny"),
        (["train", "perception", "--recipe=gone.toml"], r"no recipe file gone\.toml"),
        (["train", "perception", "--encode.vision.heads", "7"], r"heads=7 \(hint: use width"),
        (["train", "perception", "--resume"], r"no run in runs/tiny to resume"),
        (["train", "perception", "--run", ".."], r"'\.\.' cannot name a run"),
        (["report"], r"no run in runs \(hint: make one"),
        (["report", "--run", "gone"], r"runs/gone/run\.json"),
        (["ask", "is it red?", "--scene", "7"], r"no run in runs"),
        (["evaluate", "--suite", "questions", "--run", "gone"], r"runs/gone/run\.json"),
        (["demo", "--recipe", "gone"], r"no recipe 'gone'"),
        (["data", "verify", "gone"], r"gone"),
    ],
    ids=" ".join,
)
def test_a_refusal_is_1_with_one_line(words: list[str], said: str, nexus: Nexus) -> None:
    done = nexus(*words)
    assert done.code == 1, done.err
    assert re.fullmatch(rf"error: .*{said}.*\n", done.err), done.err
    assert "hint: " in done.err
    assert done.out == ""


def test_a_run_of_another_recipe_is_refused_before_anything_is_touched(
    run_folder: Path, nexus: Nexus
) -> None:
    before = sorted((p, p.stat().st_mtime_ns) for p in run_folder.rglob("*"))
    begun = time.monotonic()
    done = nexus("train", "perception", "--recipe", "tiny", "--run", "shown")
    assert done.code == 1
    assert re.search("belongs to another recipe.*hint: name another run", done.err)
    assert sorted((p, p.stat().st_mtime_ns) for p in run_folder.rglob("*")) == before
    assert time.monotonic() - begun < 60


def test_an_unknown_key_in_a_recipe_file_names_the_nearest(tmp_path: Path, nexus: Nexus) -> None:
    (tmp_path / "mine.toml").write_text("[encode.vision]\ndeptth = 3\n")
    done = nexus("train", "perception", "--recipe", "mine.toml")
    assert done.code == 1
    assert "did you mean encode.vision.depth?" in done.err


@pytest.mark.parametrize("what", ["step", "lite"])
def test_a_bench_of_a_step_prints_a_table_or_one_object(
    what: str, nexus: Nexus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    last = json.loads(nexus("bench", what, "--recipe", "smoke", "--json").out.splitlines()[-1])
    assert (last["suite"], last["recipe"]) == (what, "smoke")
    shown = nexus("bench", what, "--recipe", "smoke").out
    assert all(name.replace("_", " ") in shown for name in last["figures"])


def test_report_and_its_json(run_folder: Path, nexus: Nexus) -> None:
    assert nexus("report").out == "runs/shown/report.html\n"
    done = nexus("report", "--run", "shown", "--json")
    last = json.loads(done.out.splitlines()[-1])
    assert last == {"run": "runs/shown", "report": "runs/shown/report.html"}
    assert (run_folder / "report.html").stat().st_size > 10_000


def test_doctor_finds_something_to_say_about_everything(process: Nexus, tmp_path: Path) -> None:
    done = process("doctor", "--json")
    last = json.loads(done.out.splitlines()[-1])
    names = {finding["name"] for finding in last["findings"]}
    wanted = {"packages", "torch", "processor", "threads", "speed", "disk", "writing", "network"}
    assert wanted <= names
    assert "recipe tiny" in names
    assert all(f["advice"] for f in last["findings"] if f["status"] == "problem")
    assert done.code == (1 if last["problems"] else 0)
    guard = next(f for f in last["findings"] if f["name"] == "network")
    assert guard["found"].startswith("guard on")
    assert not (tmp_path / "runs").exists()  # it leaves nothing behind


def test_a_folder_that_cannot_be_written_is_a_problem_and_a_refusal(
    nexus: Nexus, tmp_path: Path
) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    finding = doctor.writing()
    assert finding.status == "problem"
    assert finding.advice
    refused = nexus("train", "perception", "--recipe", "smoke")
    assert refused.code == 1
    assert re.fullmatch(r"error: cannot write .*runs.*\n", refused.err)


def test_ctrl_c_is_130_with_the_command_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, nexus: Nexus
) -> None:
    def stop(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main.Report, "run", stop)
    done = nexus("report", "--run", "a b")
    assert (done.code, done.out) == (130, "")
    assert done.err == "\nstopped; to go on: nexus report --run 'a b'\n"


def test_a_reader_that_leaves_early_is_no_crash(tmp_path: Path) -> None:
    command = [*PROGRAM, "train", "--help"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
