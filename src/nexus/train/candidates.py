"""Candidate cores: built in a process of their own, and again from what is written down.

A candidate lies in ``runs/<run>/candidates/<sha256>/`` as ``weights`` and ``replay.json``; the
lessons are an object of the run. Nothing here lets a candidate think: that is for people to decide.

Run as a module this file is the builder: ``python -m nexus.train.candidates RUN REPLAY OUT``.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch

from nexus.base.device import set_threads
from nexus.base.errors import CheckpointError, ConfigError, DataError, NexusError, TrainingError
from nexus.base.proposals import Effect, Evidence, Policy
from nexus.config import recipe as recipe_of
from nexus.nn.weights import from_bytes, load_module, module_bytes, to_bytes
from nexus.review.approved import Approved
from nexus.review.gate import Draft
from nexus.store.files import json_bytes, write_folder
from nexus.store.objects import Objects, sha256
from nexus.store.provenance import code_hash, package_versions
from nexus.store.runs import Run
from nexus.train.consolidation import Consolidation, Lessons, consolidate
from nexus.train.parts import Parts
from nexus.train.puzzles import artefact
from nexus.worlds import puzzles
from nexus.worlds.puzzles import Puzzles
from nexus.worlds.tabletop import Tabletop

WEIGHTS: Final = "weights"
REPLAY: Final = "replay.json"
_FAILED: Final = 3
"""Exit code of a builder that refused; why is in what it printed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """All a candidate depends on, as ``replay.json`` says it."""

    task: str
    base: str
    """Hash of the core's weights it starts from, an object of the run."""
    data: str
    """Hash of the lessons, an object of the run."""
    how: Consolidation
    config_hash: str
    """Of the run's recipe."""
    code_hash: str
    packages: Mapping[str, str]
    threads: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A core that was built and may not think."""

    folder: Path
    sha256: str
    """Of its weights."""
    replay: Replay
    replay_hash: str
    cpu_s: float


def order(run: Run, task: str, lessons: Lessons, how: Consolidation, *, threads: int = 1) -> Replay:
    """Return what to build from the core that thinks now; the lessons are stored in the run.

    Raises:
        CheckpointError: the core is not trained.
        LedgerError: what may think there is not what the ledger says.
        StorageError: the disk refused.
    """
    approved = Approved.open(run.folder)
    approved.artefact(artefact(task))
    return Replay(
        task=task,
        base=approved.artefacts[artefact(task)].sha256,
        data=_objects(run).put(lessons_bytes(lessons)),
        how=how,
        config_hash=run.info.config_hash,
        code_hash=code_hash(),
        packages=package_versions(),
        threads=threads,
    )


def build(run: Run, replay: Replay) -> Candidate:
    """Return the candidate that ``replay`` describes, built in a process of its own.

    Raises:
        CheckpointError: an object is missing or damaged, or the replay is of another recipe, other
            code or other packages.
        TrainingError: the builder died.
        StorageError: the disk refused.
    """
    told = json_bytes(asdict(replay))
    weights, cpu_s = _built(run, told)
    name = sha256(weights)
    folder = run.folder / "candidates" / name
    write_folder(folder, {WEIGHTS: weights, REPLAY: told})
    return Candidate(
        folder=folder, sha256=name, replay=replay, replay_hash=sha256(told), cpu_s=cpu_s
    )


def rebuild(run: Run, replay: Path) -> str:
    """Return the hash of what a ``replay.json`` builds now; nothing is kept of it.

    Raises:
        NexusError: see ``build`` and ``read_replay``.
    """
    weights, _ = _built(run, json_bytes(asdict(read_replay(replay))))
    return sha256(weights)


def read_replay(path: Path) -> Replay:
    """Return what a ``replay.json`` says.

    Raises:
        CheckpointError: it cannot be read, or is none.
    """
    again = "copy the candidate's folder from a backup, or build it again"
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        how = Consolidation(**told.pop("how"))
        return Replay(how=how, **told)
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}", hint=again) from None
    except (ValueError, TypeError, KeyError, AttributeError, ConfigError) as error:
        raise CheckpointError(f"{path} is no replay: {error}", hint=again) from None


def check(run: Run, replay: Replay) -> None:
    """Refuse a replay that would not come out the same here.

    Raises:
        CheckpointError: it is of another recipe, other code or other packages.
    """
    for what, told, here in (
        ("recipe", replay.config_hash, run.info.config_hash),
        ("code", replay.code_hash, code_hash()),
        ("set of packages", _listed(replay.packages), _listed(package_versions())),
    ):
        if told != here:
            raise CheckpointError(
                f"this replay is of another {what}: {told[:200]}, and here it is {here[:200]}",
                hint="check out the code and packages it was made with, or build a new candidate",
            )


def _listed(packages: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))


def lessons_bytes(lessons: Lessons) -> bytes:
    """Return lessons as a safetensors object; equal lessons give equal bytes."""
    tensors = dict[str, torch.Tensor]()
    for name, data in (("taught", lessons.taught), ("replay", lessons.replay)):
        for part in ("given", "solution", "asked"):
            values = getattr(data, part).astype(np.uint8)
            tensors[f"{name}.{part}"] = torch.from_numpy(values)
    return to_bytes(tensors)


def read_lessons(data: bytes, *, source: str) -> Lessons:
    """Return the lessons in an object.

    Raises:
        CheckpointError: it is no safetensors file.
        DataError: it holds no lessons.
    """
    tensors = from_bytes(data, source=source)
    try:
        return Lessons(taught=_part(tensors, "taught"), replay=_part(tensors, "replay"))
    except KeyError as error:
        raise DataError(f"{source} holds no lessons: {error} is missing") from None


def draft(
    candidate: Candidate,
    evidence: Evidence,
    effects: tuple[Effect, ...],
    *,
    base: str,
    data: Mapping[str, str | int],
    proposer: str = "reflection",
    lasts_s: int = Policy().expires_s,
) -> Draft:
    """Return what the gate is asked with; nothing else happens.

    Args:
        candidate: what was built.
        evidence: what speaks for it.
        effects: what it is expected to reach.
        base: hash of the system it was built from.
        data: where the examples came from, beside what the replay says.
        proposer: who asks.
        lasts_s: how long it may wait for a decision.
    """
    replay = candidate.replay
    return Draft(
        change_id=secrets.token_hex(6),
        kind="core",
        base=base,
        artefacts={artefact(replay.task): (candidate.folder / WEIGHTS).read_bytes()},
        proposer=proposer,
        rationale=f"{evidence.cause}; a copy of the core has learned what was revealed since",
        evidence=evidence,
        effects=effects,
        replay=(candidate.folder / REPLAY).read_bytes(),
        data={
            "task": replay.task,
            "base_weights": replay.base,
            "candidate_weights": candidate.sha256,
            "lessons": replay.data,
            "code": replay.code_hash,
            "seed": replay.how.seed,
            **data,
        },
        lasts_s=lasts_s,
    )


def _part(tensors: Mapping[str, torch.Tensor], name: str) -> Puzzles:
    given, solution = (
        tensors[f"{name}.{p}"].numpy().astype(np.int64) for p in ("given", "solution")
    )
    return Puzzles(
        given=given,
        solution=solution,
        asked=tensors[f"{name}.asked"].numpy().astype(bool),
        band=np.full(len(given), -1),
        index=np.arange(len(given)),
        seed=0,
        split=name,
    )


def _objects(run: Run) -> Objects:
    return Objects(run.folder / "objects")


def _built(run: Run, replay: bytes) -> tuple[bytes, float]:
    """Return the weights a builder makes of ``replay``, and the CPU seconds it took."""
    before = os.times()
    with TemporaryDirectory() as folder:
        path, out = Path(folder) / REPLAY, Path(folder) / WEIGHTS
        path.write_bytes(replay)
        check(run, read_replay(path))
        command = [
            sys.executable,
            "-m",
            "nexus.train.candidates",
            str(run.folder),
            str(path),
            str(out),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == _FAILED:
            kind, message, hint = json.loads(done.stdout.splitlines()[-1])
            error = {e.__name__: e for e in (CheckpointError, DataError)}.get(kind, TrainingError)
            raise error(message, hint=hint)
        if done.returncode or not out.is_file():
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise TrainingError(
                f"the builder of a candidate ended with code {done.returncode}: {last}",
                hint="free some memory and build again; nothing was changed",
            )
        after = os.times()
        spent = after.children_user + after.children_system
        return out.read_bytes(), spent - before.children_user - before.children_system


def _make(folder: Path, path: Path, out: Path) -> None:
    """Build what ``path`` describes and write its weights to ``out``."""
    run, replay = Run.open(folder), read_replay(path)
    check(run, replay)
    set_threads(replay.threads)
    objects, puzzle = _objects(run), puzzles.get(replay.task)
    recipe = recipe_of(str(folder / "recipe.toml"))
    boards = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(puzzle)
    load_module(boards, objects.get(replay.base), source=f"core {replay.base[:12]}")
    lessons = read_lessons(objects.get(replay.data), source=f"lessons {replay.data[:12]}")
    consolidate(boards, puzzle, lessons, replay.how)
    out.write_bytes(module_bytes(boards))


if __name__ == "__main__":
    try:
        _make(*(Path(argument) for argument in sys.argv[1:4]))
    except NexusError as error:
        sys.stdout.write(json.dumps([type(error).__name__, error.message, error.hint]) + "\n")
        sys.exit(_FAILED)
