"""Reflection writes every thought down, names what is remarkable, and never stops a thought."""

import json
import logging
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faults import DyingDisk
from nexus.base.errors import DataError
from nexus.base.records import Certificate, Decision, Premise, ProofStep, Route, Verdict
from nexus.reason.causes import Cause
from nexus.reason.drift import Cusum, Watch
from nexus.reason.reflection import (
    Contradiction,
    Drift,
    Finding,
    Reflection,
    Unfamiliar,
    event_of,
    notice,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ASKED = {"task": "tabletop", "question": "Is there any?", "source": "a.png"}
ROUTE = Route(answer="yes", confidence=0.9, rests_on="latents")
PROOF = Certificate(query="exists objects", answer="yes", steps=(), assumption="closed", engine="e")
AGREED = Decision(
    answer="yes",
    confidence=0.9,
    reason="both say so",
    cause="agreed",
    fast=ROUTE,
    slow=ROUTE,
    steps=("look",),
    certificate=PROOF,
    verdict=Verdict(valid=True),
    surprise=0.2,
    trace="0123456789ab",
    query="exists objects",
)
DISAGREED = replace(AGREED, answer="", cause="disagreed", reason="yes or no")


def _reflection(folder: Path) -> Reflection:
    return Reflection(folder, clock=lambda: NOW, core="ab" * 32)


def test_a_thought_can_be_read_back_from_its_file(tmp_path: Path) -> None:
    reflection = _reflection(tmp_path)
    assert reflection.observe(AGREED, **ASKED) is None
    (file,) = (tmp_path / "thoughts").iterdir()
    assert file.name == "20260102_030405-0123456789ab.json"
    trace = reflection.log.read("0123456789ab")
    assert (trace.task, trace.text, trace.answer) == ("tabletop", "Is there any?", "yes")
    assert (trace.confidence, trace.core, trace.time) == (0.9, "ab" * 32, NOW)
    assert {name: trace.note(name) for name in ("source", "cause", "reason", "query", "fast")} == {
        "source": "a.png",
        "cause": "agreed",
        "reason": "both say so",
        "query": "exists objects",
        "fast": "yes (90%), rests on latents",
    }
    assert trace.note("verdict") == "valid"
    assert Certificate.parse(trace.certificate) == PROOF
    assert [line.id for line in reflection.log.lines()] == ["0123456789ab"]
    assert not (tmp_path / "reflections").exists()


def test_a_row_of_a_batch_is_logged_as_if_alone(tmp_path: Path) -> None:
    decisions = [replace(AGREED, trace="a" * 12), replace(DISAGREED, trace="b" * 12)]
    batch, single = _reflection(tmp_path / "batch"), _reflection(tmp_path / "single")
    batch.keep([batch.trace(decision, **ASKED) for decision in decisions])
    for decision in decisions:
        single.observe(decision, **ASKED)
    files = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.json*")}
        for folder in (tmp_path / "batch", tmp_path / "single")
    ]
    assert files[0] == files[1]
    assert len(files[0]) == 4  # two thoughts, their lines, one event


def test_a_proof_reads_back_from_json_as_it_was() -> None:
    step = ProofStep(
        op="filter",
        arguments=("colour", "red"),
        inputs=(0,),
        inside=("o1",),
        maybe=("o2",),
        premises=(Premise(atom=("colour", "o1", "red"), holds=True, probability=0.9),),
    )
    proof = replace(PROOF, steps=(step, step))
    assert Certificate.parse(json.loads(json.dumps(asdict(proof)))) == proof


def test_a_number_that_is_none_is_an_error_and_no_line(tmp_path: Path) -> None:
    reflection = _reflection(tmp_path)
    with pytest.raises(DataError, match="no probability"):
        reflection.observe(replace(AGREED, confidence=float("nan")), **ASKED)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        (DISAGREED, "contradiction"),
        (replace(AGREED, cause="unfamiliar", answer=""), "unfamiliar"),
        (replace(DISAGREED, verdict=Verdict(valid=False, reason="no")), "rejected_proof"),
        (replace(AGREED, certificate=None, cause="unproved", verdict=Verdict(valid=False)), None),
        (replace(AGREED, cause="unsure", answer=""), None),
    ],
)
def test_only_contradictions_refused_proofs_and_the_unfamiliar_are_events(
    tmp_path: Path, decision: Decision, kind: str | None
) -> None:
    reflection = _reflection(tmp_path)
    event = notice(reflection.trace(decision, **ASKED))
    assert event == reflection.observe(decision, **ASKED)
    assert (event.kind if event else None) == kind
    assert event is None or event.evidence == ("0123456789ab",)


def test_events_are_one_line_each_in_the_order_they_came(tmp_path: Path) -> None:
    reflection = _reflection(tmp_path)
    ids = [f"{k:012x}" for k in range(3)]
    for trace in ids:
        reflection.observe(replace(DISAGREED, trace=trace), **ASKED)
    lines = (tmp_path / "reflections" / "trace_20260102.jsonl").read_text().splitlines()
    assert [json.loads(line)["evidence"] for line in lines] == [[trace] for trace in ids]
    assert {json.loads(line)["question"] for line in lines} == {"Is there any?"}
    assert [event.evidence for event in reflection.events()] == [(trace,) for trace in ids]


def test_an_event_is_noted_once_and_one_cut_short_not_at_all(tmp_path: Path) -> None:
    reflection = _reflection(tmp_path)
    event = reflection.report(CAUSE, traces=("t1", "t2"))
    path = tmp_path / "reflections" / "trace_20260102.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind": "cau')
    again = _reflection(tmp_path)
    assert again.report(CAUSE, traces=("t1", "t2")) == event
    assert again.events() == [event]
    other = again.report(CAUSE, traces=("t1",))
    assert again.events() == [event, other]
    assert again.record([event, other]) == []
    path.write_bytes(b'{"kind": 1}\n' + path.read_bytes())
    with pytest.raises(DataError, match=r"line 1 of .*trace_20260102\.jsonl is damaged"):
        again.events()


def test_a_folder_that_refuses_is_reported_once_and_thinking_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    reflection = _reflection(tmp_path / "logs")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            event = reflection.observe(DISAGREED, **ASKED)
            assert event is not None
            assert event.kind == "contradiction"
    assert len([r for r in caplog.records if "not being logged" in r.message]) == 1


def test_a_full_disk_loses_a_thought_and_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = DyingDisk(monkeypatch)
    disk.error = OSError(28, "No space left on device")
    for alive in range(100):
        reflection = _reflection(tmp_path / str(alive))
        disk.revive(alive)
        assert reflection.observe(DISAGREED, **ASKED) is not None
        whole = not reflection._refused
        disk.revive()
        traces = reflection.log.newest(9)
        assert [trace.id for trace in traces] in ([], ["0123456789ab"])
        assert len(reflection.log.lines()) == len(traces)
        if whole:
            break
    assert alive > 5
    assert len(traces) == len(reflection.events()) == 1


CUSUM = Cusum(reference=0.1, threshold=1.0, per_10k=0.7, per_10k_upper=0.93, simulated=1_000_000)
CAUSE = Cause(
    tag="rule:3x5",
    wrong_with=9,
    n_with=10,
    wrong_without=2,
    n_without=90,
    low=0.6,
    high=0.95,
    p=2e-8,
    tested=7,
)


@pytest.mark.parametrize(
    ("finding", "kind", "words"),
    [
        (Contradiction(reason="row 2 holds two 3s"), "contradiction", ["row 2 holds two 3s"]),
        (
            Drift(cusum=CUSUM, watch=Watch(total=1.2, seen=540, since=512, alarm=True)),
            "drift",
            ["since example 512", "at 540", "0.93 in 10,000"],
        ),
        (CAUSE, "cause", ["rule:3x5: 9 of 10 wrong", "2 of 90", "0.60 to 0.95", "2e-08"]),
        (Unfamiliar(score=2.5), "unfamiliar", ["2.50"]),
    ],
)
def test_a_finding_becomes_an_event_that_says_what_it_rests_on(
    tmp_path: Path, finding: Finding, kind: str, words: list[str]
) -> None:
    event = _reflection(tmp_path).report(finding, traces=("t1", "t2"))
    assert event == event_of(finding, traces=("t1", "t2"))
    assert (event.kind, event.evidence) == (kind, ("t1", "t2"))
    assert all(word in event.cause for word in words)
    (line,) = (tmp_path / "reflections" / "trace_20260102.jsonl").read_text().splitlines()
    written = json.loads(line)
    assert written.pop("time") == NOW.isoformat()
    assert written == {"kind": kind, "evidence": ["t1", "t2"], "cause": event.cause}


def test_a_finding_without_evidence_is_refused_and_a_disk_that_refuses_is_not_fatal(
    tmp_path: Path,
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    reflection = _reflection(tmp_path / "logs")
    assert reflection.report(Unfamiliar(score=2.0), traces=("t1",)).kind == "unfamiliar"
    with pytest.raises(DataError, match="needs evidence"):
        reflection.report(CAUSE, traces=())
