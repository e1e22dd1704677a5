"""``nexus learn``: rules from facts and examples, proposed and never simply used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, say, tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Learn:
    """Learn what a predicate means from facts, and from what it holds of and what it does not.

    Clauses are weighed by gradient and then made plain rules, as short as they can be. The engine
    and the checker say what they explain of examples that were held out; below a threshold they
    are refused (exit code 1). With --propose they wait for a person's decision, and once approved
    `nexus prove --rules` reasons with them.

    The file has one atom a line: parent(ann, bob) is a fact, "+ grandparent(ann, cid)" a positive
    example, "- grandparent(ann, bob)" a negative one. "family" begins another family, "closed"
    makes negative what is not positive; or JSON with facts, positive, negative, closed, families.

    For example:
        nexus learn families.txt
        nexus learn families.json --target ancestor --propose --run mine
        nexus learn - --least 0.9 --json < families.txt
    """

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """Facts and examples; - reads them from stdin."""
    target: Annotated[str, tyro.conf.arg(metavar="PREDICATE")] = ""
    """What is learned: what the examples are of, unless given."""
    least: Annotated[float, tyro.conf.arg(metavar="SHARE")] = 0.95
    """Of the held-out positive examples to be explained, and of what follows to be right."""
    seed: int = 0
    """Of the weights that learning begins with."""
    propose: bool = False
    """Ask for the change that approves them."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Learn, and print what was learned."""
        if self.run_name and not self.propose:
            raise UsageError("--run names where the rules are proposed: give --propose too")
        from nexus.interfaces.rule_words import learned_json, learned_lines
        from nexus.interfaces.service.learning import learn_file
        from nexus.train.rules import Learning

        how = Learning(seed=self.seed, least=self.least)
        taken = learn_file(self.file, self.target, how, run=self.run_name, ask=self.propose)
        learned, proposal = taken.learned, taken.proposal
        change = "" if proposal is None else proposal.change_id
        if self.json:
            print_json({**learned_json(learned), "run": taken.run, "change": change})
        else:
            say(*learned_lines(learned))
        if learned.refused:
            tell(f"refused: {learned.refused}")
            return 1
        if not self.json:
            _next(change)
        return 0


def _next(change: str) -> None:
    if change:
        say(f"Change {change} waits.", f"Look:   nexus review show {change}", "Decide: it says how")
    else:
        say("Nothing reasons with them; --propose asks for that.")
