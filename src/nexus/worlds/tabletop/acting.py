"""What can be done at the table, and what then is so: facts, actions and their effects."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from nexus.base.errors import LanguageError
from nexus.base.randomness import key
from nexus.base.records import Atom, Facts, Truth
from nexus.worlds.dice import Dice, dice
from nexus.worlds.tabletop.scene import (
    COLOURS,
    HELD_OUT,
    MAX_OBJECTS,
    PLACES,
    RADIUS,
    RELATIONS,
    SHAPES,
    SIZES,
    Scenes,
    keeps_apart,
)

PUSH: Final = 0.15
"""How far a push goes, as a fraction of the side; the border stops it."""
DIRECTIONS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_THIRDS: Final = ("0.17", "0.50", "0.83")
REPERTOIRE: Final = tuple(
    f"{verb} o{k + 1}{how}"
    for verb, ways in {
        "remove": ("",),
        "recolour": tuple(f" {colour}" for colour in COLOURS),
        "move": tuple(f" {x} {y}" for y in _THIRDS for x in _THIRDS),
        "push": tuple(f" {direction}" for direction in DIRECTIONS),
    }.items()
    for k in range(MAX_OBJECTS)
    for how in ways
)
"""Every action some scene allows; of all moves, those to the middle of a place."""
_FORMS: Final = '"remove o2", "recolour o1 red", "move o3 0.25 0.60" or "push o1 left"'
_VERBS: Final = {"remove": 2, "recolour": 3, "move": 4, "push": 3}


def facts(scenes: Scenes) -> list[Facts]:
    """Return the gold facts of each scene: every atom about its objects, true or false."""
    place = scenes.place
    columns = (
        ("shape", SHAPES, scenes.shape.tolist()),
        ("colour", COLOURS, scenes.colour.tolist()),
        ("size", SIZES, scenes.size.tolist()),
        ("place", PLACES, place.tolist()),
    )
    across, down = (c[:, :, None] - c[:, None] for c in (scenes.x, scenes.y))
    sides = np.stack([across < 0, across > 0, down < 0, down > 0], axis=1).tolist()
    xs, ys = scenes.x.tolist(), scenes.y.tolist()
    told: list[Facts] = []
    for i, count in enumerate(scenes.count.tolist()):
        names = tuple(f"o{k + 1}" for k in range(count))
        held: dict[Atom, bool] = {("object", name): True for name in names}
        for attribute, values, column in columns:
            for k, name in enumerate(names):
                for v, value in enumerate(values):
                    held[attribute, name, value] = column[i][k] == v
        for relation, grid in zip(RELATIONS, sides[i], strict=True):
            for a, first in enumerate(names):
                for b, second in enumerate(names):
                    if a != b:
                        held[relation, first, second] = grid[a][b]
        told.append(
            Facts(
                objects=names,
                truth={atom: Truth.TRUE if so else Truth.FALSE for atom, so in held.items()},
                probability={atom: float(so) for atom, so in held.items()},
                centres={name: (xs[i][k], ys[i][k]) for k, name in enumerate(names)},
            )
        )
    return told


def actions(scenes: Scenes, *, per_scene: int) -> list[list[str]]:
    """Return ``per_scene`` applicable actions a scene.

    Only in split "pairs" can a held-out pair of shape and colour come of one.
    """
    stream = key(scenes.seed, "tabletop", scenes.split, "actions")
    rows = dice(stream, scenes.index, per_scene)
    return [[_any_action(scenes, i, thrown) for thrown in row] for i, row in enumerate(rows)]


def _any_action(scenes: Scenes, i: int, thrown: Dice) -> str:
    """Return an action that can be done; recolouring always can, so the search ends."""
    while True:
        slot = thrown.roll(int(scenes.count[i]))
        match thrown.pick(tuple(_VERBS)):
            case "remove" if scenes.count[i] > 1:
                return f"remove o{slot + 1}"
            case "move":
                x, y = (0.1 + 0.8 * thrown.roll(1001) / 1000 for _ in range(2))
                action = f"move o{slot + 1} {x:.2f} {y:.2f}"
            case "push":
                action = f"push o{slot + 1} {thrown.pick(tuple(DIRECTIONS))}"
            case _:
                colour, shape = thrown.roll(len(COLOURS)), int(scenes.shape[i, slot])
                novel = colour == HELD_OUT[shape]
                if colour == scenes.colour[i, slot] or (novel and scenes.split != "pairs"):
                    continue
                return f"recolour o{slot + 1} {COLOURS[colour]}"
        if keeps_apart(_moved(scenes.take([i]), slot, action.split()))[0]:
            return action


def step(scenes: Scenes, actions: Sequence[str]) -> Scenes:
    """Return the scenes after one action each.

    Raises:
        LanguageError: an action is not well formed, or cannot be done in its scene.
    """
    if len(actions) != len(scenes):
        raise LanguageError(f"{len(actions)} actions for {len(scenes)} scenes")
    names = ("count", "shape", "colour", "size", "x", "y")
    after = replace(scenes, **{name: getattr(scenes, name).copy() for name in names})
    for i, action in enumerate(actions):
        result = _acted(scenes.take([i]), action)
        for name in names:
            getattr(after, name)[i] = getattr(result, name)[0]
    return after


def _acted(scene: Scenes, action: str) -> Scenes:
    """Return one scene after one action."""
    words = action.split()
    if not words or _VERBS.get(words[0]) != len(words):
        raise LanguageError(f"action {action!r} is not well formed", hint=f"such as {_FORMS}")
    slot = _slot(words[1], int(scene.count[0]), action)
    match words[0]:
        case "remove":
            return _removed(scene, slot)
        case "recolour":
            if words[2] not in COLOURS:
                raise LanguageError(
                    f"{words[2]!r} in {action!r} is not a colour",
                    hint="one of " + ", ".join(COLOURS),
                )
            colour = scene.colour.copy()
            colour[0, slot] = COLOURS.index(words[2])
            return replace(scene, colour=colour)
        case _:
            moved = _moved(scene, slot, words)
            if not keeps_apart(moved)[0]:
                raise LanguageError(
                    f"{action!r} would take {words[1]} out of the picture or onto another object",
                    hint="move it where it stays clear of the others",
                )
            return moved


def _slot(name: str, count: int, action: str) -> int:
    if name not in (names := [f"o{k + 1}" for k in range(count)]):
        raise LanguageError(
            f"{name!r} in {action!r} is not an object of the scene",
            hint="one of " + ", ".join(names) if names else "the table is empty",
        )
    return names.index(name)


def _removed(scene: Scenes, slot: int) -> Scenes:
    """Return the scene without one object; later slots close up, so painting order stays."""
    keep = [k for k in range(MAX_OBJECTS) if k != slot]
    columns: dict[str, np.ndarray] = {}
    for name in ("shape", "colour", "size", "x", "y"):
        old = getattr(scene, name)
        columns[name] = np.concatenate([old[:, keep], np.zeros_like(old[:, :1])], axis=1)
    return replace(scene, count=scene.count - 1, **columns)


def _moved(scene: Scenes, slot: int, words: Sequence[str]) -> Scenes:
    """Return the scene with one object's centre elsewhere, whether or not that is allowed."""
    x, y = scene.x.copy(), scene.y.copy()
    if words[0] == "move":
        try:
            x[0, slot], y[0, slot] = float(words[2]), float(words[3])
        except ValueError as error:
            raise LanguageError(
                f"action {' '.join(words)!r} has no such position",
                hint="two fractions of the side, such as 0.25 0.60",
            ) from error
    else:
        if words[2] not in DIRECTIONS:
            raise LanguageError(
                f"{words[2]!r} is not a direction", hint="one of " + ", ".join(DIRECTIONS)
            )
        dx, dy = DIRECTIONS[words[2]]
        radius = RADIUS[scene.size[0, slot]]
        x[0, slot] = np.clip(x[0, slot] + PUSH * dx, radius, 1 - radius)
        y[0, slot] = np.clip(y[0, slot] + PUSH * dy, radius, 1 - radius)
    return replace(scene, x=x, y=y)
