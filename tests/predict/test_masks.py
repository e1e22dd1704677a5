"""Masks are exact in number, disjoint, drawn per sample, fair to every place, off the padding."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nexus.base.errors import ConfigError
from nexus.nn.seeding import stream
from nexus.predict.masks import Kind, Mask, image_mask, text_mask

KINDS: tuple[Kind, ...] = ("random", "block", "causal")
kinds, seeds = st.sampled_from(KINDS), st.integers(0, 9999)


def grids(kind: Kind, rows: int, seed: int = 0, context: int = 24, targets: int = 16) -> Mask:
    g = stream(seed, "mask")
    return image_mask(kind, rows=rows, grid=8, context=context, targets=targets, generator=g)


def texts(kind: Kind, lengths: list[int], hidden: float = 0.3, seed: int = 0) -> Mask:
    padding = torch.arange(max(lengths)) >= torch.tensor(lengths)[:, None]
    return text_mask(kind, padding, hidden=hidden, generator=stream(seed, "mask"))


def held(index: Tensor, real: Tensor) -> list[list[int]]:
    """The real entries of each row."""
    return [row[keep].tolist() for row, keep in zip(index, real, strict=True)]


@given(kind=kinds, seed=seeds, data=st.data())
def test_grids_have_exact_counts_of_disjoint_patches(
    kind: Kind, seed: int, data: st.DataObject
) -> None:
    targets = data.draw(st.integers(1, 63))
    context = data.draw(st.integers(1, 64 - targets))
    mask = grids(kind, 5, seed, context, targets)
    assert mask.context_real.all()
    assert mask.target_real.all()
    for seen, hidden in zip(mask.context.tolist(), mask.target.tolist(), strict=True):
        assert (len(set(seen)), len(set(hidden))) == (context, targets)
        assert not set(seen) & set(hidden)
        assert set(seen) | set(hidden) <= set(range(64))


@given(
    kind=kinds,
    seed=seeds,
    lengths=st.lists(st.integers(1, 23), min_size=1, max_size=5),
    hidden=st.floats(0.05, 0.95),
)
def test_texts_hide_their_share_and_never_touch_padding(
    kind: Kind, seed: int, lengths: list[int], hidden: float
) -> None:
    mask = texts(kind, lengths, hidden, seed)
    seen_rows = held(mask.context, mask.context_real)
    hidden_rows = held(mask.target, mask.target_real)
    for length, seen, away in zip(lengths, seen_rows, hidden_rows, strict=True):
        share = torch.tensor(hidden * length).round().item()
        assert len(away) == max(0, min(length - 1, max(1, share)))
        assert len(seen) == length - len(away) if kind != "causal" else 1 <= len(seen) <= length
        assert len(set(seen + away)) == len(seen) + len(away)
        assert set(seen + away) <= set(range(length))


@given(kind=kinds, seed=seeds, lengths=st.lists(st.integers(2, 23), min_size=2, max_size=5))
def test_filler_goes_round_the_rows_own_indices(kind: Kind, seed: int, lengths: list[int]) -> None:
    mask = texts(kind, lengths, seed=seed)
    for index, real in ((mask.context, mask.context_real), (mask.target, mask.target_real)):
        for row, own in zip(index.tolist(), held(index, real), strict=True):
            assert row == [own[i % len(own)] for i in range(len(row))]


@pytest.mark.parametrize("kind", KINDS)
def test_padding_on_the_left_is_respected_too(kind: Kind) -> None:
    padding = torch.arange(11) < torch.tensor([4, 0, 9])[:, None]
    mask = text_mask(kind, padding, hidden=0.4, generator=stream(0, "mask"))
    for index, real in ((mask.context, mask.context_real), (mask.target, mask.target_real)):
        assert not (padding.gather(1, index) & real).any()


@pytest.mark.parametrize("kind", KINDS)
def test_samples_differ_and_the_generator_decides(kind: Kind) -> None:
    mask = grids(kind, 31)
    assert len({tuple(sorted(row)) for row in mask.target.tolist()}) > 25
    assert len({tuple(sorted(row)) for row in mask.context.tolist()}) > 25
    assert torch.equal(mask.target, grids(kind, 31).target)
    assert not torch.equal(mask.target, grids(kind, 31, seed=1).target)


@pytest.mark.parametrize("kind", ["random", "block"])
def test_every_patch_is_hidden_and_seen_about_equally_often(kind: Kind) -> None:
    mask = grids(kind, 20_000)
    for index, count in ((mask.target, 16), (mask.context, 24)):
        share = index.flatten().bincount(minlength=64) / len(index) / (count / 64)
        assert share.min() > 0.9, share.view(8, 8)
        assert share.max() < 1.1, share.view(8, 8)


@pytest.mark.parametrize("kind", ["random", "block"])
def test_every_word_is_hidden_about_equally_often(kind: Kind) -> None:
    mask = texts(kind, [17] * 20_000)
    share = mask.target.flatten().bincount(minlength=17) / len(mask.target) / (5 / 17)
    assert share.min() > 0.9, share
    assert share.max() < 1.1, share


def neighbours(index: Tensor) -> float:
    """Mean number of hidden patches beside a hidden patch, out of four."""
    grid = torch.zeros(len(index), 64).scatter(1, index, 1.0).view(-1, 8, 8)
    beside = (grid[:, 1:] * grid[:, :-1]).sum() + (grid[..., 1:] * grid[..., :-1]).sum()
    return float(2 * beside / grid.sum())


def test_blocks_hold_together_and_their_context_keeps_out() -> None:
    assert neighbours(grids("random", 997).target) < 1.1
    assert neighbours(grids("block", 997).target) > 2.2


def test_the_size_of_a_block_says_nothing_about_its_shape() -> None:
    """One draw for both scale and aspect, a published flaw, would make big blocks tall."""
    side = 40
    mask = image_mask(
        "block", rows=2000, grid=side, context=1, targets=220, generator=stream(0, "mask")
    )
    lines = torch.stack([mask.target // side, mask.target % side])
    low, high = lines.amin(2), lines.amax(2)
    tall, wide = (high - low + 1).double()
    whole = ((low > 0) & (high < side - 1)).all(0) & (tall * wide <= 0.21 * side**2)
    assert whole.sum() > 100
    size, shape = (tall * wide)[whole], (tall / wide)[whole]
    assert abs(torch.corrcoef(torch.stack([size, shape]))[0, 1]) < 0.2
    assert shape.std() > 0.15


def test_causal_predicts_what_comes_after() -> None:
    mask = grids("causal", 101)
    assert (mask.context.amax(1) < mask.target.amin(1)).all()
    told = texts("causal", [23, 7, 2])
    for seen, away in zip(
        held(told.context, told.context_real), held(told.target, told.target_real), strict=True
    ):
        assert sorted(seen) == list(range(len(seen)))
        assert sorted(away) == list(range(len(seen), len(seen) + len(away)))


def test_a_one_word_text_is_seen_whole() -> None:
    mask = texts("random", [1, 5])
    assert held(mask.context, mask.context_real)[0] == [0]
    assert held(mask.target, mask.target_real)[0] == []


def test_impossible_masks_are_refused() -> None:
    with pytest.raises(ConfigError, match="show 49 and hide 16 of 64"):
        grids("random", 3, context=49)
    with pytest.raises(ConfigError, match=r"must lie in \(0, 1\), got 1.0"):
        texts("random", [3], hidden=1.0)
