"""Perception that is asked: from a picture's latents and a query, the latent of the answer.

Query-conditioned joint-embedding prediction, the setting of VL-JEPA (arXiv:2512.10942): nothing is
classified; the predicted latent is compared with the latents the slow text encoder gives answers.
"""

from jaxtyping import Float
from torch import Tensor, nn

from nexus.nn.attention import CrossBlock
from nexus.nn.positions import sincos_2d


class AskPredictor(nn.Module):
    """A query's latent reads the picture, block after block, and becomes the answer's latent."""

    def __init__(self, *, width: int, joint: int, depth: int, heads: int, grid: int) -> None:
        super().__init__()
        self.query = nn.Linear(joint, width)
        self.register_buffer("position", sincos_2d(grid, width), persistent=False)
        self.blocks = nn.ModuleList(CrossBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, joint)

    def forward(
        self,
        query: Float[Tensor, "batch query joint"],
        picture: Float[Tensor, "batch patch width"],
    ) -> Float[Tensor, "batch query joint"]:
        """Return the predicted answer latent of every query about its picture."""
        x = self.query(query)
        for block in self.blocks:
            x = block(x, picture, position=self.position)
        return self.answer(self.norm(x))
