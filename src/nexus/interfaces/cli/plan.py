"""``nexus plan``: a plan that is checked, or a checked proof that there is none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Find a plan for a problem in PDDL or in plain English, or prove that there is none.

    A plan is replayed, and a proof checked, by a checker that shares no code with the planner.
    When the budget runs out nothing is claimed. Of a text, every sentence is shown with what was
    read in it; where one is not read, or they do not fit together, there is no plan.

    For example:
        nexus plan --domain blocks.pddl --problem swap.pddl
        nexus plan --domain blocks.pddl --problem swap.pddl --seconds 5 --json
        nexus plan --problem "Block b is on block c. Block c is on the table. Block b is clear.
            The hand is empty. My goal is that block c is on block b."
        nexus plan --batch problems.jsonl --domain-name logistics
    """

    domain: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Types, predicates and actions: STRIPS with types and negative preconditions."""
    problem: Annotated[str, tyro.conf.arg(metavar="FILE|TEXT")] = ""
    """Objects, what holds at first, and the goal: a file in PDDL with --domain, else a text;
    - reads the text from stdin."""
    batch: Annotated[Path | None, tyro.conf.arg(metavar="FILE.jsonl")] = None
    """Instead: one problem a line, a text in the field problem (and id); what comes of each is
    printed as JSON lines."""
    domain_name: Literal["", "blocksworld", "logistics"] = ""
    """Whose rules a text goes by; empty guesses it from the text."""
    states: Annotated[int, tyro.conf.arg(metavar="N")] = 100_000
    """Most states to look at in one search."""
    seconds: Annotated[float, tyro.conf.arg(metavar="S")] = 60.0
    """Longest time to plan."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Plan, and print what came of it."""
        if (self.batch is not None) == bool(self.problem) or (self.batch and self.domain):
            raise UsageError("name --domain FILE and --problem FILE, --problem TEXT, or --batch")
        if self.domain is not None and self.domain_name:
            raise UsageError("--domain-name is for a text; --domain names a file")
        from nexus.interfaces import plan_words
        from nexus.interfaces.service import planning
        from nexus.interfaces.service.proving import read_text_file
        from nexus.logic.plans import Budget

        budget = Budget(states=self.states, seconds=self.seconds)
        if self.domain is not None:
            found = planning.plan_files(self.domain, Path(self.problem), budget)
            if self.json:
                told = {"domain": self.domain, "problem": self.problem}
                print_json({**told, **plan_words.plan_json(found)})
            else:
                say(*plan_words.plan_lines(found))
            return 0
        if self.batch is not None:
            names, texts = planning.read_problems(self.batch)
        else:
            path = Path("-")
            names, texts = (), (read_text_file(path) if self.problem == "-" else self.problem,)
        answers = planning.plan_told(texts, budget, domain=self.domain_name, run=self.run_name)
        for at, answer in enumerate(answers):
            if self.batch is not None:
                print_json({"id": names[at], **plan_words.text_json(answer)})
            elif self.json:
                print_json(plan_words.text_json(answer))
            else:
                say(*plan_words.text_lines(answer))
        return 0
