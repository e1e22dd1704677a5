"""The projector's last layer is PyTorch's BatchNorm without affine, so constants cannot pass."""

import torch
from torch import nn
from torch.testing import assert_close

from nexus.nn.projector import Standardise
from nexus.nn.seeding import stream


def test_equals_batch_norm_in_training_and_in_eval() -> None:
    ours, theirs = Standardise(5).double(), nn.BatchNorm1d(5, affine=False).double()
    g = stream(0, "x")
    for _ in range(3):
        x = torch.randn(7, 5, generator=g, dtype=torch.float64) * 3 + 2
        mine, yours = x.clone().requires_grad_(), x.clone().requires_grad_()
        out = ours(mine)
        assert_close(out, theirs(yours), rtol=1e-12, atol=1e-12)
        for result, of in ((out, mine), (theirs(yours), yours)):
            result.pow(3).sum().backward()
            assert of.grad is not None
        assert_close(mine.grad, yours.grad, rtol=1e-10, atol=1e-10)
    ours.eval()
    theirs.eval()
    theirs.running_mean, theirs.running_var = ours.mean, ours.variance
    assert_close(ours(x), theirs(x), rtol=1e-12, atol=1e-12)


def test_running_statistics_follow_as_batch_norm_does() -> None:
    ours, theirs = Standardise(3), nn.BatchNorm1d(3, affine=False)
    for step in range(5):
        x = torch.randn(11, 3, generator=stream(step, "x")) + step
        ours(x)
        theirs(x)
    assert_close(ours.mean, theirs.running_mean)
    assert_close(ours.variance, theirs.running_var)


def test_output_is_standardised_whatever_comes_in() -> None:
    latents = Standardise(3)(1e3 * torch.randn(101, 3, generator=stream(0, "x")) + 1e3)
    assert_close(latents.mean(0), torch.zeros(3), rtol=0, atol=1e-4)
    assert_close(latents.std(0, unbiased=False), torch.ones(3), rtol=0, atol=1e-3)
