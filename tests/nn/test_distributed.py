"""Losses with batch statistics give one gradient, however many processes share the batch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from nexus.nn.distributed import all_reduce_sum, gather_rows, global_mean, rank, world_size

CASES = (
    "sigreg",
    "sigreg-projected",
    "vicreg",
    "contrastive",
    "contrastive-duplicates",
    "distance-kept",
    "running",
)
Found = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], Found]:
    """What every rank of every world size measured; world 0 joined no group."""
    folder = tmp_path_factory.mktemp("ranks")
    script = Path(__file__).with_name("ranks.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, timeout=300)
    ranks = [(0, 0), (1, 0), *((2, r) for r in range(2)), *((4, r) for r in range(4))]
    return {wr: dict(np.load(folder / f"{wr[0]}-{wr[1]}.npz")) for wr in ranks}


def error(ours: np.ndarray, reference: np.ndarray) -> float:
    return float(np.linalg.norm(ours - reference) / np.linalg.norm(reference))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "most"), [("float64", 1e-12), ("float32", 1e-6)])
def test_gradients_equal_those_of_one_process(
    found: dict[tuple[int, int], Found], case: str, dtype: str, most: float
) -> None:
    reference = found[0, 0][f"{case}/{dtype}/grad"]
    assert np.linalg.norm(reference) > 1e-3
    errors = {wr: error(ours[f"{case}/{dtype}/grad"], reference) for wr, ours in found.items()}
    print(f"largest relative error at world sizes 1, 2, 4: {max(errors.values()):.1e}")
    assert max(errors.values()) <= most, errors


@pytest.mark.parametrize("case", [c for c in CASES if c != "running"])
def test_every_rank_reports_the_loss_of_the_global_batch(
    found: dict[tuple[int, int], Found], case: str
) -> None:
    name = f"{case}/float64/loss"
    for ours in found.values():
        assert ours[name] == pytest.approx(found[0, 0][name], rel=1e-12)


def test_alone_nothing_needs_a_process_group() -> None:
    x = torch.arange(6.0).reshape(3, 2)
    assert (world_size(), rank()) == (1, 0)
    assert_close(all_reduce_sum(x), x)
    assert_close(gather_rows(x), x)


def test_global_mean_counts_what_is_kept() -> None:
    values = torch.tensor([1.0, 2.0, 6.0], requires_grad=True)
    assert global_mean(values).item() == 3.0
    assert global_mean(values, torch.tensor([True, False, True])).item() == 3.5
    nothing = global_mean(values, torch.zeros(3, dtype=torch.bool))
    nothing.backward()
    assert nothing.item() == 0.0
    assert values.grad is not None
    assert values.grad.abs().max() == 0
