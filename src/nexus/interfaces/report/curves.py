"""Training curves and gauges, drawn from ``metrics.jsonl`` as one inline SVG a phase."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from nexus.interfaces.report.html import Html
from nexus.train.metrics import TIMING

_INK: Final = "#123456"  # stands for the page's own ink, so that a plot suits light and dark
_LINE: Final = "#3b82f6"
_COLUMNS: Final = 3
_NOT_A_CURVE: Final = frozenset({"step", "phase", "restores"}) | TIMING

Series = Mapping[str, Sequence[tuple[int, float]]]


def series(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Series]:
    """Return phase -> name -> (step, value) in order of steps.

    Where a resumed run wrote a step twice, the later row counts.
    """
    found: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        for name, value in _numbers(row):
            found[row["phase"]][name][row["step"]] = value
    return {
        phase: {name: sorted(points.items()) for name, points in sorted(curves.items())}
        for phase, curves in found.items()
    }


def _numbers(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield the finite numbers of a row, nested ones as ``outer/inner``."""
    for name, value in row.items():
        if name in _NOT_A_CURVE:
            continue
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}/")  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, (int, float)) and isfinite(value):
            yield prefix + name, float(value)


def draw(curves: Series) -> Html:
    """Return the curves of one phase, side by side in small panels, as an SVG element."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows = -(-len(curves) // _COLUMNS)
    colours = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    settings: Any = {
        **dict.fromkeys(colours, _INK),
        "svg.fonttype": "none",  # text stays text: smaller, and a screen reader can read it
        "svg.hashsalt": "nexus",  # equal curves, equal bytes
        "font.family": "sans-serif",
        "font.size": 9,
    }
    with rc_context(settings):
        height = 2.1 * rows
        figure = Figure(figsize=(11, height))  # a layout engine would take most of the time
        figure.subplots_adjust(
            left=0.05, right=0.99, top=1 - 0.3 / height, bottom=0.3 / height, hspace=0.45
        )
        FigureCanvasSVG(figure)
        axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for panel, (name, points) in zip(axes, curves.items(), strict=False):
            _panel(panel, name, points)
        for panel in axes[len(curves) :]:
            panel.set_axis_off()
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue())


def _panel(panel: Any, name: str, points: Sequence[tuple[int, float]]) -> None:
    steps, values = zip(*points, strict=True)
    panel.plot(steps, values, color=_LINE, linewidth=1.4, marker="." if len(points) < 3 else "")
    panel.set_title(name, loc="left", fontsize=9)
    panel.grid(color=_INK, alpha=0.12, linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.margins(x=0.01)


def _inline(svg: str) -> Html:
    """Return the bare element: no XML head, the page's ink, ids that clash with no other plot's."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="[a-z0-9.]+_\d+"', "", svg)  # groups; clip paths, in use, look different
    return Html(svg.replace(_INK, "currentColor"))
