"""``nexus prove`` and ``nexus parse``: answers, batches and refusals, as a person and a program."""

import io
import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import tomli_w

from canonical import CONFIG
from nexus.config import Recipe
from nexus.interfaces.cli.main import run
from nexus.interfaces.service.runs import recipe_of
from nexus.interfaces.service.training import parser_trained
from nexus.nn.weights import module_bytes
from nexus.reason.sentences.network import SentenceNetwork
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.train.sentence_parser import NAME

TEXT = "Bob is big. If something is big then it is kind."
QUESTION = "Is it true that Bob is kind?"


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, canonical_network: SentenceNetwork
) -> Path:
    """A folder with a run whose parser reads canonical English, and a text."""
    recipe = Recipe(name="small", sentences=CONFIG)
    folder = tmp_path / "runs" / "small"
    text = tomli_w.dumps(asdict(recipe))
    Run.create(folder, recipe=text, config_hash=recipe.hash, seed=0)
    Gate(folder).found(NAME, module_bytes(canonical_network), kind=NAME)
    (tmp_path / "story.txt").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def old_recipe() -> str:
    """Return a recipe as it was written before there were sentences to train on or to count."""
    tree = asdict(Recipe(name="small"))
    del tree["sentences"], tree["train"]["sentences"], tree["evaluate"]["theories"]
    return tomli_w.dumps(tree)


def test_a_run_of_an_older_recipe_is_read_with_what_is_new_as_it_is_by_default(
    tmp_path: Path, canonical_network: SentenceNetwork
) -> None:
    folder = tmp_path / "runs" / "old"
    Run.create(folder, recipe=old_recipe(), config_hash="of another time", seed=0)
    assert recipe_of(folder) == Recipe(name="small")
    assert not parser_trained(folder)
    Gate(folder).found(NAME, module_bytes(canonical_network), kind=NAME)
    assert parser_trained(folder)


def last(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.usefixtures("here")
def test_an_answer_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["prove", "--theory", "story.txt", "--question", QUESTION]
    assert run(words) == 0
    told = capsys.readouterr().out
    assert told.startswith("proved: yes")
    assert '0-11 "Bob is big." -> big(bob)' in told
    assert "proof, valid by the checker:" in told
    assert run([*words, "--json"]) == 0
    found = last(capsys)
    assert (found["status"], found["answer"]) == ("proved", "yes")
    assert found["spans"] == [[0, 11], [12, 48]]
    assert found["certificate"][0]["status"] == "proved"


@pytest.mark.usefixtures("here")
def test_a_text_may_come_in_on_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert run(["parse", "--theory", "-", "--json"]) == 0
    fact, rule = last(capsys)["sentences"]
    assert fact["clauses"] == [{"clause": "big(bob)", "canonical": "Bob is big."}]
    assert rule["clauses"][0]["clause"] == "kind(?x) :- big(?x)"
    assert run(["parse", "--theory", "story.txt"]) == 0
    assert '"Bob is big."' in capsys.readouterr().out


def test_a_batch_is_answered_line_by_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {"context": TEXT, "question": QUESTION},
        {"context": "", "question": QUESTION, "id": "empty"},
        {"context": "", "question": QUESTION, "world": "closed", "id": 7},
    ]
    (here / "batch.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    assert run(["prove", "--batch", "batch.jsonl"]) == 0
    found = [json.loads(x) for x in capsys.readouterr().out.splitlines()]
    assert [x["id"] for x in found] == [1, "empty", 7]
    assert [x["answer"] for x in found] == ["yes", "unknown", "no"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "no text"),
        (b"big " * 300_000, "more than 1000000 bytes"),
    ],
)
def test_files_that_are_refused(
    here: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    (here / "odd.txt").write_bytes(content)
    assert run(["prove", "--theory", "odd.txt", "--question", QUESTION]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"context": "a"}', '{"context": 1, "question": "b"}', '"a"', "[" * 5000]
)
def test_batches_that_are_refused(
    here: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (here / "batch.jsonl").write_text(line)
    assert run(["prove", "--batch", "batch.jsonl"]) == 1
    assert "line 1 of batch.jsonl" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_half_a_character_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--theory", "story.txt", "--question", "Is Bob \udcff?"]) == 1
    assert "half a character" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_options_that_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["prove"],
        ["prove", "--theory", "story.txt"],
        ["prove", "--theory", "story.txt", "--question", "a", "--batch", "b"],
    ):
        assert run(words) == 2
    assert run(["prove", "--theory", "none.txt", "--question", QUESTION]) == 1
    assert "there is no file none.txt" in capsys.readouterr().err


def test_without_a_parser_one_is_told_how_to_train_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story.txt").write_text(TEXT)
    assert run(["parse", "--theory", "story.txt"]) == 1
    assert "nexus train parser" in capsys.readouterr().err
