"""The seams of ``think``: every stage is really used, rows are alone, only approved bytes load."""

import copy
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nexus.base.errors import CheckpointError, InputError, LedgerError, ThoughtError
from nexus.base.records import Observation, Question
from nexus.logic.hypothetical import actions, goal
from nexus.logic.language import HYPOTHETICAL, Term, parse
from nexus.nn.weights import module_bytes
from nexus.reason.parser import Reading
from nexus.review.approved import Approved
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.store.traces import TraceLog
from nexus.system import Senses, System


class Knowing:
    """A parser that knows the meaning of the questions it will get: an oracle for the seams."""

    def __init__(self, questions: list[Question], system: System) -> None:
        self.terms = {q.text: parse(q.query, system.world.vocabulary) for q in questions}

    def parse_batch(self, questions: list[str]) -> list[Reading]:
        return [self.reading(self.terms[question]) for question in questions]

    def reading(self, term: Term) -> Reading:
        return Reading(
            query=term,
            hypothetical=term.op in HYPOTHETICAL,
            actions=actions(term),
            goal=goal(term),
            probability=1.0,
            reason="",
        )


@pytest.fixture(scope="module")
def asked(system: System) -> tuple[list[Observation], list[Question]]:
    scenes = system.world.scenes(0, "test", np.arange(12))
    images = system.world.render(scenes, side=64)
    choices = system.world.ask(scenes, per_scene=12)
    supposing = [[q for q in qs if q.query.split()[0] in HYPOTHETICAL] for qs in choices]
    questions = [
        supposed[0] if supposed and row % 2 else qs[0]
        for row, (qs, supposed) in enumerate(zip(choices, supposing, strict=True))
    ]
    seen = [Observation(image=image, source=f"scene {i}") for i, image in enumerate(images)]
    return seen, questions


@pytest.fixture(scope="module")
def knowing(system: System, asked: tuple[list[Observation], list[Question]]) -> System:
    return replace(system, parser=Knowing(asked[1], system))


def test_rows_do_not_see_each_other(
    knowing: System, asked: tuple[list[Observation], list[Question]]
) -> None:
    seen, questions = asked
    texts = [q.text for q in questions]
    together, _ = knowing.think_all(seen, texts, knowing.memory.initial(len(seen)))
    for row in range(len(seen)):
        (alone,), _ = knowing.think_all([seen[row]], [texts[row]], knowing.memory.initial())
        beside = together[row]
        assert (alone.answer, alone.cause) == (beside.answer, beside.cause)
        assert (alone.fast.answer, alone.slow.answer) == (beside.fast.answer, beside.slow.answer)
        assert alone.confidence == pytest.approx(beside.confidence, abs=1e-4)
        assert alone.surprise == pytest.approx(beside.surprise, rel=1e-4)


def test_only_hypothetical_questions_are_imagined(
    knowing: System, asked: tuple[list[Observation], list[Question]]
) -> None:
    seen, questions = asked
    latents = knowing.senses.encode(seen, [q.text for q in questions])
    readings = knowing.parser.parse_batch([q.text for q in questions])
    with torch.no_grad():
        imagined = knowing.imagine(latents, readings)
    moved = (imagined.tokens - latents.tokens).abs().amax(dim=(1, 2)) > 0
    assert moved.tolist() == [reading.hypothetical for reading in readings]
    assert 0 < moved.sum() < len(moved)


def test_the_memory_is_written_and_its_state_is_the_callers(
    knowing: System, asked: tuple[list[Observation], list[Question]]
) -> None:
    seen, questions = asked
    start = knowing.memory.initial()
    kept = start.weight.clone()
    first, after = knowing.think(seen[0], questions[0].text, start)
    again, _ = knowing.think(seen[0], questions[0].text, after)
    afresh, _ = knowing.think(seen[0], questions[0].text, start)
    assert again.surprise < first.surprise
    assert afresh.surprise == first.surprise
    assert torch.equal(start.weight, kept)


def test_every_thought_is_logged(
    run: Path, knowing: System, asked: tuple[list[Observation], list[Question]]
) -> None:
    seen, questions = asked
    decision, _ = knowing.think(seen[1], questions[1].text, knowing.memory.initial())
    trace = TraceLog(run / "logs").read(decision.trace)
    assert (trace.task, trace.text) == ("tabletop", questions[1].text)
    assert (trace.answer, trace.confidence) == (decision.answer, round(decision.confidence, 4))
    assert trace.core == Approved.open(run).artefacts["fast"].sha256
    assert trace.note("source") == seen[1].source
    assert trace.note("query") == questions[1].query


def test_a_latent_that_is_no_number_is_an_error_and_no_line(
    run: Path, system: System, asked: tuple[list[Observation], list[Question]]
) -> None:
    seen, questions = asked
    encoder = copy.deepcopy(system.senses.encoder)
    next(iter(encoder.vision.parameters())).fill_(float("nan"))
    blind = replace(system, senses=replace(system.senses, encoder=encoder))
    log = TraceLog(run / "logs")
    before = len(log.lines())
    with pytest.raises(ThoughtError, match="seeing: the latents of row 0 hold nan"):
        blind.think(seen[0], questions[0].text, blind.memory.initial())
    assert len(log.lines()) == before


def test_an_answer_needs_both_routes_and_the_checker(
    knowing: System, asked: tuple[list[Observation], list[Question]]
) -> None:
    seen, questions = asked
    decisions, _ = knowing.think_all(
        seen, [q.text for q in questions], knowing.memory.initial(len(seen))
    )
    for decision in decisions:
        if not decision.abstained:
            assert decision.fast.answer == decision.slow.answer == decision.answer
            assert decision.verdict.valid


def test_a_picture_of_another_size_is_refused(system: System) -> None:
    small = Observation(image=np.zeros((32, 48, 3), dtype=np.uint8), source="x.png")
    with pytest.raises(InputError, match=r"x\.png is 48 x 32 pixels"):
        system.think(small, "how many things are there?", system.memory.initial())


def test_what_thinks_is_what_was_published(run: Path, system: System) -> None:
    encoder = Approved.open(run).artefact("encoder")
    assert module_bytes(system.senses.encoder) == encoder
    assert not any(p.requires_grad for p in system.senses.encoder.parameters())


@pytest.mark.parametrize("name", ["encoder", "grounding", "parser", "memory", "tokenizer"])
def test_a_changed_byte_is_refused_and_named(run: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(run, folder)
    sha = Approved.open(folder).artefacts[name].sha256
    path = next(p for p in (folder / "objects").rglob("*") if p.name == sha)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))
    with pytest.raises(CheckpointError, match=sha[:12]):
        System.load(folder)


def test_an_untrained_half_is_named(run: Path, tmp_path: Path) -> None:
    folder, there = tmp_path / "half", Approved.open(run)
    begun = Run.open(run)
    Run.create(folder, recipe=begun.recipe, config_hash=begun.info.config_hash, seed=0)
    for name, entry in there.artefacts.items():
        if name != "parser":
            Gate(folder).found(name, there.artefact(name), kind=entry.kind)
    with pytest.raises(CheckpointError, match="has no 'parser'"):
        System.load(folder)
    assert Senses.load(folder)


def test_a_manifest_that_was_changed_is_refused(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(run, folder)
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"parser"', '"praser"'))
    with pytest.raises(LedgerError, match="not what the ledger says"):
        Senses.load(folder)
