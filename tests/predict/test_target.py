"""The slow teacher starts as a copy, follows by the stated rule, and takes no gradient."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from nexus.base.errors import ConfigError
from nexus.nn.seeding import seeded
from nexus.predict.target import EmaTarget


def online() -> nn.Module:
    with seeded(0, "online"):
        return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))


@given(decay=st.floats(0, 1))
def test_follows_by_the_formula(decay: float) -> None:
    model = online()
    target = EmaTarget(model)
    before = [p.clone() for p in target.encoder.parameters()]
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1.0)
    target.follow(model, decay=decay)
    for mine, old, theirs in zip(
        target.encoder.parameters(), before, model.parameters(), strict=True
    ):
        assert_close(mine, decay * old + (1 - decay) * theirs)


def test_starts_as_an_exact_copy_and_copies_buffers() -> None:
    model = online()
    target = EmaTarget(model)
    model.train()(torch.randn(7, 3, generator=torch.Generator().manual_seed(0)))
    target.follow(model, decay=1.0)
    assert torch.equal(target.encoder[1].running_mean, model[1].running_mean)
    model.eval()
    x = torch.ones(2, 3)
    assert torch.equal(target(x), model(x))


def test_never_trains_and_takes_no_gradient() -> None:
    target = EmaTarget(online()).train()
    assert not target.encoder.training
    x = torch.ones(2, 3, requires_grad=True)
    assert not target(x).requires_grad


def test_refuses_a_decay_that_is_none() -> None:
    with pytest.raises(ConfigError, match=r"got 1\.5"):
        EmaTarget(online()).follow(online(), decay=1.5)
