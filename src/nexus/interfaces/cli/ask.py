"""``nexus ask``: one question about one picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Ask a question about a picture and see the answer, its proof and how sure it is.

    Two routes answer it and check each other. Where they disagree both are shown with what each
    rests on; the proof's answer is then given only if such proofs were right on held-out scenes.

    For example:
        nexus ask "how many red things are there?" --image drawing.png
        nexus ask "is there a circle left of the big square?" --scene 7 --run demo --json
    """

    question: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="QUESTION")]
    """What to ask, at most 300 characters."""
    image: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """A picture of at most 4 megapixels: PNG, JPEG, WebP, GIF, BMP or TIFF."""
    scene: Annotated[int | None, tyro.conf.arg(metavar="SEED")] = None
    """Instead of a picture: this scene of the run's test split."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Ask, and print what is decided."""
        from nexus.interfaces.service.asking import ask

        if (self.image is None) == (self.scene is None):
            raise UsageError("name one picture: --image FILE or --scene SEED")
        answered = ask(self.question, image=self.image, scene=self.scene, run=self.run_name)
        from nexus.interfaces.wording import decision_json, decision_lines

        if self.json:
            about = {"question": answered.question, "picture": answered.picture}
            print_json({**about, "run": answered.run, **decision_json(answered.decision)})
        else:
            say(*decision_lines(answered.decision))
        return 0
