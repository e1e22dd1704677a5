"""Retrieval counts what it says: galleries of one size, strict comparisons, cosines of pairs."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nexus.evaluate.retrieval import Scale, found_first, galleries, paraphrase_gap


def _unit(rows: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return functional.normalize(torch.randn(rows, 7, generator=generator), dim=-1)


@given(st.integers(1, 200), st.integers(1, 90))
def test_galleries_are_of_one_size_disjoint_and_never_empty(n: int, among: int) -> None:
    found = [range(n)[rows] for rows in galleries(n, among=among)]
    assert {len(rows) for rows in found} == {min(n, among)}
    assert len({i for rows in found for i in rows}) == sum(map(len, found))
    assert n - sum(map(len, found)) < min(n, among)


def test_each_row_finds_itself_and_strangers_are_found_by_chance() -> None:
    one = _unit(211, 0)
    assert found_first(one @ one.T).all()
    assert found_first(one @ _unit(211, 1).T).float().mean() < 0.05


def test_of_two_equal_captions_only_one_is_found_first() -> None:
    one = _unit(5, 0)
    one[3] = one[1]
    assert found_first(one @ one.T).tolist() == [True, True, True, False, True]


def test_paraphrase_gap_is_what_two_loops_say() -> None:
    one, other = _unit(11, 0), _unit(11, 1)
    for i, gap in enumerate(paraphrase_gap(one, other).tolist()):
        rest = [float(one[i] @ other[j]) for j in range(11) if j != i]
        assert gap == pytest.approx(float(one[i] @ other[i]) - sum(rest) / 10, abs=1e-6)


def test_scaled_latents_are_centred_and_of_unit_length() -> None:
    pooled = 3 * _unit(97, 2) + 5
    unit = Scale.of(pooled).unit(pooled)
    assert torch.allclose(unit.norm(dim=-1), torch.ones(97))
    assert unit.mean(0).abs().max() < 0.1
