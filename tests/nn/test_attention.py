"""Blocks equal PyTorch's own layer, ignore padding exactly, survive rows with nothing to read."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from nexus.base.errors import ConfigError
from nexus.nn.attention import AttentionPool, Block, CrossBlock, attend
from nexus.nn.seeding import seeded, stream

WIDTH, HEADS = 12, 3


def normal(*shape: int, name: str = "x") -> Tensor:
    return torch.randn(*shape, generator=stream(0, name), dtype=torch.float64)


def build(kind: type[nn.Module], *args: int) -> nn.Module:
    with seeded(0, kind.__name__):
        return kind(*args).double()


def attend_reference(q: Tensor, k: Tensor, v: Tensor, keep: Tensor) -> Tensor:
    """The definition, one query of one head at a time."""
    out, size = torch.zeros_like(q), WIDTH // HEADS
    for row in range(len(q)):
        for head in (slice(i * size, i * size + size) for i in range(HEADS)):
            for i in range(q.shape[1]):
                scores = [float(q[row, i, head] @ key[head]) / size**0.5 for key in k[row]]
                weights = [keep[row, j] * torch.tensor(s).exp() for j, s in enumerate(scores)]
                mixed = sum(w * value[head] for w, value in zip(weights, v[row], strict=True))
                out[row, i, head] = mixed / sum(weights)
    return out


@given(seed=st.integers(0, 99), keys=st.integers(1, 7))
def test_attend_is_the_definition(seed: int, keys: int) -> None:
    g = stream(seed, "attend")
    q, k, v = (torch.randn(2, n, WIDTH, generator=g) for n in (5, keys, keys))
    keep = torch.rand(2, keys, generator=g) < 0.6
    keep[:, 0] = True
    assert_close(attend(q, k, v, heads=HEADS, keep=keep), attend_reference(q, k, v, keep))


def test_block_equals_the_layer_of_pytorch() -> None:
    ours = build(Block, WIDTH, HEADS)
    with seeded(0, "theirs"):
        theirs = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
        ).double()
    pairs = [
        (theirs.self_attn.in_proj_weight, ours.qkv.weight),
        (theirs.self_attn.in_proj_bias, ours.qkv.bias),
    ]
    for mine, yours in (
        (ours.out, theirs.self_attn.out_proj),
        (ours.mlp[0], theirs.linear1),
        (ours.mlp[2], theirs.linear2),
        (ours.norm_attention, theirs.norm1),
        (ours.norm_mlp, theirs.norm2),
    ):
        pairs += [(yours.weight, mine.weight), (yours.bias, mine.bias)]
    g = stream(0, "weights")
    with torch.no_grad():
        for yours, mine in pairs:
            mine.copy_(torch.randn(mine.shape, generator=g, dtype=torch.float64) * 0.3)
            yours.copy_(mine)
    x, keep = normal(5, 7, WIDTH), torch.ones(5, 7, dtype=torch.bool)
    keep[1, 4:] = False
    assert_close(ours(x, keep), theirs(x, src_key_padding_mask=~keep), rtol=1e-12, atol=1e-12)


def readers() -> dict[str, Callable[..., Tensor]]:
    """Everything that reads tokens under a mask, cut to what the first five tokens decide."""
    block, cross = build(Block, WIDTH, HEADS), build(CrossBlock, WIDTH, HEADS)
    queries = normal(3, 2, WIDTH, name="queries")
    return {
        "block": lambda tokens, keep=None: block(tokens, keep)[:, :5],
        "cross": lambda tokens, keep=None: cross(queries, tokens, keep),
        "pool": build(AttentionPool, WIDTH, 5, HEADS),
    }


@pytest.mark.parametrize("name", ["block", "cross", "pool"])
def test_padding_never_changes_what_is_read(name: str) -> None:
    read, keep = readers()[name], torch.tensor([[True] * 5 + [False] * 2] * 3)
    tokens = normal(3, 7, WIDTH)
    tokens[:, 5:] = 1e6
    assert_close(read(tokens, keep), read(tokens[:, :5]), rtol=1e-12, atol=1e-12)
    assert not torch.allclose(read(tokens), read(tokens[:, :5]))


def test_a_row_with_nothing_to_read_is_finite_both_ways() -> None:
    pool = build(AttentionPool, WIDTH, 5, HEADS)
    tokens = normal(2, 7, WIDTH).requires_grad_()
    keep = torch.tensor([[True] * 7, [False] * 7])
    pool(tokens, keep).square().sum().backward()
    assert tokens.grad is not None
    assert tokens.grad.isfinite().all()
    assert tokens.grad[1].abs().max() == 0
    assert all(p.grad is None or p.grad.isfinite().all() for p in pool.parameters())


def test_queries_do_not_see_each_other_and_memory_order_means_nothing_without_positions() -> None:
    cross, queries, memory = (
        build(CrossBlock, WIDTH, HEADS),
        normal(2, 3, WIDTH),
        normal(2, 7, WIDTH),
    )
    both = cross(queries, memory)
    assert_close(cross(queries[:, 1:2], memory), both[:, 1:2])
    assert_close(cross(queries, memory.flip(1)), both)
    position = normal(7, WIDTH, name="position")
    assert not torch.allclose(cross(queries, memory, None, position), both)
    assert_close(
        cross(queries, memory.flip(1), None, position.flip(0)),
        cross(queries, memory, None, position),
    )


def test_positions_choose_what_is_read_and_are_not_read() -> None:
    """With equal memory tokens every mixture reads the same, wherever the tokens are."""
    cross, queries = build(CrossBlock, WIDTH, HEADS), normal(2, 3, WIDTH)
    memory = normal(2, 1, WIDTH, name="memory").expand(2, 7, WIDTH)
    assert_close(cross(queries, memory, None, normal(1, 7, WIDTH)), cross(queries, memory))


def test_autocast_reads_in_float32() -> None:
    x = normal(3, 7, WIDTH).float()
    with torch.autocast("cpu", torch.bfloat16):
        assert attend(x, x, x, heads=HEADS).dtype == torch.float32


def test_impossible_heads_are_refused_with_a_width_that_works() -> None:
    with pytest.raises(ConfigError, match=r"width=13 does not split into heads=3.*use width 12"):
        Block(13, 3)
