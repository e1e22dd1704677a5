"""What was loaded to think is moved by no optimiser, whoever made it; a copy may learn."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from nexus.base.errors import TrainingError
from nexus.config import PhaseConfig
from nexus.nn.seeding import seeded, stream
from nexus.nn.thinking import load_to_think
from nexus.nn.weights import hash_of, load_module, module_bytes
from nexus.train.optimizer import Muon, build


def _net() -> nn.Module:
    with seeded(0, "test", "thinking"):
        return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))


def _step(net: nn.Module, optimizer: Optimizer) -> None:
    net(torch.randn(5, 3, generator=stream(0, "test"))).square().mean().backward()
    optimizer.step()


def _thinking() -> nn.Module:
    net = _net()
    load_to_think(net, module_bytes(net), source="core of runs/tiny")
    return net


@pytest.mark.parametrize("make", [SGD, Adam, AdamW, Muon])
def test_no_optimiser_moves_what_thinks_though_its_gradients_are_switched_on(
    make: Callable[..., Any],
) -> None:
    net = _thinking()
    before = hash_of(net)
    optimizer = make(net.requires_grad_(True).parameters(), lr=0.1)
    with pytest.raises(TrainingError, match="core of runs/tiny thinks"):
        _step(net, optimizer)
    assert hash_of(net) == before


def test_a_group_added_later_is_refused_too() -> None:
    net, other = _thinking(), _net()
    optimizer = Adam(other.parameters())
    optimizer.add_param_group({"params": list(net.requires_grad_(True).parameters())})
    before = hash_of(net)
    with pytest.raises(TrainingError, match="thinks"):
        _step(other, optimizer)
    assert hash_of(net) == before


def test_the_trainer_makes_no_optimiser_for_what_thinks() -> None:
    with pytest.raises(TrainingError, match="candidate"):
        build(_thinking().requires_grad_(True), PhaseConfig())


@pytest.mark.parametrize("copied", ["bytes", "deepcopy"])
def test_a_copy_of_what_thinks_learns_and_what_thinks_stays(copied: str) -> None:
    net = _thinking()
    before = hash_of(net)
    if copied == "bytes":
        copy = _net()
        load_module(copy, module_bytes(net), source="copy")
    else:
        copy = deepcopy(net).requires_grad_(True)
    _step(copy, SGD(copy.parameters(), lr=0.1))
    assert hash_of(net) == before != hash_of(copy)
