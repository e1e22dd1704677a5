"""``nexus adapt``: another way to answer, learned from examples in seconds, core untouched."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Adapt:
    """Learn from examples how boards should be answered, in working memory alone.

    The core is only read. What is learned is kept beside the run under its name and used where
    that is asked for; leaving it out restores the reasoner exactly.

    For example:
        nexus adapt letters --task sudoku6 --examples answers.jsonl
    """

    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """What it is called from now on."""
    examples: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """Lines of {"board": "...", "answer": "..."}; 200 are enough."""
    task: Literal["sudoku6"] = "sudoku6"
    """Which reasoner learns."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Learn, and print how well examples not learned from are answered."""
        from nexus.interfaces.service.adapting import adapt

        done = adapt(self.name, self.task, self.examples, run=self.run_name)
        if self.json:
            print_json(
                {
                    "name": done.name,
                    "task": done.task,
                    "run": done.run,
                    "examples": done.examples,
                    "before": done.before,
                    "after": done.after,
                    "cpu_s": done.cpu_s,
                }
            )
        else:
            say(
                f"{done.name}: of the examples kept aside {done.after:.0%} are answered as they "
                f"should be, {done.before:.0%} without it ({done.cpu_s:.1f} CPU-seconds)",
                f"To use it: nexus solve {done.task} BOARD --memory {done.name}",
            )
        return 0
