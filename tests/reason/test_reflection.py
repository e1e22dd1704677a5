"""Reflection writes every thought down, names what is remarkable, and never stops a thought."""

import json
import logging
import os
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from nexus.base.errors import DataError, StorageError
from nexus.base.records import Certificate, Decision, Route, Verdict
from nexus.reason.causes import Cause
from nexus.reason.drift import Cusum, Watch
from nexus.reason.reflection import (
    Contradiction,
    Drift,
    Finding,
    Reflection,
    Unfamiliar,
    append_line,
    event_of,
    notice,
)

NOW = datetime(2026, 1, 2, 3, 4, 5)
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
    trace="abc123",
)
DISAGREED = replace(AGREED, answer="", cause="disagreed", reason="yes or no")


def _reflection(folder: Path) -> Reflection:
    return Reflection(folder, clock=lambda: NOW)


def test_a_thought_can_be_read_back_from_its_file(tmp_path: Path) -> None:
    assert _reflection(tmp_path).observe(AGREED, question="Is there any?", source="a.png") is None
    (file,) = (tmp_path / "thoughts").iterdir()
    assert file.name == "20260102_030405-abc123.json"
    trace = json.loads(file.read_text())
    assert (trace["question"], trace["source"], trace["answer"]) == (
        "Is there any?",
        "a.png",
        "yes",
    )
    assert trace["fast"]["confidence"] == 0.9
    assert not (tmp_path / "reflections").exists()


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
    decision: Decision, kind: str | None
) -> None:
    event = notice(decision)
    assert (event.kind if event else None) == kind
    assert event is None or event.evidence == ("abc123",)


def test_events_are_one_line_each_in_the_order_they_came(tmp_path: Path) -> None:
    reflection = _reflection(tmp_path)
    for k in range(3):
        reflection.observe(replace(DISAGREED, trace=f"t{k}"), question="q", source="s")
    lines = (tmp_path / "reflections" / "trace_20260102.jsonl").read_text().splitlines()
    assert [json.loads(line)["evidence"] for line in lines] == [["t0"], ["t1"], ["t2"]]


def test_lines_of_many_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"

    def write(who: int) -> None:
        for _ in range(20):
            append_line(path, {"who": who, "padding": "x" * 5000})

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = [json.loads(line)["who"] for line in path.read_text().splitlines()]
    assert sorted(written) == sorted([*range(4)] * 20)


def test_a_line_the_disk_cuts_short_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trace.jsonl"
    append_line(path, {"k": 1})
    whole, write = path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
    with pytest.raises(StorageError, match="full"):
        append_line(path, {"k": 2})
    assert path.read_bytes() == whole


def test_a_folder_that_refuses_is_reported_once_and_thinking_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    reflection = _reflection(tmp_path / "logs")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            event = reflection.observe(DISAGREED, question="q", source="s")
            assert event is not None
            assert event.kind == "contradiction"
    assert len([r for r in caplog.records if "not being logged" in r.message]) == 1


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
