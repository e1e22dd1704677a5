"""Scores count right, wrong, unknown and invented; imagination is judged by its deed."""

from dataclasses import replace

import numpy as np
import pytest

from nexus.base.records import Facts, Truth
from nexus.evaluate.imagination import score_imagined
from nexus.evaluate.metrics import SeenScore, Tally, accuracy_by, match, score_facts, score_scenes
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.whatif import what_if

WORLD = Tabletop()
SCENES = WORLD.scenes(0, "val", np.arange(101))
GOLD = WORLD.facts(SCENES)


def _with(facts: Facts, **truth: Truth) -> Facts:
    """Return the facts with some atoms, written with spaces for gaps, held otherwise."""
    return replace(facts, truth={**facts.truth, **{tuple(a.split()): t for a, t in truth.items()}})


def test_gold_scores_perfectly_against_itself() -> None:
    score = score_scenes(GOLD, GOLD, WORLD.vocabulary)
    assert score.perfect == score.scenes == 101
    assert score.invented == 0
    objects = int(SCENES.count.sum())
    for name in ("object", *WORLD.vocabulary.attributes):
        assert score.factors[name] == Tally(right=objects)
    pairs = int((SCENES.count * (SCENES.count - 1)).sum())
    assert score.factors["relation"] == Tally(right=4 * pairs)


def test_names_do_not_matter_but_places_do() -> None:
    gold = next(f for f in GOLD if len(f.objects) == 3)
    new = dict(zip(gold.objects, ("o3", "o1", "o2"), strict=True))
    renamed = Facts(
        objects=("o1", "o2", "o3"),
        truth={tuple(new.get(p, p) for p in atom): t for atom, t in gold.truth.items()},
        probability={},
        centres={new[o]: c for o, c in gold.centres.items()},
    )
    assert match(renamed, gold) == new
    assert score_facts(renamed, gold, WORLD.vocabulary).perfect == 1
    swapped = replace(renamed, centres=dict(gold.centres))
    assert score_facts(swapped, gold, WORLD.vocabulary).perfect == 0


def test_one_wrong_and_one_unknown_are_counted_as_such() -> None:
    gold = GOLD[0]
    colour = WORLD.vocabulary.attributes["colour"][SCENES.colour[0, 0]]
    other = next(c for c in WORLD.vocabulary.attributes["colour"] if c != colour)
    unsure = _with(gold, **{f"colour o1 {colour}": Truth.UNKNOWN})
    wrong = _with(unsure, **{f"colour o1 {other}": Truth.TRUE})
    for seen, tally in ((unsure, Tally(unknown=1)), (wrong, Tally(wrong=1))):
        score = score_facts(seen, gold, WORLD.vocabulary)
        assert score.perfect == 0
        assert score.factors["colour"] == tally + Tally(right=len(gold.objects) - 1)


def test_an_object_missed_or_invented_spoils_the_scene() -> None:
    gold = next(f for f in GOLD if len(f.objects) == 2)
    missed = replace(gold, objects=("o1",), centres={"o1": gold.centres["o1"]})
    score = score_facts(missed, gold, WORLD.vocabulary)
    assert (score.perfect, score.invented) == (0, 0)
    assert score.factors["object"] == Tally(right=1, unknown=1)
    assert score.factors["relation"].unknown == 8
    score = score_facts(gold, missed, WORLD.vocabulary)
    assert (score.perfect, score.invented) == (0, 1)


def test_scores_add_up_and_nothing_is_the_neutral_one() -> None:
    parts = [score_facts(f, f, WORLD.vocabulary) for f in GOLD]
    assert sum(parts, SeenScore()) == score_scenes(GOLD, GOLD, WORLD.vocabulary)
    assert Tally(right=3, wrong=1, unknown=4).accuracy == 3 / 8
    assert np.isnan(Tally().accuracy)
    assert accuracy_by("bab", [True, False, False]) == {"a": 0.0, "b": 0.5}


@pytest.mark.parametrize("verb", ["remove", "recolour"])
def test_the_truth_imagines_every_deed_and_a_copy_imagines_none(verb: str) -> None:
    change = what_if(SCENES, WORLD.step)
    rows = [i for i, c in enumerate(change.changes) if c.told.op == verb]
    kept = replace(
        change,
        before=change.before.take(rows),
        after=change.after.take(rows),
        changes=tuple(change.changes[i] for i in rows),
    )
    before, after = WORLD.facts(kept.before), WORLD.facts(kept.after)
    truth = score_imagined(after, after, kept, WORLD.vocabulary)
    assert truth.touched == Tally(right=len(rows))
    assert truth.whole.perfect == len(rows)
    copy = score_imagined(before, after, kept, WORLD.vocabulary)
    assert copy.touched == Tally(wrong=len(rows))
    assert copy.whole.perfect == 0
