"""Thinking fast and slow over tokens: steps of a working memory inside cycles of an abstract core.

The working memory thinks a few fast steps about what it is given and what the core holds, then the
core takes one slow step about what the working memory found; that is one cycle. The hierarchy is
HRM's (arXiv:2506.21734), an answer after every cycle TRM's (arXiv:2510.04871). The same weights
think every cycle, so more cycles may be taken than were trained.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.func import functional_call

from nexus.nn.attention import Block, CrossBlock
from nexus.nn.lora import Adaptation, adapted

Gradient = Literal["step", "cycle", "full"]
"""Through the last fast and slow step, through the last cycle, or through every cycle."""
HALT_BIAS = -3.0
"""Halting starts improbable: at even odds most runs never learn to think on (arXiv:2604.21999)."""
LEAN = 4.0
"""Head k of every block starts by leaning on relation k: related tokens count e^4 times as much.

From 2, k-hop chains were not learned in 240 CPU-seconds; from 4, those of 2 to 5 facts in 120.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """Something the working memory looks up, such as words or a picture."""

    tokens: Float[Tensor, "source token width"]
    """One row for each thought, or for each group of as many thoughts in a row."""
    keep: Bool[Tensor, "source token"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """What is thought about; tokens are added to the working memory's state at every step."""

    tokens: Float[Tensor, "batch token width"]
    keep: Bool[Tensor, "batch token"] | None = None
    """True where there is a token; by default everywhere."""
    relations: Bool[Tensor, "... kind token token"] | None = None
    """Which tokens belong together, if that is known; for all rows, or row by row."""
    reads: Sequence[Read] = ()
    """What may be looked up, one for each source the working memory was built with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mind:
    """The state of a thought."""

    fast: Float[Tensor, "batch token width"]
    slow: Float[Tensor, "batch token width"]

    def detach(self) -> "Mind":
        """Return the same state, without its history."""
        return Mind(fast=self.fast.detach(), slow=self.slow.detach())


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What is answered after some cycles: by both together, and by each alone."""

    answer: Float[Tensor, "batch token answer"]
    fast: Float[Tensor, "batch token answer"]
    slow: Float[Tensor, "batch token answer"]
    halt: Float[Tensor, " batch"]
    """Log-odds that ``answer`` is right as it stands."""


class Stack(nn.Module):
    """Blocks that look things up, then let tokens read each other, ending in a norm.

    Attention may lean on known relations between tokens.
    """

    def __init__(
        self, width: int, heads: int, depth: int, *, kinds: int = 0, reads: int = 0
    ) -> None:
        super().__init__()
        self.reads = reads
        self.look_up = nn.ModuleList(
            CrossBlock(width, heads, mlp_ratio=2) for _ in range(depth * reads)
        )
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio=2) for _ in range(depth))
        self.lean = nn.Parameter(LEAN * torch.eye(heads, kinds).repeat(depth, 1, 1))
        self.norm = nn.LayerNorm(width)

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        keep: Bool[Tensor, "batch token"] | None = None,
        relations: Float[Tensor, "... kind token token"] | None = None,
        reads: Sequence[Read] = (),
    ) -> Float[Tensor, "batch token width"]:
        """Return the next state; ``relations`` are 1.0 where a pair is related."""
        for at, (block, lean) in enumerate(zip(self.blocks, self.lean, strict=True)):
            looks = self.look_up[at * self.reads : (at + 1) * self.reads]
            for look, read in zip(looks, reads, strict=True):
                # Thoughts about one thing are one row here: they share its keys and values.
                grouped = x.reshape(len(read.tokens), -1, x.shape[-1])
                x = look(grouped, read.tokens, read.keep).view_as(x)
            bias = None
            if relations is not None:
                bias = torch.einsum("hk,...kij->...hij", lean, relations)
            x = block(x, keep, bias)
        return self.norm(x)


class WorkingMemory(Stack):
    """Fast weights: what one task changes for itself, as an ``Adaptation`` given with the call."""


class AbstractCore(Stack):
    """Slow weights: what all tasks share, and what nobody changes without a person's approval."""


class Reasoner(nn.Module):
    """Working memory, abstract core, and the heads that answer and that know when to stop."""

    start_fast: Tensor
    start_slow: Tensor
    temperature: Tensor

    def __init__(
        self,
        *,
        width: int,
        heads: int,
        answers: int,
        working_depth: int = 1,
        core_depth: int = 1,
        kinds: int = 0,
        reads: int = 0,
        fast_steps: int = 1,
        cycles: int = 4,
        gradient: Gradient = "full",
    ) -> None:
        super().__init__()
        self.fast_steps, self.cycles, self.gradient = fast_steps, cycles, gradient
        self.working = WorkingMemory(width, heads, working_depth, kinds=kinds, reads=reads)
        self.core = AbstractCore(width, heads, core_depth, kinds=kinds)
        for name in ("start_fast", "start_slow"):
            self.register_buffer(name, torch.randn(width))
        self.answer = nn.Linear(width, answers)
        self.halt = nn.Linear(width, 1)
        nn.init.zeros_(self.halt.weight)
        nn.init.constant_(self.halt.bias, HALT_BIAS)
        self.register_buffer("temperature", torch.ones(()))

    @property
    def adaptable(self) -> nn.ModuleDict:
        """What a task may change for itself: the working memory, and how answers are put."""
        return nn.ModuleDict({"working": self.working, "answer": self.answer})

    def start(self, inputs: Inputs) -> Mind:
        """Return the state before the first thought."""
        return Mind(
            fast=self.start_fast.expand_as(inputs.tokens),
            slow=self.start_slow.expand_as(inputs.tokens),
        )

    def forward(
        self, inputs: Inputs, mind: Mind | None = None, task: Adaptation | None = None
    ) -> tuple[Mind, Said]:
        """Return the state after ``cycles`` more cycles, and what is said then."""
        *_, last = self.think(inputs, mind, task)
        return last

    def think(
        self,
        inputs: Inputs,
        mind: Mind | None = None,
        task: Adaptation | None = None,
        *,
        cycles: int | None = None,
    ) -> Iterator[tuple[Mind, Said]]:
        """Yield the state and what is said after each of ``cycles`` more cycles.

        ``gradient`` says from how many of them may be learned; only those carry a gradient.
        """
        mind = mind or self.start(inputs)
        weights = {} if task is None else adapted(self.adaptable, task)
        relations = None if inputs.relations is None else inputs.relations.to(inputs.tokens.dtype)
        count = self.cycles if cycles is None else cycles
        for cycle in range(count):
            learned = cycle == count - 1 or self.gradient == "full"
            with torch.set_grad_enabled(torch.is_grad_enabled() and learned):
                mind = self._cycle(inputs, relations, mind, weights)
                said = self.say(mind, inputs.keep, weights)
            yield mind, said

    def say(
        self,
        mind: Mind,
        keep: Bool[Tensor, "batch token"] | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> Said:
        """Return what is answered in this state, ``weights`` being what a task has changed."""
        fused = mind.fast + mind.slow
        shown = torch.ones_like(fused[..., 0]) if keep is None else keep.to(fused.dtype)
        pooled = (mind.slow * shown[..., None]).sum(1) / shown.sum(1, keepdim=True).clamp(min=1)
        changed = _of("answer", weights)
        answer, fast, slow = (
            functional_call(self.answer, changed, (state,))
            for state in (fused, mind.fast, mind.slow)
        )
        return Said(answer=answer, fast=fast, slow=slow, halt=self.halt(pooled)[:, 0])

    def _cycle(
        self,
        inputs: Inputs,
        relations: Float[Tensor, "... kind token token"] | None,
        mind: Mind,
        weights: Mapping[str, Tensor],
    ) -> Mind:
        fast, learning = mind.fast, torch.is_grad_enabled()
        changed = _of("working", weights)
        for step in range(self.fast_steps):
            last = step == self.fast_steps - 1
            with torch.set_grad_enabled(learning and (last or self.gradient != "step")):
                given = (fast + mind.slow + inputs.tokens, inputs.keep, relations, inputs.reads)
                fast = functional_call(self.working, changed, given)
        return Mind(fast=fast, slow=self.core(mind.slow + fast, inputs.keep, relations))


def _of(part: str, weights: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    """Return the changed weights of one part, by their names inside it."""
    return {
        name.removeprefix(f"{part}."): weight
        for name, weight in (weights or {}).items()
        if name.startswith(f"{part}.")
    }
