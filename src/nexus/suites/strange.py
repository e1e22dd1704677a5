"""Whether the read-out knows what it does not know: stars, which it never saw, among known shapes.

Perception and read-out were shown other shapes without a name, never a star.
"""

import numpy as np

from nexus.base.records import Facts, Truth
from nexus.reason.grounding import MERGE
from nexus.suites import results
from nexus.suites.results import Figure
from nexus.suites.sights import encode_images
from nexus.system import System
from nexus.worlds.tabletop.outlines import ORDINARY, stars
from nexus.worlds.tabletop.scene import SHAPES


def strange_figure(system: System, count: int) -> dict[str, Figure]:
    """Return the share of the stars in ``count`` test scenes that are taken for a named shape.

    The floor is the share of the other objects in the same pictures that are.
    """
    scenes = system.world.scenes(system.recipe.seed, "test", np.arange(count))
    strange = stars(scenes)
    images = system.world.render(scenes, side=system.recipe.world.side, strange=strange)
    tokens, _ = encode_images(system.senses.encoder, images)
    named = np.zeros(strange.shape, dtype=bool)
    for row, facts in enumerate(system.grounding.read(tokens.float())):
        for slot in range(scenes.count[row]):
            at = scenes.x[row, slot], scenes.y[row, slot]
            named[row, slot] = _has_shape(facts, at)
    star = strange != ORDINARY
    ordinary = named[scenes.exists & ~star]
    floor = float(ordinary.mean()) if len(ordinary) else None
    return {"stars_named": results.share(named[scenes.exists & star], floor=floor)}


def _has_shape(facts: Facts, at: tuple[float, float]) -> bool:
    """Return whether what is seen nearest to a place, if anything is, has a shape for certain."""
    away = {o: np.hypot(x - at[0], y - at[1]) for o, (x, y) in facts.centres.items()}
    nearest = min(away, key=lambda o: away[o], default="")
    if not nearest or away[nearest] > MERGE:
        return False
    return any(facts.of(("shape", nearest, shape)) is Truth.TRUE for shape in SHAPES)
