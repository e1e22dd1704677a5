"""How fast is data? Scenes with picture, full caption and one question, per CPU-second."""

import statistics
import time
from typing import Any, Final

import numpy as np

from nexus.worlds.tabletop import Tabletop

BATCH: Final = 256
REPEATS: Final = 9
SIDE: Final = 64


def bench_data() -> dict[str, Any]:
    """Return the figures of suite ``data``: the median over repeats, after one to warm up."""
    started = time.process_time()
    rates = [_rate(first) for first in range(0, (1 + REPEATS) * BATCH, BATCH)][1:]
    low, middle, high = statistics.quantiles(rates, n=4)
    return {
        "suite": "data",
        "figures": {
            "scenes_per_cpu_s": {
                "value": round(middle, 1),
                "low": round(low, 1),
                "high": round(high, 1),
                "n": REPEATS * BATCH,
                "seeds": 1,
            }
        },
        "recipe": "",
        "hash": "",
        "cpu_s": round(time.process_time() - started, 3),
    }


def _rate(first: int) -> float:
    """Return scenes per CPU-second of one batch."""
    world = Tabletop()
    started = time.process_time()
    scenes = world.scenes(0, "train", np.arange(first, first + BATCH))
    world.render(scenes, side=SIDE)
    world.describe(scenes)
    world.ask(scenes, per_scene=1)
    return BATCH / (time.process_time() - started)
