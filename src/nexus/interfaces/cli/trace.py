"""``nexus trace``: logged thoughts, listed and shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceList:
    """List a run's thoughts, the newest first.

    For example:
        nexus trace list
        nexus trace list --last 5 --task sudoku6 --run demo
    """

    last: Annotated[int, tyro.conf.arg(metavar="N")] = 20
    """At most so many."""
    task: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """Only those about this world or puzzle."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Print one row a thought."""
        from dataclasses import asdict

        from nexus.interfaces.retelling import line_lines
        from nexus.interfaces.service.tracing import thoughts

        found = thoughts(self.run_name, last=self.last, task=self.task)
        if self.json:
            print_json({"thoughts": [asdict(line) for line in found]})
        else:
            say(*(line_lines(found) if found else ["No thought is logged yet."]))
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceShow:
    """Show one thought; one about a board is also drawn, as a picture and as an animation.

    For example:
        nexus trace show 0123456789ab
        nexus trace show 0123456789ab --out pictures --run demo
    """

    id: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="ID")]
    """The thought's id, as `nexus trace list` and `nexus ask --json` print it."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Where pictures go; figures/thoughts of the run unless given."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Print it, and draw it if it is about a board."""
        from nexus.interfaces.retelling import trace_lines
        from nexus.interfaces.service import tracing

        trace = tracing.thought(self.run_name, self.id)
        lines = trace_lines(trace)
        drawn = tracing.draw(trace, self.out or tracing.pictures_of(self.run_name))
        if self.json:
            files = {} if drawn is None else {"png": drawn.picture, "gif": drawn.animation}
            print_json({**trace.plain(), **files})
        else:
            files = [] if drawn is None else ["", str(drawn.picture), str(drawn.animation)]
            say(*lines, *files)
        return 0
