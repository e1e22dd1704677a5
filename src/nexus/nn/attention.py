"""Pre-norm transformer blocks: tokens that read each other, and queries that read a memory."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from nexus.base.errors import ConfigError


def attend(
    queries: Float[Tensor, "batch query width"],
    keys: Float[Tensor, "batch key width"],
    values: Float[Tensor, "batch key width"],
    *,
    heads: int,
    keep: Bool[Tensor, "batch key"] | None = None,
    causal: bool = False,
    bias: Float[Tensor, "*batch heads query key"] | None = None,
) -> Float[Tensor, "batch query width"]:
    """Return what each query reads: ``softmax(q k^T / sqrt(width / heads)) v``, head by head.

    Scaled dot-product attention (arXiv:1706.03762, Eq. 1). A key whose ``keep`` is False is never
    read; a row with no key left reads zeros, with finite gradients. With ``causal`` (which goes
    without ``keep``) query i reads keys 0 to i. ``bias`` is added before the softmax,
    the same for all rows or row by row.

    PyTorch's fused kernel is 1.7 times as fast here as the three written-out operations (forward
    and backward, float32, AVX2, 128 rows of 64 tokens in 4 heads of 32).
    """
    mask = None if keep is None else keep[:, None, None, :]
    if bias is not None:
        mask = bias if mask is None else bias.masked_fill(~mask, -torch.inf)
    # In bfloat16 the fused kernel's backward is six times slower than in float32 on a CPU, and
    # an enclosing autocast region would cast the operands back.
    device = queries.device.type
    narrow = device == "cpu" and torch.is_autocast_enabled(device)
    with torch.autocast(device, enabled=torch.is_autocast_enabled(device) and not narrow):
        q, k, v = (
            (x.float() if narrow else x).unflatten(-1, (heads, -1)).transpose(1, 2)
            for x in (queries, keys, values)
        )
        read = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    return read.transpose(1, 2).flatten(2)


def mlp(width: int, hidden: int, out: int | None = None) -> nn.Sequential:
    """Return the two-layer perceptron of a transformer block: Linear, GELU, Linear."""
    return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, out or width))


def _check_heads(width: int, heads: int) -> None:
    """Refuse a width that does not split evenly into heads."""
    if heads < 1 or width % heads:
        below = max(1, width // max(heads, 1)) * max(heads, 1)
        raise ConfigError(
            f"width={width} does not split into heads={heads}", hint=f"use width {below}"
        )


class Block(nn.Module):
    """Tokens read each other, then each thinks alone; both are added to what was there.

    The pre-norm layer of arXiv:2002.04745, equal to ``nn.TransformerEncoderLayer(norm_first=True,
    activation="gelu", dropout=0)``.
    """

    def __init__(self, width: int, heads: int, mlp_ratio: int = 4) -> None:
        super().__init__()
        _check_heads(width, heads)
        self.heads = heads
        self.norm_attention, self.norm_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = mlp(width, mlp_ratio * width)

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        keep: Bool[Tensor, "batch token"] | None = None,
        bias: Float[Tensor, "*batch heads token token"] | None = None,
    ) -> Float[Tensor, "batch token width"]:
        """Return the tokens after one layer; ``keep`` is True where a token may be read.

        ``bias`` says how much more (or less) each token reads each other one, head by head.
        """
        q, k, v = self.qkv(self.norm_attention(x)).chunk(3, dim=-1)
        x = x + self.out(attend(q, k, v, heads=self.heads, keep=keep, bias=bias))
        return x + self.mlp(self.norm_mlp(x))


class CrossBlock(nn.Module):
    """Queries read a memory, then each thinks alone; queries never see each other.

    Positions are added to the keys only: where a thing is decides whether it is read, and what
    is read stays free of it.
    """

    def __init__(self, width: int, heads: int, mlp_ratio: int = 4) -> None:
        super().__init__()
        _check_heads(width, heads)
        self.heads = heads
        self.norm_queries, self.norm_memory = nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm_mlp = nn.LayerNorm(width)
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))
        self.out, self.mlp = nn.Linear(width, width), mlp(width, mlp_ratio * width)

    def forward(
        self,
        queries: Float[Tensor, "batch query width"],
        memory: Float[Tensor, "batch key width"],
        keep: Bool[Tensor, "batch key"] | None = None,
        position: Float[Tensor, "... key width"] | None = None,
    ) -> Float[Tensor, "batch query width"]:
        """Return the queries after reading; ``keep`` is True where a memory token may be read.

        ``position`` is added to the memory where keys are made of it.
        """
        memory = self.norm_memory(memory)
        keys = memory if position is None else memory + position
        q, k, v = self.q(self.norm_queries(queries)), self.k(keys), self.v(memory)
        queries = queries + self.out(attend(q, k, v, heads=self.heads, keep=keep))
        return queries + self.mlp(self.norm_mlp(queries))


class AttentionPool(nn.Module):
    """One learned query reads all tokens; a perceptron projects what it read to ``out`` channels.

    The pooling of Set Transformers (arXiv:1810.00825, Sec. 3.2) with a single seed.
    """

    def __init__(self, width: int, out: int, heads: int = 4) -> None:
        super().__init__()
        _check_heads(width, heads)
        self.heads = heads
        self.query = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.norm, self.kv = nn.LayerNorm(width), nn.Linear(width, 2 * width)
        self.project = nn.Sequential(nn.LayerNorm(width), mlp(width, 2 * width, out))

    def forward(
        self,
        tokens: Float[Tensor, "batch token width"],
        keep: Bool[Tensor, "batch token"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Return one latent a row; ``keep`` is True where a token may be read."""
        k, v = self.kv(self.norm(tokens)).chunk(2, dim=-1)
        query = self.query.expand(len(tokens), -1, -1)
        return self.project(attend(query, k, v, heads=self.heads, keep=keep)[:, 0])
