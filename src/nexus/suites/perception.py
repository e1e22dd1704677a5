"""Suite "perception": what the frozen encoders know of scenes they never saw, beside its floors.

Read the rows together. Retrieval alone proves little; probes say whether shape, colour and size
are there to be read, foils whether picture and text agree on them, looks whether they can be asked.
"""

import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from nexus.evaluate.gauges import measure
from nexus.evaluate.retrieval import Scale, found_first, galleries, paraphrase_gap
from nexus.evaluate.ties import ceiling, true_of
from nexus.suites import results
from nexus.suites.asked import asked_figures
from nexus.suites.figures_perception import draw_perception
from nexus.suites.probing import probe_figures
from nexus.suites.results import Figure
from nexus.suites.workbench import Workbench
from nexus.system import Senses
from nexus.worlds.tabletop import foils, paraphrases
from nexus.worlds.tabletop.captions import FoilKind

GALLERY: Final = 512
"""Scenes a query is searched in."""
_FOILS: Final[tuple[FoilKind, ...]] = ("colour", "size", "shape", "exchanged", "relation")


def evaluate(senses: Senses, folder: Path) -> dict[str, Any]:
    """Measure, store and return the suite's result; its pictures go to ``figures/``."""
    began = time.process_time()
    bench = Workbench(senses)
    figures = retrieval_figures(bench) | foil_figures(bench) | paraphrase_figure(bench)
    figures |= probe_figures(bench) | rank_figure(bench) | asked_figures(bench)
    found = results.result(
        "perception",
        figures,
        senses.recipe,
        cpu_s=time.process_time() - began,
        floors=bench.floors,
    )
    results.store(folder, found)
    draw_perception(folder, bench, figures)
    return found


def retrieval_figures(bench: Workbench) -> dict[str, Figure]:
    """Return R@1 both ways, and their mean over the most that ties allow."""
    hits: list[np.ndarray] = []
    most: list[np.ndarray] = []
    for rows in galleries(len(bench.test), among=GALLERY):
        score = bench.fit(rows, bench.captions[rows])
        both = (found_first(score.T), found_first(score))
        hits.append(np.stack([hit.numpy() for hit in both]))
        most.append(ceiling(true_of(bench.captions[rows], bench.test.scenes.take(rows))))
    hit, best = np.concatenate(hits, 1), np.concatenate(most, 1)
    chance = 1 / min(GALLERY, len(bench.test))
    return {
        "retrieval_of_ceiling": results.mean(
            hit.mean(0) / best.mean(), floor=chance / float(best.mean())
        ),
        "retrieval_image_to_text": results.share(hit[1], floor=chance),
        "retrieval_text_to_image": results.share(hit[0], floor=chance),
        "retrieval_ceiling": results.mean(best.mean(0), floor=None),
    }


def foil_figures(bench: Workbench) -> dict[str, Figure]:
    """Return how often the true caption scores above one with one thing wrong, kind by kind."""
    figures: dict[str, Figure] = {}
    for kind in _FOILS:
        made = foils(bench.test.scenes, kind)
        if not len(made.rows):
            figures[f"foil_{kind}"] = results.NOT_MEASURED
            continue
        right = bench.fit_own(made.rows, made.true) > bench.fit_own(made.rows, made.wrong)
        figures[f"foil_{kind}"] = results.share(right.numpy(), floor=0.5)
        picture = bench.picture[torch.from_numpy(made.rows)]
        gap = (picture * (bench.told(made.true) - bench.told(made.wrong))).sum(-1)
        bench.floors[f"foil_{kind}"] = {"pooled cosine": float((gap > 0).float().mean())}
    return figures


def paraphrase_figure(bench: Workbench) -> dict[str, Figure]:
    """Return how much nearer a scene's paraphrase is than other scenes' captions, in cosine."""
    one, other = paraphrases(bench.test.scenes.take(slice(0, GALLERY)))
    gap = paraphrase_gap(bench.told(one), bench.told(other))
    raw = [bench.texts(bench.untrained, texts) for texts in (one, other)]
    scale = Scale.of(torch.cat(raw))
    floor = float(paraphrase_gap(scale.unit(raw[0]), scale.unit(raw[1])).mean())
    return {"paraphrase_cosine_gap": results.mean(gap.double().numpy(), floor=floor)}


def rank_figure(bench: Workbench) -> dict[str, Figure]:
    """Return the RankMe of patch latents over their width (arXiv:2210.02885, Eq. 1)."""

    def fraction(tokens: torch.Tensor) -> float:
        # Every seventh patch: neighbours share pixels, and 64 a picture are more than are needed.
        return measure(tokens[:, ::7].flatten(0, 1).float()).rank_me / tokens.shape[-1]

    floor = fraction(bench.blank_test.tokens)
    figure = Figure(value=fraction(bench.test.tokens), floor=floor, n=len(bench.test))
    return {"rankme_fraction": figure}
