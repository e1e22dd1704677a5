"""Texts to latents: a small bidirectional transformer over byte-pair tokens."""

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from nexus.config import TextConfig
from nexus.nn.attention import AttentionPool, Block
from nexus.nn.positions import sincos_1d
from nexus.nn.records import TextLatents


class TextEncoder(nn.Module):
    """Token latents by pre-norm blocks, and one pooled latent in the joint space."""

    position: Tensor

    def __init__(self, config: TextConfig, *, vocabulary: int, joint: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary, config.width)
        self.table_norm = nn.LayerNorm(config.width)
        self.register_buffer(
            "position", 0.5 * sincos_1d(config.words, config.width), persistent=False
        )
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.pool = AttentionPool(config.width, joint, heads=config.heads)

    def tokens(
        self, ids: Int[Tensor, "batch word"], padding: Bool[Tensor, "batch word"]
    ) -> Float[Tensor, "batch word width"]:
        """Return one latent a token; ``padding`` is True where there is none."""
        x = self.table_norm(self.table(ids)) + self.position[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, ~padding)
        return self.norm(x)

    def forward(
        self, ids: Int[Tensor, "batch word"], padding: Bool[Tensor, "batch word"]
    ) -> TextLatents:
        """Return token latents and the pooled latent of each text."""
        tokens = self.tokens(ids, padding)
        return TextLatents(tokens=tokens, padding=padding, pooled=self.pool(tokens, ~padding))
