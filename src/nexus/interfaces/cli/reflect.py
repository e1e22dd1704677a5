"""``nexus reflect``: what a run's thoughts have in common."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, say, tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Reflect:
    """Look back over a run's thoughts: what goes wrong, with what, and whether more than before.

    What is found is noted in the run's logs/reflections; nothing else changes. With --propose, what
    was corrected of a task becomes a candidate core, measured, that waits for a person's decision.

    For example:
        nexus reflect
        nexus reflect --run demo --json
        nexus reflect --propose khop
    """

    propose: Annotated[str, tyro.conf.arg(metavar="TASK")] = ""
    """sudoku6, khop or maze: ask for a change to its core (minutes)."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Look back and print what was found, or ask for a change."""
        if self.propose:
            return self._propose()
        from nexus.interfaces.retelling import look_back_json, look_back_lines
        from nexus.interfaces.service.reflecting import reflect

        done = reflect(self.run_name)
        if self.json:
            print_json({"run": done.run, **look_back_json(done.seen), "new_events": done.new})
        else:
            say(*look_back_lines(done.seen, done.new))
        return 0

    def _propose(self) -> int:
        from nexus.interfaces.review_words import change_json
        from nexus.interfaces.service.proposing import propose
        from nexus.interfaces.service.reviewing import shown

        proposal = propose(self.run_name, self.propose, tell)
        if self.json:
            print_json(change_json(shown(self.run_name, proposal.change_id).change))
        else:
            say(
                f"Change {proposal.change_id} waits: {proposal.rationale}",
                f"Look:   nexus review show {proposal.change_id}",
                "Decide: it says how",
            )
        return 0
