"""The weight diff against its definitions, written out."""

import math

import pytest
import torch
from torch import Tensor

from nexus.base.errors import CheckpointError
from nexus.evaluate.weight_diff import SHOWN, effective_rank, layer_diff, weight_diff
from nexus.nn.seeding import stream
from nexus.nn.weights import to_bytes

G = stream(0, "weight diff")
BASE = {"a": torch.randn(6, 4, generator=G), "b": torch.randn(5, generator=G), "c": torch.ones(())}


def rank_written_out(change: Tensor) -> float:
    """Return the effective rank from the eigenvalues of ``change' change``."""
    roots = torch.linalg.eigvalsh(change.double().T @ change.double()).clamp(min=0).sqrt().tolist()
    share = [root / sum(roots) for root in roots]
    return math.exp(-sum(p * math.log(p) for p in share if p > 0))


def test_a_change_is_measured_as_its_definitions_say() -> None:
    new = {**BASE, "a": BASE["a"] + 0.1 * torch.randn(6, 4, generator=G)}
    a, b, c = weight_diff(to_bytes(BASE), to_bytes(new))
    change = new["a"] - BASE["a"]
    entries = [float(x) ** 2 for x in change.reshape(-1)]
    assert a.norm == pytest.approx(math.sqrt(sum(entries)))
    assert a.relative == pytest.approx(a.norm / float(BASE["a"].norm()))
    assert a.effective_rank == pytest.approx(rank_written_out(change), rel=1e-4)
    assert len(a.singular) == SHOWN
    assert list(a.singular) == sorted(a.singular, reverse=True)
    assert sum(s * s for s in a.singular) <= a.norm**2
    for same in (b, c):
        assert (same.norm, same.relative, same.effective_rank, same.singular) == (0, 0, 0, ())


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_the_effective_rank_of_so_many_equal_directions_is_their_number(rank: int) -> None:
    change = torch.zeros(6, 4)
    change[:rank, :rank] = 3 * torch.eye(rank)
    assert layer_diff("x", torch.ones(6, 4), 1 + change).effective_rank == pytest.approx(rank)
    assert effective_rank(torch.zeros(4)) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"a": torch.randn(4, 6, generator=G)}, r"'a' is torch.float32 \[4, 6\] in the candidate"),
        ({"b": BASE["b"].double()}, "'b' is torch.float64"),
        ({"d": torch.ones(1)}, "first 'd' in the candidate"),
        ({"b": BASE["b"].index_fill(0, torch.tensor(2), math.nan)}, "'b' of the candidate holds"),
        ({"b": BASE["b"].index_fill(0, torch.tensor(2), math.inf)}, "'b' of the candidate holds"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(change: dict[str, Tensor], told: str) -> None:
    with pytest.raises(CheckpointError, match=told):
        weight_diff(to_bytes(BASE), to_bytes({**BASE, **change}))
    with pytest.raises(CheckpointError, match="the candidate is damaged"):
        weight_diff(to_bytes(BASE), to_bytes(BASE)[:-1])


def test_where_the_base_is_nothing_any_change_is_large() -> None:
    assert layer_diff("x", torch.zeros(3), torch.tensor([0.0, 0.0, 1e-3])).relative > 1000
    assert layer_diff("x", torch.zeros(3), torch.zeros(3)).relative == 0
