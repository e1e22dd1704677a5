"""Adaptations are values: nothing at first, exact when undone, and equal to the obvious twin."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from nexus.nn.attention import Block
from nexus.nn.lora import SCALE, Adaptation, Kind, adaptation, adapted
from nexus.nn.seeding import seeded, stream


def _block() -> Block:
    with seeded(0, "test", "lora"):
        return Block(16, 2)


def _changed(block: Block, kind: Kind) -> Adaptation:
    change = adaptation(block, kind=kind, rank=3, generator=stream(0, kind))
    with torch.no_grad():
        for k, factor in enumerate(change.parameters()):
            factor.add_(0.3 * torch.randn(factor.shape, generator=stream(1, kind, k)))
    return change


@pytest.mark.parametrize("kind", ["lora", "ia3"])
def test_a_new_adaptation_changes_nothing(kind: Kind) -> None:
    block, x = _block(), torch.randn(2, 5, 16, generator=stream(2, "x"))
    change = adaptation(block, kind=kind, generator=stream(0))
    assert torch.equal(functional_call(block, adapted(block, change), (x,)), block(x))


@pytest.mark.parametrize("kind", ["lora", "ia3"])
def test_it_is_the_sum_of_what_each_layer_would_say_alone(kind: Kind) -> None:
    block, x = _block(), torch.randn(7, 16, generator=stream(2, "x"))
    change, layer = _changed(block, kind), block.qkv
    with torch.no_grad():
        for name in ("qkv", "mlp.0"):
            layer = block.get_submodule(name)
            assert isinstance(layer, nn.Linear)
            weights = adapted(block, change)
            new = {n.removeprefix(f"{name}."): w for n, w in weights.items() if n.startswith(name)}
            said = functional_call(layer, new, (x,))
            if kind == "lora":
                low = x @ change.factors[f"{name}.down"].T
                twin = layer(x) + SCALE * low @ change.factors[f"{name}.up"].T
            else:
                twin = layer(x) * change.factors[name]
            assert torch.allclose(said, twin, atol=1e-5)


@pytest.mark.parametrize("kind", ["lora", "ia3"])
def test_switching_back_and_forth_restores_both_exactly_and_edits_nothing(kind: Kind) -> None:
    block, x = _block(), torch.randn(2, 5, 16, generator=stream(2, "x"))
    before = {n: p.clone() for n, p in block.state_dict().items()}
    plain, change = block(x), _changed(block, kind)
    changed = functional_call(block, adapted(block, change), (x,))
    assert not torch.allclose(plain, changed, atol=1e-2)
    for _ in range(3):
        assert torch.equal(block(x), plain)
        assert torch.equal(functional_call(block, adapted(block, change), (x,)), changed)
    assert all(torch.equal(p, before[n]) for n, p in block.state_dict().items())


@pytest.mark.parametrize("kind", ["lora", "ia3"])
def test_only_the_adaptation_learns_and_it_can(kind: Kind) -> None:
    block = _block().requires_grad_(False)
    change = adaptation(block, kind=kind, generator=stream(0))
    x = torch.randn(16, 4, 16, generator=stream(3))
    target = functional_call(block, adapted(block, _changed(block, kind)), (x,)).detach()
    optimizer = torch.optim.Adam(list(change.parameters()), lr=0.02)
    losses = []
    for _ in range(100):
        loss = (functional_call(block, adapted(block, change), (x,)) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.25 * losses[0]
    assert all(p.grad is None for p in block.parameters())
