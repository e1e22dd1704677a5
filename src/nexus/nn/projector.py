"""The last layer before the joint space: its output cannot be constant."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nexus.nn.distributed import all_reduce_sum


class Standardise(nn.Module):
    """BatchNorm without affine parameters, its statistics taken over all processes.

    Equal to ``nn.BatchNorm1d(width, affine=False)`` on the global batch (arXiv:1502.03167): batch
    statistics in training, running ones in eval. Rank can still collapse: dimensions may all say
    the same thing. That is SIGReg's work.
    """

    mean: Float[Tensor, " width"]
    variance: Float[Tensor, " width"]

    def __init__(self, width: int, *, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.ones(width))

    def forward(self, x: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
        """Return ``x`` with zero mean and unit variance in every dimension."""
        if not self.training:
            return (x - self.mean) * (self.variance + self.epsilon).rsqrt()
        count = all_reduce_sum(x.new_tensor(float(len(x))))
        mean = all_reduce_sum(x.sum(0)) / count
        centred = x - mean
        variance = all_reduce_sum(centred.square().sum(0)) / count
        with torch.no_grad():
            unbiased = variance * count / (count - 1).clamp(min=1)
            self.mean.lerp_(mean.to(self.mean), self.momentum)
            self.variance.lerp_(unbiased.to(self.variance), self.momentum)
        return centred * (variance + self.epsilon).rsqrt()
