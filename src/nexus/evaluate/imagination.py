"""Does the world model imagine what an action does? Facts from imagined latents against gold."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from nexus.base.records import Facts, Truth
from nexus.evaluate.metrics import NEAR, SeenScore, Tally, score_scenes
from nexus.logic.language import Vocabulary
from nexus.worlds.tabletop.whatif import WhatIf


@dataclass(frozen=True, kw_only=True, slots=True)
class ImaginationScore:
    """Facts seen in latents that claim to show the scenes after their changes."""

    touched: Tally
    """The object each action was about: gone, or of its new colour."""
    whole: SeenScore
    """Every object of the scenes after."""


def score_imagined(
    seen: Sequence[Facts], gold: Sequence[Facts], change: WhatIf, vocabulary: Vocabulary
) -> ImaginationScore:
    """Return how well ``seen`` tells what the changes did; ``gold`` are facts of scenes after.

    Latents from before the change give the floor (nothing ever happens), latents of the true next
    pictures the ceiling.
    """
    touched = Tally()
    for row, facts in enumerate(seen):
        touched = touched + _touched(facts, change, row)
    return ImaginationScore(touched=touched, whole=score_scenes(seen, gold, vocabulary))


def _touched(facts: Facts, change: WhatIf, row: int) -> Tally:
    """Return one tally: right, wrong or unknown about the object that was touched."""
    verb, name, *colour = change.changes[row].done.split()
    slot = int(name[1:]) - 1
    x, y = float(change.before.x[row, slot]), float(change.before.y[row, slot])
    near = {o: hypot(cx - x, cy - y) for o, (cx, cy) in facts.centres.items()}
    there = min(near, key=lambda o: near[o], default="")
    if not there or near[there] >= NEAR:
        return Tally(right=1) if verb == "remove" else Tally(unknown=1)
    truth = facts.of(("object", there) if verb == "remove" else ("colour", there, colour[0]))
    if truth is Truth.UNKNOWN:
        return Tally(unknown=1)
    right = (truth is Truth.TRUE) == (verb == "recolour")
    return Tally(right=1) if right else Tally(wrong=1)
