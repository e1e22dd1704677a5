"""Puzzles on disk: made once, and verified byte by byte whenever they are read."""

import io
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from nexus.base.errors import ConfigError, DataError
from nexus.store.files import json_bytes, write_folder
from nexus.worlds import manifest
from nexus.worlds.manifest import Manifest
from nexus.worlds.puzzles.puzzle import Puzzle, Puzzles

_STORED: Final = {"given": np.uint8, "solution": np.uint8, "asked": np.bool_, "band": np.int8}
"""What is kept of puzzles, a file each; seed and split are in the manifest, indices count up."""
_READ: Final = {"given": np.int64, "solution": np.int64, "asked": np.bool_, "band": np.int64}


def cached(puzzle: Puzzle, folder: Path, *, seed: int, split: str, count: int) -> Puzzles:
    """Return puzzles 0 to ``count - 1`` of a split, from ``folder`` if they are there.

    What is not there, or lacks a file, is made and written, all at once or not at all.

    Raises:
        ConfigError: there is no such split, or ``count`` is below 1.
        DataError: a file was changed since, or does not belong there; it is named.
        StorageError: the disk refused.
    """
    if count < 1:
        raise ConfigError(f"puzzles are cached 1 or more at a time, not {count}")
    home = folder / f"{puzzle.name}-v{puzzle.version}-{split}-seed{seed}-{count}"
    asked = _manifest(puzzle, seed, split, count, {})
    if (found := _read(home, asked)) is not None:
        return found
    made = puzzle.sample(seed, split, np.arange(count, dtype=np.int64))
    files = {f"{name}.npy": _bytes(getattr(made, name).astype(t)) for name, t in _STORED.items()}
    told = _manifest(puzzle, seed, split, count, files).as_json()
    write_folder(home, {**files, manifest.NAME: json_bytes(told)})
    return made


def _manifest(
    puzzle: Puzzle, seed: int, split: str, count: int, files: dict[str, bytes]
) -> Manifest:
    """Return what is said of puzzles on disk; ``side`` is 0, for they have no pictures."""
    return Manifest(
        world=puzzle.name,
        world_version=puzzle.version,
        seed=seed,
        side=0,
        splits={split: count},
        packages={"numpy": version("numpy")},
        shards=tuple(manifest.shard(name, data, count) for name, data in files.items()),
        source={"name": "puzzles"},
    )


def _read(home: Path, asked: Manifest) -> Puzzles | None:
    """Return the puzzles in ``home``, or None where files are missing and none is wrong."""
    fix = f"delete {home} and start again: it is made anew"
    there = {item.name for item in home.iterdir()} if home.is_dir() else set[str]()
    if strange := there - {manifest.NAME, *(f"{name}.npy" for name in _STORED)}:
        raise DataError(f"{home / min(strange)} does not belong there", hint="move it elsewhere")
    if manifest.NAME not in there:
        return None
    try:
        told = manifest.read(home)
    except DataError as error:
        raise DataError(error.message, hint=fix) from error
    if not told.same_request(asked):
        raise DataError(f"{home / manifest.NAME} tells of other puzzles than asked for", hint=fix)
    shards = {shard.path: shard for shard in told.shards}
    parts = dict[str, Any]()
    for name, dtype in _READ.items():
        path = home / f"{name}.npy"
        if path.name not in there:
            continue
        data = path.read_bytes()
        if path.name not in shards or shards[path.name].sha256 != manifest.sha256(data):
            raise DataError(f"{path} was changed: its SHA-256 is not the one noted", hint=fix)
        parts[name] = np.load(io.BytesIO(data), allow_pickle=False).astype(dtype)
    if len(parts) < len(_READ):
        return None
    [(split, count)] = asked.splits.items()
    return Puzzles(**parts, index=np.arange(count, dtype=np.int64), seed=asked.seed, split=split)


def _bytes(array: np.ndarray[Any, Any]) -> bytes:
    """Return an array as the bytes of an .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
