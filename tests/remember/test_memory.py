"""A write is gradient descent on its loss; what repeats stops surprising; state is a value."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from nexus.nn.records import Latents, TextLatents
from nexus.nn.seeding import stream
from nexus.remember.memory import MemoryState, TestTimeMemory, read, write


@given(rate=st.floats(0.01, 1.0), persistence=st.floats(0, 0.9), forget=st.floats(0, 0.5))
def test_a_write_is_the_titans_rule_by_autograd(
    rate: float, persistence: float, forget: float
) -> None:
    g = stream(0, "write")
    key, value, weight, momentum = (
        torch.randn(*shape, generator=g, dtype=torch.float64)
        for shape in ((2, 5), (2, 3), (2, 3, 5), (2, 3, 5))
    )
    weight.requires_grad_()
    loss = (torch.einsum("bvk,bk->bv", weight, key) - value).square().sum() / 2
    (gradient,) = torch.autograd.grad(loss, weight)
    start = MemoryState(weight=weight.detach(), momentum=momentum)
    after = write(start, key, value, rate=rate, persistence=persistence, forget=forget)
    expected = persistence * momentum - rate * gradient
    assert_close(after.momentum, expected)
    assert_close(after.weight, (1 - forget) * weight.detach() + expected)


def latents(rows: int, *path: str) -> Latents:
    g = stream(0, *path)
    tokens = 0.1 * torch.randn(rows, 9, 5, generator=g) + torch.randn(rows, 1, 5, generator=g)
    pooled = torch.tanh(tokens.mean(1) @ torch.randn(5, 3, generator=stream(0, "map")))
    nothing = TextLatents(
        tokens=torch.zeros(rows, 1, 5), padding=torch.zeros(rows, 1).bool(), pooled=pooled
    )
    return Latents(
        tokens=tokens,
        pooled=pooled,
        question=nothing,
        recalled=torch.zeros_like(pooled),
        surprise=torch.zeros(rows),
    )


def trained() -> TestTimeMemory:
    memory = TestTimeMemory(width=5, joint=3)
    seen = latents(401, "train")
    memory.consolidate(seen.tokens, seen.pooled)
    return memory


def test_one_in_a_hundred_training_scenes_surprises_by_more_than_one() -> None:
    memory = trained()
    seen, _ = memory.recall_and_write(latents(401, "train"), memory.initial(401))
    assert 0.005 <= (seen.surprise > 1).float().mean() <= 0.015


def test_what_breaks_the_rule_of_training_surprises_more() -> None:
    memory, normal = trained(), latents(97, "test")
    broken = latents(97, "test")
    object.__setattr__(broken, "pooled", -normal.pooled)
    usual, _ = memory.recall_and_write(normal, memory.initial(97))
    odd, _ = memory.recall_and_write(broken, memory.initial(97))
    assert (odd.surprise > usual.surprise).float().mean() > 0.9


def test_what_repeats_stops_surprising_and_the_old_state_is_untouched() -> None:
    memory, seen = trained(), latents(2, "odd")
    start = memory.initial(2)
    kept, state = start.weight.clone(), start
    surprises = []
    for _ in range(9):
        again, state = memory.recall_and_write(seen, state)
        surprises.append(float(again.surprise.max()))
    assert surprises == sorted(surprises, reverse=True)
    assert surprises[-1] < 0.01 * surprises[0]
    assert torch.equal(start.weight, kept)


def test_rows_have_memories_of_their_own() -> None:
    memory, pair = trained(), latents(2, "pair")
    _, both = memory.recall_and_write(pair, memory.initial(2))
    key = memory.key(pair.tokens)
    assert not torch.allclose(both.weight[0], both.weight[1])
    assert_close(
        read(both, key)[0], torch.nn.functional.normalize(pair.pooled, dim=-1)[0], atol=0.6, rtol=0
    )
