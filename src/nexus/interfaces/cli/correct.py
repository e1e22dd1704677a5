"""``nexus correct``: a person's word on a thought, learned from at once and kept for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, say, tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Correct:
    """Say what a thought should have answered; it is written down and learned from at once.

    Only working memory learns, under the name "corrected"; what a run thinks with by itself stays
    as it is. Where people say different things of one board, what most of them say stands.

    For example:
        nexus correct 0123456789ab --answer "turned left" --because "the rule has changed"
        nexus correct 0123456789ab --answer "r1c2=5 r4c3=1" --by Ann
        nexus correct --list
        nexus correct --weigh --run mine --json
    """

    trace: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="TRACE")] = ""
    """Which thought: its id, as `nexus trace list` prints it."""
    answer: Annotated[str, tyro.conf.arg(metavar="X")] = ""
    """khop: a relation. sudoku6: cells such as r1c2=5, or all digits with . as it was.
    maze: the maze with the way drawn in *. A question: an answer word."""
    because: Annotated[str, tyro.conf.arg(metavar="WORDS")] = ""
    """Why, in at most 300 characters."""
    by: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """Who says so; the login name unless given."""
    list: bool = False
    """Show every correction, and what became of it."""
    weigh: bool = False
    """Hold corrections against memories learned from the others, then list; takes minutes."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Write it down, learn, and print what became of it; or list."""
        if self.list or self.weigh:
            if self.trace or self.answer or self.because or self.by:
                raise UsageError("--list and --weigh are of all corrections: name no TRACE")
            return self._list()
        if not self.trace or not self.answer:
            raise UsageError("name a thought and its answer: TRACE --answer X; or --list")
        return self._correct()

    def _correct(self) -> int:
        from nexus.interfaces.retelling import corrected_json, corrected_lines
        from nexus.interfaces.service.correcting import correct

        done = correct(
            self.trace,
            self.answer,
            because=self.because,
            by=self.by,
            run=self.run_name,
            progress=tell,
        )
        if self.json:
            learned: Mapping[str, Any] = {"learned": done.learned, "not_learned": done.why}
            about = {**corrected_json(done.weighed), "checker": done.refused}
            print_json({**about, **learned, "run": done.run})
            return 0
        say(*corrected_lines([done.weighed]))
        if done.refused:
            say(f"The checker says otherwise, which is no reason to drop it: {done.refused}")
        if done.learned:
            task = done.weighed.correction.task
            say(
                f"Learned from {done.learned} corrected; to use it: "
                f"nexus solve {task} BOARD --memory corrected"
            )
        else:
            say(f"Nothing is learned from it: {done.why}")
        return 0

    def _list(self) -> int:
        from nexus.interfaces.retelling import corrected_json, corrected_lines
        from nexus.interfaces.service.correcting import listed, weigh

        found = weigh(self.run_name, tell) if self.weigh else listed(self.run_name)
        if self.json:
            print_json({"corrections": [corrected_json(one) for one in found]})
        else:
            say(*(corrected_lines(found) if found else ["No thought was corrected yet."]))
        return 0
