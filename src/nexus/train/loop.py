"""The one training loop: any phase, interrupted anywhere, ends with the same weights.

A step is a function of the state before it and of its number, nothing else. So a checkpoint is
module, optimiser, the phase's own tensors and ``State``; and going on is loading one.
"""

from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Literal

from nexus.nn.distributed import rank
from nexus.nn.weights import hash_of
from nexus.store.runs import Run
from nexus.train.interrupt import EXIT_CODE
from nexus.train.phase import Phase, Progress, Silent
from nexus.train.ranks import agree
from nexus.train.trainer import LoopSettings, Trainer

Status = Literal["finished", "interrupted", "already finished"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a phase ended."""

    phase: str
    step: int
    status: Status
    weights: str
    """Hash of the module's weights."""

    @property
    def exit_code(self) -> int:
        """What a command should return: 130 after an interrupt, as shells expect, else 0."""
        return EXIT_CODE if self.status == "interrupted" else 0

    @property
    def message(self) -> str:
        """One line for people."""
        if self.status == "interrupted":
            return f"{self.phase} saved at step {self.step}: run the same command to go on"
        return f"{self.phase} {self.status}: {self.step} steps, weights {self.weights[:12]}"


def run_phase(
    phase: Phase,
    run: Run,
    settings: LoopSettings,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train ``phase`` to its end, from wherever an earlier call was cut off.

    Bit-exact on a CPU with the same number of threads: killed at any moment and called again, it
    ends with the weights, checkpoints and curves of a run that was left alone. A finished phase
    only gets its weights loaded. ``stop`` is asked after every step.

    Raises:
        TrainingError: the loss or a gradient is not finite, or collapse returned after restoring;
            ``evidence/`` in the run says what was seen.
        CheckpointError: a checkpoint is damaged, or does not fit this phase.
        StorageError: the disk refused, or another process is training this run.
    """

    def ended(status: Status) -> Outcome:
        weights = hash_of(phase.module)
        return Outcome(phase=phase.name, step=state.step, status=status, weights=weights)

    with ExitStack() as stack:
        stack.enter_context(run.lock() if rank() == 0 else nullcontext())
        trainer = Trainer(phase, run, settings, progress or Silent())
        state = trainer.resume()
        if state.step == phase.steps:
            return ended("already finished")
        stack.enter_context(trainer.opened(state))
        while state.step < phase.steps:
            state = trainer.advance(state)
            if agree(stop()) and state.step < phase.steps:
                trainer.save(state, regular=False, metric=None)
                return ended("interrupted")
        return ended("finished")
