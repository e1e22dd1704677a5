"""What a data set claims to be: every file with its size and hash, and how to make it again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from nexus.base.errors import DataError

NAME: Final = "manifest.json"
FORMAT: Final = 1
_AGAIN: Final = "make the data set again into a new folder"


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One picture an image model made."""

    index: int
    """Of the scene in its split."""
    prompt: str
    seed: int
    sha256: str
    """Of the PNG in the shard."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One file of a data set."""

    path: str
    """Relative to the folder."""
    sha256: str
    bytes: int
    rows: int
    pictures: tuple[Picture, ...] = ()
    """How each was made; rendered pictures follow from seed and index and are not listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """A data set: what makes it again, and what must then come out."""

    world: str
    world_version: int
    seed: int
    side: int
    splits: Mapping[str, int]
    """Scenes of each split."""
    packages: Mapping[str, str]
    """Versions of what wrote the bytes: another version may write equal data differently."""
    shards: tuple[Shard, ...]
    source: Mapping[str, Any] = field(default_factory=lambda: {"name": "render"})
    """What drew the pictures, and with which settings."""
    format: int = FORMAT

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as plain JSON; a shard without listed pictures says nothing of it."""
        plain = asdict(self)
        for entry in plain["shards"]:
            if not entry["pictures"]:
                del entry["pictures"]
        return plain

    def same_request(self, other: "Manifest") -> bool:
        """Return whether both were asked for with the same world, seed, side, splits and source."""
        asked = ("world", "world_version", "seed", "side", "splits", "source")
        return all(getattr(self, name) == getattr(other, name) for name in asked)


def sha256(data: bytes) -> str:
    """Return the hash by which bytes are known here."""
    return hashlib.sha256(data).hexdigest()


def shard(path: str, data: bytes, rows: int, pictures: tuple[Picture, ...] = ()) -> Shard:
    """Return what the manifest says of a file with these bytes."""
    return Shard(path=path, sha256=sha256(data), bytes=len(data), rows=rows, pictures=pictures)


def read(folder: Path) -> Manifest:
    """Return the manifest of the data set in ``folder``.

    Raises:
        DataError: there is none, or it is damaged or of another format.
    """
    path = folder / NAME
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.get("format") != FORMAT:
            raise DataError(f"{path} has format {told.get('format')!r}, not {FORMAT}", hint=_AGAIN)
        shards = tuple(_shard(entry) for entry in told.pop("shards"))
        return Manifest(**told, shards=shards)
    except OSError as error:
        raise DataError(
            f"{folder} holds no data set: {path.name} cannot be read", hint="nexus data make"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{path} is damaged: {error}", hint=_AGAIN) from error


def _shard(entry: Mapping[str, Any]) -> Shard:
    pictures = tuple(Picture(**picture) for picture in entry.get("pictures", ()))
    return replace(Shard(**entry), pictures=pictures)


def verify(folder: Path) -> Manifest:
    """Return the manifest if every byte of the data set is what it says.

    Raises:
        DataError: files are changed, missing or extra; every one is named.
    """
    manifest = read(folder)
    wanted = {entry.path: entry for entry in manifest.shards}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {NAME}
    wrong = [f"{path} is missing" for path in sorted(wanted.keys() - there)]
    wrong += [f"{path} does not belong to it" for path in sorted(there - wanted.keys())]
    for path in sorted(wanted.keys() & there):
        data = (folder / path).read_bytes()
        if (len(data), sha256(data)) != (wanted[path].bytes, wanted[path].sha256):
            wrong.append(f"{path} was changed")
    if wrong:
        raise DataError(f"data set {folder}: {'; '.join(wrong)}", hint=_AGAIN)
    return manifest
