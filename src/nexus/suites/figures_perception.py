"""Pictures of what perception knows: captions found, patches in colours of meaning, bars."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from nexus.suites import figures
from nexus.suites.figures import INK, OURS, RIGHT, drawn
from nexus.suites.results import Figure
from nexus.suites.workbench import Workbench

_SHOWN: Final = 6
_GALLERY: Final = 512


def draw_perception(folder: Path, bench: Workbench, found: Mapping[str, Figure]) -> None:
    """Draw every figure of the suite into the run at ``folder``."""
    draw_retrieval(folder, bench)
    draw_components(folder, bench)
    draw_bars(folder, found)


def draw_retrieval(folder: Path, bench: Workbench) -> None:
    """Draw pictures, each with the three captions of the highest score."""
    among = min(_GALLERY, len(bench.test))
    score = bench.fit(slice(0, _SHOWN), bench.captions[:among])
    best = score.topk(min(3, among), dim=1)
    caption = (
        f"Six test pictures and the three of {among} captions that fit best as a whole and "
        "phrase by phrase; green is the picture's own. Near misses show what is not told apart."
    )
    with drawn(folder, "retrieval", caption, width=11, height=1.45 * _SHOWN) as figure:
        for row, (left, right) in enumerate(
            figures.grid(figure, _SHOWN, 2, width_ratios=[1, 7])[: len(bench.test)]
        ):
            figures.picture(left, bench.test.images[row])
            for place, (at, cosine) in enumerate(
                zip(best.indices[row].tolist(), best.values[row].tolist(), strict=True)
            ):
                text = f"{cosine:.2f}  {fill(bench.captions[at], 148)}"
                colour = RIGHT if at == row else INK
                right.text(0, 0.98 - 0.34 * place, text, color=colour, va="top", fontsize=8.5)


def draw_components(folder: Path, bench: Workbench) -> None:
    """Draw the first three principal components of patch latents as colours over the pictures."""
    shown = min(8, len(bench.test))
    colours = components(bench.test.tokens.float(), bench.grid)[:shown]
    caption = (
        "First three principal components of the patch latents, less the mean of each place, as "
        "red, green and blue; one colour map for all pictures. Like things look alike where the "
        "latents hold what they are."
    )
    with drawn(folder, "pca", caption, width=11, height=3.1) as figure:
        above, below = figures.grid(figure, 2, shown)
        for k in range(shown):
            figures.picture(above[k], bench.test.images[k])
            figures.picture(below[k], colours[k], smooth=True)


def components(
    tokens: Float[Tensor, "scene patch width"], grid: int
) -> Float[np.ndarray, "scene row column 3"]:
    """Return three principal components of each patch, each scaled to its 2nd and 98th percentile.

    The mean latent of each place is taken off first: otherwise the components show where a patch
    is, not what is there. The signs, which are left open, make the largest loading positive.
    """
    centred = (tokens - tokens.mean(0)).flatten(0, 1)
    _, axes = torch.linalg.eigh(centred.T @ centred / len(centred))
    axes = axes[:, -3:].flip(1)
    axes = axes * axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    values = (centred @ axes).numpy()
    low, high = np.percentile(values, [2, 98], axis=0)
    scaled = ((values - low) / np.maximum(high - low, 1e-6)).clip(0, 1)
    return scaled.reshape(len(tokens), grid, grid, 3)


def draw_bars(folder: Path, found: Mapping[str, Figure]) -> None:
    """Draw foils, probes and looks as bars, each with its interval and a line at its floor."""
    groups = {
        "asked": "asked: the answer's latent is predicted",
        "probe": "probes: a linear map reads it",
        "foil": "foils: the true caption scores higher",
    }
    caption = (
        "Asked, read and compared, with 95 % intervals. The upright mark is the floor: the "
        "commonest answer; pixels or an untrained encoder, whichever is better; a coin."
    )
    with drawn(folder, "known", caption, width=11, height=3.2) as figure:
        panels = figure.subplots(1, 3, sharex=True)
        for panel, (prefix, title) in zip(panels, groups.items(), strict=True):
            rows = {n: f for n, f in found.items() if n.startswith(f"{prefix}_")}
            bars(panel, {n.removeprefix(f"{prefix}_"): f for n, f in rows.items()})
            panel.set_title(title, loc="left")


def bars(panel: Any, rows: Mapping[str, Figure]) -> None:
    """Draw shares as horizontal bars from 0 to 1, the first on top; only what was measured."""
    kept = {name: f for name, f in rows.items() if f.value is not None}
    for at, f in enumerate(kept.values()):
        panel.barh(at, f.value, color=OURS, height=0.62)
        if f.low is not None and f.high is not None:
            panel.plot([f.low, f.high], [at, at], color=INK, linewidth=1.2)
        if f.floor is not None:
            panel.plot([f.floor] * 2, [at - 0.42, at + 0.42], color=INK, linewidth=2.4)
    panel.set_yticks(range(len(kept)), [name.replace("_", " ") for name in kept])
    panel.invert_yaxis()
    panel.set_xlim(0, 1)
    panel.tick_params(axis="y", length=0)
