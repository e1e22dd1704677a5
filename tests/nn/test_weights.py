"""Weights survive the trip bit for bit; a file that does not fit says why and changes nothing."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nexus.base.errors import CheckpointError
from nexus.nn.seeding import seeded, stream
from nexus.nn.weights import from_bytes, hash_of, load_module, load_tensors, module_bytes, to_bytes


class Tied(nn.Module):
    """Every awkward case: a tied weight, a scalar, an empty buffer, integers, an odd layout."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        with seeded(seed, "tied"):
            self.first = nn.Linear(5, 7)
            self.second = nn.Linear(5, 7)
        self.second.weight = self.first.weight
        self.scale = nn.Parameter(torch.tensor(float(seed)))
        self.register_buffer("count", torch.tensor([seed, 11]))
        self.register_buffer("empty", torch.zeros(0, 3))
        turned = torch.randn(3, 5, generator=stream(seed, "turned")).t()
        self.register_buffer("turned", turned)


@given(a=st.integers(0, 50), b=st.integers(0, 50))
def test_equal_hash_means_equal_weights(a: int, b: int) -> None:
    assert (hash_of(Tied(a)) == hash_of(Tied(b))) == (a == b)


def test_a_round_trip_changes_no_bit() -> None:
    there, back = Tied(3), Tied(5)
    load_module(back, module_bytes(there), source="here")
    assert hash_of(back) == hash_of(there)
    assert back.first.weight is back.second.weight


def test_bytes_do_not_depend_on_order() -> None:
    x, y = torch.arange(3), torch.tensor(0.5, dtype=torch.float64)
    assert to_bytes({"x": x, "y": y}) == to_bytes({"y": y, "x": x})
    assert from_bytes(to_bytes({}), source="nothing") == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("first.bias"), "missing: first.bias"),
        (lambda t: t.update(extra=torch.zeros(2)), "unexpected: extra"),
        (
            lambda t: t.update(scale=torch.zeros(2)),
            "mismatched: scale is float32[2], expected float32[]",
        ),
        (lambda t: t.update(count=torch.zeros(2)), "count is float32[2], expected int64[2]"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(change, words: str) -> None:
    module, tensors = Tied(3), dict(Tied(5).state_dict())
    before = hash_of(module)
    change(tensors)
    with pytest.raises(CheckpointError, match=re.escape(words)):
        load_tensors(module, tensors, source="x.safetensors")
    assert hash_of(module) == before


@pytest.mark.parametrize("cut", [0, 1, 7, 9, -1])
def test_truncated_bytes_are_named(cut: int) -> None:
    data = module_bytes(Tied(3))[:cut]
    with pytest.raises(CheckpointError, match=r"x\.safetensors is damaged"):
        from_bytes(data, source="x.safetensors")
