"""Worlds on disk: Parquet shards, JSONL texts and a manifest, all there or not at all."""

import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from nexus.base.errors import ConfigError, DataError
from nexus.base.records import Facts, Question
from nexus.store.files import json_bytes, make_folder, replace_folder, write_atomically
from nexus.worlds import dialogue, manifest, registry
from nexus.worlds.manifest import Manifest, Picture, Shard
from nexus.worlds.manifest import verify as verify
from nexus.worlds.protocol import Asked, Known, Seen, Told, World
from nexus.worlds.sheet import Card, contact_sheet
from nexus.worlds.sources.protocol import ImageSource, Progress, prompts
from nexus.worlds.sources.renderer import Renderer
from nexus.worlds.tabletop.scene import Scenes

ROWS: Final = 512
"""Scenes in a shard."""
QUESTIONS: Final = 3
"""Questions a scene."""
_PACKAGES: Final = ("numpy", "pillow", "pyarrow")


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file about to be written."""

    path: str
    data: bytes
    rows: int
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Job:
    """What is being made."""

    world: World[Any]
    source: ImageSource | None
    """None: the world is not seen."""
    asked: Manifest
    progress: Progress | None


def make(
    world: str,
    folder: Path,
    *,
    scenes: int,
    seed: int = 0,
    side: int = 64,
    splits: Mapping[str, int] | None = None,
    source: ImageSource | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Write a data set of ``world`` and return its manifest; an equal one is verified and kept.

    ``splits`` says how many scenes each split has; by default ``scenes`` of train and a tenth as
    many of every other. ``source`` draws the pictures; by default the world itself does.

    Raises:
        ConfigError: no such world or split, or a count below 1.
        DataError: the folder holds something else, or an equal data set that was damaged.
        SourceError: an image model made no picture; the folder is as it was.
        StorageError: the disk refused; the folder is as it was.
    """
    drawn = registry.get(world)
    if source is None and isinstance(drawn, Seen):
        source = Renderer(drawn)
    counts = splits or {
        split: scenes if split == "train" else max(1, scenes // 10) for split in drawn.splits
    }
    if any(count < 1 for count in counts.values()):
        raise ConfigError(f"a split has at least 1 scene, got {dict(counts)}")
    asked = Manifest(
        world=drawn.name,
        world_version=drawn.version,
        seed=seed,
        side=side,
        splits=dict(counts),
        packages={name: version(name) for name in _PACKAGES}
        | dict(source.packages if source else {}),
        shards=(),
        source=dict(source.provenance) if source else {},
    )
    if folder.is_dir() and any(folder.iterdir()):
        return _kept(folder, asked)
    job = _Job(world=drawn, source=source, asked=asked, progress=progress)
    return _write(folder, asked, _files(job))


def _kept(folder: Path, asked: Manifest) -> Manifest:
    if not manifest.read(folder).same_request(asked):
        raise DataError(f"{folder} holds another data set", hint="choose another folder")
    return verify(folder)


def _write(folder: Path, asked: Manifest, files: Iterator[File]) -> Manifest:
    """Write everything beside ``folder``, then rename: nobody ever sees half a data set."""
    make_folder(folder.parent)
    beside = folder.with_name(f".{folder.name}.new")
    shards: list[Shard] = []
    try:
        for file in files:
            write_atomically(beside / file.path, file.data)
            shards.append(manifest.shard(file.path, file.data, file.rows, file.pictures))
        done = replace(asked, shards=tuple(shards))
        write_atomically(beside / manifest.NAME, json_bytes(done.as_json()))
        replace_folder(beside, folder)
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(beside)
        raise
    return done


def _files(job: _Job) -> Iterator[File]:
    """Yield every file of the data set but the manifest, a shard at a time."""
    for split, count in job.asked.splits.items():
        texts: dict[str, list[dict[str, Any]]] = {}
        for number, start in enumerate(range(0, count, ROWS)):
            index = np.arange(start, min(start + ROWS, count))
            scenes = job.world.scenes(job.asked.seed, split, index)
            images = _images(job, split, index)
            sink = io.BytesIO()
            pq.write_table(_table(job, scenes, index, images), sink, compression="zstd")
            yield File(
                path=f"{split}-{number:04}.parquet",
                data=sink.getvalue(),
                rows=len(index),
                pictures=_pictures(job, scenes, index, images),
            )
            for name, lines in _texts(job.world, scenes, index).items():
                texts.setdefault(name, []).extend(lines)
        for name, lines in texts.items():
            data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            yield File(path=f"{split}-{name}.jsonl", data=data.encode(), rows=len(lines))


def _images(job: _Job, split: str, index: np.ndarray) -> list[bytes]:
    """Return the scenes' pictures as PNG; none of a world that is not seen."""
    if (source := job.source) is None:
        return []
    if not source.exact and job.progress:
        job.progress.begin(f"{split} pictures", int(index[0]), job.asked.splits[split])
    images: list[bytes] = []
    for some in np.split(index, 1 if source.exact else len(index)):  # a model needs seconds for one
        scenes = job.world.scenes(job.asked.seed, split, some)
        images += [png(picture) for picture in source.render(scenes, side=job.asked.side)]
        if not source.exact and job.progress:
            job.progress.advance(int(some[-1]) + 1, {"pictures": len(images)})
    return images


def _pictures(
    job: _Job, scenes: Any, index: np.ndarray, images: Sequence[bytes]
) -> tuple[Picture, ...]:
    """Return what the manifest says of each picture of an image model."""
    if job.source is None or job.source.exact:
        return ()
    return tuple(
        Picture(index=int(at), prompt=told.text, seed=told.seed, sha256=manifest.sha256(image))
        for at, told, image in zip(index, prompts(job.world, scenes), images, strict=True)
    )


def _table(job: _Job, scenes: Any, index: np.ndarray, images: Sequence[bytes]) -> Any:
    """Return one row a scene, with a column for each thing the world can do.

    A picture that need not show the scene's state gets no questions and no facts: they would be
    true of the scene and not of the picture.
    """
    world, exact = job.world, job.source is None or job.source.exact
    columns: dict[str, Any] = {"index": pa.array(index, pa.int64())}
    if images:
        columns["image"] = pa.array(images, pa.binary())
    if isinstance(world, Told):
        pairs = zip(world.describe(scenes), world.describe(scenes, partial=True), strict=True)
        columns["captions"] = pa.array([list(pair) for pair in pairs], pa.list_(pa.string()))
    if isinstance(world, Asked) and exact:
        asked = world.ask(scenes, per_scene=QUESTIONS)
        columns["questions"] = pa.array([[_plain(q) for q in row] for row in asked])
    if isinstance(world, Known) and exact:
        columns["facts"] = pa.array([_facts_json(f) for f in world.facts(scenes)], pa.string())
    return pa.table(columns)


def png(picture: np.ndarray) -> bytes:
    """Return an RGB picture as PNG bytes."""
    sink = io.BytesIO()
    Image.fromarray(picture).save(sink, "PNG")
    return sink.getvalue()


def _plain(question: Question) -> dict[str, Any]:
    names = ("text", "query", "answer", "kind", "template")
    return {name: getattr(question, name) for name in names} | {"steps": list(question.steps)}


def _facts_json(facts: Facts) -> str:
    """Return gold facts: the atoms that are true (all others about these objects are false)."""
    true = [" ".join(atom) for atom, truth in facts.truth.items() if truth == "true"]
    return json.dumps(
        {"objects": facts.objects, "true": true, "centres": facts.centres}, sort_keys=True
    )


def _texts(world: World[Any], scenes: Any, index: np.ndarray) -> dict[str, list[dict[str, Any]]]:
    """Return the JSON lines of each kind of text; longer texts are told of the table only."""
    told: dict[str, list[dict[str, Any]]] = {}
    if isinstance(world, Told):
        told["captions"] = _lines(index, world.describe(scenes))
    if isinstance(scenes, Scenes):
        told["trees"] = _lines(index, [t.as_json() for t in dialogue.trees(scenes)])
        games = [
            [f"{turn.speaker}: {turn.text}" for turn in game.turns]
            for game in dialogue.dialogues(scenes)
        ]
        told["dialogues"] = _lines(index, games)
        told["chains"] = _lines(index, dialogue.chains(scenes, per_scene=QUESTIONS))
    return told


def _lines(index: np.ndarray, texts: Sequence[object]) -> list[dict[str, Any]]:
    return [{"index": int(i), "text": text} for i, text in zip(index, texts, strict=True)]


def show(folder: Path, out: Path, *, scenes: int = 12) -> None:
    """Draw the first scenes of the data set in ``folder`` as the PNG ``out``.

    Raises:
        DataError: there is no data set, or it has no pictures.
        StorageError: ``out`` cannot be written.
    """
    told = manifest.read(folder)
    first = next((s.path for s in told.shards if s.path.endswith(".parquet")), None)
    if first is None:
        raise DataError(f"{folder} has no scenes")
    try:
        rows = pq.read_table(folder / first).slice(0, scenes).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"{folder / first} cannot be read: {error}", hint="nexus data verify"
        ) from error
    if not rows or "image" not in rows[0]:
        raise DataError(f"{folder / first} has no pictures")
    sink = io.BytesIO()
    title = f"{told.world}, seed {told.seed}"
    contact_sheet([_card(row) for row in rows], title=title).save(sink, "PNG")
    write_atomically(out, sink.getvalue())


def _card(row: Mapping[str, Any]) -> Card:
    asked = row.get("questions") or [{"text": "", "answer": ""}]
    return Card(
        picture=Image.open(io.BytesIO(row["image"])),
        caption=row["captions"][0],
        question=asked[0]["text"],
        answer=asked[0]["answer"],
    )
