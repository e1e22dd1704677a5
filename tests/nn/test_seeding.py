"""A stream is a pure function of its name, and ``seeded`` leaves no trace behind."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from nexus.nn.seeding import seeded, stream

paths = st.lists(st.integers(0, 9) | st.text(max_size=3), max_size=3).map(tuple)


def draw(seed: int, *path: str | int) -> Tensor:
    return torch.rand(5, generator=stream(seed, *path))


@given(seed=st.integers(0, 2**40), first=paths, second=paths)
def test_equal_names_give_equal_numbers_and_others_do_not(
    seed: int, first: tuple[str | int, ...], second: tuple[str | int, ...]
) -> None:
    assert torch.equal(draw(seed, *first), draw(seed, *first))
    assert torch.equal(draw(seed, *first), draw(seed, *second)) == (first == second)
    assert not torch.equal(draw(seed, *first), draw(seed + 1, *first))


def test_seeded_initialises_the_same_module_wherever_it_is_built() -> None:
    with seeded(3, "layer"):
        one = nn.Linear(3, 5)
    with seeded(3, "other"):
        other = nn.Linear(3, 5)
    with seeded(3, "layer"):
        two = nn.Linear(3, 5)
    assert torch.equal(one.weight, two.weight)
    assert not torch.equal(one.weight, other.weight)


def test_seeded_restores_the_global_generator_even_after_an_error() -> None:
    def draw_and_fail() -> None:
        with seeded(0, "x"):
            torch.rand(3)
            raise RuntimeError("on purpose")

    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="on purpose"):
        draw_and_fail()
    assert torch.equal(before, torch.get_rng_state())
