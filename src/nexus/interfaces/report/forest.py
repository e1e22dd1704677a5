"""Two pictures of a shadow report, as inline SVG that a narrow screen can read: plain shapes."""

from collections.abc import Iterable, Sequence
from typing import Final

from nexus.base.proposals import LayerDiff, ShadowReport, Slice
from nexus.interfaces.report import html
from nexus.interfaces.report.html import Html

_WIDTH: Final = 480
_ROW: Final = 24
_TALL: Final = 36
"""Height of a row of either picture."""
_LEFT: Final = 140
_RIGHT: Final = 460
"""Where the scale begins and ends."""
MOST: Final = 16
BARS: Final = 8
"""Rows of either picture; the others are counted."""


def forest(report: ShadowReport) -> Html:
    """Return slices from base to candidate with their paired intervals.

    All examples and the frozen set come first, then the slices that changed most for the worse,
    then most for the better; what does not fit is said to be left out.
    """
    whole = [s for s in report.slices if s.name == "all"]
    parts = sorted(
        (s for s in report.slices if s.name != "all"),
        key=lambda s: (-abs(s.candidate - s.base), s.name),
    )
    shown = [*whole, report.frozen, *sorted(parts[: MOST - 2], key=lambda s: s.candidate - s.base)]
    rows = [_slice(at, one) for at, one in enumerate(shown)]
    bottom = len(shown) * _ROW + 10
    scale = [_tick(share, bottom) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    left_out = len(parts) - (len(shown) - len(whole) - 1)
    note = f"and {left_out} slices that changed less" if left_out > 0 else ""
    return _svg(
        [*scale, *rows, _words(0, bottom + 36, note, kind="soft")],
        bottom + 44,
        f"Share right before and after, on {len(shown)} slices",
    )


def moves(layers: Sequence[LayerDiff]) -> Html:
    """Return the relative change of each tensor as a bar, largest first."""
    order = sorted(layers, key=lambda layer: (-layer.relative, layer.name))
    shown = [layer for layer in order if layer.norm > 0][:BARS]
    longest = max((min(layer.relative, 10.0) for layer in shown), default=1.0)
    rows = [_bar(at, layer, longest) for at, layer in enumerate(shown)]
    bottom = len(shown) * _TALL
    left_out = sum(layer.norm > 0 for layer in layers) - len(shown)
    note = f"and {left_out} tensors that changed less" if left_out > 0 else ""
    return _svg(
        [*rows, _words(0, bottom + 16, note, kind="soft")],
        bottom + 26,
        f"Relative change of {len(shown)} tensors",
    )


def _slice(at: int, one: Slice) -> Html:
    y = at * _ROW + 14
    low, high = (_x(one.base + end) for end in (one.low, one.high))
    kind = "wrong" if one.high < 0 else "right" if one.low > 0 else "soft"
    return html.element(
        "g",
        html.join(
            [
                _words(0, y + 4, f"{one.name} ({one.n})"),
                Html(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" class="bar"/>'),
                Html(f'<circle cx="{_x(one.base):.1f}" cy="{y}" r="6" class="ring"/>'),
                Html(f'<circle cx="{_x(one.candidate):.1f}" cy="{y}" r="4" class="dot"/>'),
            ]
        ),
        kind=kind,
    )


def _bar(at: int, layer: LayerDiff, longest: float) -> Html:
    y = at * _TALL
    width = max(280 * min(layer.relative, 10.0) / longest, 1.0)
    told = f"{layer.relative:.1%}, rank {layer.effective_rank:.1f}"
    return html.join(
        [
            _words(0, y + 13, _short(layer.name)),
            Html(f'<rect x="0" y="{y + 18}" width="{width:.1f}" height="10" class="fill"/>'),
            _words(width + 6, y + 27, told, kind="soft"),
        ]
    )


def _short(name: str) -> str:
    return name.removeprefix("reasoner.").replace("blocks.", "block ").replace(".", " ")


def _x(share: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(max(share, 0.0), 1.0)


def _tick(share: float, bottom: int) -> Html:
    x = _x(share)
    line = Html(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{bottom}" class="grid"/>')
    return html.join([line, _words(x, bottom + 16, f"{share:.0%}", kind="soft", middle=True)])


def _words(x: float, y: float, said: str, *, kind: str = "", middle: bool = False) -> Html:
    anchor = ' text-anchor="middle"' if middle else ""
    look = f' class="{kind}"' if kind else ""
    return Html(f'<text x="{x:.1f}" y="{y:.1f}"{look}{anchor}>{html.text(said)}</text>')


def _svg(parts: Iterable[Html], height: int, label: str) -> Html:
    return Html(
        f'<svg class="chart" role="img" aria-label="{html.text(label)}" '
        f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
        f"{html.join(parts)}</svg>"
    )
