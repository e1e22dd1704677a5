"""``nexus data``: data sets made, looked at and verified."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from nexus.interfaces.cli.options import Json
from nexus.interfaces.cli.output import print_json, say

Folder = Annotated[Path, tyro.conf.arg(metavar="FOLDER")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Make:
    """Write a data set: Parquet and JSON lines, with a manifest of hashes.

    For example:
        nexus data make
        nexus data make --world blocks --out data/blocks --scenes 5000
        nexus data make --out data/drawn --scenes 40 --source diffusers:models/sd
        nexus data make --out data/drawn --scenes 40 --source comfyui:8188 --workflow mine.json
    """

    world: str = "tabletop"
    """Which world to draw from."""
    out: Folder = Path("data/tabletop")
    """Where the data set goes."""
    scenes: int = 1000
    """Scenes of the training split; every other split gets a tenth as many."""
    seed: int = 0
    side: int = 64
    """Picture side in pixels."""
    source: str = "render"
    """What draws: render, diffusers:FOLDER (a local pipeline) or comfyui:PORT (a local server)."""
    workflow: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Of ComfyUI: exported in API format, "%prompt%" and "%seed%" written where they go in."""
    steps: int = 20
    """Of diffusers: denoising steps a picture."""
    guidance: float = 7.5
    """Of diffusers: guidance scale; a higher one keeps closer to the caption."""
    json: Json = False

    def run(self) -> int:
        """Write it and say where."""
        from nexus.interfaces.cli.progress import shown
        from nexus.interfaces.service import data

        drawing = data.Drawing(
            source=self.source, workflow=self.workflow, steps=self.steps, guidance=self.guidance
        )
        with shown() as progress:
            data.make(
                self.world,
                out=self.out,
                scenes=self.scenes,
                seed=self.seed,
                side=self.side,
                drawing=drawing,
                progress=progress,
            )
        if self.json:
            print_json({"data": self.out, "scenes": self.scenes})
        else:
            say(f"{self.out} is written; nexus data verify {self.out} checks it")
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Show:
    """Draw a contact sheet of a data set.

    For example:
        nexus data show
        nexus data show data/blocks --out sheet.png
    """

    data: tyro.conf.Positional[Folder] = Path("data/tabletop")
    """The data set."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")] = Path("data/tabletop.png")
    """Where the picture goes."""
    json: Json = False

    def run(self) -> int:
        """Draw it and say where."""
        from nexus.interfaces.service import data

        data.show(self.data, out=self.out)
        if self.json:
            print_json({"data": self.data, "sheet": self.out})
        else:
            say(str(self.out))
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Verify:
    """Compare every byte of a data set with its manifest; a changed shard is named.

    For example:
        nexus data verify
        nexus data verify data/blocks --json
    """

    data: tyro.conf.Positional[Folder] = Path("data/tabletop")
    """The data set."""
    json: Json = False

    def run(self) -> int:
        """Verify it; damage is an error."""
        from nexus.interfaces.service import data

        data.verify(self.data)
        if self.json:
            print_json({"data": self.data, "valid": True})
        else:
            say(f"{self.data} is what its manifest says")
        return 0
