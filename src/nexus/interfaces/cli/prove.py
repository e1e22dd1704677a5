"""``nexus prove`` and ``nexus parse``: from sentences to a checked proof."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, say, tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Prove:
    """Answer a question about a text, with a proof from its sentences, or say why not.

    Every sentence is read to facts and rules, shown beside it. The proof is checked by a checker
    that shares no code with the engine. In a closed world what does not follow is false.

    For example:
        nexus prove --theory story.txt --question "Is Anne kind?"
        echo "Bob is big. Big people are kind." | nexus prove --theory - --question "Is Bob kind?"
        nexus prove --batch questions.jsonl --world closed
        nexus prove --theory family.txt --question "..." --rules --svg proof.svg
    """

    theory: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """The text; - reads it from stdin."""
    question: str = ""
    """What is asked of it."""
    batch: Annotated[Path | None, tyro.conf.arg(metavar="FILE.jsonl")] = None
    """Instead: one question a line, with the fields context and question (and world, id); the
    answers are printed as JSON lines."""
    world: Literal["open", "closed"] = "open"
    """What it means that something is not said: it is unknown, or it is false."""
    rules: bool = False
    """Also reason with the rules that were approved in the run (see `nexus learn --help`)."""
    svg: Annotated[Path | None, tyro.conf.arg(metavar="FILE.svg")] = None
    """Draw the proof, too."""
    seconds: Annotated[float, tyro.conf.arg(metavar="S")] = 20.0
    """Longest time to look for the proof of one question."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Prove, and print what came of it."""
        single = self.theory is not None and bool(self.question)
        if single == (self.batch is not None) or (self.batch and (self.theory or self.question)):
            raise UsageError("name --theory FILE and --question TEXT, or --batch FILE.jsonl")
        if self.batch is not None and self.svg is not None:
            raise UsageError("--svg draws the proof of one question, not of a batch")
        from nexus.decide.proving import Asked
        from nexus.interfaces.proof_words import conclusion_lines
        from nexus.interfaces.service import proving
        from nexus.logic.engines.budget import Budget
        from nexus.logic.theory import World

        budget, world = Budget(seconds=self.seconds), World(self.world)
        if self.batch is not None:
            batch = proving.read_batch(self.batch, world)
            found = proving.prove_all(
                batch.asked, run=self.run_name, budget=budget, rules=self.rules
            )
            for name, conclusion in zip(batch.names, found, strict=True):
                print_json({"id": name, **conclusion.plain()})
            return 0
        assert self.theory is not None
        context = proving.read_text_file(self.theory)
        asked = Asked(context=context, question=self.question, world=world)
        (conclusion,) = proving.prove_all(
            [asked], run=self.run_name, budget=budget, rules=self.rules
        )
        if self.json:
            print_json(conclusion.plain())
        else:
            say(*conclusion_lines(conclusion))
        if self.svg is not None:
            drawn = proving.draw(conclusion, self.svg)
            tell(f"the proof is drawn in {self.svg}" if drawn else "there is no proof to draw")
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Parse:
    """Read a text sentence by sentence, and show what each says, or why it is not read.

    For example:
        nexus parse --theory story.txt
        echo "If someone is big then they are kind." | nexus parse --theory - --json
    """

    theory: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """The text; - reads it from stdin."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Parse, and print what was read."""
        from nexus.interfaces.proof_words import reading_json, reading_lines
        from nexus.interfaces.service import proving

        readings = proving.parse_text(proving.read_text_file(self.theory), run=self.run_name)
        if self.json:
            print_json({"sentences": [reading_json(reading) for reading in readings]})
        else:
            say(*reading_lines(readings))
        return 0
