"""What an image source is: it takes the renderer's place, and says what its pictures follow from.

A picture depends on its scene's ``(seed, world, split, index)`` alone, whoever draws it: an image
model is told the scene's caption and starts from a seed derived from those four.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from nexus.base.errors import ConfigError, SourceError
from nexus.base.randomness import key, words
from nexus.worlds.protocol import Seen, Told, World

_LONGEST: Final = 300


class Keyed(Protocol):
    """Scenes of any world: they know which they are."""

    @property
    def seed(self) -> int:
        """The seed they were drawn with."""
        ...

    @property
    def split(self) -> str:
        """The split they belong to."""
        ...

    @property
    def index(self) -> Int64[np.ndarray, " n"]:
        """Their numbers in the split."""
        ...


class ImageSource(Seen[Any], Protocol):
    """A renderer that can tell how it draws."""

    @property
    def exact(self) -> bool:
        """Whether pictures show the very state, so that facts and questions are true of them."""
        ...

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Name and settings as JSON: with prompt, seed and side, what a picture follows from."""
        ...

    @property
    def packages(self) -> Mapping[str, str]:
        """Versions of what draws."""
        ...


class Progress(Protocol):
    """Where a slow source says how far it is."""

    def begin(self, phase: str, step: int, steps: int) -> None:
        """``steps`` pictures are about to be made."""
        ...

    def advance(self, step: int, values: Mapping[str, float]) -> None:
        """``step`` of them are there."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """What an image model is told of one scene."""

    text: str
    seed: int
    """Of the picture's noise; 53 bits, so that a reader who counts in doubles keeps it."""


def prompts(world: World[Any], scenes: Keyed) -> list[Prompt]:
    """Return for each scene its full caption, and a seed that no other scene shares.

    Raises:
        ConfigError: the world has no captions.
    """
    if not isinstance(world, Told):
        raise ConfigError(
            f"world {world.name!r} has no captions to draw from", hint="use --source render"
        )
    stream = key(scenes.seed, world.name, scenes.split, "picture")
    seeds = words(stream, scenes.index, 1)[:, 0] >> np.uint64(11)
    return [
        Prompt(text=text, seed=seed)
        for text, seed in zip(world.describe(scenes), seeds.tolist(), strict=True)
    ]


def square(picture: Image.Image, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """Return a model's picture in RGB at ``side`` pixels.

    Raises:
        SourceError: it is not square, so something would be squashed or cut off.
    """
    width, height = picture.size
    if width != height:
        raise SourceError(
            f"the image model made a picture of {width} x {height}",
            hint="set it to square pictures: scenes are square",
        )
    # Hamming neither rings at the edges of flat shapes, as Lanczos does, nor blurs them.
    small = picture.convert("RGB").resize((side, side), Image.Resampling.HAMMING)
    return np.asarray(small)


def one_line(told: object) -> str:
    """Return what another program said, short and on one line."""
    said = " ".join(str(told).split())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
