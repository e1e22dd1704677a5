"""``nexus learn`` and ``nexus prove --rules --svg``: from a file to a rule that proves."""

import json
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
import tomli_w
from gated import person

from canonical import CONFIG
from nexus.config import Recipe
from nexus.interfaces.cli.main import run
from nexus.nn.weights import module_bytes
from nexus.reason.sentences.network import SentenceNetwork
from nexus.review.gate import Gate
from nexus.store.runs import Run
from nexus.train.sentence_parser import NAME

QUESTION = "Is it true that Bob is kind?"
LESSON = "\n".join(
    f"family\nbig({a}1)\nbig({a}2)\ncold({a}2)\ncold({a}3)\n"
    f"+ kind({a}1)\n- kind({a}2)\n- kind({a}3)"
    for a in "abcdef"
)


@pytest.fixture
def gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, canonical_network: SentenceNetwork
) -> Gate:
    """The gate of a run whose parser reads canonical English; a text and a lesson are beside it."""
    recipe = Recipe(name="small", sentences=CONFIG)
    folder = tmp_path / "runs" / "small"
    text = tomli_w.dumps(asdict(recipe))
    Run.create(folder, recipe=text, config_hash=recipe.hash, seed=0)
    found = Gate(folder)
    found.found(NAME, module_bytes(canonical_network), kind=NAME)
    (tmp_path / "story.txt").write_text("Bob is big.")
    (tmp_path / "kind.txt").write_text(LESSON)
    monkeypatch.chdir(tmp_path)
    return found


def last(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_rule_proves_once_it_is_approved(
    gate: Gate, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    prove = ["prove", "--theory", "story.txt", "--question", QUESTION, "--world", "closed"]
    assert run(["learn", "kind.txt", "--propose", "--json"]) == 0
    found = last(capsys)
    assert found["rules"] == ["kind(?x) :- big(?x), not cold(?x)"]
    assert found["held_out"]["explained"] == found["held_out"]["positive"] == 2
    assert run([*prove, "--rules", "--json"]) == 0
    assert last(capsys)["answer"] == "no"  # nobody has approved it
    ada = person("ada")
    gate.enroll("ada", ada.public, "lead")
    bob = person("bob")
    gate.enroll("bob", bob.public, "reviewer", voucher=ada)
    for who in (ada, bob):
        change = gate.book().find(found["change"])
        if change.state == "pending":
            gate.approve(gate.book().ballot("approve", change), who)
    assert run([*prove, "--json"]) == 0
    assert last(capsys)["answer"] == "no"  # without --rules, the text alone counts
    assert run([*prove, "--rules", "--svg", "proof.svg"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("proved: yes")
    assert "rule 1  kind(?x) :- big(?x), not cold(?x)" in told
    root = ElementTree.fromstring((tmp_path / "proof.svg").read_text())
    assert root.attrib["role"] == "img"
    # in an open world, that nobody said it is cold does not make it so
    assert run([*prove[:-1], "open", "--rules", "--json"]) == 0
    assert last(capsys)["answer"] == "unknown"


@pytest.mark.usefixtures("gate")
def test_learning_alone_proposes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "kind.txt"]) == 0
    told = capsys.readouterr().out
    assert "held out (families): 2 of 2 positive examples explained, 0 of 4" in told
    assert "Nothing reasons with them" in told


def test_what_is_refused_or_misused(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    Path("odd.txt").write_text("big(a)\n+ kind(a)\n- kind(b)")
    assert run(["learn", "odd.txt"]) == 1
    assert "too few examples" in capsys.readouterr().err
    swapped = LESSON.replace("+ kind(c1)\n- kind(c2)", "+ kind(c2)\n- kind(c1)")
    Path("odd.txt").write_text(swapped)
    assert run(["learn", "odd.txt", "--propose", "--least", "1"]) == 1
    assert "refused: it explains" in capsys.readouterr().err
    assert not gate.book().changes
    assert run(["learn", "none.txt"]) == 1
    assert run(["learn", "kind.txt", "--target", "rude"]) == 1
    assert run(["learn", "kind.txt", "--run", "small"]) == 2
    assert run(["prove", "--batch", "b.jsonl", "--svg", "x.svg"]) == 2
