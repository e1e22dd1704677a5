"""What the loop needs to know of a phase of training, and how a person is kept informed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

ALARM = "alarm"
"""The gauge that says, with 1.0, that training is collapsing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Losses:
    """What a phase's module returns for a batch."""

    total: Float[Tensor, ""]
    """Mean over this rank's rows, with its gradient."""
    parts: Mapping[str, Float[Tensor, ""]] = field(default_factory=dict[str, Tensor])
    """The terms ``total`` is made of, for the curves."""


class Phase(Protocol):
    """One phase: what is trained, on what, for how long. Steps count from 1.

    A phase keeps no hidden state: everything random comes from ``stream(seed, name, step)``, so
    step 7 does the same whether the run was interrupted before it or not.
    """

    @property
    def name(self) -> str:
        """Its folder in ``checkpoints/`` and its name in the curves."""
        ...

    @property
    def steps(self) -> int:
        """How many steps it takes."""
        ...

    @property
    def module(self) -> nn.Module:
        """What is trained; called with a batch it returns ``Losses``."""
        ...

    @property
    def metric(self) -> str:
        """What makes a checkpoint the best: ``loss``, one of its parts or a gauge; lower wins."""
        ...

    def batch(self, step: int, rank: int, world: int) -> object:
        """Return rows ``rank::world`` of the batch of ``step``: a pure function."""
        ...

    def optimizer(self) -> Optimizer:
        """Return a new optimiser of ``module``, its learning rates at their peaks."""
        ...

    def after_step(self, step: int) -> None:
        """Do what follows a step of the optimiser, such as moving an averaged target."""
        ...

    def gauges(self, step: int) -> Mapping[str, float]:
        """Return measures of health; ``alarm`` is 1.0 while training is collapsing."""
        ...

    def on_alarm(self, step: int) -> None:
        """Push against collapse after the loop went back to ``step``; kept by ``state``."""
        ...

    def state(self) -> Mapping[str, Tensor]:
        """Return what must survive a restart beside the module and the optimiser."""
        ...

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take ``state`` back."""
        ...


class Progress(Protocol):
    """Where the loop says how far it is; a progress bar, or nothing."""

    def begin(self, phase: str, step: int, steps: int) -> None:
        """A phase starts or goes on after ``step``."""
        ...

    def advance(self, step: int, values: Mapping[str, float]) -> None:
        """``step`` is done; ``values`` are the losses of the steps that are logged, or empty."""
        ...

    def note(self, text: str) -> None:
        """Something a person should read."""
        ...


class Silent:
    """Progress that nobody watches."""

    def begin(self, phase: str, step: int, steps: int) -> None:
        """Say nothing."""

    def advance(self, step: int, values: Mapping[str, float]) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
