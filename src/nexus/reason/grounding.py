"""What is seen, as facts: a dense read-out of patch latents, calibrated, in three truth values.

Each patch answers for the grid cell it stands on: is an object's centre in or near here, where,
and which shape, colour and size has it, or none that has a name. Cells reach over their borders,
so a centre on a border is sure of one cell at least, and claims of the same centre are joined. A
cell tells of one centre; where two share a cell (1 of 4,000 scenes) both are near its borders, and
its neighbours tell them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nexus.base.records import Facts
from nexus.logic.language import Vocabulary
from nexus.nn.attention import Block, mlp
from nexus.reason.facts import PLACE, Claims, merge, state

MERGE = 0.1
"""Claims closer than this are of one object: two centres are at least 0.14 apart, and two cells
that claim the same one hardly ever differ by more than 0.07."""
NOISE = 0.02
"""A cell's claim weaker than this is dropped."""
SLOTS = 24
"""Cells per picture that are looked at: four for each object of the fullest scene."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellLogits:
    """What every cell says, before calibration."""

    objectness: Float[Tensor, "batch cell"]
    offset: Float[Tensor, "batch cell 2"]
    """Centre (x, y) from the cell's top left corner, in cells."""
    attributes: Mapping[str, Tensor]
    """Attribute -> logits ``[batch cell value + 1]``; the last is that it has none of them."""


class Grounding(nn.Module):
    """Patch latents to facts; temperatures and the centre's error are measured after training."""

    error: Float[Tensor, "2"]

    def __init__(
        self, *, width: int, heads: int, grid: int, vocabulary: Vocabulary, certain: float
    ) -> None:
        super().__init__()
        self.grid, self.vocabulary, self.certain = grid, vocabulary, certain
        self.factors = {n: len(v) for n, v in vocabulary.attributes.items() if n != PLACE}
        self._widths = [1, 2, *(n + 1 for n in self.factors.values())]
        self.blocks = nn.ModuleList([Block(width, heads)])
        self.norm = nn.LayerNorm(width)
        self.cell = mlp(width, 2 * width, sum(self._widths))
        for name in ("object", *self.factors):
            self.register_buffer(f"temperature_{name}", torch.ones(()))
        self.register_buffer("error", torch.full((2,), 0.02))

    def forward(self, tokens: Float[Tensor, "batch patch width"]) -> CellLogits:
        """Return what each cell says; one patch is one cell, row by row."""
        out = self.cell(self.norm(self.blocks[0](tokens)))
        objectness, offset, *rest = out.split(self._widths, dim=-1)
        return CellLogits(
            objectness=objectness[..., 0],
            offset=0.5 + offset,
            attributes=dict(zip(self.factors, rest, strict=True)),
        )

    def claims(self, logits: CellLogits) -> Claims:
        """Return calibrated claims, one an object, in reading order of their cells."""
        presence = (logits.objectness / self.temperature("object")).sigmoid()
        strong = presence.topk(min(SLOTS, presence.shape[1]), dim=1).indices.sort(dim=1).values
        corner = torch.stack([strong % self.grid, strong // self.grid], dim=-1)
        offset = _pick(logits.offset, strong).clamp(-0.5, 1.5)
        claims = Claims(
            presence=presence.gather(1, strong),
            centre=((corner + offset) / self.grid).clamp(0.0, 1.0),
            attributes={
                name: (_pick(x, strong) / self.temperature(name)).softmax(-1)[..., :-1]
                for name, x in logits.attributes.items()
            },
        )
        return merge(claims, radius=MERGE, least=NOISE)

    @torch.no_grad()
    def read(self, tokens: Float[Tensor, "batch patch width"]) -> list[Facts]:
        """Return the facts seen in each picture; see ``reason.facts.state``."""
        return state(
            self.claims(self(tokens)), self.vocabulary, error=self.error, certain=self.certain
        )

    def temperature(self, name: str) -> Float[Tensor, ""]:
        """Return the calibration temperature of a factor, or of ``object``."""
        return self.get_buffer(f"temperature_{name}")


def _pick(x: Float[Tensor, "batch cell n"], cells: Tensor) -> Float[Tensor, "batch slot n"]:
    """Return the rows of ``x`` at these cells."""
    return x.gather(1, cells[..., None].expand(-1, -1, x.shape[-1]))
