"""The one look of every figure: dark ink on white paper, which a dark page shows as a card."""

import io
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nexus.store.files import write_atomically, write_json

PAPER: Final = "#ffffff"
INK: Final = "#3a4352"  # no grey is easy to read on white and on near-black: hence the paper
OURS: Final = "#3b82f6"
SECOND: Final = "#0f8a75"
RIGHT: Final = "#1a7f4b"
WRONG: Final = "#c5362b"
UNSURE: Final = "#a06f00"
FAINT: Final = 0.25
"""Opacity of what is only there for comparison."""
_DPI: Final = 130
_STYLE: Final[Any] = {
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK
    ),
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


@contextmanager
def styled(*, width: float, height: float) -> Generator[Figure]:
    """Lend an empty figure of this size in inches, in the one look."""
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def png(figure: Figure, *, dpi: int = _DPI) -> bytes:
    """Return a figure as the bytes of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor=PAPER)
    return buffer.getvalue()


@contextmanager
def drawn(
    folder: Path, name: str, caption: str, *, width: float, height: float
) -> Generator[Figure]:
    """Lend an empty figure of this size in inches; on leaving, ``figures/<name>.png`` is there.

    Raises:
        StorageError: the disk refused.
    """
    with styled(width=width, height=height) as figure:
        yield figure
        data = png(figure)
    write_atomically(folder / "figures" / f"{name}.png", data)
    path = folder / "figures" / "captions.json"
    captions = json.loads(path.read_bytes()) if path.is_file() else {}
    write_json(path, {**captions, name: caption})


def grid(figure: Figure, rows: int, columns: int, **spacing: Any) -> list[list[Axes]]:
    """Return panels row by row, without axes: for pictures and words."""
    axes = figure.subplots(rows, columns, squeeze=False, **spacing)
    for panel in axes.flat:
        panel.set_axis_off()
    return [list(row) for row in axes]


def picture(panel: Axes, image: Any, *, title: str = "", smooth: bool = False) -> None:
    """Show an image ``[height width 3]`` with square pixels."""
    panel.imshow(image, interpolation="bicubic" if smooth else "nearest")
    if title:
        panel.set_title(title)
