"""The network that turns words into a query: a reader of words and a writer of symbols.

Nothing of it is shared with the encoders or the fast head: the two routes to an answer have no
weights in common.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from nexus.config import ReasonConfig
from nexus.nn.attention import Block, attend, mlp
from nexus.nn.positions import sincos_1d
from nexus.reason.parser.grammar import Grammar

UNKNOWN: Final = 0
"""The number of a word that is hidden or was never trained on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """The queries written for a batch of questions, with how sure the writer was."""

    queries: list[list[int]]
    probability: Float[Tensor, " batch"]
    """Product over the symbols of a query; what grammar forbids counts as lost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attended:
    """Keys and values that a layer of the writer attends to; a value, never changed."""

    keys: Float[Tensor, "batch key width"]
    values: Float[Tensor, "batch key width"]

    def and_then(self, later: "Attended") -> "Attended":
        """Return these keys and values followed by ``later`` ones."""
        return Attended(
            keys=torch.cat([self.keys, later.keys], dim=1),
            values=torch.cat([self.values, later.values], dim=1),
        )


class WriterBlock(nn.Module):
    """Symbols read the symbols before them, then the words, then each thinks alone.

    The decoder layer of arXiv:1706.03762 (Sec. 3.1), pre-norm. What it attends to is handed in
    and out, so that writing symbol by symbol costs one row of work a symbol.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_past, self.norm_words = nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm_mlp = nn.LayerNorm(width)
        self.qkv, self.out_past = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.q, self.kv = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out_words, self.mlp = nn.Linear(width, width), mlp(width, 4 * width)

    def memorise(self, words: Float[Tensor, "batch word width"]) -> Attended:
        """Return the words as this layer reads them; needed once a question."""
        keys, values = self.kv(words).chunk(2, dim=-1)
        return Attended(keys=keys, values=values)

    def forward(
        self,
        x: Float[Tensor, "batch symbol width"],
        words: Attended,
        keep: Bool[Tensor, "batch word"],
        past: Attended | None = None,
    ) -> tuple[Float[Tensor, "batch symbol width"], Attended]:
        """Return the symbols after one layer, and all that the next symbol will look back at.

        Without ``past`` these are the first symbols of the query; with it, the one after them.
        """
        q, k, v = self.qkv(self.norm_past(x)).chunk(3, dim=-1)
        new = Attended(keys=k, values=v)
        seen = new if past is None else past.and_then(new)
        causal = past is None  # one new symbol may look at everything before it
        x = x + self.out_past(attend(q, seen.keys, seen.values, heads=self.heads, causal=causal))
        q = self.q(self.norm_words(x))
        x = x + self.out_words(attend(q, words.keys, words.values, heads=self.heads, keep=keep))
        return x + self.mlp(self.norm_mlp(x)), seen


class Reader(nn.Module):
    """Words to one latent a word, each informed by all the others.

    A word enters together with the one before it, so that a noun and what is said of it need not
    find each other first.
    """

    position: Float[Tensor, "longest width"]

    def __init__(self, *, words: int, longest: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.table, self.before = nn.Embedding(words, width), nn.Embedding(words, width)
        self.table_norm = nn.LayerNorm(width)
        self.register_buffer("position", 0.5 * sincos_1d(longest, width), persistent=False)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, words: Int[Tensor, "batch word"], keep: Bool[Tensor, "batch word"]
    ) -> Float[Tensor, "batch word width"]:
        """Return word latents; ``keep`` is True where there is a word."""
        before = functional.pad(words, (1, 0), value=UNKNOWN)[:, :-1]
        x = self.table_norm(self.table(words) + self.before(before))
        x = x + self.position[: words.shape[1]]
        for block in self.blocks:
            x = block(x, keep)
        return self.norm(x)


class Writer(nn.Module):
    """The next symbol of a query, given the symbols before it and the words of the question."""

    position: Float[Tensor, "longest width"]

    def __init__(self, *, symbols: int, longest: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.begin = symbols
        self.table, self.table_norm = nn.Embedding(symbols + 1, width), nn.LayerNorm(width)
        self.register_buffer("position", 0.5 * sincos_1d(longest, width), persistent=False)
        self.blocks = nn.ModuleList(WriterBlock(width, heads) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, symbols)

    def memorise(self, words: Float[Tensor, "batch word width"]) -> list[Attended]:
        """Return the words as each layer reads them."""
        return [block.memorise(words) for block in self._blocks()]

    def _blocks(self) -> Iterator[WriterBlock]:
        for block in self.blocks:
            assert isinstance(block, WriterBlock)
            yield block

    def forward(
        self,
        symbols: Int[Tensor, "batch symbol"],
        words: Sequence[Attended],
        keep: Bool[Tensor, "batch word"],
        past: Sequence[Attended] | None = None,
    ) -> tuple[Float[Tensor, "batch symbol choice"], list[Attended]]:
        """Return logits of the symbol after each of ``symbols``, and what to look back at next.

        With ``past``, ``symbols`` is the one symbol that follows it.
        """
        start = 0 if past is None else past[0].keys.shape[1]
        x = self.table_norm(self.table(symbols))
        x = x + self.position[start : start + symbols.shape[1]]
        seen: list[Attended] = []
        for i, block in enumerate(self._blocks()):
            x, now = block(x, words[i], keep, None if past is None else past[i])
            seen.append(now)
        return self.head(self.norm(x)), seen


class ParserNetwork(nn.Module):
    """Words in, the logits of a query out."""

    temperature: Float[Tensor, ""]
    """Divides the logits where probabilities are made of them; fitted on validation questions."""
    trained: Bool[Tensor, " word"]
    """True for the words that occurred in training; any other is read as ``UNKNOWN``."""
    says: Bool[Tensor, "word symbol"]
    """Which words say which symbol, without exception in training; see ``coverage``."""

    def __init__(self, config: ReasonConfig, grammar: Grammar, *, words: int, longest: int) -> None:
        super().__init__()
        self.grammar, self.longest = grammar, longest
        width, depth, heads = config.parser_width, config.parser_depth, config.parser_heads
        self.reader = Reader(
            words=words + 1, longest=longest, width=width, depth=depth, heads=heads
        )
        self.writer = Writer(
            symbols=len(grammar.symbols),
            longest=grammar.longest,
            width=width,
            depth=depth,
            heads=heads,
        )
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("trained", torch.zeros(words + 1, dtype=torch.bool))
        says = torch.zeros(words + 1, len(grammar.symbols), dtype=torch.bool)
        self.register_buffer("says", says)

    def forward(
        self,
        words: Int[Tensor, "batch word"],
        keep: Bool[Tensor, "batch word"],
        before: Int[Tensor, "batch symbol"],
    ) -> Float[Tensor, "batch after choice"]:
        """Return the logits of every symbol and of the one after the last, given those before it.

        ``keep`` is True where there is a word. Symbols of ``before`` past a query's end may be
        anything in range: no earlier logit depends on them.
        """
        begin = before.new_full((len(before), 1), self.writer.begin)
        memory = self.writer.memorise(self.reader(words, keep))
        return self.writer(torch.cat([begin, before], dim=1), memory, keep)[0]

    @torch.no_grad()
    def write(self, words: Int[Tensor, "batch word"], keep: Bool[Tensor, "batch word"]) -> Written:
        """Return the query of each question: at every symbol the likeliest that may follow."""
        memory, past = self.writer.memorise(self.reader(words, keep)), None
        queries: list[list[int]] = [[] for _ in words]
        log_p = torch.zeros(len(words), dtype=torch.float64)
        last = words.new_full((len(words), 1), self.writer.begin)
        while open_ := [i for i, query in enumerate(queries) if self.grammar.owed(query)]:
            logits, past = self.writer(last, memory, keep, past)
            scores = (logits[:, 0] / self.temperature).log_softmax(-1).cpu()
            may = torch.ones(scores.shape, dtype=torch.bool)
            may[open_] = torch.stack([self.grammar.may_follow(tuple(queries[i])) for i in open_])
            best, choice = scores.masked_fill(~may, -torch.inf).max(-1)
            log_p[open_] += best[open_].double()
            for i in open_:
                queries[i].append(int(choice[i]))
            last = choice[:, None].to(words.device)
        return Written(queries=queries, probability=log_p.exp().float())
