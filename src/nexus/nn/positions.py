"""Fixed sine and cosine positions, for token rows and for square token grids."""

import torch
from jaxtyping import Float
from torch import Tensor

from nexus.base.errors import ConfigError


def sincos_1d(
    length: int, width: int, *, longest: float = 10_000.0
) -> Float[Tensor, "{length} {width}"]:
    """Return one position a row: sines in the first half of the channels, cosines in the second.

    The absolute positions of arXiv:1706.03762 (Sec. 3.5); wavelengths run from ``2 pi`` to just
    under ``2 pi * longest`` positions. Every entry lies in [-1, 1]; each row has norm
    ``sqrt(width / 2)``.
    """
    if width % 2:
        raise ConfigError(f"1-D positions need an even width, got {width}", hint="add one channel")
    rate = longest ** -(torch.arange(width // 2, dtype=torch.float64) / (width // 2))
    angle = torch.arange(length, dtype=torch.float64)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], dim=1).float()


def sincos_2d(
    side: int, width: int, *, longest: float = 100.0
) -> Float[Tensor, "{side}*{side} {width}"]:
    """Return positions of a ``side`` by ``side`` grid, row by row from the top left.

    The first half of the channels encodes the row, the second half the column. ``longest`` is
    short by default: a grid is a few tokens wide, and slower waves would hardly change across it.
    """
    if width % 4:
        raise ConfigError(
            f"2-D positions need a width divisible by 4, got {width}",
            hint=f"use width {width + 4 - width % 4}",
        )
    line = sincos_1d(side, width // 2, longest=longest)
    rows = line[:, None].expand(side, side, width // 2)
    return torch.cat([rows, rows.transpose(0, 1)], dim=-1).flatten(0, 1)
