"""What ``run_phase`` does at each step: learn, look, log, save, and go back when it must.

All decisions rest on ``State`` and the step's number, so they fall the same way after a restart.
"""

import math
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import torch

from nexus.base.errors import ConfigError, TrainingError
from nexus.config import PhaseConfig, TrainConfig
from nexus.nn.distributed import rank, world_size
from nexus.nn.weights import module_bytes
from nexus.store.files import json_bytes, write_folder
from nexus.store.runs import Run
from nexus.train.checkpoint import Checkpoints, State, load
from nexus.train.metrics import Metrics
from nexus.train.phase import ALARM, Phase, Progress
from nexus.train.ranks import Replica, agree, averaged, wait
from nexus.train.schedule import Schedule

ALARMS, RESTORES = 2, 3
"""Alarms in a row that send training back, and how often that may happen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopSettings:
    """How a phase is driven; what it learns is the phase's own business."""

    warmup: int = 0
    decay_from: float = 1.0
    clip: float = math.inf
    """Largest gradient norm."""
    log_every: int = 10
    gauge_every: int = 50
    checkpoint_every: int = 100
    tensorboard: bool = True

    @classmethod
    def of(cls, train: TrainConfig, phase: PhaseConfig) -> "LoopSettings":
        """Return the settings a recipe gives one phase; ``clip = 0`` there means no clipping."""
        return cls(
            warmup=phase.warmup,
            decay_from=phase.decay_from,
            clip=phase.clip or math.inf,
            log_every=train.log_every,
            gauge_every=train.gauge_every,
            checkpoint_every=train.checkpoint_every,
        )


class Trainer:
    """The open things of a phase in training; where it stands is the ``State`` it passes on."""

    def __init__(self, phase: Phase, run: Run, settings: LoopSettings, progress: Progress) -> None:
        self.phase, self.run, self.settings, self.progress = phase, run, settings, progress
        self.checkpoints = Checkpoints(run.checkpoints(phase.name))
        self.optimizer = phase.optimizer()
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.schedule = Schedule(
            steps=phase.steps, warmup=settings.warmup, decay_from=settings.decay_from
        )
        self.metrics: Metrics | None = None
        self.saved: State | None = None

    def resume(self) -> State:
        """Load the last checkpoint, or write the first: a disk that refuses should say so now."""
        if rank() == 0:
            self.checkpoints.settle()
        wait()
        path = self.checkpoints.last()
        wait()
        if path is None:
            self.save(State(), regular=True, metric=None)
            return State()
        record = load(path, self.phase, self.optimizer)
        if record.steps != self.phase.steps:
            raise ConfigError(
                f"{path} is of {record.steps} steps of {self.phase.name}, not {self.phase.steps}",
                hint="schedules depend on the number of steps: name another run",
            )
        if (record.threads, record.world) != (torch.get_num_threads(), world_size()):
            self.progress.note("not bit-exact: the number of threads or processes has changed")
        return record.state

    @contextmanager
    def opened(self, state: State) -> Generator[None]:
        """Hold the curves open, and the module ready, for the steps after ``state``."""
        self.replica = Replica(self.phase.module).train()
        self.clock = time.perf_counter()
        self.progress.begin(self.phase.name, state.step, self.phase.steps)
        if rank() == 0:
            board = self.run.folder / "tensorboard" if self.settings.tensorboard else None
            self.metrics = Metrics(self.run.metrics, self.phase.name, state, tensorboard=board)
        try:
            yield
        finally:
            if self.metrics is not None:
                self.metrics.close()

    def advance(self, state: State) -> State:
        """Take one step and everything that is due after it; return where that leads."""
        step, every = state.step + 1, self.settings
        last = step == self.phase.steps
        regular = last or step % every.checkpoint_every == 0
        line = self._learn(step)
        gauges: Mapping[str, float] = {}
        if regular or step % every.gauge_every == 0:
            gauges = self._gauges(step)
            alarmed = agree(gauges.get(ALARM, 0.0) >= 1.0)
            state = replace(state, alarms=state.alarms + 1 if alarmed else 0)
        state = replace(state, step=step)
        if gauges or last or step % every.log_every == 0:
            line["losses"] = averaged(line["losses"])
            self._log(state, line | ({"gauges": gauges} if gauges else {}))
            self.progress.advance(step, line["losses"])
        else:
            self.progress.advance(step, {})
        if state.alarms >= ALARMS:
            return self._restore(state)
        if regular:
            self.save(state, regular=True, metric=self._metric({**line["losses"], **gauges}))
        return state

    def save(self, state: State, *, regular: bool, metric: float | None) -> None:
        """Write a checkpoint, its curves first; an interrupt adds none where there is one."""
        if state == self.saved and not regular:
            return
        self.saved = state
        if rank() == 0:
            if self.metrics is not None:
                self.metrics.sync()
            self.checkpoints.save(
                self.phase,
                self.optimizer,
                state,
                regular=regular,
                metric=metric,
                world=world_size(),
            )
        wait()

    def _learn(self, step: int) -> dict[str, Any]:
        """Take one step of the optimiser and return what there is to log about it."""
        factor = self.schedule.factor(step)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = factor * peak
        self.optimizer.zero_grad(set_to_none=True)
        losses = self.replica(self.phase.batch(step, rank(), world_size()))
        losses.total.backward()
        learning = [p for group in self.optimizer.param_groups for p in group["params"]]
        norm = float(torch.nn.utils.clip_grad_norm_(learning, self.settings.clip))
        parts = {name: float(part) for name, part in losses.parts.items()}
        line: dict[str, Any] = {
            "losses": {"loss": float(losses.total.detach()), **parts},
            "gradient_norm": norm,
            "rate": factor,
        }
        if not math.isfinite(line["losses"]["loss"] + norm):
            self._give_up(step, "the loss or its gradient is not finite", line)
        self.optimizer.step()
        self.phase.after_step(step)
        return line

    @torch.no_grad()
    def _gauges(self, step: int) -> dict[str, float]:
        gauges = {name: float(value) for name, value in self.phase.gauges(step).items()}
        self.replica.train()  # whoever measures may have switched to eval mode
        return gauges

    def _log(self, state: State, line: Mapping[str, Any]) -> None:
        now = time.perf_counter()
        if self.metrics is not None:
            self.metrics.write(state, {**line, "seconds": round(now - self.clock, 3)})
        self.clock = now

    def _metric(self, values: Mapping[str, float]) -> float | None:
        """Return what the checkpoint competes with to be the best; None if it is no number."""
        if (name := self.phase.metric) not in values:
            raise ConfigError(
                f"{self.phase.name} is judged by {name!r}, which this step did not measure",
                hint=f"measured: {', '.join(sorted(values))}",
            )
        return values[name] if math.isfinite(values[name]) else None

    def _restore(self, state: State) -> State:
        """Go back to the last healthy checkpoint and let the phase push against collapse."""
        if state.restores == RESTORES:
            self._give_up(state.step, f"collapse came back after {RESTORES} restores", {})
        path = self.checkpoints.healthy()
        assert path is not None, "the first checkpoint of a phase is healthy"
        record = load(path, self.phase, self.optimizer)
        wait()  # nobody may still be reading what is replaced below
        back = State(step=record.state.step, restores=state.restores + 1)
        self.phase.on_alarm(back.step)
        self.progress.note(f"collapse at step {state.step}: went back to step {back.step}")
        self._log(back, {"event": "restored", "collapsed": state.step})
        self.save(back, regular=True, metric=record.metric)
        return back

    def _give_up(self, step: int, what: str, line: Mapping[str, Any]) -> NoReturn:
        """Save what was seen, then raise; the batch is a function of the step and needs no copy."""
        name = f"{self.phase.name}_step_{step:05d}"
        folder = self.run.folder / "evidence" / name
        faults = [
            name
            for name, p in self.phase.module.named_parameters()
            if not (p.isfinite().all() and (p.grad is None or p.grad.isfinite().all()))
        ]
        seen = {"what": what, "step": step, "not_finite": faults, **line}
        if rank() == 0:
            files = {"weights.safetensors": module_bytes(self.phase.module)}
            write_folder(folder, {**files, "seen.json": json_bytes(seen)})
        raise TrainingError(
            f"{self.phase.name} cannot go on at step {step}: {what}",
            hint=f"see {folder}; a lower learning rate or a longer warm-up often helps",
        )
