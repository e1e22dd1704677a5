"""Perception that is asked: from a picture's latents and a query, the latent of the answer.

Query-conditioned joint-embedding prediction, the setting of VL-JEPA (arXiv:2512.10942): nothing is
classified; the predicted latent is compared with the latents the slow text encoder gives answers.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from nexus.nn.attention import CrossBlock
from nexus.nn.positions import sincos_2d


class AskPredictor(nn.Module):
    """A query's latent reads the picture, block after block, and becomes the answer's latent."""

    position: Tensor
    answers: Tensor
    """The slow encoder's latent of every answer, of unit length; kept when training ends."""

    def __init__(
        self, *, width: int, joint: int, depth: int, heads: int, grid: int, answers: int
    ) -> None:
        super().__init__()
        self.query = nn.Linear(joint, width)
        self.register_buffer("position", sincos_2d(grid, width), persistent=False)
        self.blocks = nn.ModuleList(CrossBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, joint)
        self.sharpness = nn.Parameter(torch.tensor(10.0).log())
        """Log of 1 / temperature of answers."""
        self.register_buffer("answers", torch.zeros(answers, joint))

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

    def logits(
        self,
        query: Float[Tensor, "batch query joint"],
        picture: Float[Tensor, "batch patch width"],
        answers: Float[Tensor, "answer joint"] | None = None,
    ) -> Float[Tensor, "batch query answer"]:
        """Return how well each answer's latent, of unit length, fits what is predicted.

        Without ``answers``, those kept from the end of training, in the order of the world's looks.
        """
        answers = self.answers if answers is None else answers
        predicted = functional.normalize(self(query, picture), dim=-1)
        return predicted @ answers.T * self.sharpness.exp()
