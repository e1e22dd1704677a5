"""Checkpoints: everything a phase needs to go on as if it had never stopped, or nothing.

``checkpoints/<phase>/step_00400/`` holds ``weights``, ``optimizer`` and ``phase`` (all
safetensors) and ``state.json``, which names the hash of each. The folder appears by one rename.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nexus.base.errors import CheckpointError
from nexus.nn.weights import from_bytes, load_tensors, module_bytes, to_bytes
from nexus.store.files import json_bytes, remove_folder, settle, write_folder
from nexus.store.objects import sha256
from nexus.train.phase import Phase

WEIGHTS, OPTIMIZER, EXTRA = "weights.safetensors", "optimizer.safetensors", "phase.safetensors"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Where a phase stands: all that decides what happens next, beside the tensors."""

    step: int = 0
    """Steps done."""
    restores: int = 0
    """Times it went back after an alarm."""
    alarms: int = 0
    """Alarms in a row, up to now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """What ``state.json`` says."""

    state: State
    steps: int
    """Steps of the whole phase."""
    regular: bool
    """False for the one an interrupt leaves: an uninterrupted run would not have it."""
    metric: float | None
    """The phase's metric; None where it was not measured."""
    threads: int
    world: int
    torch: str
    optimizer: tuple[Mapping[str, Any], ...]
    """Hyper-parameters of each group, for the reader: they come from the recipe, not from here."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Name -> SHA-256."""

    @property
    def healthy(self) -> bool:
        """True if the loop may go back here: no alarm pending, and every run comes by."""
        return self.regular and self.state.alarms == 0


class Checkpoints:
    """The checkpoints of one phase: the last, the best and the last healthy one are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def settle(self) -> None:
        """Clear up after a killed trainer; only for the one that holds the run's lock."""
        settle(self.folder)
        self._prune()

    def list(self) -> dict[Path, Checkpoint]:
        """Return every checkpoint, oldest first; after a restore, steps count anew."""
        found = {p.parent: _read(p) for p in self.folder.glob("step_*/state.json")}
        order = sorted(found, key=lambda p: (found[p].state.restores, found[p].state.step))
        return {path: found[path] for path in order}

    def last(self) -> Path | None:
        """Return the checkpoint to go on from, or None."""
        return next(reversed(self.list()), None)

    def best(self) -> Path | None:
        """Return the checkpoint with the lowest metric (the first of equals), or None."""
        scores = {p: c.metric for p, c in self.list().items() if c.metric is not None}
        return min(scores, key=lambda path: scores[path]) if scores else None

    def healthy(self) -> Path | None:
        """Return the last checkpoint without an alarm, or None."""
        return next((p for p, c in reversed(self.list().items()) if c.healthy), None)

    def save(
        self,
        phase: Phase,
        optimizer: Optimizer,
        state: State,
        *,
        regular: bool,
        metric: float | None,
        world: int,
    ) -> Path:
        """Write a checkpoint, then prune; return its folder."""
        files = {
            WEIGHTS: module_bytes(phase.module),
            OPTIMIZER: to_bytes(_flat(optimizer)),
            EXTRA: to_bytes(phase.state()),
        }
        groups = optimizer.param_groups
        record = Checkpoint(
            state=state,
            steps=phase.steps,
            regular=regular,
            metric=metric,
            threads=torch.get_num_threads(),
            world=world,
            torch=torch.__version__,
            optimizer=tuple({k: v for k, v in g.items() if k != "params"} for g in groups),
            files={name: sha256(data) for name, data in files.items()},
        )
        path = self.folder / f"step_{state.step:05d}"
        write_folder(path, {**files, "state.json": json_bytes(asdict(record))})
        self._prune()
        return path

    def _prune(self) -> None:
        """Delete what a restore undid; then what is not last, best or the one to go back to."""
        states = {path: checkpoint.state for path, checkpoint in self.list().items()}
        restores = max((state.restores for state in states.values()), default=0)
        now = [state.step for state in states.values() if state.restores == restores]
        for path, state in states.items():
            if state.restores < restores and state.step > min(now):
                remove_folder(path)
        for path in self.list().keys() - {self.last(), self.best(), self.healthy()}:
            remove_folder(path)


def load(path: Path, phase: Phase, optimizer: Optimizer | None = None) -> Checkpoint:
    """Put a checkpoint into ``phase`` (and ``optimizer``) and return what it says of itself.

    Raises:
        CheckpointError: names the file that is missing, damaged or of another recipe.
    """
    record = _read(path / "state.json")
    tensors = {name: _tensors(path / name, digest, path) for name, digest in record.files.items()}
    load_tensors(phase.module, tensors[WEIGHTS], source=str(path / WEIGHTS))
    if optimizer is not None:
        _unflatten(optimizer, tensors[OPTIMIZER], source=str(path / OPTIMIZER))
        phase.load_state(tensors[EXTRA])
    return record


def _flat(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return the optimiser's state as tensors named ``<parameter number>.<name>``."""
    entries = optimizer.state_dict()["state"].items()
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, state in entries
        for name, value in state.items()
    }


def _unflatten(optimizer: Optimizer, tensors: Mapping[str, Tensor], *, source: str) -> None:
    """Give the optimiser its state back; its hyper-parameters stay those of the recipe."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = tensor
    known = sum(len(group["params"]) for group in optimizer.param_groups)
    if max(state, default=-1) >= known:
        raise CheckpointError(
            f"{source} has state for parameter {max(state)}, the optimiser has {known} parameters",
            hint="use the recipe the checkpoint was trained with, or train again",
        )
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )


def _tensors(path: Path, digest: str, folder: Path) -> dict[str, Tensor]:
    """Return the tensors of one file, checked against the hash in ``state.json``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}", hint=_fix(folder)) from error
    if sha256(data) != digest:
        raise CheckpointError(
            f"{path} is damaged: its hash is not the one in state.json", hint=_fix(folder)
        )
    return from_bytes(data, source=str(path))


def _read(path: Path) -> Checkpoint:
    """Return what one ``state.json`` says."""
    try:
        value = json.loads(path.read_bytes())
        state = State(**value.pop("state"))
        return Checkpoint(state=state, optimizer=tuple(value.pop("optimizer")), **value)
    except OSError as error:
        raise CheckpointError(
            f"cannot read {path}: {error.strerror}", hint=_fix(path.parent)
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{path} is damaged: {error}", hint=_fix(path.parent)) from error


def _fix(folder: Path) -> str:
    return f"delete {folder} and run the same command: it goes on from the checkpoint before"
