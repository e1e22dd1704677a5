"""Any world that is seen and acted upon as a Gymnasium environment: pictures in, actions out."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from jaxtyping import Int8, UInt8

from nexus.base.errors import ConfigError, LanguageError
from nexus.base.records import Facts
from nexus.worlds.protocol import Acted, Known, ScenesT, Seen, World

_SCENES = 2**31
"""How many scenes of a split ``reset`` chooses from."""


class Playable(World[ScenesT], Seen[ScenesT], Acted[ScenesT], Protocol[ScenesT]):
    """What a world must be to be played."""


class WorldEnv(gymnasium.Env[UInt8[np.ndarray, "side side 3"], np.int64], Generic[ScenesT]):
    """One scene of a world, changed action by action.

    An action is the number of one of ``actions``. One that cannot be done changes nothing, and
    ``info["refused"]`` says why; ``info["action_mask"]`` is 1 for those that can be done now, as
    ``action_space.sample(mask)`` takes it. An episode terminates when ``goal`` holds of the scene's
    facts, which is worth a reward of 1.0, or when nothing can be done any more; it is truncated
    after ``horizon`` steps. A goal that holds from the start is reached by the first step.

    Raises:
        ConfigError: the horizon is not positive, the world has no such split, or there is a goal
            in a world without facts.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        world: Playable[ScenesT],
        *,
        seed: int = 0,
        split: str = "train",
        side: int = 64,
        horizon: int = 20,
        goal: Callable[[Facts], bool] | None = None,
        render_mode: str | None = None,
    ) -> None:
        if horizon < 1:
            raise ConfigError(f"horizon must be at least 1, got {horizon}")
        if split not in world.splits:
            hint = "one of " + ", ".join(world.splits)
            raise ConfigError(f"{world.name} has no split {split!r}", hint=hint)
        if goal is not None and not isinstance(world, Known):
            raise ConfigError(f"{world.name} states no facts of which a goal could hold")
        self.world, self.seed, self.split, self.side = world, seed, split, side
        self.horizon, self.goal, self.render_mode = horizon, goal, render_mode
        self.actions = world.repertoire
        self.action_space = Discrete(len(self.actions))
        self.observation_space = Box(0, 255, (side, side, 3), np.uint8)
        self._scene: ScenesT | None = None
        self._steps = 0

    @property
    def scene(self) -> ScenesT:
        """The scene as it is now, a batch of one.

        Raises:
            ResetNeeded: no episode has begun.
        """
        if self._scene is None:
            raise gymnasium.error.ResetNeeded("call reset() before anything else")
        return self._scene

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[UInt8[np.ndarray, "side side 3"], dict[str, Any]]:
        """Begin with another scene: one drawn, or the one ``options["index"]`` names."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(_SCENES))
        index = int((options or {}).get("index", drawn))
        self._scene, self._steps = self.world.scenes(self.seed, self.split, np.array([index])), 0
        return self._picture(), {"index": index, "refused": "", "action_mask": self._mask()}

    def step(
        self, action: np.int64 | int
    ) -> tuple[UInt8[np.ndarray, "side side 3"], float, bool, bool, dict[str, Any]]:
        """Do one action, if it can be done, and return what is then seen.

        Raises:
            InvalidAction: there is no action of this number.
        """
        if action not in self.action_space:
            raise gymnasium.error.InvalidAction(f"{action!r} is not one of {self.action_space}")
        refused = ""
        try:
            self._scene = self.world.step(self.scene, [self.actions[int(action)]])
        except LanguageError as error:
            refused = str(error)
        self._steps += 1
        mask = self._mask()
        reached = self._reached()
        return (
            self._picture(),
            float(reached),
            reached or not mask.any(),
            self._steps >= self.horizon,
            {"refused": refused, "action_mask": mask},
        )

    def render(self) -> UInt8[np.ndarray, "side side 3"] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the picture of the scene; None without a render mode."""
        return self._picture() if self.render_mode == "rgb_array" else None

    def _picture(self) -> UInt8[np.ndarray, "side side 3"]:
        return self.world.render(self.scene, side=self.side)[0]

    def _reached(self) -> bool:
        if self.goal is None or not isinstance(self.world, Known):
            return False
        return bool(self.goal(self.world.facts(self.scene)[0]))

    def _mask(self) -> Int8[np.ndarray, " action"]:
        """Return 1 for the actions the world would do now; it is asked, so no rule stands twice."""
        return np.array([self._can(action) for action in self.actions], dtype=np.int8)

    def _can(self, action: str) -> bool:
        try:
            self.world.step(self.scene, [action])
        except LanguageError:
            return False
        return True
