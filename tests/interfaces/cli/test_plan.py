"""``nexus plan``: plans, proofs, spent budgets and refusals, as a person and a program see them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nexus.base.errors import NexusError
from nexus.base.records import Verdict
from nexus.decide import planning
from nexus.interfaces.cli.options import UsageError
from nexus.interfaces.cli.plan import Plan
from nexus.interfaces.service import proving
from nexus.logic.pddl_files import read, write_domain, write_problem
from nexus.logic.planning import literals
from nexus.worlds.planning import blocksworld
from nexus.worlds.planning.telling import problems
from plan_twin import twin
from told_plans import Oracle

[POSED] = blocksworld.sample(4, "test", np.arange(1), sizes=(5,))
CIRCLE = literals("on b1 b2", "on b2 b3", "on b3 b1")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a domain, and problems that have a plan and that have none."""
    said = write_domain(POSED.problem.domain).replace("pick_up", "Pick-Up")
    (tmp_path / "domain.pddl").write_text(said)
    for name, goal in (
        ("plan", POSED.problem.goal),
        ("circle", CIRCLE),
        ("pair", literals("on b1 b2", "on b2 b1")),
        ("nothing", ()),
    ):
        problem = replace(POSED.problem, goal=goal)
        (tmp_path / f"{name}.pddl").write_text(write_problem(problem))
    return tmp_path


def told(folder: Path, name: str, capsys: pytest.CaptureFixture[str], **options: object) -> dict:
    domain, problem = folder / "domain.pddl", folder / f"{name}.pddl"
    assert Plan(domain=domain, problem=str(problem), json=True, **options).run() == 0  # type: ignore[arg-type]
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_plan_in_the_words_of_the_files(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = told(files, "plan", capsys)
    assert (result["status"], result["certificate"], result["valid"]) == ("proved", "plan", True)
    domain, problem = ((files / f"{x}.pddl").read_text() for x in ("domain", "plan"))
    second = twin(domain.replace("Pick-Up", "pick-up"), problem)
    assert second.accepts([step.strip("()") for step in result["plan"]])
    assert result["optimal"]
    assert len(result["plan"]) == second.shortest()
    assert any("pick-up" in step for step in result["plan"])
    Plan(domain=files / "domain.pddl", problem=str(files / "plan.pddl")).run()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"a plan of {len(result['plan'])} steps; no plan is shorter:"
    assert lines[-1] == "the checker finds the plan valid"


@pytest.mark.parametrize(
    ("name", "certificate", "reason"),
    [
        ("circle", "states", "866 states can be reached, and the goal is met in none of them"),
        ("pair", "mutexes", "(on b1 b2) and (on b2 b1) are never so at once"),
    ],
)
def test_that_there_is_no_plan_and_why(
    name: str, certificate: str, reason: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = told(files, name, capsys)
    assert (result["status"], result["certificate"]) == ("unsolvable", certificate)
    assert (result["reason"], result["valid"], result["plan"]) == (reason, True, None)
    Plan(domain=files / "domain.pddl", problem=str(files / f"{name}.pddl")).run()
    said = f"unsolvable: {reason}\nthe checker finds the proof valid\n"
    assert capsys.readouterr().out == said


def test_a_spent_budget_claims_nothing(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = told(files, "circle", capsys, states=100)
    assert (result["status"], result["reason"]) == ("timeout", "states")
    assert (result["plan"], result["valid"], result["certificate"]) == (None, False, "")
    assert told(files, "circle", capsys, seconds=0)["reason"] == "seconds"
    Plan(domain=files / "domain.pddl", problem=str(files / "circle.pddl"), states=100).run()
    assert capsys.readouterr().out.startswith("timeout: the budget of states ran out after")


def test_nothing_to_do_is_a_plan_of_no_steps(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = told(files, "nothing", capsys)
    assert (result["status"], result["plan"], result["optimal"]) == ("proved", [], True)


def test_what_the_checker_refuses_is_not_shown(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "check_plan", lambda *_: Verdict(valid=False, reason="bad"))
    result = told(files, "plan", capsys)
    assert (result["status"], result["plan"], result["refused"]) == ("abstain", None, "bad")
    Plan(domain=files / "domain.pddl", problem=str(files / "plan.pddl")).run()
    assert capsys.readouterr().out == "abstain: the checker refuses what was found: bad\n"


def test_files_that_are_none_are_refused(files: Path) -> None:
    (files / "latin.pddl").write_bytes(b"\xff\xfe")
    (files / "long.pddl").write_bytes(b" " * 1_000_001)
    (files / "empty.pddl").write_text("")
    for name, message in (
        ("gone", "there is no file"),
        ("latin", "is no text"),
        ("long", "more than 1000000 bytes"),
        ("empty", "is empty"),
        ("domain", "of the problem"),
        ("", "cannot read|no file"),
    ):
        path = files / f"{name}.pddl" if name else files
        with pytest.raises(NexusError, match=message):
            Plan(domain=files / "domain.pddl", problem=str(path)).run()
    with pytest.raises(NexusError, match="at least 0, got -1"):
        Plan(domain=files / "domain.pddl", problem=str(files / "plan.pddl"), states=-1).run()


TOLD = problems(0, "test", np.arange(12))


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> Oracle:
    """A parser that reads every sentence of ``TOLD`` right, in place of a trained one."""
    one = Oracle(TOLD)
    monkeypatch.setattr(proving, "find_parser", lambda _: one)
    return one


@pytest.mark.usefixtures("oracle")
def test_a_text_is_planned_for_and_each_sentence_shown_with_what_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = TOLD[0]
    assert Plan(problem=told.text, json=True).run() == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["status"], result["valid"]) == ("proved", True)
    assert [x["text"] for x in result["sentences"]] == [x.text for x in told.sentences]
    assert all(x["read"] for x in result["sentences"])
    domain = write_domain(told.posed.problem.domain)
    symbols = {v: k for k, v in read(domain, result["pddl"]).words.items()}
    assert len(symbols) == len(read(domain, result["pddl"]).words)
    Plan(problem=told.text, domain_name="blocksworld").run()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"a plan of {len(result['plan'])} steps")
    assert any(f'"{told.sentences[0].text}" -> ' in line for line in lines)


@pytest.mark.usefixtures("oracle")
def test_texts_of_a_file_and_what_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "problems.jsonl"
    lines = [json.dumps({"id": at, "problem": x.text}) for at, x in enumerate(TOLD)]
    strange = json.dumps({"problem": f"{TOLD[0].text} Block q may be on block r."})
    path.write_text("\n".join([*lines, "", strange]))
    assert Plan(batch=path).run() == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [x["id"] for x in found] == [*range(len(TOLD)), len(TOLD) + 2]
    assert {x["status"] for x in found[:-1]} == {"proved"}
    assert (found[-1]["status"], found[-1]["plan"]) == ("abstain", None)
    assert found[-1]["sentence"] == "Block q may be on block r."
    for line in ("{}", "[]", "{", '{"problem": 1}'):
        path.write_text(line)
        with pytest.raises(NexusError, match="line 1"):
            Plan(batch=path).run()


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    for options in (
        {},
        {"problem": "x", "batch": tmp_path},
        {"domain": tmp_path, "batch": tmp_path},
        {"domain": tmp_path, "problem": "x", "domain_name": "blocksworld"},
    ):
        with pytest.raises(UsageError):
            Plan(**options).run()  # type: ignore[arg-type]
