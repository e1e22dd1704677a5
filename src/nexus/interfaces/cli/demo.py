"""``nexus demo``: the whole of NEXUS once over."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, print_results, say, tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """Make a world, train on it, ask it, and write a report (about ten minutes on two cores).

    What is done already is not done again, so the same command goes on after an interruption.

    For example:
        nexus demo
        nexus demo --run demo --recipe demo --json
    """

    run_name: RunName = "demo"
    recipe: Annotated[str, tyro.conf.arg(metavar="NAME")] = "demo"
    """A shipped recipe, or a .toml file."""
    json: Json = False

    def run(self) -> int:
        """Run every stage and print the results beside their floors."""
        from nexus.interfaces.cli.progress import shown
        from nexus.interfaces.service.demo import demo

        with shown() as progress:
            done = demo(run=self.run_name, recipe=self.recipe, tell=tell, progress=progress)
        if self.json:
            print_json({"run": done.run, "report": done.report, "results": done.results})
        else:
            print_results(done.results)
            say(f"report: {done.report}")
            say('next: nexus ask "how many red things are there?" --scene 7')
        return 0
