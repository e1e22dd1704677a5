"""``nexus report``: a run on one page."""

from dataclasses import dataclass

from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Write a run's report.html again from what the run holds; it measures nothing.

    For example:
        nexus report
        nexus report --run demo
    """

    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Write the report and say where it is."""
        from nexus.interfaces.service.reporting import report

        path = report(self.run_name)
        if self.json:
            print_json({"run": path.parent, "report": path})
        else:
            say(str(path))
        return 0
