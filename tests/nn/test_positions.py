"""Positions are told apart, keep their norm, and a grid is its row and its column."""

from math import cos, sin

import pytest
import torch
from torch.testing import assert_close

from nexus.base.errors import ConfigError
from nexus.nn.positions import sincos_1d, sincos_2d


@pytest.mark.parametrize(("length", "width"), [(1, 2), (7, 6), (64, 128)])
def test_line_matches_the_formula(length: int, width: int) -> None:
    table, half = sincos_1d(length, width), width // 2
    for i, row in enumerate(table.tolist()):
        angles = [i / 10_000 ** (c / half) for c in range(half)]
        assert row[:half] == pytest.approx([sin(a) for a in angles], abs=1e-6)
        assert row[half:] == pytest.approx([cos(a) for a in angles], abs=1e-6)
    assert_close(table.norm(dim=1), torch.full((length,), half**0.5))


def test_grid_is_row_then_column_from_the_top_left() -> None:
    side, width = 5, 12
    grid = sincos_2d(side, width).reshape(side, side, width)
    line = sincos_1d(side, width // 2, longest=100.0)
    for row in range(side):
        for column in range(side):
            assert_close(grid[row, column], torch.cat([line[row], line[column]]))


def test_every_cell_of_a_large_grid_is_clearly_different() -> None:
    grid = sincos_2d(28, 32)
    assert torch.cdist(grid, grid).fill_diagonal_(9).min() > 0.2


def test_widths_that_cannot_split_are_refused() -> None:
    with pytest.raises(ConfigError, match="even width, got 7"):
        sincos_1d(3, 7)
    with pytest.raises(ConfigError, match=r"divisible by 4, got 6.*use width 8"):
        sincos_2d(3, 6)
