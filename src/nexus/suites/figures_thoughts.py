"""A thought about a board in pictures: the board after each cycle, and how sure it was then.

What is given is dark; what is answered is green where right and red where wrong (blue where the
board has not one answer), and framed in the cycle in which it changed.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from nexus.store.traces import Cycle, Trace
from nexus.suites.figures import INK, OURS, RIGHT, SECOND, UNSURE, WRONG, png, styled
from nexus.worlds.puzzles.maze import GOAL, START, WALL

PANELS: Final = 24
"""Most cycles in a picture; of more, these are evenly spread."""
FRAMES: Final = 48
"""Most cycles in an animation."""
FRAME_MS: Final = 450
LAST_MS: Final = 2500
"""How long the last frame stays before the animation starts again."""
_ACROSS: Final = 8
_GIVEN: Final = "#e3e7ee"
_FLOOR: Final = "#fbfcfe"
_LINE: Final = "#c3cad6"
_PALE: Final = {RIGHT: "#e2f3e9", WRONG: "#fbe6e4", OURS: "#e4eefe"}
"""What lies behind an answer of this colour on a board of digits."""
_PATH: Final = {RIGHT: "#8fd1ab", WRONG: "#efa9a3", OURS: "#a5c6fb"}
"""The same on a board of floor and walls."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """One board as it is drawn."""

    trace: Trace
    solution: Sequence[int]
    """The one right answer, if there is one."""
    board: Sequence[int]
    before: Sequence[int]
    """The board a cycle earlier; empty for the first."""

    @property
    def side(self) -> int:
        return round(len(self.trace.board) ** 0.5)

    def colour(self, cell: int) -> str:
        """Return the colour of what is answered in a cell."""
        if not self.solution:
            return OURS
        return RIGHT if self.board[cell] == self.solution[cell] else WRONG

    def changed(self, cell: int) -> bool:
        """Return whether the cell's answer is new in this cycle."""
        return bool(self.before) and self.board[cell] != self.before[cell]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """What stands in a cell."""

    text: str = ""
    colour: str = INK
    weight: str = "normal"


def thought_png(trace: Trace, solution: Sequence[int]) -> bytes:
    """Return the board after each cycle, with the curves of halting and confidence below."""
    shown = spread(len(trace.cycles), PANELS)
    across = min(_ACROSS, max(len(shown), 4))
    rows = -(-len(shown) // across)
    with styled(width=1.4 * across, height=1.62 * rows + 1.75) as figure:
        grid = figure.add_gridspec(rows + 1, across, height_ratios=[*[1.62] * rows, 1.3])
        for at, number in enumerate(shown):
            panel = figure.add_subplot(grid[at // across, at % across])
            before = trace.cycles[number - 2].board if number > 1 else ()
            board = trace.cycles[number - 1].board
            _board(panel, _Look(trace=trace, solution=solution, board=board, before=before))
            panel.set_title(f"cycle {number}", fontsize=8, pad=3)
        _curves(figure.add_subplot(grid[rows, :]), trace.cycles, len(trace.cycles))
        _heading(figure, trace, solution)
        return png(figure)


def thought_gif(trace: Trace, solution: Sequence[int]) -> bytes:
    """Return the same as an animation: what is given first, then a frame a cycle."""
    shown = [0, *spread(len(trace.cycles), FRAMES)]
    frames = [_frame(trace, solution, number) for number in shown]
    # One palette for all: with a frame's own, colours would jump from frame to frame.
    every = Image.fromarray(np.concatenate([np.asarray(frame) for frame in frames]))
    palette = every.quantize(128, dither=Image.Dither.NONE)
    first, *rest = (f.quantize(palette=palette, dither=Image.Dither.NONE) for f in frames)
    buffer = io.BytesIO()
    first.save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=rest,
        duration=[2 * FRAME_MS, *[FRAME_MS] * (len(rest) - 1), LAST_MS],
        loop=0,
        optimize=False,
    )
    return buffer.getvalue()


def spread(count: int, most: int) -> list[int]:
    """Return at most ``most`` numbers from 1 to ``count``, evenly spread, both ends among them."""
    return sorted({round(x) for x in np.linspace(1, count, min(count, most)).tolist()})


def _frame(trace: Trace, solution: Sequence[int], number: int) -> Image.Image:
    """Return the frame after cycle ``number``; 0 is what is given."""
    with styled(width=3.8, height=5.0) as figure:
        above, below = figure.subplots(2, 1, height_ratios=[3.4, 1.2])
        board = trace.cycles[number - 1].board if number else ()
        before = trace.cycles[number - 2].board if number > 1 else ()
        _board(above, _Look(trace=trace, solution=solution, board=board, before=before))
        words = f"after cycle {number} of {len(trace.cycles)}" if number else "what is given"
        above.set_title(words, fontsize=10, pad=6)
        _curves(below, trace.cycles[:number], len(trace.cycles))
        return Image.open(io.BytesIO(png(figure, dpi=110))).convert("RGB")


def _board(panel: Axes, look: _Look) -> None:
    """Draw one board; an empty ``look.board`` draws what is given alone."""
    side = look.side
    panel.set(xlim=(-0.06, side + 0.06), ylim=(side + 0.06, -0.06), aspect="equal")
    panel.set_axis_off()
    maze = look.trace.task == "maze"
    ground = [_maze_ground(look, c) if maze else _digit_ground(look, c) for c in range(side * side)]
    colours: Any = np.array([to_rgb(colour) for colour in ground]).reshape(side, side, 3)
    panel.imshow(colours, extent=(0, side, side, 0), interpolation="nearest")
    size = _letter(panel, side)
    for line in range(side + 1):
        down, across = (0.25, 0.25) if maze or line % 2 else (1.1, 0.25)
        across = 1.1 if not maze and line % 3 == 0 else across
        colour = _LINE if maze else INK
        faint = 0.35 if maze else 1.0
        panel.plot([0, side], [line, line], color=colour, lw=down, alpha=faint)
        panel.plot([line, line], [0, side], color=colour, lw=across, alpha=faint)
    for cell in range(side * side):
        words = _maze_words(look, cell) if maze else _digit_words(look, cell)
        if words.text:
            letter = panel.text(
                cell % side + 0.5,
                cell // side + 0.53,
                words.text,
                color=words.colour,
                weight=words.weight,
                ha="center",
                va="center",
                size=1.3 * size if maze else size,
            )
            letter.set_in_layout(False)  # it stays inside its cell
    for cell in range(side * side) if look.board else ():
        if look.changed(cell):
            inset: Any = ((cell % side + 0.09, cell // side + 0.09), 0.82, 0.82)
            frame = Rectangle(*inset, fill=False, edgecolor=OURS, lw=0.09 * size, zorder=3)
            panel.add_patch(frame)


def _letter(panel: Axes, side: int) -> float:
    """Return the font size, in points, at which a letter fills its cell well."""
    figure = panel.get_figure()
    assert isinstance(figure, Figure)
    columns = panel.get_subplotspec()
    across = columns.get_gridspec().ncols if columns is not None else 1
    return 72 * figure.get_figwidth() / across / side * 0.5


def _digit_ground(look: _Look, cell: int) -> str:
    """Return the colour behind a cell of digits."""
    if look.trace.board[cell]:
        return _GIVEN
    return _PALE[look.colour(cell)] if look.board else _FLOOR


def _digit_words(look: _Look, cell: int) -> _Words:
    if given := look.trace.board[cell]:
        return _Words(text=str(given), colour=INK, weight="bold")
    if not look.board:
        return _Words()
    return _Words(text=str(look.board[cell] or "·"), colour=look.colour(cell))


def _maze_ground(look: _Look, cell: int) -> str:
    """Return the colour of a cell of floor or wall."""
    if look.trace.board[cell] == WALL:
        return INK
    return _PATH[look.colour(cell)] if look.board and look.board[cell] else _FLOOR


def _maze_words(look: _Look, cell: int) -> _Words:
    letter = {START: "S", GOAL: "G"}.get(look.trace.board[cell], "")
    return _Words(text=letter, weight="bold")


def _curves(panel: Axes, cycles: Sequence[Cycle], count: int) -> None:
    """Draw how ready to stop and how sure it was after each cycle so far."""
    steps = range(1, len(cycles) + 1)
    curves = (
        ("confidence", [cycle.confidence for cycle in cycles], OURS, "-", "o"),
        ("would stop", [cycle.halt for cycle in cycles], SECOND, "--", "s"),
    )
    for name, values, colour, line, marker in curves:
        panel.plot(steps, values, color=colour, ls=line, marker=marker, ms=3, lw=1.3, label=name)
    panel.axhline(0.5, color=INK, lw=0.5, ls=":")
    panel.set(xlim=(0.5, count + 0.5), ylim=(-0.04, 1.04), yticks=[0, 0.5, 1])
    panel.set_xlabel("cycle", fontsize=8)
    panel.tick_params(labelsize=8)
    panel.set_xticks(range(1, count + 1, -(-count // 16)))
    panel.legend(loc="lower right" if _ends_high(cycles) else "upper right", fontsize=8, ncols=2)


def _ends_high(cycles: Sequence[Cycle]) -> bool:
    return bool(cycles) and max(cycles[-1].confidence, cycles[-1].halt) > 0.5


def _heading(figure: Figure, trace: Trace, solution: Sequence[int]) -> None:
    colour = RIGHT if trace.answer else UNSURE
    outcome = f"answered, {trace.confidence:.0%} sure" if trace.answer else "no answer"
    key = "green right, red wrong" if solution else "blue answered"
    words = f"{trace.task}: {outcome}   |   dark given, {key}, framed just changed"
    figure.suptitle(words, fontsize=9, color=colour)
