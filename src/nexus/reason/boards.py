"""The reasoner on boards of symbols: what each cell holds goes in, what it must hold comes out.

Nothing tells it which puzzle of a task it sees; it knows a cell by its place and its symbol alone.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from nexus.nn.finite import check_finite
from nexus.nn.lora import Adaptation
from nexus.reason.reasoner import Inputs, Mind, Reasoner, Said
from nexus.store.traces import Cycle, cycles_of
from nexus.worlds.puzzles.puzzle import Puzzle


class Related(nn.Module):
    """Which cells of a board belong together: by their places, and by holding one symbol."""

    places: Tensor

    def __init__(self, puzzle: Puzzle | None) -> None:
        super().__init__()
        places = torch.zeros(0, 0, 0, dtype=torch.bool)
        if puzzle is not None:
            places = torch.from_numpy(puzzle.relations())
        self.named = puzzle is not None and puzzle.named
        self.register_buffer("places", places, persistent=False)

    @property
    def kinds(self) -> int:
        """How many relations there are; none without a puzzle."""
        return len(self.places) + self.named

    def forward(
        self, given: Int[Tensor, "batch cell"]
    ) -> Bool[Tensor, "batch kind cell cell"] | None:
        """Return the relations of each board; blanks do not hold one symbol."""
        if not self.kinds:
            return None
        places = self.places.expand(len(given), -1, -1, -1)
        if not self.named:
            return places
        alike = (given[:, :, None] == given[:, None, :]) & (given > 0)[:, None, :]
        return torch.cat([places, alike[:, None]], dim=1)


class BoardReasoner(nn.Module):
    """Symbols and places to tokens, thought about by a ``Reasoner``."""

    def __init__(
        self, reasoner: Reasoner, related: Related, *, width: int, symbols: int, cells: int
    ) -> None:
        super().__init__()
        self.reasoner, self.related = reasoner, related
        self.symbol = nn.Embedding(symbols, width)
        self.place = nn.Parameter(0.02 * torch.randn(cells, width))

    def inputs(self, given: Int[Tensor, "batch cell"]) -> Inputs:
        """Return boards as what a reasoner thinks about."""
        return Inputs(tokens=self.symbol(given) + self.place, relations=self.related(given))

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


@torch.no_grad()
def think_aloud(
    boards: BoardReasoner,
    given: Int[Tensor, "batch cell"],
    asked: Bool[Tensor, "batch cell"],
    fixed: Int[Tensor, "batch cell"],
    *,
    cycles: int,
    task: Adaptation | None = None,
) -> list[tuple[Cycle, ...]]:
    """Return what is answered about each board after 1, 2, ... ``cycles`` cycles.

    Where nothing is asked an answer holds what is ``fixed``.

    Raises:
        ThoughtError: the state or what is said is not finite.
    """
    heat = boards.reasoner.temperature
    fast, slow, board, halt, sure = (list[np.ndarray]() for _ in range(5))
    thought = boards.reasoner.think(boards.inputs(given), task=task, cycles=cycles)
    for number, (mind, said) in enumerate(thought, start=1):
        check_finite(f"cycle {number}", working=mind.fast, core=mind.slow)
        check_finite(
            f"cycle {number}", answer=said.answer, fast=said.fast, slow=said.slow, halt=said.halt
        )
        answer = (said.answer / heat).softmax(-1)
        sign = doubt(answer.double().numpy(), said.halt.double().numpy(), asked.numpy())
        fast.append((said.fast / heat).softmax(-1).numpy())
        slow.append((said.slow / heat).softmax(-1).numpy())
        board.append(torch.where(asked, answer.argmax(-1), fixed).numpy())
        halt.append(said.halt.sigmoid().numpy())
        sure.append(1 / (1 + np.exp(sign)))
    return cycles_of(
        np.stack(fast), np.stack(slow), np.stack(board), np.stack(halt), np.stack(sure)
    )


def doubt(
    probability: Float[np.ndarray, "batch cell answer"],
    halt: Float[np.ndarray, " batch"],
    open_cell: Bool[np.ndarray, "batch cell"],
) -> Float[np.ndarray, " batch"]:
    """Return the log-odds of a board being wrong, by the reasoner's own account.

    The mean of those of the least certain open cell and of ``halt``, the log-odds of being right.
    """
    least = np.where(open_cell, probability.max(-1), 1.0).min(1).clip(1e-6, 1 - 1e-6)
    return (np.log((1 - least) / least) - halt) / 2
