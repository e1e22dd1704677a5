"""step() does what an obvious rewrite of the object list does, and refuses the rest clearly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds.tabletop.twin import objects_of

from nexus.base.errors import LanguageError
from nexus.base.records import Truth
from nexus.worlds.protocol import Acted, Asked, Known, Seen, Told, World
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.scene import RADIUS, keeps_apart
from nexus.worlds.tabletop.state import has_held_out_pair

WORLD = Tabletop()


def obvious(world: list[dict], action: str) -> list[tuple]:
    verb, name, *rest = action.split()
    at = int(name[1:]) - 1
    target = dict(world[at])
    if verb == "recolour":
        target["colour"] = rest[0]
    elif verb == "move":
        target["x"], target["y"] = map(float, rest)
    elif verb == "push":
        r = float(RADIUS[["small", "big"].index(target["size"])])
        axis, by = {"left": "x", "right": "x", "up": "y", "down": "y"}[rest[0]], 0.15
        moved = target[axis] + (by if rest[0] in ("right", "down") else -by)
        target[axis] = min(max(moved, r), 1 - r)
    after = [target if k == at else o for k, o in enumerate(world)]
    return plain([o for k, o in enumerate(after) if verb != "remove" or k != at])


def plain(world: list[dict]) -> list[tuple]:
    return [(o["shape"], o["colour"], o["size"], round(o["x"], 9), round(o["y"], 9)) for o in world]


@given(seed=st.integers(0, 999))
def test_step_agrees_with_the_obvious_twin_and_keeps_the_rules(seed: int) -> None:
    before = WORLD.scenes(seed, "train", np.arange(7))
    actions = [row[1] for row in WORLD.actions(before, per_scene=2)]
    after = WORLD.step(before, actions)
    assert keeps_apart(after).all()
    assert not has_held_out_pair(after).any()
    for i, action in enumerate(actions):
        assert plain(objects_of(after, i)) == obvious(objects_of(before, i), action)
    assert (before.colour == WORLD.scenes(seed, "train", np.arange(7)).colour).all()


@pytest.mark.parametrize(
    "action",
    [
        *("", "fly o1", "remove", "remove o9", "remove 1", "recolour o1", "recolour o1 pink"),
        *("move o1 0.5", "move o1 a b", "move o1 nan 0.5", "move o1 1.5 0.5", "push o1 north"),
    ],
)
def test_a_malformed_or_impossible_action_is_refused(action: str) -> None:
    with pytest.raises(LanguageError):
        WORLD.step(WORLD.scenes(0, "train", np.array([3])), [action])


def test_nothing_may_be_moved_onto_another() -> None:
    scenes = WORLD.scenes(0, "train", np.array([3]))
    x, y = scenes.x[0, 1], scenes.y[0, 1]
    with pytest.raises(LanguageError, match="onto another"):
        WORLD.step(scenes, [f"move o1 {x:.4f} {y:.4f}"])


def test_an_empty_table_is_told_but_not_asked_about() -> None:
    single = next(i for i in range(99) if WORLD.scenes(0, "val", np.array([i])).count[0] == 1)
    empty = WORLD.step(WORLD.scenes(0, "val", np.array([single])), ["remove o1"])
    assert WORLD.describe(empty) == WORLD.describe(empty, partial=True) == ["there is nothing"]
    assert WORLD.facts(empty)[0].objects == ()
    assert WORLD.render(empty).std() < 9
    with pytest.raises(LanguageError, match="empty"):
        WORLD.ask(empty, per_scene=1)


def test_facts_list_every_atom_and_agree_with_state() -> None:
    scenes = WORLD.scenes(0, "test", np.arange(40))
    for i, facts in enumerate(WORLD.facts(scenes)):
        world, n = objects_of(scenes, i), int(scenes.count[i])
        assert len(facts.truth) == n + n * (4 + 8 + 2 + 9) + 4 * n * (n - 1)
        for k, o in enumerate(world):
            for name in ("shape", "colour", "size", "place"):
                assert facts.of((name, f"o{k + 1}", o[name])) is Truth.TRUE
        assert sum(t is Truth.TRUE for t in facts.truth.values()) == 5 * n + n * (n - 1) * 2
        for a in range(n):
            for b in range(n):
                if a != b:
                    left = facts.of(("left_of", f"o{a + 1}", f"o{b + 1}")) is Truth.TRUE
                    assert left == (world[a]["x"] < world[b]["x"])


def test_the_world_declares_every_capability() -> None:
    for capability in (World, Seen, Told, Asked, Known, Acted):
        assert isinstance(WORLD, capability)
