"""Packages to be brought: by truck within a city, by plane from airport to airport."""

from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.base.randomness import key
from nexus.base.records import Atom
from nexus.logic.planning import Action, Domain, Predicate, Problem, Typed, literals
from nexus.logic.theory import Literal
from nexus.worlds.dice import Dice, dice
from nexus.worlds.planning import Posed

_PACKAGE, _PLACE = Typed("?p", "package"), Typed("?l", "place")
_TRUCK, _PLANE = Typed("?v", "truck"), Typed("?v", "plane")
_AIRPORT = Typed("?l", "airport")


def _load(name: str, vehicle: Typed, place: Typed) -> Action:
    return Action(
        name=name,
        parameters=(_PACKAGE, vehicle, place),
        condition=literals("at ?p ?l", "at ?v ?l"),
        effect=literals("inside ?p ?v", "-at ?p ?l"),
    )


def _unload(name: str, vehicle: Typed, place: Typed) -> Action:
    return Action(
        name=name,
        parameters=(_PACKAGE, vehicle, place),
        condition=literals("inside ?p ?v", "at ?v ?l"),
        effect=literals("at ?p ?l", "-inside ?p ?v"),
    )


DOMAIN: Final = Domain(
    name="logistics",
    types=(
        Typed("movable"),
        Typed("package", "movable"),
        Typed("vehicle", "movable"),
        Typed("truck", "vehicle"),
        Typed("plane", "vehicle"),
        Typed("place"),
        Typed("airport", "place"),
        Typed("city"),
    ),
    predicates=(
        Predicate(name="at", types=("movable", "place")),
        Predicate(name="inside", types=("package", "vehicle")),
        Predicate(name="in_city", types=("place", "city")),
    ),
    actions=(
        _load("load_truck", _TRUCK, _PLACE),
        _load("load_plane", _PLANE, _AIRPORT),
        _unload("unload_truck", _TRUCK, _PLACE),
        _unload("unload_plane", _PLANE, _AIRPORT),
        Action(
            name="drive",
            parameters=(_TRUCK, _PLACE, Typed("?m", "place"), Typed("?c", "city")),
            condition=literals("at ?v ?l", "in_city ?l ?c", "in_city ?m ?c"),
            effect=literals("at ?v ?m", "-at ?v ?l"),
        ),
        Action(
            name="fly",
            parameters=(_PLANE, _AIRPORT, Typed("?m", "airport")),
            condition=literals("at ?v ?l"),
            effect=literals("at ?v ?m", "-at ?v ?l"),
        ),
    ),
)
REASONS: Final = ("no_truck", "no_plane", "two_places", "still_inside", "truck_abroad")
"""no_truck: the city a package is to be brought to has none. no_plane: there is none at all.
two_places: one package at two places. still_inside: a package at a place and in a truck.
truck_abroad: a truck is to be in another city."""


def sample(
    seed: int,
    split: str,
    index: Int64[np.ndarray, " n"],
    *,
    packages: int = 3,
    unsolvable: bool = False,
) -> list[Posed]:
    """Return the problems with these indices: up to ``packages`` in 2 or 3 cities of 2 or 3 places.

    Every city has its airport and a truck; there are one or two planes.
    """
    stream = key(seed, "logistics", split, "unsolvable" if unsolvable else "solvable")
    return [_posed(die, packages, unsolvable) for [die] in dice(stream, index)]


def _posed(die: Dice, most: int, unsolvable: bool) -> Posed:
    cities = [[f"l{c}_{p}" for p in range(2 + die.roll(2))] for c in range(2 + die.roll(2))]
    places = [place for city in cities for place in city]
    airports = [city[0] for city in cities]
    objects = [Typed(f"c{c}", "city") for c in range(len(cities))]
    objects += [Typed(x, "airport" if x in airports else "place") for x in places]
    said: list[Atom] = [("in_city", x, f"c{c}") for c, city in enumerate(cities) for x in city]
    for c, city in enumerate(cities):
        objects.append(Typed(f"t{c}", "truck"))
        said.append(("at", f"t{c}", die.pick(city)))
    for number in range(1 + die.roll(2)):
        objects.append(Typed(f"a{number}", "plane"))
        said.append(("at", f"a{number}", die.pick(airports)))
    goal = list[Literal]()
    for number in range(1 + die.roll(most)):
        package = f"p{number}"
        objects.append(Typed(package, "package"))
        said.append(("at", package, die.pick(places)))
        goal.append(Literal(("at", package, die.pick(places))))
    reason = die.pick(REASONS) if unsolvable else ""
    one, other = (cities[at] for at in die.shuffled(len(cities))[:2])
    truck = f"t{cities.index(one)}"
    if reason in ("no_truck", "no_plane"):  # p0 from another city to where no plane can land
        goal[0] = Literal(("at", "p0", one[1]))
        said = [x for x in said if x[:2] != ("at", "p0")] + [("at", "p0", other[0])]
        gone = {truck} if reason == "no_truck" else {x.name for x in objects if x.type == "plane"}
        said = [x for x in said if x[1] not in gone]
    elif reason == "two_places":
        goal += [Literal(("at", "p0", x)) for x in one[:2]]
    elif reason == "still_inside":
        goal += [Literal(("inside", "p0", truck))]
    elif reason == "truck_abroad":
        goal += [Literal(("at", truck, other[0]))]
    problem = Problem(
        domain=DOMAIN,
        objects=tuple(objects),
        initial=frozenset(said),
        goal=tuple(dict.fromkeys(goal)),
    )
    return Posed(problem=problem, family="logistics", reason=reason)
