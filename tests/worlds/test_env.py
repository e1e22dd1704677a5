"""A world as a Gymnasium environment: it keeps Gymnasium's rules, and the world's."""

import subprocess
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env

from nexus.base.errors import ConfigError, LanguageError
from nexus.base.records import Facts, Truth
from nexus.worlds.blocks import Blocks
from nexus.worlds.env import WorldEnv
from nexus.worlds.tabletop import Tabletop

WORLDS = (Tabletop(), Blocks())
named = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)


def can(world: Any, scene: Any, action: str) -> bool:
    try:
        world.step(scene, [action])
    except LanguageError:
        return False
    return True


@named
def test_gymnasium_finds_no_fault(world: Any) -> None:
    spec = EnvSpec(id="nexus/world-v0", entry_point=WorldEnv, kwargs={"world": world, "side": 32})
    check_env(gymnasium.make(spec).unwrapped)


@named
def test_the_repertoire_is_all_that_can_be_done_but_for_other_places(world: Any) -> None:
    assert len(set(world.repertoire)) == len(world.repertoire)
    scenes = world.scenes(0, "train", np.arange(60))
    drawn = {action for row in world.actions(scenes, per_scene=20) for action in row}
    assert {a for a in drawn if not a.startswith("move")} <= set(world.repertoire)
    before = [world.scenes(0, "train", np.array([i])) for i in range(60)]
    after = [world.step(s, world.actions(s, per_scene=1)[0]) for s in before]  # b1 lies on no block
    for action in world.repertoire:
        assert any(can(world, scene, action) for scene in (*before, *after)), action


@named
def test_an_episode_is_what_the_world_does(world: Any) -> None:
    env = WorldEnv(world, seed=3, split="test", side=48, horizon=30, render_mode="rgb_array")
    seen, info = env.reset(seed=5)
    scene, refusals = world.scenes(3, "test", np.array([info["index"]])), 0
    env.action_space.seed(7)
    for step in range(1, 31):
        assert (seen == world.render(scene, side=48)[0]).all()
        assert (env.render() == seen).all()
        expected = [can(world, scene, action) for action in world.repertoire]
        assert info["action_mask"].tolist() == expected
        number = env.action_space.sample(info["action_mask"] if step % 2 else None)
        seen, reward, terminated, truncated, info = env.step(number)
        assert (info["refused"] == "") == expected[number]
        if expected[number]:
            scene = world.step(scene, [world.repertoire[number]])
        refusals += not expected[number]
        assert (reward, truncated) == (0.0, step == 30)
        if terminated:
            break
    assert 0 < refusals < step


@named
def test_the_seed_decides_the_scenes(world: Any) -> None:
    env, twin = WorldEnv(world), WorldEnv(world)
    first, again = ([e.reset(seed=3)[1]["index"], e.reset()[1]["index"]] for e in (env, twin))
    assert first == again
    assert len({*first, env.reset(seed=4)[1]["index"]}) == 3
    chosen, info = env.reset(options={"index": 7})
    assert info["index"] == 7
    assert (chosen == world.render(world.scenes(0, "train", np.array([7])), side=64)[0]).all()


def test_reaching_the_goal_is_worth_one_and_ends_the_episode() -> None:
    def on(facts: Facts) -> bool:
        return facts.of(("on", "b1", "b2")) is Truth.TRUE

    env = WorldEnv(Blocks(), goal=on)
    first, second = map(env.actions.index, ("stack b2 b3", "stack b1 b2"))
    masks = (env.reset(options={"index": i})[1]["action_mask"] for i in range(200))
    next(mask for mask in masks if mask[first] and mask[second])  # the episode that now begins
    assert env.step(first)[1:3] == (0.0, False)
    assert env.step(second)[1:3] == (1.0, True)


def test_nothing_can_be_done_at_an_empty_table() -> None:
    env = WorldEnv(Tabletop())
    lone = (i for i in range(99) if len(env.world.facts(_scene(env, i))[0].objects) == 1)
    env.reset(options={"index": next(lone)})
    *_, terminated, truncated, info = env.step(env.actions.index("remove o1"))
    assert (terminated, truncated, info["action_mask"].sum()) == (True, False, 0)


def _scene(env: WorldEnv[Any], index: int) -> Any:
    env.reset(options={"index": index})
    return env.scene


def test_misuse_is_refused() -> None:
    with pytest.raises(ConfigError, match="horizon must be at least 1, got 0"):
        WorldEnv(Blocks(), horizon=0)
    with pytest.raises(ConfigError, match="blocks has no split 'pairs'"):
        WorldEnv(Blocks(), split="pairs")
    env = WorldEnv(Blocks())
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset()
    with pytest.raises(gymnasium.error.InvalidAction):
        env.step(-1)


def test_gymnasium_is_imported_by_this_module_alone() -> None:
    code = (
        "import sys, nexus.interfaces.cli.main, nexus.worlds.tabletop, nexus.worlds.blocks;"
        "sys.exit('gymnasium' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
