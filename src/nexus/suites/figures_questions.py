"""Pictures of how questions went: who said what and why, how sure, and what was imagined."""

from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import numpy as np
import torch

from nexus.base.records import Facts, Truth
from nexus.evaluate.calibration import reliability
from nexus.logic.language import Term
from nexus.suites import figures
from nexus.suites.answers import Answers
from nexus.suites.examples import OUTCOMES, chosen
from nexus.suites.figures import FAINT, INK, OURS, PAPER, RIGHT, SECOND, UNSURE, WRONG, drawn
from nexus.suites.sights import encode_images
from nexus.system import System
from nexus.train.dynamics import action_ids
from nexus.worlds.tabletop.render import RGB
from nexus.worlds.tabletop.scene import COLOURS, RADIUS, SIZES
from nexus.worlds.tabletop.whatif import WhatIf, what_if

_COLOUR_OF: Final = {"right": RIGHT, "wrong": WRONG, "abstained": UNSURE}
_EACH: Final = 4
"""Questions shown of each outcome."""
_ROUND: Final = [(cos(a / 20 * pi), sin(a / 20 * pi)) for a in range(40)]
_THIN, _LONG = 0.34, 0.97
OUTLINE: Final[Mapping[str, Sequence[tuple[float, float]]]] = {
    "circle": _ROUND,
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(0, -0.95), (1, 0.8), (-1, 0.8)],
    "cross": [
        *((-_THIN, -_LONG), (_THIN, -_LONG), (_THIN, -_THIN), (_LONG, -_THIN), (_LONG, _THIN)),
        *((_THIN, _THIN), (_THIN, _LONG), (-_THIN, _LONG), (-_THIN, _THIN), (-_LONG, _THIN)),
        *((-_LONG, -_THIN), (-_THIN, -_THIN)),
    ],
}
"""Corners of each shape in radii, as the world draws it."""


def draw_questions(folder: Path, system: System, answers: Answers) -> None:
    """Draw every figure of the suite into the run at ``folder``."""
    draw_sheet(folder, answers)
    draw_reliability(folder, system, answers)
    draw_kinds(folder, answers)
    draw_imagined(folder, system)


def draw_sheet(folder: Path, answers: Answers) -> None:
    """Draw a contact sheet: answered right, answered wrong, abstained, with each route's answer."""
    caption = (
        "Test questions answered right, answered wrong, and not answered: what each route said, "
        "how sure it was, and the reason that was given."
    )
    rows = chosen(answers, _EACH)
    tall = [size for outcome in OUTCOMES for size in ((1.1, 1) if rows[outcome] else (0.1, 0.1))]
    with drawn(folder, "questions", caption, width=11, height=1.55 * sum(tall)) as figure:
        panels = figures.grid(figure, len(tall), _EACH, height_ratios=tall)
        for line, outcome in enumerate(OUTCOMES):
            above, below = panels[2 * line : 2 * line + 2]
            above[0].set_title(outcome, loc="left", color=_COLOUR_OF[outcome], fontweight="bold")
            if not rows[outcome]:
                below[0].text(0, 0.5, "none")
            for column, at in enumerate(rows[outcome]):
                figures.picture(above[column], answers.images[answers.row[at]])
                above[column].set_anchor("W")
                _words(below[column], answers, at, _COLOUR_OF[outcome])


def _words(panel: Any, answers: Answers, at: int, colour: str) -> None:
    question, decision = answers.questions[at], answers.decisions[at]
    fast, slow = decision.fast, decision.slow
    proved = f"{slow.answer} ({slow.confidence:.2f})" if slow.answer else "no proof"
    said = f"fast: {fast.answer} ({fast.confidence:.2f})   slow: {proved}"
    head = decision.answer or f"not sure ({decision.cause})"
    if decision.cause == "proved":
        head += ", by the proof alone"
    if decision.answer != question.answer:
        head += f", true: {question.answer}"
    reason = decision.reason if len(decision.reason) < 150 else decision.reason[:147] + "..."
    panel.text(0, 1.0, fill(question.text, 44), va="top", fontsize=8, fontweight="bold")
    panel.text(0, 0.66, fill(head, 44), va="top", fontsize=8, color=colour)
    panel.text(0, 0.5, said, va="top", fontsize=7)
    panel.text(0, 0.36, fill(reason, 54), va="top", fontsize=6.5)


def draw_reliability(folder: Path, system: System, answers: Answers) -> None:
    """Draw how often the system is right against how sure it said it was, and how often it was."""
    right, answered = answers.likelier_right(system.calibration), answers.answered
    caption = (
        "Left: share right against stated confidence, in 15 bins of equally many questions; the "
        "dotted line is perfect. Abstentions count with the confidence stated for the likelier "
        "route. Right: how many questions were stated with which confidence."
    )
    with drawn(folder, "reliability", caption, width=11, height=4.2) as figure:
        curve, counts = figure.subplots(1, 2)
        curve.plot([0, 1], [0, 1], color=INK, linestyle=":", linewidth=1.2)
        for name, rows, colour, marker in (
            ("all questions", np.ones_like(answered), OURS, "o"),
            ("answered", answered, SECOND, "s"),
        ):
            if rows.any():
                found = reliability(answers.confidence[rows], right[rows])
                label = f"{name} ({int(rows.sum())}), error {found.ece:.3f}"
                curve.plot(
                    found.confidence, found.accuracy, color=colour, marker=marker, ms=4, label=label
                )
        curve.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence", ylabel="share right")
        outcomes = (answered & answers.right, answered & ~answers.right, ~answered)
        counts.hist(
            [answers.confidence[rows] for rows in outcomes],
            bins=np.linspace(0, 1, 21).tolist(),
            stacked=True,
            color=[_COLOUR_OF[name] for name in OUTCOMES],
            label=list(OUTCOMES),
        )
        counts.set(xlim=(0, 1), xlabel="confidence", ylabel="questions")
        for panel in (curve, counts):
            panel.legend(loc="upper left")


def draw_kinds(folder: Path, answers: Answers) -> None:
    """Draw, for each kind of question, what became of it: right, wrong, or not answered and why."""
    caption = (
        "What became of the questions of each kind: answered right (dark: both routes agree; "
        "light: by a proof alone), answered wrong, or not answered, by cause. Triangles: the fast "
        "route alone; circles: the slow route alone."
    )
    kinds = sorted(set(answers.kinds.tolist()))
    causes = sorted({d.cause for d in answers.decisions if d.abstained})
    with drawn(folder, "outcomes", caption, width=11, height=3.4) as figure:
        panel = figure.subplots()
        for at, kind in enumerate(kinds):
            rows = answers.kinds == kind
            parts = [(answers.right & answers.checked & rows, RIGHT, 1.0)]
            parts.append((answers.right & ~answers.checked & rows, RIGHT, 0.5))
            parts.append((answers.answered & ~answers.right & rows, WRONG, 1.0))
            for k, cause in enumerate(causes):
                here = np.array([d.abstained and d.cause == cause for d in answers.decisions])
                parts.append((here & rows, UNSURE, 0.75 - 0.6 * k / max(1, len(causes))))
            _stack(panel, at, [(p.sum() / rows.sum(), c, a) for p, c, a in parts])
            for right, marker in ((answers.fast_right, "^"), (answers.slow_right, "o")):
                share = right[rows].mean()
                panel.plot(share, at, marker, color=INK, mec=PAPER, ms=8, clip_on=False)
        panel.set_yticks(range(len(kinds)), kinds)
        panel.invert_yaxis()
        panel.set_xlim(0, 1)
        _legend(panel, causes)


def _stack(panel: Any, at: int, parts: list[tuple[float, str, float]]) -> None:
    left = 0.0
    for width, colour, alpha in parts:
        panel.barh(at, width, left=left, color=colour, alpha=alpha, height=0.62)
        left += width


def _legend(panel: Any, causes: list[str]) -> None:
    entries = [("right", RIGHT, 1.0), ("by proof alone", RIGHT, 0.5), ("wrong", WRONG, 1.0)]
    entries += [(c, UNSURE, 0.75 - 0.6 * k / max(1, len(causes))) for k, c in enumerate(causes)]
    for name, colour, alpha in entries:
        panel.barh([0], [0], color=colour, alpha=alpha, label=name)
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=len(entries))


def draw_imagined(folder: Path, system: System) -> None:
    """Draw what is seen after an imagined removal beside what the world shows after a real one."""
    change, kept = _removals(system, 6)
    before = system.world.render(change.before, side=system.recipe.world.side)
    after = system.world.render(change.after, side=system.recipe.world.side)
    before, after = before[kept], after[kept]
    told = [change.changes[k].told for k in kept]
    with torch.no_grad():
        tokens = encode_images(system.senses.encoder, before)[0].float()
        imagined = system.dynamics.imagine(tokens, [action_ids(told, system.world.vocabulary)])
    seen, dreamt = system.grounding.read(tokens), system.grounding.read(imagined.last)
    titles = ("before", "seen before", "seen in\nimagination", "true after")
    caption = (
        "An object is taken away in imagination. From left to right: the picture, the facts read "
        "from its latents, the facts read from the imagined latents, and the picture after the "
        "object was really removed, which the system never saw. Faint: not certain."
    )
    beside = len(titles) + 1  # two examples a row, and a gap between them
    widths = [1.0, 1.0, 1.0, 1.0, 0.3, 1.0, 1.0, 1.0, 1.0]
    rows = -(-len(kept) // 2)
    with drawn(folder, "imagined", caption, width=11, height=1.75 * rows + 0.3) as figure:
        lines = figures.grid(figure, rows, len(widths), width_ratios=widths)
        for k, removal in enumerate(told):
            panels = lines[k // 2][k % 2 * beside :][: len(titles)]
            figures.picture(panels[0], before[k])
            sketch(panels[1], seen[k])
            sketch(panels[2], dreamt[k])
            figures.picture(panels[3], after[k])
            for panel, title in zip(panels, titles, strict=True):
                panel.set_title(title if k < 2 else "")
                panel.set_anchor("N")
            under = 1.04 * before.shape[1]
            words = panels[0].text(0, under, fill(_plain(removal), 22), va="top", fontsize=7.5)
            words.set_in_layout(False)  # it may reach over its panel, which stays as wide as all


def _plain(removal: Term) -> str:
    """Return "take away the small red circle" for a removal."""
    said = {term.arguments[0]: term.arguments[1] for term in removal.walk() if term.op == "filter"}
    names = [said[name] for name in ("size", "colour", "shape", "place") if name in said]
    return " ".join(["take away the", *names, *([] if "shape" in said else ["thing"])])


def _removals(system: System, most: int) -> tuple[WhatIf, list[int]]:
    scenes = system.world.scenes(system.recipe.seed, "test", np.arange(8 * most))
    change = what_if(scenes, system.world.step)
    kept = [
        k
        for k, c in enumerate(change.changes)
        if c.told.op == "remove" and change.before.count[k] > 1
    ]
    return change, kept[:most]


def sketch(panel: Any, facts: Facts) -> None:
    """Draw facts as a picture: each object where it is said to be, faint where not certain."""
    panel.add_patch(_frame())
    for name in facts.objects:
        shape, colour, size = (
            _likeliest(facts, attribute, name) for attribute in ("shape", "colour", "size")
        )
        radius = RADIUS[SIZES.index(size)] if size in SIZES else 0.03
        outline = np.array(OUTLINE.get(shape, _ROUND)) * radius + facts.centres[name]
        panel.fill(
            *outline.T,
            facecolor=RGB[COLOURS.index(colour)] if colour in COLOURS else INK,
            edgecolor=PAPER,
            linewidth=0.6,
            alpha=1.0 if facts.of(("object", name)) is Truth.TRUE else FAINT,
        )
    panel.set(xlim=(0, 1), ylim=(1, 0), aspect="equal")


def _frame() -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((0, 0), 1, 1, facecolor="#333333", edgecolor=INK)


def _likeliest(facts: Facts, attribute: str, name: str) -> str:
    """Return the value with the greatest probability, or nothing when none is told."""
    told = {a[2]: p for a, p in facts.probability.items() if a[:2] == (attribute, name)}
    return max(told, key=lambda value: told[value]) if told else ""
