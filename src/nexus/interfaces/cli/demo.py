"""``nexus demo``: the whole of NEXUS once over."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, print_results, say, tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """Make a world, train on it, ask it, and write a report (about ten minutes on two cores).

    Then a rule of a small world changes, and a change to what thinks is left waiting for you.
    What is done already is not done again, so the same command goes on after an interruption.

    For example:
        nexus demo
        nexus demo --unattended
        nexus demo --run demo --recipe demo --json
    """

    run_name: RunName = "demo"
    recipe: Annotated[str, tyro.conf.arg(metavar="NAME")] = "demo"
    """A shipped recipe, or a .toml file."""
    unattended: bool = False
    """Have a marked demo key approve the change, watch it and take it back, so that all is seen."""
    json: Json = False

    def run(self) -> int:
        """Run every stage and print the results beside their floors."""
        from nexus.interfaces.cli.progress import shown
        from nexus.interfaces.service.demo import demo
        from nexus.interfaces.story_words import story_json, story_lines

        with shown() as progress:
            done = demo(
                run=self.run_name,
                recipe=self.recipe,
                tell=tell,
                unattended=self.unattended,
                progress=progress,
            )
        if self.json:
            whole = {"run": done.run, "report": done.report, "results": done.results}
            print_json({**whole, "story": story_json(done.story)})
        else:
            print_results(done.results)
            say(*story_lines(done.story), "")
            say(f"report: {done.report}")
            say('next: nexus ask "how many red things are there?" --scene 7')
        return 0
