"""The reasoner on boards of symbols: what each cell holds goes in, what it must hold comes out.

Nothing tells it which puzzle of a task it sees; it knows a cell by its place and its symbol alone.
"""

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from nexus.nn.lora import Adaptation
from nexus.reason.reasoner import Inputs, Mind, Reasoner, Said


class BoardReasoner(nn.Module):
    """Symbols and places to tokens, thought about by a ``Reasoner``."""

    related: Tensor

    def __init__(
        self, reasoner: Reasoner, *, width: int, symbols: int, relations: Bool[Tensor, "kind c c"]
    ) -> None:
        super().__init__()
        self.reasoner = reasoner
        self.symbol = nn.Embedding(symbols, width)
        self.place = nn.Parameter(0.02 * torch.randn(relations.shape[1], width))
        self.register_buffer("related", relations, persistent=False)

    def inputs(self, given: Int[Tensor, "batch cell"]) -> Inputs:
        """Return boards as what a reasoner thinks about."""
        relations = self.related if len(self.related) else None
        return Inputs(tokens=self.symbol(given) + self.place, relations=relations)

    def forward(
        self,
        given: Int[Tensor, "batch cell"],
        mind: Mind | None = None,
        task: Adaptation | None = None,
    ) -> tuple[Mind, Said]:
        """Return the state after some more cycles about these boards, and what is said then."""
        return self.reasoner(self.inputs(given), mind, task)

    @torch.no_grad()
    def solve(
        self,
        given: Int[Tensor, "batch cell"],
        *,
        cycles: int,
        noise: float = 0.0,
        generator: torch.Generator | None = None,
        task: Adaptation | None = None,
    ) -> list[Said]:
        """Return what is said after each of ``cycles`` cycles.

        ``noise`` is added to the working memory's state before each, in its own units: another
        ``generator`` thinks the same another way (PTRM, arXiv:2605.19943).
        """
        inputs, said = self.inputs(given), list[Said]()
        mind = self.reasoner.start(inputs)
        for _ in range(cycles):
            if noise:
                shake = torch.randn(mind.fast.shape, generator=generator)
                mind = Mind(fast=mind.fast + noise * shake, slow=mind.slow)
            [(mind, words)] = self.reasoner.think(inputs, mind, task, cycles=1)
            said.append(words)
        return said
