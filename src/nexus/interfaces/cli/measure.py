"""``nexus evaluate`` and ``nexus bench``: numbers, beside what a trivial baseline reaches."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, print_results


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluate:
    """Measure what a run knows, on scenes it never saw; what is not trained yet is trained first.

    For example:
        nexus evaluate --suite perception
        nexus evaluate --suite questions --run demo --json
    """

    suite: Literal["perception", "questions"]
    """What to measure."""
    run_name: RunName = ""
    recipe: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """Take the newest run of this recipe; train it if there is none."""
    json: Json = False

    def run(self) -> int:
        """Measure and print."""
        from nexus.interfaces.cli.progress import shown
        from nexus.interfaces.service.measuring import evaluate

        with shown() as progress:
            result = evaluate(self.suite, run=self.run_name, recipe=self.recipe, progress=progress)
        if self.json:
            print_json(result)
        else:
            print_results({self.suite: result})
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Measure speed on this machine.

    For example:
        nexus bench data
        nexus bench data --json
    """

    what: tyro.conf.Positional[Literal["data"]]
    """data: rendered scenes with captions and questions a CPU second."""
    json: Json = False

    def run(self) -> int:
        """Measure and print."""
        from nexus.interfaces.service.measuring import bench_data

        result = bench_data()
        if self.json:
            print_json(result)
        else:
            print_results({self.what: result})
        return 0
