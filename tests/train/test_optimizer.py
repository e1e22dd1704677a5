"""AdamW stays PyTorch's AdamW, Muon is the published rule, and every parameter is in one group."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from nexus.base.errors import ConfigError
from nexus.config import PhaseConfig
from nexus.nn.seeding import seeded, stream
from nexus.train.optimizer import BETAS, MOMENTUM, Muon, build, orthogonalised


class Small(nn.Module):
    """One of each kind of parameter."""

    def __init__(self) -> None:
        super().__init__()
        with seeded(0, "small"):
            self.table = nn.Embedding(11, 5)
            self.query = nn.Parameter(torch.zeros(1, 3, 5))
            self.enter = nn.Linear(5, 7)
            self.blocks = nn.ModuleList(
                nn.Sequential(nn.Linear(7, 7), nn.LayerNorm(7)) for _ in range(3)
            )
            self.blocks.append(nn.Linear(7, 2))
            self.frozen = nn.Linear(2, 2).requires_grad_(False)


def _gradients(module: nn.Module, step: int) -> None:
    g = stream(1, "gradient", step)
    for p in module.parameters():
        p.grad = torch.randn(p.shape, generator=g) if p.requires_grad else None


def _names(module: nn.Module, group: dict) -> set[str]:
    inside = {id(p) for p in group["params"]}
    return {name for name, p in module.named_parameters() if id(p) in inside}


def test_each_parameter_is_in_the_group_it_belongs_to() -> None:
    module = Small()
    muon, decay, plain = build(module, PhaseConfig(optimizer="muon")).param_groups
    assert _names(module, muon) == {
        "blocks.0.0.weight",
        "blocks.1.0.weight",
        "blocks.2.0.weight",
    } | {"blocks.3.weight"}
    assert _names(module, decay) == {"enter.weight"}
    learns = {name for name, p in module.named_parameters() if p.requires_grad}
    assert _names(module, plain) == learns - _names(module, muon) - _names(module, decay)
    assert [g["weight_decay"] for g in (muon, decay, plain)] == [0.05, 0.05, 0.0]
    matrices, rest = build(module, PhaseConfig(optimizer="adamw")).param_groups
    assert _names(module, matrices) == _names(module, muon) | _names(module, decay)
    assert _names(module, rest) == _names(module, plain)


def test_nothing_to_learn_is_refused() -> None:
    with pytest.raises(ConfigError, match="no parameter that learns"):
        build(Small().requires_grad_(False), PhaseConfig())


def test_outside_the_blocks_muon_is_adamw() -> None:
    ours, theirs = Small(), Small()
    mine = build(ours, PhaseConfig(optimizer="muon", weight_decay=0.1))
    others = [p for n, p in theirs.named_parameters() if "table" in n or "query" in n]
    plain = torch.optim.AdamW(others, lr=1e-3, betas=BETAS, weight_decay=0.0)
    matrix = torch.optim.AdamW([theirs.enter.weight], lr=1e-3, betas=BETAS, weight_decay=0.1)
    for step in range(7):
        for module in (ours, theirs):
            _gradients(module, step)
        for optimizer in (mine, plain, matrix):
            optimizer.step()
    assert_close(ours.table.weight, theirs.table.weight)
    assert_close(ours.query, theirs.query)
    assert_close(ours.enter.weight, theirs.enter.weight)
    assert len(mine.param_groups) == 3


@given(rows=st.integers(1, 17), columns=st.integers(1, 17), seed=st.integers(0, 99))
def test_singular_values_end_near_one(rows: int, columns: int, seed: int) -> None:
    g = stream(seed, "matrix")
    u, _, v = torch.linalg.svd(
        torch.randn(3, rows, columns, generator=g, dtype=torch.float64), full_matrices=False
    )
    values = 0.05 + 0.95 * torch.rand(3, 1, min(rows, columns), generator=g, dtype=torch.float64)
    result = orthogonalised((u * values) @ v)
    found = torch.linalg.svdvals(result)
    assert found.min() > 0.67
    assert found.max() < 1.21
    # Same singular vectors: the product with the exact polar factor is symmetric.
    product = result @ (u @ v).mT
    assert_close(product, product.mT)


def test_a_muon_step_is_the_rule_as_published() -> None:
    module, twin = Small(), Small()
    optimizer = build(module, PhaseConfig(optimizer="muon", weight_decay=0.1, muon_rate=0.03))
    weight, momentum = twin.blocks[3].weight.detach(), torch.zeros(2, 7)
    for step in range(3):
        _gradients(module, step)
        optimizer.step()
        gradient = module.blocks[3].weight.grad
        momentum = MOMENTUM * momentum + (1 - MOMENTUM) * gradient
        x = (1 - MOMENTUM) * gradient + MOMENTUM * momentum
        x = x / x.norm()
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        weight = (1 - 0.03 * 0.1) * weight - 0.03 * x
    assert_close(module.blocks[3].weight.detach(), weight)


def test_muon_takes_the_same_direction_as_pytorchs_in_bfloat16() -> None:
    module, twin = Small(), Small()
    ours = build(module, PhaseConfig(optimizer="muon", weight_decay=0.0))
    theirs = torch.optim.Muon([twin.blocks[0][0].weight], lr=0.02, weight_decay=0.0)
    before = twin.blocks[0][0].weight.detach().clone()
    for m, optimizer in ((module, ours), (twin, theirs)):
        _gradients(m, 0)
        optimizer.step()
    a, b = (m.blocks[0][0].weight.detach() - before for m in (module, twin))
    assert float(torch.cosine_similarity(a.flatten(), b.flatten(), dim=0)) > 0.999


def test_parameters_without_a_gradient_stay() -> None:
    module = Small()
    optimizer = build(module, PhaseConfig(optimizer="muon"))
    before = copy.deepcopy(module.state_dict())
    _gradients(module, 0)
    module.blocks[0][0].weight.grad = module.table.weight.grad = None
    optimizer.step()
    still = {k for k, v in module.state_dict().items() if torch.equal(v, before[k])}
    assert still == {"blocks.0.0.weight", "table.weight", "frozen.weight", "frozen.bias"}


def test_state_that_was_saved_goes_on_bit_for_bit() -> None:
    def steps(module: nn.Module, optimizer: Muon, numbers: range) -> None:
        for step in numbers:
            _gradients(module, step)
            optimizer.step()

    whole, parts = Small(), Small()
    config = PhaseConfig(optimizer="muon")
    steps(whole, build(whole, config), range(5))
    first = build(parts, config)
    steps(parts, first, range(2))
    second = build(parts, config)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    steps(parts, second, range(2, 5))
    for mine, theirs in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(mine, theirs)
