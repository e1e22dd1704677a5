"""``nexus train``: one part of the system, by a recipe and typed changes to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

from nexus.config import Recipe, recipe
from nexus.interfaces.cli.options import Json, RunName
from nexus.interfaces.cli.output import print_json, say

_DEFAULT = "tiny"


@dataclass(frozen=True, kw_only=True, slots=True)
class Train:
    """Train one part of the system; the same command continues a run that was stopped.

    Every setting of the recipe is an option; those shown are the recipe's own. A changed recipe
    has another hash and needs a run of its own.

    For example:
        nexus train perception --recipe tiny
        nexus train questions --recipe tiny --resume
        nexus train reasoner --task sudoku6 --recipe tiny
        nexus train parser --recipe tiny
        nexus train perception --recipe tiny --encode.vision.depth 4 --run deeper
    """

    half: tyro.conf.Positional[Literal["perception", "questions", "reasoner", "parser"]]
    """perception: encoders and predictors; questions: what asks, grounds, parses and answers;
    reasoner: thinking in cycles, on the puzzle that --task names; parser: what sentences say."""
    task: Literal["sudoku6", "khop", "maze"] = "sudoku6"
    """What the reasoner is trained on."""
    recipe: str = _DEFAULT
    """A shipped recipe, or a .toml file."""
    run_name: RunName = ""
    resume: bool = False
    """Only continue: refuse to begin a run."""
    json: Json = False
    settings: Annotated[Recipe, tyro.conf.arg(name="")] = field(default_factory=Recipe)

    @classmethod
    def with_recipe(cls, words: Sequence[str]) -> "Train":
        """Return the defaults for a command line: the settings of the recipe it names."""
        named = _DEFAULT
        for at, word in enumerate(words):
            option, equals, value = word.partition("=")
            if option == "--recipe":
                named = value if equals else "".join(words[at + 1 : at + 2]) or named
        return cls(half=tyro.MISSING, recipe=named, settings=recipe(named))

    def run(self) -> int:
        """Train, showing progress."""
        from nexus.interfaces.cli.progress import shown
        from nexus.interfaces.service.training import first, train

        with shown() as progress:
            folder = train(
                self.settings,
                self.half,
                task=self.task,
                run=self.run_name,
                resume=self.resume,
                progress=progress,
            )
        if not first():
            return 0
        if self.json:
            done = {"run": folder, "trained": self.half, "recipe": self.settings.name}
            print_json({**done, "hash": self.settings.hash})
        else:
            say(f"{self.half} is trained in {folder}")
        return 0
