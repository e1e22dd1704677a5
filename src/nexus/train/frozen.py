"""What the phases on frozen latents share: a head that learns, no state beside it, no collapse."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.optim import Optimizer

from nexus.config import PhaseConfig
from nexus.train.optimizer import build


class FrozenPhase:
    """The parts of the ``Phase`` protocol that are alike; a phase adds ``batch``."""

    metric = "loss"

    def __init__(self, name: str, module: nn.Module, config: PhaseConfig, *, seed: int) -> None:
        self.name, self.module, self.config, self.seed = name, module, config, seed
        self.steps = config.steps

    def optimizer(self) -> Optimizer:
        """Return a new optimiser of the head."""
        return build(self.module, self.config)

    def after_step(self, step: int) -> None:
        """Do nothing."""

    def gauges(self, step: int) -> Mapping[str, float]:
        """Return nothing: targets that are given cannot collapse."""
        del step
        return {}

    def on_alarm(self, step: int) -> None:
        """Do nothing: without gauges there is no alarm."""

    def state(self) -> Mapping[str, Tensor]:
        """Return nothing: the head is all there is."""
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take nothing back."""
