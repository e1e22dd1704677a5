"""Whether perception can be asked: looks of the test split, answered in the latent space.

The predicted latent is compared with the latent of every answer there is, of all kinds at once: no
kind of question gets its own short list.
"""

from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from nexus.suites import results
from nexus.suites.results import Figure
from nexus.suites.sights import TOGETHER, Sight, encode_texts
from nexus.suites.workbench import Workbench
from nexus.system import Senses
from nexus.worlds.tabletop import Looks, looks
from nexus.worlds.tabletop.looks import KINDS

PER_SCENE: Final = 16
"""Looks a scene."""


def asked_figures(bench: Workbench) -> dict[str, Figure]:
    """Return the share of looks answered right, kind by kind, over the commonest answer's."""
    asked = looks(bench.test.scenes, per_scene=PER_SCENE, stream_name="looks of the suite")
    right = answered(bench.senses, bench.test, asked) == asked.answer
    figures: dict[str, Figure] = {}
    for k, kind in enumerate(KINDS):
        rows = asked.valid & (asked.kind == k)
        name = f"asked_{'count' if kind == 'how many' else kind}"
        figures[name] = results.share(right[rows], floor=guessed(asked, rows))
    return figures


def guessed(asked: Looks, rows: Bool[np.ndarray, "n looks"]) -> float:
    """Return what always saying the commonest answer reaches on these looks.

    A question about a cell does not show whether something is there; so one about a clear cell is
    as hard to guess as "nothing" is rare among all questions about cells.
    """
    answers = asked.answer[rows]
    if not len(answers):
        return float("nan")
    value, count = np.unique(answers, return_counts=True)
    if len(value) > 1:
        return float(count.max() / count.sum())
    about_cells = asked.valid & np.isin(asked.kind, [KINDS.index(k) for k in KINDS[:4]])
    return float((asked.answer[about_cells] == value[0]).mean())


@torch.no_grad()
def answered(senses: Senses, sight: Sight, asked: Looks) -> Int[np.ndarray, "n looks"]:
    """Return the answer (its index) whose latent is nearest to the one predicted for each look."""
    longest = senses.recipe.encode.text.words
    queries = encode_texts(senses.encoder, senses.tokenizer, asked.queries, longest=longest)
    query = torch.from_numpy(asked.query)
    said: list[Tensor] = []
    for start in range(0, len(sight), TOGETHER):
        rows = slice(start, start + TOGETHER)
        logits = senses.asker.logits(queries[query[rows]], sight.tokens[rows].float())
        said.append(logits.argmax(-1))
    return torch.cat(said).numpy()
