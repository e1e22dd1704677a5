"""Counting without data finds what counting a real run finds, and what the shapes say."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from nexus.nn.attention import Block, attend
from nexus.nn.seeding import seeded
from nexus.suites.counting import cost, flop_counter, held, size, without_data

ROWS, WIDTH, OUT = 7, 12, 5


def linear() -> nn.Linear:
    with seeded(0, "linear"):
        return nn.Linear(WIDTH, OUT)


def test_a_linear_layer_costs_what_its_shapes_say() -> None:
    layer, x = linear(), torch.ones(ROWS, WIDTH)
    found = cost(lambda: layer(x).square().sum(), held(layer))
    assert found.flops == 2 * (2 * ROWS * WIDTH * OUT)  # the product, and the weight's gradient
    assert found.kept == 4 * (ROWS * WIDTH + ROWS * OUT)  # for Linear, and for square


def test_every_operand_moves_once_a_view_not_at_all_and_a_repeated_row_once() -> None:
    x, row = torch.ones(6, 4), torch.ones(1, 4)

    def add(a: Tensor, b: Tensor) -> None:
        a.expand(6, 4).add(b).t().detach()

    assert cost(lambda: add(x, x)).moved == 3 * x.nbytes
    assert cost(lambda: add(row, x)).moved == row.nbytes + 2 * x.nbytes


def test_the_weights_and_what_is_kept_twice_do_not_count() -> None:
    x = torch.ones(ROWS, WIDTH, requires_grad=True)
    assert cost(lambda: (x * x).sum() + x.square().sum(), [x]).kept == 0
    assert cost(lambda: (x * x).sum() + x.square().sum()).kept == x.nbytes


def fused(
    run: Callable[[], Tensor], backend: SDPBackend, counter: Callable[[], FlopCounterMode]
) -> int:
    with sdpa_kernel(backend), counter() as flops:
        run()
    return flops.get_total_flops()


def test_fused_attention_counts_as_its_two_products_written_out() -> None:
    q, k = torch.ones(2, 5, WIDTH), torch.ones(2, 9, WIDTH)
    keep = torch.ones(2, 9, dtype=torch.bool)
    keep[1, 4:] = False

    def run() -> Tensor:
        return attend(q, k, k, heads=3, keep=keep)

    plain = fused(run, SDPBackend.MATH, lambda: FlopCounterMode(display=False))
    assert plain == 2 * (2 * 2 * 5 * 9 * WIDTH)
    assert fused(run, SDPBackend.FLASH_ATTENTION, flop_counter) == plain


def test_fused_attention_goes_back_with_the_scores_made_again() -> None:
    q = torch.ones(2, 5, WIDTH, requires_grad=True)

    def run() -> Tensor:
        loss = attend(q, q, q, heads=3).sum()
        loss.backward()
        return loss

    product = 2 * 2 * 5 * 5 * WIDTH
    plain = fused(run, SDPBackend.MATH, lambda: FlopCounterMode(display=False))
    assert plain == (2 + 4) * product
    assert fused(run, SDPBackend.FLASH_ATTENTION, flop_counter) == plain + product


def test_without_data_a_block_costs_what_it_costs_with_data() -> None:
    with seeded(0, "block"):
        block, x = Block(WIDTH, 3), torch.randn(ROWS, 5, WIDTH)
    scope, (copy, there) = without_data((block, x))
    with scope:
        counted = cost(lambda: copy(there).sum(), held(copy))
    assert counted == cost(lambda: block(x).sum(), held(block))
    assert size(held(copy)) == size(held(block))
    assert torch.is_tensor(block.qkv.weight.grad)
    assert block.qkv.weight.grad.isfinite().all()
