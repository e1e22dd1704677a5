"""What each way of learning knows of the changed rule, and of all others, as the stream goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nexus.suites.drift_rivals import FEW
from nexus.suites.figures import INK, OURS, SECOND, UNSURE, WRONG, drawn

_LINES: Final = {
    "never": ("never updated", INK, ":"),
    "always": ("from each outcome at once", UNSURE, "-"),
    "ewc": ("outcomes, held by EWC", WRONG, "--"),
    "replay": ("outcomes beside replay", SECOND, "-"),
    "ours": ("ours", OURS, "-"),
}
"""Way of learning -> its name, colour and stroke."""
_BEFORE: Final = 800
"""Examples before the change that are shown."""


def drift_figure(folder: Path, told: Mapping[str, Any], *, length: int) -> None:
    """Draw ``figures/drift.png`` of one stream, as ``bench_drift.told`` tells of it.

    Raises:
        StorageError: the disk refused.
    """
    change, ours = told["change"], told["ours"]
    end, rivals = length - change["at"], told["rivals"]
    [before] = rivals["never"]
    ways = {**rivals, "ours": [{"at": told["cause"], **told["ours"]}]}
    caption = (
        f"Rule {change['first']}x{change['second']} changes at 0; noticed after {told['alarm']} "
        f"examples, named and learned after {told['cause']}. Measured on {ours['n_new']} later "
        f"examples with the rule and {ours['n_old']} without (rivals on {FEW} of each at most)."
    )
    panels = (("new", "examples of the changed rule"), ("old", "all other examples"))
    with drawn(folder, "drift", caption, width=7.2, height=3.1) as figure:
        both = figure.subplots(1, 2, sharex=True)
        for panel, (part, title) in zip(both, panels, strict=True):
            start = before["old"] if part == "new" else before[part]
            for way in (way for way in _LINES if way in ways):
                name, colour, stroke = _LINES[way]
                x, y = [-_BEFORE, 0.0], [start, start]
                x, y = [*x, 0.0], [*y, before[part]]
                for point in ways[way]:
                    x += [point["at"], point["at"]]
                    y += [y[-1], point[part]]
                x, y = [*x, float(end)], [*y, y[-1]]
                wide = 2.4 if way == "ours" else 1.3
                panel.plot(x, y, stroke, color=colour, label=name, linewidth=wide)
            for at, words in ((told["alarm"], "alarm"), (told["cause"], "cause named")):
                panel.axvline(at, color=INK, linewidth=0.6, alpha=0.5)
                panel.annotate(
                    words, (at, 0.45), rotation=90, ha="right", va="bottom", fontsize=7, color=INK
                )
            panel.set(title=title, ylim=(0.0, 1.03), xlabel="examples since the change")
        both[0].set_ylabel("share right")
        both[1].legend(loc="lower right", fontsize=7)
