"""What if: what is told names one object, what is done changes that object and nothing else."""

import numpy as np

from nexus.logic.hypothetical import notation
from nexus.logic.language import Term, parse
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.scene import COLOURS, held_out_colour
from nexus.worlds.tabletop.whatif import what_if

WORLD = Tabletop()


def test_the_telling_means_the_doing() -> None:
    found = what_if(WORLD.scenes(0, "train", np.arange(307)), WORLD.step)
    for change, facts in zip(found.changes, WORLD.facts(found.before), strict=True):
        assert notation(change.told, facts, WORLD.vocabulary) == change.done
        inner = Term(op="count", children=(Term(op="objects"),))
        query = Term(
            op=change.told.op,
            arguments=change.told.arguments,
            children=(*change.told.children, inner),
        )
        assert parse(str(query), WORLD.vocabulary) == query  # a prefix of a query, as parsers read


def test_almost_every_scene_has_a_change_and_both_kinds_are_common() -> None:
    scenes = WORLD.scenes(0, "val", np.arange(503))
    found = what_if(scenes, WORLD.step)
    assert len(found.rows) > 0.95 * len(scenes)
    removed = np.mean([change.told.op == "remove" for change in found.changes])
    assert 0.4 < removed < 0.6
    assert (found.before.index == scenes.index[found.rows]).all()


def test_only_the_told_object_changes() -> None:
    found = what_if(WORLD.scenes(1, "train", np.arange(211)), WORLD.step)
    before, after = found.before, found.after
    for row, change in enumerate(found.changes):
        slot = int(change.done.split()[1][1:]) - 1
        keep = [k for k in range(before.count[row]) if k != slot]
        if change.told.op == "remove":
            assert after.count[row] == before.count[row] - 1
            assert (after.x[row, : len(keep)] == before.x[row, keep]).all()
            assert (after.colour[row, : len(keep)] == before.colour[row, keep]).all()
        else:
            assert after.count[row] == before.count[row]
            assert (after.colour[row, keep] == before.colour[row, keep]).all()
            assert COLOURS[after.colour[row, slot]] == change.told.arguments[0]
            assert after.colour[row, slot] != before.colour[row, slot]
            assert after.colour[row, slot] != held_out_colour(after.shape[row, slot])


def test_a_change_depends_on_its_scene_and_draw_alone() -> None:
    scenes = WORLD.scenes(2, "train", np.arange(40))
    together, again = what_if(scenes, WORLD.step), what_if(scenes, WORLD.step, draw=1)
    told = {int(i): c for i, c in zip(together.before.index, together.changes, strict=True)}
    alone = what_if(scenes.take([17]), WORLD.step)
    assert alone.changes == (told[17],)
    assert again.changes != together.changes


def test_an_empty_table_has_no_change() -> None:
    scenes = WORLD.scenes(0, "train", np.arange(50))
    one = scenes.take(np.flatnonzero(scenes.count == 1))
    empty = WORLD.step(one, ["remove o1"] * len(one))
    assert len(what_if(empty, WORLD.step).rows) == 0
