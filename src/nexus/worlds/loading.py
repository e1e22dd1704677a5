"""A split of a data set on disk, back in memory with the scenes it is of."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import UInt8
from PIL import Image

from nexus.base.errors import DataError
from nexus.worlds import manifest, registry
from nexus.worlds.manifest import Manifest
from nexus.worlds.protocol import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """Scenes of one split with their pictures and captions, row by row."""

    manifest: Manifest
    world: World[Any]
    scenes: Any
    images: UInt8[np.ndarray, "n side side 3"]
    captions: list[str]
    """The full caption of each scene: what an image model was told."""

    def __len__(self) -> int:
        return len(self.captions)


def load(folder: Path, split: str) -> Loaded:
    """Return a split of the data set in ``folder``, after every byte of it was verified.

    Raises:
        ConfigError: its world is not installed.
        DataError: it is damaged, has no such split, pictures or captions, or is of another
            version of its world.
    """
    told = manifest.verify(folder)
    world = registry.get(told.world)
    if world.version != told.world_version:
        raise DataError(
            f"{folder} is of version {told.world_version} of {world.name}, not {world.version}",
            hint="make the data set again into a new folder",
        )
    if split not in told.splits:
        raise DataError(
            f"{folder} has no split {split!r}", hint="one of " + ", ".join(sorted(told.splits))
        )
    try:
        tables = [
            pq.read_table(folder / shard.path, columns=["index", "image", "captions"])
            for shard in told.shards
            if shard.path.startswith(f"{split}-") and shard.path.endswith(".parquet")
        ]
        rows = pa.concat_tables(tables).to_pydict()
    except pa.ArrowException as error:
        raise DataError(f"{folder} has no pictures with captions") from error
    images = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in rows["image"]]
    return Loaded(
        manifest=told,
        world=world,
        scenes=world.scenes(told.seed, split, np.array(rows["index"])),
        images=np.stack(images),
        captions=[both[0] for both in rows["captions"]],
    )
