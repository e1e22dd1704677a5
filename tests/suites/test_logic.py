"""Suite "logic": marks, floors and scores from hand-made answers; what was frozen stays so."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from canonical import CONFIG, parser
from nexus.base.errors import DataError
from nexus.config import Recipe
from nexus.decide.proving import Asked
from nexus.logic.theory import World
from nexus.reason.sentences.network import SentenceNetwork
from nexus.store.runs import Run
from nexus.suites.logic import (
    PARAPHRASES,
    Item,
    Marked,
    answered_figures,
    by_slice,
    evaluate,
    natural_figures,
    natural_items,
    scores,
)


def marked(answer: str, said: str, world: World = World.OPEN) -> Marked:
    asked = Asked(context="", question="", world=world)
    return Marked(item=Item(asked=asked, answer=answer, slice="s"), said=said, reason="")


SOME = [
    marked("yes", "yes"),
    marked("yes", "yes"),
    marked("no", "yes"),
    marked("unknown", ""),
    marked("no", "no", World.CLOSED),
]


def test_accuracy_is_among_answers_and_stands_beside_coverage_and_floor() -> None:
    found = answered_figures("x", SOME)
    assert found["x_answered_accuracy"].value == 3 / 4
    assert found["x_answered_accuracy"].floor == 3 / 4  # yes in the open world, no in the closed
    assert found["x_coverage"].value == 4 / 5
    assert scores(SOME).tolist() == [1, 1, -2, 0, 1]
    assert by_slice(SOME) == {"s": {"n": 5, "answered": 4, "wrong": 1}}
    nothing = answered_figures("x", [marked("yes", "")])
    assert nothing["x_answered_accuracy"].value is None
    assert nothing["x_coverage"].value == 0.0


def test_an_answer_to_what_has_none_is_wrong() -> None:
    found = natural_figures([*SOME, marked("abstain", "unknown"), marked("abstain", "")])
    assert found["natural_precision"].value == 3 / 5
    assert found["natural_coverage"].value == 4 / 5
    assert found["natural_outside_abstained"].value == 1 / 2


def test_paraphrases_are_those_that_were_frozen(tmp_path: Path) -> None:
    assert len(natural_items(PARAPHRASES)) >= 1000
    assert natural_items(tmp_path) == []
    folder = tmp_path / "copy"
    shutil.copytree(PARAPHRASES, folder)
    path = folder / "paraphrases.jsonl"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(DataError, match="not what was frozen"):
        natural_items(folder)


def test_the_suite_measures_every_figure(
    tmp_path: Path, canonical_network: SentenceNetwork
) -> None:
    recipe = Recipe(name="small", sentences=CONFIG)
    recipe = replace(recipe, evaluate=replace(recipe.evaluate, theories=11))
    run = Run.create(tmp_path / "run", recipe="", config_hash="logic", seed=0)
    found = evaluate(parser(canonical_network), recipe, run.folder, paraphrases=tmp_path)
    assert {
        "ruletaker_answered_accuracy",
        "ruletaker_coverage",
        "prontoqa_answered_accuracy",
        "out_of_grammar_abstained",
    } <= set(found["figures"])
    assert found["figures"]["out_of_grammar_abstained"]["n"] == 11
    assert (run.folder / "evaluation" / "logic.json").is_file()
