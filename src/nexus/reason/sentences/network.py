"""The network of the parser of sentences: a reader of words, and a writer that points at them.

Pointing is choosing among the reader's latents (pointer networks, arXiv:1506.03134), beside the
choice of a symbol: so the words of the world need not be known, and none can be made up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from nexus.config import SentencesConfig
from nexus.logic.linear import LONGEST as MOST_SYMBOLS
from nexus.nn.attention import Block
from nexus.nn.positions import sincos_1d
from nexus.reason.parser.network import Attended, WriterBlock
from nexus.reason.sentences.automaton import POINTER, Automaton, State
from nexus.reason.sentences.words import LONGEST, ROWS, RUNS, SLOTS, Lexicon, Seen

_BEGIN: Final = POINTER
_POINTED: Final = POINTER + 1
NOTHING: Final = -1e9
"""The logit of a word that is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What was written of a batch of sentences, and how sure the writer was."""

    codes: list[list[int]]
    """Complete sequences of the numbers of symbols."""
    likely: Float[Tensor, " batch"]
    """Log-probability of the sequence; what the notation forbids counts as lost."""


class Reader(nn.Module):
    """Words to one latent a word, each informed by all the others."""

    position: Float[Tensor, "longest width"]

    def __init__(self, config: SentencesConfig) -> None:
        super().__init__()
        width = config.width
        self.table, self.before = nn.Embedding(ROWS, width), nn.Embedding(ROWS, width)
        self.first, self.norm_words = nn.Embedding(LONGEST, width), nn.LayerNorm(width)
        self.register_buffer("position", 0.5 * sincos_1d(LONGEST, width), persistent=False)
        self.blocks = nn.ModuleList(Block(width, config.heads) for _ in range(config.read_depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, seen: Seen) -> Float[Tensor, "batch word width"]:
        """Return the latents of the words."""
        before = self.before(seen.looks).sum(-2)
        x = self.table(seen.looks).sum(-2) + nn.functional.pad(before, (0, 0, 1, 0))[:, :-1]
        x = self.norm_words(x + self.first(seen.first)) + self.position[: x.shape[1]]
        for block in self.blocks:
            x = block(x, seen.keep)
        return self.norm(x)


class Writer(nn.Module):
    """The next symbol, given those before it and the latents of the words."""

    position: Float[Tensor, "longest width"]

    def __init__(self, config: SentencesConfig) -> None:
        super().__init__()
        width = config.width
        self.table, self.copied = nn.Embedding(_POINTED + 1, width), nn.Linear(width, width)
        self.norm_symbols = nn.LayerNorm(width)
        position = 0.5 * sincos_1d(MOST_SYMBOLS + 1, width)
        self.register_buffer("position", position, persistent=False)
        self.blocks = nn.ModuleList(
            WriterBlock(width, config.heads) for _ in range(config.write_depth)
        )
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, POINTER)
        self.point, self.pointed = nn.Linear(width, width), nn.Linear(width, width)

    def layers(self) -> Iterator[WriterBlock]:
        """Yield the layers."""
        for block in self.blocks:
            assert isinstance(block, WriterBlock)
            yield block

    def embed(
        self, codes: Int[Tensor, "batch symbol"], latents: Float[Tensor, "batch word width"]
    ) -> Float[Tensor, "batch symbol width"]:
        """Return symbols as the first layer takes them; a pointer brings its word's latent."""
        pointer = codes >= POINTER
        place = (codes - POINTER).clamp(min=0)[..., None].expand(-1, -1, latents.shape[-1])
        words = self.copied(latents.gather(1, place)) * pointer[..., None]
        return self.norm_symbols(self.table(codes.masked_fill(pointer, _POINTED)) + words)

    def begin(self, latents: Float[Tensor, "batch word width"]) -> Float[Tensor, "batch 1 width"]:
        """Return what stands before the first symbol."""
        return self.norm_symbols(self.table.weight[_BEGIN]).expand(len(latents), 1, -1)

    def choices(
        self,
        x: Float[Tensor, "batch symbol width"],
        latents: Float[Tensor, "batch word width"],
        keep: Bool[Tensor, "batch word"],
    ) -> Float[Tensor, "batch symbol choice"]:
        """Return the logits of every symbol and of every word there is to point at."""
        x = self.norm(x)
        scores = self.point(x) @ self.pointed(latents).transpose(1, 2) / x.shape[-1] ** 0.5
        return torch.cat([self.head(x), scores.masked_fill(~keep[:, None], NOTHING)], dim=-1)


class SentenceNetwork(nn.Module):
    """Words in, the logits of what they say out; beside the weights, what is known of words."""

    words: Int[Tensor, " slot"]
    """The hash of each word of grammar; 0 where there is none."""
    silent: Bool[Tensor, " slot"]
    denying: Bool[Tensor, " slot"]
    emptying: Bool[Tensor, " slot"]
    runs: Int[Tensor, " run"]
    scale: Float[Tensor, " 2"]
    """Slope and offset that make, of the log-probability of a sequence, the odds of its being
    right (Platt scaling)."""

    def __init__(self, config: SentencesConfig) -> None:
        super().__init__()
        self.reader, self.writer = Reader(config), Writer(config)
        self.register_buffer("words", torch.zeros(SLOTS, dtype=torch.long))
        self.register_buffer("silent", torch.zeros(SLOTS, dtype=torch.bool))
        self.register_buffer("denying", torch.zeros(SLOTS, dtype=torch.bool))
        self.register_buffer("emptying", torch.zeros(SLOTS, dtype=torch.bool))
        self.register_buffer("runs", torch.zeros(RUNS, dtype=torch.long))
        self.register_buffer("scale", torch.tensor([1.0, 0.0]))

    def learn_words(self, lexicon: Lexicon) -> None:
        """Take over what is known of words."""
        words = sorted(lexicon.slot, key=lambda word: lexicon.slot[word])
        self.words.zero_()[: len(words)] = torch.tensor(words, dtype=torch.long)
        for marks, marked in (
            (self.silent, lexicon.silent),
            (self.denying, lexicon.denying),
            (self.emptying, lexicon.emptying),
        ):
            flags = torch.tensor([word in marked for word in words], dtype=torch.bool)
            marks.zero_()[: len(words)] = flags
        runs = torch.tensor(sorted(lexicon.runs), dtype=torch.long)
        self.runs.zero_()[: len(runs)] = runs

    def lexicon(self) -> Lexicon:
        """Return what is known of words."""
        return Lexicon(
            slot={word: at for at, word in enumerate(self.words.tolist(), start=1) if word},
            silent=frozenset(self.words[self.silent].tolist()),
            denying=frozenset(self.words[self.denying].tolist()),
            emptying=frozenset(self.words[self.emptying].tolist()),
            runs=frozenset(run for run in self.runs.tolist() if run),
        )

    def forward(
        self, seen: Seen, before: Int[Tensor, "batch symbol"]
    ) -> Float[Tensor, "batch after choice"]:
        """Return the logits of every symbol and of the one after the last, given those before it.

        Symbols of ``before`` past a sequence's end may be anything in range.
        """
        latents = self.reader(seen)
        symbols = self.writer.embed(before, latents)
        x = torch.cat([self.writer.begin(latents), symbols], dim=1)
        x = x + self.writer.position[: x.shape[1]]
        for layer in self.writer.layers():
            x = layer(x, layer.memorise(latents), seen.keep)[0]
        return self.writer.choices(x, latents, seen.keep)

    @torch.no_grad()
    def write(self, seen: Seen, automaton: Automaton) -> Written:
        """Return what each sentence says: at every symbol the likeliest that may follow."""
        writing = _Writing(self.writer, self.reader(seen), seen.keep, automaton)
        while len(writing.left):
            writing.step()
        return Written(codes=writing.codes, likely=writing.likely)


class _Writing:
    """Sequences being written; those that are complete leave the batch."""

    def __init__(
        self,
        writer: Writer,
        latents: Float[Tensor, "batch word width"],
        keep: Bool[Tensor, "batch word"],
        automaton: Automaton,
    ) -> None:
        self.writer, self.latents, self.keep, self.automaton = writer, latents, keep, automaton
        self.memory = [layer.memorise(latents) for layer in writer.layers()]
        self.past: list[Attended] | None = None
        self.state: State = automaton.begin()
        self.left = torch.arange(len(keep))
        self.codes: list[list[int]] = [[] for _ in range(len(keep))]
        self.likely = torch.zeros(len(keep))
        self.next = writer.begin(latents)
        self.steps = 0

    def step(self) -> None:
        """Write one symbol of every sequence that is not complete."""
        x, seen = self.next + self.writer.position[self.steps], list[Attended]()
        for i, layer in enumerate(self.writer.layers()):
            past = None if self.past is None else self.past[i]
            x, now = layer(x, self.memory[i], self.keep, past)
            seen.append(now)
        scores = self.writer.choices(x, self.latents, self.keep)[:, 0].log_softmax(-1)
        may = self.automaton.may_follow(self.state)
        best, choice = scores.masked_fill(~may, NOTHING).max(-1)
        for row, code in zip(self.left.tolist(), choice.tolist(), strict=True):
            self.codes[row].append(code)
        self.likely[self.left] += best
        self.state = self.automaton.after(self.state, choice)
        self.past, self.steps = seen, self.steps + 1
        self._keep_on(choice, (~self.state.ended).nonzero()[:, 0])

    def _keep_on(self, choice: Int[Tensor, " left"], rows: Int[Tensor, " some"]) -> None:
        """Go on with some of the sequences."""
        if len(rows) < len(self.left):
            self.left, self.keep, self.latents = (
                self.left[rows],
                self.keep[rows],
                self.latents[rows],
            )
            self.automaton, self.state = self.automaton.rows(rows), self.state.rows(rows)
            self.memory = _rows(self.memory, rows)
            self.past = _rows(self.past or [], rows)
            choice = choice[rows]
        self.next = self.writer.embed(choice[:, None], self.latents)


def _rows(attended: Sequence[Attended], rows: Int[Tensor, " some"]) -> list[Attended]:
    return [Attended(keys=x.keys[rows], values=x.values[rows]) for x in attended]
