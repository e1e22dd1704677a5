"""The one look of every figure: transparent paper, mid-tone ink, readable on light and on dark."""

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

INK: Final = "#737d8f"  # contrast 4.2 against white and against near-black alike
OURS: Final = "#3b82f6"
SECOND: Final = "#14a38b"
RIGHT: Final = "#2a9d5c"
WRONG: Final = "#dc4c3f"
UNSURE: Final = "#b9821a"
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
def drawn(
    folder: Path, name: str, caption: str, *, width: float, height: float
) -> Generator[Figure]:
    """Lend an empty figure of this size in inches; on leaving, ``figures/<name>.png`` is there.

    Raises:
        StorageError: the disk refused.
    """
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=_DPI, transparent=True)
    write_atomically(folder / "figures" / f"{name}.png", buffer.getvalue())
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
