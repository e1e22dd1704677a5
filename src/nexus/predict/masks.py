"""Which tokens are seen and which are predicted: drawn for each sample, exact in number.

Every kind of mask sorts the tokens of a sample into groups and shuffles each group; the targets
are the first in that order and the context comes from what is left. So counts are exact, both sets
are disjoint by construction, and nothing is cut off in raster order (which would keep top rows).
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nexus.base.errors import ConfigError

Kind = Literal["random", "block", "causal"]

BLOCKS = 8
"""Blocks or spans drawn for a sample; as many are used, in order, as the targets need."""
AREA, ASPECT = (0.15, 0.2), (0.75, 1.5)
"""A block's share of the grid and its height over width (I-JEPA, arXiv:2301.08243, Sec. 3)."""
SPANS = 4
"""Spans that make up the hidden share of a text, on average."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mask:
    """Indices of the tokens seen and of the tokens predicted, sample by sample; never both.

    Texts differ in length, so short rows are filled by going round their own indices again;
    ``real`` is False there. Grids have no filler.
    """

    context: Int[Tensor, "batch kept"]
    target: Int[Tensor, "batch hidden"]
    context_real: Bool[Tensor, "batch kept"]
    target_real: Bool[Tensor, "batch hidden"]


def image_mask(
    kind: Kind, *, rows: int, grid: int, context: int, targets: int, generator: torch.Generator
) -> Mask:
    """Return masks for ``rows`` pictures of ``grid`` by ``grid`` patches, numbered row by row.

    ``random``: any patches. ``block``: targets fill rectangles, each with an area and an aspect of
    its own, and the context avoids the rectangles used while there is room elsewhere. ``causal``:
    targets come after, the context before, a cut in reading order drawn for each picture.

    Raises:
        ConfigError: context and targets do not both fit.
    """
    places, device = grid * grid, generator.device
    if min(context, targets) < 1 or context + targets > places:
        raise ConfigError(
            f"a mask cannot show {context} and hide {targets} of {places} patches",
            hint="at least 1 of each, together no more than there are",
        )
    match kind:
        case "random":
            group = torch.zeros(rows, places, device=device)
        case "block":
            group = _rectangles(generator, rows, grid)
        case "causal":
            cut = context + _below(generator, torch.full((rows,), places - context - targets + 1))
            group = (torch.arange(places, device=device) < cut[:, None]).float()
    counts = torch.full((2, rows), targets, device=device)
    counts[1] = context
    return _split(group, torch.zeros_like(group).bool(), counts, generator)


def text_mask(
    kind: Kind, padding: Bool[Tensor, "batch word"], *, hidden: float, generator: torch.Generator
) -> Mask:
    """Return masks that hide a share ``hidden`` of each text's words; padding is in no mask.

    ``random``: any words. ``block``: a few spans. ``causal``: the words after a cut drawn for each
    text, to be told from those before it. A text of one word is seen, and nothing of it hidden.
    """
    if not 0 < hidden < 1:
        raise ConfigError(f"the share of hidden words must lie in (0, 1), got {hidden}")
    out = padding.to(generator.device)
    words, place = (~out).sum(1), (~out).cumsum(1) - 1
    targets = (hidden * words).round().long().clamp(min=1).minimum(words - 1).clamp(min=0)
    context = words - targets
    match kind:
        case "random":
            group = torch.zeros(out.shape, device=out.device)
        case "block":
            group = _spans(generator, place, words, targets)
        case "causal":
            context = (1 + _below(generator, context)).minimum(words)
            group = (place < context[:, None]).float()
            out = out | (place >= (context + targets)[:, None])
    return _split(group, out, torch.stack([targets, context]), generator)


def _split(
    group: Float[Tensor, "batch place"],
    out: Bool[Tensor, "batch place"],
    counts: Int[Tensor, "2 batch"],
    generator: torch.Generator,
) -> Mask:
    """Take ``counts[0]`` targets, lowest group first, and ``counts[1]`` of the rest as context.

    Places of groups that gave a target are seen only if there are not enough others.
    """
    never = torch.where(out, torch.inf, 0.0)
    target, target_real = _first(group + _uniform(generator, *group.shape) + never, counts[0])
    chosen = torch.zeros_like(out).scatter(1, target, True) & (counts[0] > 0)[:, None]
    used = group <= group.gather(1, target).amax(1, keepdim=True)
    rest = _uniform(generator, *group.shape) + used.float() + 2 * chosen.float() + never
    context, context_real = _first(rest, counts[1])
    return Mask(context=context, target=target, context_real=context_real, target_real=target_real)


def _first(
    order: Float[Tensor, "batch place"], count: Int[Tensor, " batch"]
) -> tuple[Int[Tensor, "batch most"], Bool[Tensor, "batch most"]]:
    """Return the ``count`` lowest places of each row, going round again up to the longest row."""
    most = torch.arange(max(1, int(count.max())), device=order.device)
    again = most % count.clamp(min=1)[:, None]
    return order.argsort(1).gather(1, again), most < count[:, None]


def _rectangles(generator: torch.Generator, rows: int, grid: int) -> Float[Tensor, "batch place"]:
    """Return for each patch the number of the first block over it; ``BLOCKS`` where there is none.

    Scale and aspect are drawn independently; one draw for both would tie size to shape.
    """
    scale = AREA[0] + (AREA[1] - AREA[0]) * _uniform(generator, rows, BLOCKS)
    aspect = ASPECT[0] + (ASPECT[1] - ASPECT[0]) * _uniform(generator, rows, BLOCKS)
    line = torch.arange(grid, device=generator.device).expand(rows, grid)
    size = torch.full((rows,), grid, device=generator.device)
    tall, wide = (
        _within(generator, line, size, (grid * side).round().long().clamp(1, grid))
        for side in ((scale * aspect).sqrt(), (scale / aspect).sqrt())
    )
    return _number((tall[..., :, None] & wide[..., None, :]).flatten(2))


def _spans(
    generator: torch.Generator,
    place: Int[Tensor, "batch word"],
    words: Int[Tensor, " batch"],
    targets: Int[Tensor, " batch"],
) -> Float[Tensor, "batch word"]:
    """Return for each word the number of the first span over it; ``BLOCKS`` where there is none."""
    longest = (2 * targets / SPANS).round().long().clamp(min=1)
    length = 1 + _below(generator, longest[:, None].expand(-1, BLOCKS))
    return _number(_within(generator, place, words, length))


def _within(
    generator: torch.Generator,
    place: Int[Tensor, "batch place"],
    size: Int[Tensor, " batch"],
    length: Int[Tensor, "batch block"],
) -> Bool[Tensor, "batch block place"]:
    """Return which places randomly put intervals cover.

    They may hang over either end: so every place is covered equally often, where intervals kept
    inside would favour the middle.
    """
    start = _below(generator, size[:, None] + length - 1) - (length - 1)
    at = place[:, None]
    return (at >= start[..., None]) & (at < (start + length)[..., None])


def _number(covered: Bool[Tensor, "batch block place"]) -> Float[Tensor, "batch place"]:
    number = torch.arange(BLOCKS, device=covered.device)[:, None]
    return torch.where(covered, number, BLOCKS).amin(1).float()


def _uniform(generator: torch.Generator, *shape: int) -> Float[Tensor, "..."]:
    return torch.rand(*shape, generator=generator, device=generator.device)


def _below(generator: torch.Generator, high: Int[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
    """Return one integer in [0, high) for each entry; 0 where ``high`` is 0."""
    high = high.to(generator.device)
    return (_uniform(generator, *high.shape) * high).long()
