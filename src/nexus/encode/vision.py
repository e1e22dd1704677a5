"""Pictures to latents: a vision transformer whose patches see past their own border.

A 64-pixel picture of 10-pixel objects cut into 8-pixel patches shows each patch a corner of a
thing. A window twice the patch and one hidden layer let a patch see a whole object before any
attention, which is what made shapes learnable in minutes on a CPU (LOG.md, "stem").
"""

from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional

from nexus.config import VisionConfig
from nexus.nn.attention import AttentionPool, Block, mlp
from nexus.nn.positions import sincos_2d


def pixels(images: UInt8[Tensor, "batch height width 3"]) -> Float[Tensor, "batch 3 height width"]:
    """Return bytes as floats centred on the worlds' mean grey, about unit range."""
    return (images.permute(0, 3, 1, 2).float() / 255.0 - 0.3) * 3.0


class VisionEncoder(nn.Module):
    """ViT (arXiv:2010.11929) with normalised patches and half-scale sin-cos positions.

    Without the LayerNorm after the stem the same losses stay at chance; positions larger than the
    patches collapse training outright. Both are load-bearing.
    """

    position: Tensor

    def __init__(self, config: VisionConfig, *, side: int, joint: int) -> None:
        super().__init__()
        self.patch, self.window, self.grid = config.patch, config.window, side // config.patch
        # In a list like the blocks, so that the optimiser treats its matrices as theirs.
        self.stem = nn.ModuleList([mlp(3 * config.window**2, config.stem, config.width)])
        self.stem_norm = nn.LayerNorm(config.width)
        self.register_buffer("position", 0.5 * sincos_2d(self.grid, config.width), persistent=False)
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.pool = AttentionPool(config.width, joint, heads=config.heads)

    def forward(
        self,
        image: Float[Tensor, "batch 3 side side"],
        context: Int[Tensor, "batch kept"] | None = None,
    ) -> Float[Tensor, "batch patch width"]:
        """Return one latent a patch, or of the ``context`` patches alone.

        Patches outside ``context`` are blanked before the stem: windows overlap, so dropping their
        tokens would still let their pixels through.
        """
        if context is not None:
            image = image * self._visible(context, image)
        overlap = (self.window - self.patch) // 2
        seen = functional.unfold(image, self.window, stride=self.patch, padding=overlap)
        seen, position = seen.transpose(1, 2), self.position
        if context is not None:
            seen = seen.gather(1, context[..., None].expand(-1, -1, seen.shape[-1]))
            position = position[context]
        x = self.stem_norm(self.stem[0](seen)) + position
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def _visible(
        self, context: Int[Tensor, "batch kept"], image: Float[Tensor, "batch 3 side side"]
    ) -> Float[Tensor, "batch 1 side side"]:
        seen = image.new_zeros(len(image), self.grid**2).scatter_(1, context, 1.0)
        cells = seen.view(-1, 1, self.grid, self.grid)
        return functional.interpolate(cells, scale_factor=float(self.patch), mode="nearest")
