"""A run folder: the recipe, where it came from, and who is training it now."""

import fcntl
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nexus.base.errors import CheckpointError, ConfigError, StorageError
from nexus.store.files import explained, settle, write_atomically, write_json
from nexus.store.provenance import code_hash, machine, package_versions


@dataclass(frozen=True, kw_only=True, slots=True)
class RunInfo:
    """What ``run.json`` says: enough to make the run again and to know if it came out the same."""

    created: str
    """UTC, ISO 8601 with microseconds, so that runs sort by it."""
    config_hash: str
    code_hash: str
    seed: int
    packages: Mapping[str, str]
    machine: Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One training run on disk; make it with ``create``, find it again with ``open``."""

    folder: Path
    info: RunInfo

    @classmethod
    def create(cls, folder: Path, *, recipe: str, config_hash: str, seed: int) -> "Run":
        """Return the run at ``folder``: a new one, or the one this same recipe began there.

        ``recipe`` is the whole configuration as TOML text and ``config_hash`` what it means,
        hashed: a run never changes its recipe.

        Raises:
            ConfigError: another recipe began the run that is there.
        """
        if (folder / "run.json").exists():
            run = cls.open(folder)
            if run.info.config_hash != config_hash:
                raise ConfigError(
                    f"{folder} belongs to another recipe (its hash is "
                    f"{run.info.config_hash[:12]}, yours {config_hash[:12]})",
                    hint=f"name another run, or repeat the settings in {folder / 'recipe.toml'}",
                )
            return run
        info = RunInfo(
            created=datetime.now(UTC).isoformat(timespec="microseconds"),
            config_hash=config_hash,
            code_hash=code_hash(),
            seed=seed,
            packages=package_versions(),
            machine=machine(),
        )
        write_atomically(folder / "recipe.toml", recipe.encode())
        write_json(folder / "run.json", asdict(info))  # last: a folder with run.json is a run
        return cls(folder=folder, info=info)

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Return the run at ``folder``.

        Raises:
            CheckpointError: there is none, or its ``run.json`` is damaged.
        """
        path = folder / "run.json"
        again = "train it with `nexus train`, or name another run"
        try:
            return cls(folder=folder, info=RunInfo(**_read_object(path, again)))
        except TypeError as error:
            raise CheckpointError(f"{path} is not a run's record: {error}", hint=again) from error

    @property
    def recipe(self) -> str:
        """The recipe's TOML text.

        Raises:
            CheckpointError: it is missing or no text.
        """
        path = self.folder / "recipe.toml"
        try:
            return path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(
                f"cannot read {path}: {error}", hint="copy it from a backup of the run"
            ) from None

    @property
    def metrics(self) -> Path:
        """Where training writes its curves, one JSON object a line."""
        return self.folder / "metrics.jsonl"

    def checkpoints(self, phase: str) -> Path:
        """Return the folder of one phase's checkpoints."""
        return self.folder / "checkpoints" / phase

    @contextmanager
    def lock(self) -> Generator[None]:
        """Be the only trainer of this run while the block lasts.

        The lock is the kernel's (``flock``), so it ends with its process however that ends: the
        file a killed trainer leaves behind locks nothing.

        Raises:
            StorageError: another living process is training this run.
        """
        path = self.folder / "lock"
        with explained(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(handle, 64).decode(errors="replace").strip() or "unknown"
                raise StorageError(
                    f"{self.folder} is being trained by another process (pid {holder})",
                    hint="wait for it or stop it, or name another run",
                ) from None
            with explained(path):
                os.ftruncate(handle, 0)
                os.write(handle, f"{os.getpid()}\n".encode())
            settle(self.folder)
            yield
        finally:
            os.close(handle)


def newest(runs: Path) -> Run:
    """Return the run of the folder ``runs`` that was created last."""
    found = [Run.open(path.parent) for path in sorted(runs.glob("*/run.json"))]
    if not found:
        raise CheckpointError(
            f"there is no run in {runs}", hint="make one: `nexus demo` or `nexus train`"
        )
    return max(found, key=lambda run: run.info.created)


def _read_object(path: Path, hint: str) -> dict[str, Any]:
    """Return the JSON object in ``path``, or say which file is at fault and what to do."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {error}", hint=hint) from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} is damaged: not a JSON object", hint=hint)
    return value  # pyright: ignore[reportUnknownVariableType]
