"""``nexus reflect``: what a run's thoughts have in common."""

from dataclasses import dataclass

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Reflect:
    """Look back over a run's thoughts: what goes wrong, with what, and whether more than before.

    What is found is noted in the run's logs/reflections; nothing else changes.

    For example:
        nexus reflect
        nexus reflect --run demo --json
    """

    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Look back and print what was found."""
        from nexus.interfaces.retelling import look_back_json, look_back_lines
        from nexus.interfaces.service.reflecting import reflect

        done = reflect(self.run_name)
        if self.json:
            print_json({"run": done.run, **look_back_json(done.seen), "new_events": done.new})
        else:
            say(*look_back_lines(done.seen, done.new))
        return 0
