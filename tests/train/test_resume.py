"""A run that was cut off anywhere ends exactly like one that was left alone."""

import errno
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy import SETTINGS, Toy, open_run

from faults import Died, DyingDisk
from nexus.base.errors import CheckpointError, ConfigError, StorageError
from nexus.train.checkpoint import Checkpoints, load
from nexus.train.loop import Outcome, run_phase
from nexus.train.metrics import TIMING, read
from nexus.train.phase import Silent

QUIET = replace(SETTINGS, tensorboard=False)
SHORT = replace(QUIET, checkpoint_every=1, gauge_every=1, log_every=1)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class DiesAt(Silent):
    """Progress that pulls the plug when ``step`` is done for the ``time``-th time."""

    def __init__(self, step: int, *, time: int = 1) -> None:
        self.at, self.left = step, time

    def advance(self, step: int, values: Mapping[str, float]) -> None:  # noqa: ARG002
        self.left -= step == self.at
        if step == self.at and self.left == 0:
            raise Died


def _train(folder: Path, toy: Toy | None = None, settings=QUIET, **keywords) -> Outcome:
    return run_phase(toy or Toy(), open_run(folder), settings, **keywords)


def _remains(folder: Path) -> dict[str, object]:
    """Return all that a run leaves behind, without what the clock wrote."""
    found: dict[str, object] = {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name not in ("run.json", "lock", "metrics.jsonl")
    }
    lines = read(folder / "metrics.jsonl")
    found["metrics"] = [{k: v for k, v in line.items() if k not in TIMING} for line in lines]
    return found


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_death_after_any_of_these_steps_changes_nothing(tmp_path: Path, optimizer: str) -> None:
    whole = _train(tmp_path / "whole", Toy(optimizer=optimizer))
    for step in (1, 13, 38, 97):
        folder = tmp_path / f"cut_{step}"
        with pytest.raises(Died):
            _train(folder, Toy(optimizer=optimizer), progress=DiesAt(step))
        assert _train(folder, Toy(optimizer=optimizer)).weights == whole.weights
        assert _remains(folder) == _remains(tmp_path / "whole")


def test_death_around_a_restore_changes_nothing(tmp_path: Path) -> None:
    """Alarms at 33 and 39 send it back to 26; those at 65 (where it saves) and 66, to 52."""
    collapses = (30, 62)
    whole = _train(tmp_path / "whole", Toy(collapses=collapses))
    events = [line for line in read(tmp_path / "whole" / "metrics.jsonl") if "event" in line]
    assert [(e["collapsed"], e["step"]) for e in events] == [(39, 26), (66, 52)]
    for step, time in ((33, 1), (33, 2), (39, 1), (65, 1), (65, 2), (66, 1)):
        folder = tmp_path / f"cut_{step}_{time}"
        with pytest.raises(Died):
            _train(folder, Toy(collapses=collapses), progress=DiesAt(step, time=time))
        assert _train(folder, Toy(collapses=collapses)).weights == whole.weights
        assert _remains(folder) == _remains(tmp_path / "whole")


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (Died(), range(0, 1000, 5)),
        (FULL, range(2, 1000, 9)),
        pytest.param(Died(), range(1000), marks=pytest.mark.slow),  # about 130 calls, 20 seconds
        pytest.param(FULL, range(1000), marks=pytest.mark.slow),
    ],
)
def test_the_disk_may_go_at_any_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, calls: range
) -> None:
    def toy() -> Toy:
        return Toy(steps=2, collapses=(1,))  # with a restore on the way

    whole = _train(tmp_path / "whole", toy(), SHORT)
    disk = DyingDisk(monkeypatch)
    disk.error, struck = error, 0
    expected = Died if isinstance(error, Died) else StorageError
    for alive in calls:
        folder = tmp_path / f"cut_{alive}"
        disk.revive()
        run = open_run(folder)
        disk.revive(alive)
        try:
            run_phase(toy(), run, SHORT)
        except expected:
            struck += 1
        else:
            break
        finally:
            disk.revive()
        assert _train(folder, toy(), SHORT).weights == whole.weights
        assert _remains(folder) == _remains(tmp_path / "whole")
    assert struck * calls.step > 80


@pytest.mark.parametrize("step", [1, 13, 40, 96])
def test_stopping_politely_changes_nothing(tmp_path: Path, step: int) -> None:
    whole = _train(tmp_path / "whole")
    toy, done = Toy(), []
    real = toy.after_step
    toy.after_step = lambda s: (done.append(s), real(s))[1]  # type: ignore[method-assign]
    stopped = _train(tmp_path / "cut", toy, stop=lambda: len(done) == step)
    assert (stopped.status, stopped.step, stopped.exit_code) == ("interrupted", step, 130)
    assert "run the same command to go on" in stopped.message
    last = Checkpoints(tmp_path / "cut" / "checkpoints" / "toy").last()
    assert last is not None
    assert last.name == f"step_{step:05d}"
    assert _train(tmp_path / "cut") == whole
    assert _remains(tmp_path / "cut") == _remains(tmp_path / "whole")


def test_a_finished_phase_is_loaded_and_not_repeated(tmp_path: Path) -> None:
    whole, before = _train(tmp_path / "whole"), _remains(tmp_path / "whole")
    again = Toy()
    again.batch = None  # type: ignore[assignment]
    outcome = _train(tmp_path / "whole", again)
    assert (outcome.status, outcome.weights) == ("already finished", whole.weights)
    assert outcome.exit_code == 0
    assert _remains(tmp_path / "whole") == before


def test_two_phases_share_a_run(tmp_path: Path) -> None:
    _train(tmp_path / "both", Toy("first", 17))
    with pytest.raises(Died):
        _train(tmp_path / "both", Toy("second", 19), progress=DiesAt(18))
    _train(tmp_path / "both", Toy("second", 19))
    steps = [(line["phase"], line["step"]) for line in read(tmp_path / "both" / "metrics.jsonl")]
    first = [("first", s) for s in (5, 10, 11, 13, 15, 17)]
    assert steps == first + [("second", s) for s in (5, 10, 11, 13, 15, 19)]


@pytest.mark.parametrize(
    "file", ["weights.safetensors", "optimizer.safetensors", "phase.safetensors", "state.json"]
)
@pytest.mark.parametrize("damage", ["flip", "cut", "delete"])
def test_a_damaged_checkpoint_is_named_and_deleting_it_helps(
    tmp_path: Path, file: str, damage: str
) -> None:
    stopped = iter([False] * 19 + [True])
    _train(tmp_path, stop=lambda: next(stopped))
    path = tmp_path / "checkpoints" / "toy" / "step_00020" / file
    data = bytearray(path.read_bytes())
    if damage == "delete":
        path.unlink()
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(data if damage == "flip" else data[: len(data) // 2])
    if (file, damage) == ("state.json", "flip"):
        path.write_bytes(b"{}")  # one changed digit may still be a number
    if (file, damage) != ("state.json", "delete"):
        with pytest.raises(CheckpointError, match=rf"step_00020/{file}.*delete.*step_00020"):
            _train(tmp_path)
        (path.parent / "state.json").unlink(missing_ok=True)
    assert _train(tmp_path).status == "finished"


def test_other_steps_and_other_modules_are_refused(tmp_path: Path) -> None:
    _train(tmp_path, Toy(steps=3))
    with pytest.raises(ConfigError, match="of 3 steps of toy, not 5"):
        _train(tmp_path, Toy(steps=5))
    other = Toy(steps=3)
    other.module.out = torch.nn.Identity()  # type: ignore[assignment]
    with pytest.raises(CheckpointError, match=r"unexpected: out\.bias, out\.weight"):
        _train(tmp_path, other)


def test_best_and_last_are_kept_and_loadable(tmp_path: Path) -> None:
    outcome, toy = _train(tmp_path), Toy()
    checkpoints = Checkpoints(tmp_path / "checkpoints" / "toy")
    scores = {
        line["step"]: line["gauges"]["average_norm"]
        for line in read(tmp_path / "metrics.jsonl")
        if line["step"] % 13 == 0 or line["step"] == 97
    }
    best, last = checkpoints.best(), checkpoints.last()
    assert best is not None
    assert last is not None
    assert best.name == f"step_{min(scores, key=scores.__getitem__):05d}"
    assert set(checkpoints.list()) == {best, last}
    assert load(last, toy).state.step == outcome.step
