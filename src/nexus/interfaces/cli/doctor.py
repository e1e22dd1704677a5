"""``nexus doctor``: is this machine fit, and what to do where it is not."""

from dataclasses import asdict, dataclass

from nexus.interfaces.cli.options import Json
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Doctor:
    """Check versions, threads, speed, disk, memory, the network guard and the recipes.

    Exit code 1 means that a problem was found; each comes with what to do about it.

    For example:
        nexus doctor
        nexus doctor --json
    """

    json: Json = False

    def run(self) -> int:
        """Examine and print every finding."""
        from nexus.interfaces.service.doctor import examine

        findings = examine()
        problems = sum(finding.status == "problem" for finding in findings)
        if self.json:
            print_json({"problems": problems, "findings": [asdict(f) for f in findings]})
        else:
            width = max(len(finding.name) for finding in findings)
            for finding in findings:
                say(f"{finding.status:7}  {finding.name:{width}}  {finding.found}")
                if finding.advice:
                    say(f"{'':9}{'':{width}}  -> {finding.advice}")
        return 1 if problems else 0
