"""How facts and goals of planning are put: bodies in every form, and frames around them.

In a body "[is]" is its verb, which a frame bends; {0} and {1} are what it is about. Those that are
held out are kept from training. The language follows what is published of PlanBench
(arXiv:2206.10498): no item of it was used.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """Ways to put something: those that are taught, and those kept from training."""

    taught: tuple[str, ...]
    held: tuple[str, ...] = ()

    def of(self, held_out: bool) -> tuple[str, ...]:
        """Return the ways of one of the two; those taught, where none is held out."""
        return self.held if held_out and self.held else self.taught


def _ways(taught: str, held: str = "") -> Ways:
    return Ways(taught=_split(taught), held=_split(held))


def _split(text: str) -> tuple[str, ...]:
    return tuple(x.strip() for x in text.split("/") if x.strip())


BODIES: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        "on": _ways(
            "{0} [is] on {1} / {0} [is] on top of {1} / {0} [sits] on {1} / {0} [rests] on {1} / "
            "{0} [is] stacked on {1} / {0} [stands] on {1} / {0} [lies] on top of {1} / "
            "{0} [is] placed on {1} / {1} [has] {0} on top / {1} [is] under {0} / "
            "{1} [is] below {0} / {1} [is] directly under {0} / on top of {1} is {0} / "
            "{0} [is] directly on top of {1}",
            "{0} [sits] on top of {1} / {0} [is] stacked on top of {1} / {0} [lies] on {1} / "
            "{0} [is] directly on {1} / {1} [is] directly below {0} / {1} [supports] {0}",
        ),
        "on_table": _ways(
            "{0} [is] on the table / {0} [sits] on the table / {0} [rests] on the table / "
            "{0} [stands] on the table / {0} [is] placed on the table / on the table is {0} / "
            "{0} [is] directly on the table / the table has {0} on it",
            "{0} [lies] on the table / {0} [is] down on the table / the table carries {0}",
        ),
        "clear": _ways(
            "{0} [is] clear / nothing [is] on {0} / nothing [is] on top of {0} / "
            "there is nothing on {0} / no block [is] on {0} / {0} [has] nothing on it / "
            "the top of {0} [is] clear / {0} [is] free on top / {0} [has] nothing on top of it",
            "there is nothing on top of {0} / {0} [has] nothing on top / no block [sits] on {0} / "
            "{0} [is] clear on top / {0} [is] uncovered",
        ),
        "holding": _ways(
            "the hand [holds] {0} / the hand is holding {0} / {0} [is] in the hand / "
            "I am holding {0} / {0} [is] held by the hand / my hand [holds] {0}",
            "my hand is holding {0} / {0} [is] in my hand / the gripper has {0}",
        ),
        "hand_empty": _ways(
            "the hand [is] empty / my hand [is] empty / the hand [holds] nothing / "
            "nothing [is] in the hand / I am holding nothing / there is nothing in the hand",
            "my hand [holds] nothing / nothing [is] in my hand / the hand is holding nothing",
        ),
        "at": _ways(
            "{0} [is] at {1} / {0} [is] located at {1} / {0} [stands] at {1} / {0} [waits] at {1} "
            "/ {0} [is] currently at {1} / {0} can be found at {1} / at {1} there is {0} / "
            "{0} [is] now at {1} / {0} [is] standing at {1}",
            "{0} [is] currently located at {1} / {0} [is] waiting at {1} / {0} [is] to be found "
            "at {1} / {0} [is] now located at {1}",
        ),
        "inside": _ways(
            "{0} [is] inside {1} / {0} [is] loaded in {1} / {0} [is] inside of {1} / "
            "{0} [lies] inside {1} / {1} [has] {0} on board",
            "{0} [is] on board {1} / {0} [is] currently inside {1} / {1} [carries] {0}",
        ),
        "in_city": _ways(
            "{0} [is] in city {1} / {0} [is] in the city {1} / {0} [is] located in city {1} / "
            "{0} [belongs] to city {1} / the city {1} has {0} / in city {1} there is {0} / "
            "{0} [is] within city {1} / {0} [lies] in the city of {1}",
            "{0} [is] located in the city {1} / {0} [belongs] to the city {1} / "
            "{0} [lies] in city {1} / {0} [is] in the city of {1}",
        ),
    }
)
GROUPS: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        "on_table": _ways(
            "{0} are on the table / {0} sit on the table / {0} stand on the table",
            "{0} are placed on the table / {0} rest on the table",
        ),
        "clear": _ways(
            "{0} are clear / nothing is on {0} / {0} are free on top", "{0} are all clear"
        ),
        "at": _ways(
            "{0} are at {1} / {0} are located at {1} / {0} wait at {1}", "{0} stand at {1}"
        ),
        "in_city": _ways(
            "{0} are in city {1} / {0} are located in city {1} / {0} belong to city {1}",
            "{0} are in the city {1} / {0} lie in city {1}",
        ),
    }
)
"""What is said of several things at once; {0} is their list."""
TOO: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        "clear": _ways(
            "it is clear / nothing is on it / nothing is on top of it", "it is free on top"
        ),
        "on_table": _ways("it is on the table / it stands on the table", "it sits on the table"),
        "on": _ways("it is on {1} / it sits on {1}", "it is on top of {1}"),
    }
)
"""What is said of the same thing again."""
WHICH: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        "on": _ways("which is on {1} / which is on top of {1}", "which sits on {1}"),
        "on_table": _ways(
            "which is on the table / which sits on the table", "which stands on the table"
        ),
    }
)
"""What is said of the thing named last."""
DECLARED: Final = _ways(
    "{0} is a {n} / there is a {n} called {0} / there is a {n} {0} / one {n} is called {0} / "
    "there is one {n}, {0}",
    "{0} is one {n} / there is a {n}, {0}",
)
ALL_DECLARED: Final = _ways(
    "{0} are {s} / there are {s} {0} / the {s} are {0} / there are {c} {s}: {0} / "
    "there are {c} {s}, {0} / the {c} {s} are {0}",
    "there are the {s} {0} / the {s} are called {0}",
)
"""What several things are: {s} in the plural, {c} how many."""
FACT_FRAMES: Final = _ways(
    "{} / {} / {} / {} / at first, {} / initially, {} / right now, {} / to begin with, {} / "
    "as initial conditions I have that, {} / as initial conditions I have that {} / "
    "in the beginning {} / at the start {}",
    "at the beginning, {} / now {} / at first {} / at the start, {} / initially I have that {}",
)
GOAL_FRAMES: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        "finite": _ways(
            "my goal is to have that {} / my goal is that {} / the goal is that {} / "
            "make sure that {} / in the end I want to have that {} / see to it that {}",
            "the goal is to have that {} / I want to have that {} / in the end, make sure that {}",
        ),
        "to": _ways(
            "I want {} / I would like {} / I need {} / in the end I want {}",
            "in the end, I want {} / finally, I need {}",
        ),
        "must": _ways(
            "{} / {} / in the end, {} / in the end {} / at the end, {} / finally, {}",
            "at the end {} / finally {}",
        ),
        "bare": _ways(
            "I want {} / I want to have {} / my goal is to have {} / in the end I want {}",
            "the goal is to have {} / in the end I want to have {}",
        ),
        "do": _ways("{} / please {} / your task is to {}", "the task is to {} / I want you to {}"),
    }
)
"""Form of the body -> frames."""
MODALS: Final = _ways("must / should / has to", "is to / needs to")
ORDERS: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        "on": _ways(
            "put {0} on {1} / stack {0} on {1} / place {0} on top of {1} / put {0} on top of {1}",
            "stack {0} on top of {1} / place {0} on {1}",
        ),
        "on_table": _ways(
            "put {0} on the table / place {0} on the table / put {0} down on the table",
            "place {0} down on the table",
        ),
        "at": _ways(
            "bring {0} to {1} / deliver {0} to {1} / transport {0} to {1} / get {0} to {1}",
            "take {0} to {1} / move {0} to {1}",
        ),
    }
)
MEANS: Final[Mapping[str, Ways]] = MappingProxyType(
    {
        "on": _ways("to be on / to be on top of", "to sit on"),
        "on_table": _ways("to be on the table", "to sit on the table"),
        "clear": _ways("to be clear / to have nothing on top", "to have nothing on it"),
        "holding": _ways("to be in the hand / to be held by the hand", "to be in my hand"),
        "hand_empty": _ways("that the hand is empty / that my hand is empty"),
        "at": _ways("to be at / to be located at", "to stand at"),
        "inside": _ways("to be inside / to be loaded in", "to be inside of"),
        "in_city": _ways("to be in the city / to be located in the city", "to belong to the city"),
        **{
            x: _ways(f"to {x.replace('_', ' ')}") for x in ("pick_up", "put_down", "load", "unload")
        },
        **{x: _ways(f"to {x}") for x in ("stack", "unstack", "drive", "fly")},
    }
)
SAME: Final = _ways(
    '{w} means {m} / "{w}" means "{m}" / {w} is my word for {m} / when I say {w} I mean {m}',
    'by {w} I mean {m} / "{w}" is my word for "{m}"',
)
"""That a word means something."""
_VERB: Final = re.compile(r"\[(\w+)\]")
_BASES: Final = {"is": "be", "has": "have", "belongs": "belong", "carries": "carry", "lies": "lie"}
NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six")


def bent(body: str, form: str, *, modal: str = "", denied: bool = False) -> str:
    """Return a body in a form, or "" if it has none.

    >>> [bent("{0} [is] on {1}", x, modal="must") for x in ("finite", "to", "must", "bare")]
    ['{0} is on {1}', '{0} to be on {1}', '{0} must be on {1}', '{0} on {1}']
    """
    found = _VERB.search(body)
    verb = found[1] if found else ""
    if denied and verb != "is" and form != "must":
        return ""
    if found is None:
        return body if form == "finite" and not denied else ""
    if "nothing" in body and (form != "finite" or denied) and not body.startswith("{0} [has]"):
        return ""
    base = _BASES.get(verb, verb.removesuffix("s"))
    if form == "finite":
        text = f"{verb} not" if denied else verb
    elif form == "to":
        text = f"{'not ' if denied else ''}to {base}"
    elif form == "must":
        text = f"{modal} not {base}" if denied else f"{modal} {base}"
    else:
        if verb != "is" or denied:
            return ""
        return body.replace("[is] ", "")
    return body.replace(found[0], text)
