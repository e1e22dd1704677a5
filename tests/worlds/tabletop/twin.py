"""The slow obvious twin: answers a query by looping over objects; no code is the world's."""

import numpy as np

from nexus.logic.language import Term
from nexus.worlds.tabletop.scene import COLOURS, PLACES, SHAPES, SIZES, Scenes


def inside(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points, in radii from the centre with y down, belong to a shape."""
    x, y = np.broadcast_arrays(abs(x), y)
    match shape:
        case "circle":
            return x**2 + y**2 < 1
        case "square":
            return (x < 0.85) & (abs(y) < 0.85)
        case "triangle":
            return (y < 0.8) & (1.75 * x < y + 0.95)
        case _:
            return ((x < 0.34) & (abs(y) < 0.97)) | ((x < 0.97) & (abs(y) < 0.34))


class Unclear(Exception):
    """The question speaks of "the" thing where there is not exactly one, or is too near a tie."""


def objects_of(scenes: Scenes, i: int) -> list[dict]:
    found = []
    for k in range(scenes.count[i]):
        x, y = float(scenes.x[i, k]), float(scenes.y[i, k])
        column, row = min(2, int(x // (1 / 3))), min(2, int(y // (1 / 3)))
        found.append(
            {
                "shape": SHAPES[scenes.shape[i, k]],
                "colour": COLOURS[scenes.colour[i, k]],
                "size": SIZES[scenes.size[i, k]],
                "place": PLACES[3 * row + column],
                "x": x,
                "y": y,
                "name": k,
            }
        )
    return found


def one(things: list[dict]) -> dict:
    if len(things) != 1:
        raise Unclear(f"{len(things)} things")
    return things[0]


def holds(relation: str, a: dict, b: dict) -> bool:
    axis = "x" if relation in ("left_of", "right_of") else "y"
    if abs(a[axis] - b[axis]) < 0.06:
        raise Unclear(relation)
    less = a[axis] < b[axis]
    return less if relation in ("left_of", "above") else not less


def members(term: Term, world: list[dict]) -> list[dict]:
    """The things a set term stands for; ties count only where something hangs on them."""
    filters = []
    while term.op == "filter":
        filters.append(term.arguments)
        term = term.children[0]
    plain = [f for f in filters if f[0] != "place"]
    places = [f[1] for f in filters if f[0] == "place"]
    fit = [o for o in world if all(o[name] == value for name, value in plain)]
    if term.op == "related":
        anchor = one(members(term.children[0], world))
        fit = [
            o for o in fit if o["name"] != anchor["name"] and holds(term.arguments[0], o, anchor)
        ]
    for place in places:
        for o in fit:
            if min(abs(o[a] - t) for a in "xy" for t in (1 / 3, 2 / 3)) < 0.04:
                raise Unclear(place)
        fit = [o for o in fit if o["place"] == place]
    return fit


def answer(term: Term, world: list[dict]) -> str:
    if term.op in ("remove", "recolour"):
        target = one(members(term.children[0], world))
        if term.op == "remove":
            after = [o for o in world if o is not target]
        else:
            after = [o | {"colour": term.arguments[0]} if o is target else o for o in world]
        return answer(term.children[1], after)
    sets = [members(child, world) for child in term.children]
    match term.op:
        case "exists":
            return "yes" if sets[0] else "no"
        case "count":
            return str(len(sets[0]))
        case "describe":
            return one(sets[0])[term.arguments[0]]
        case "same":
            a, b = (one(s)[term.arguments[0]] for s in sets)
            return "yes" if a == b else "no"
        case "holds":
            return "yes" if holds(term.arguments[0], one(sets[0]), one(sets[1])) else "no"
        case op:
            first, second = map(len, sets)
            said = {"more": first > second, "fewer": first < second, "equal": first == second}[op]
            return "yes" if said else "no"
