"""What frozen latents know: one fact read from them by a linear map, and what pixels alone give.

A probe is a multinomial logistic regression on standardised features, fitted to the optimum by
L-BFGS, so that it has no learning rate, no seed and no luck (arXiv:1610.01644 for the method).
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional

from nexus.encode.vision import pixels
from nexus.worlds.tabletop.scene import Scenes


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A fitted linear map from features to classes."""

    centre: Float[Tensor, " feature"]
    scale: Float[Tensor, " feature"]
    weight: Float[Tensor, "feature label"]
    bias: Float[Tensor, " label"]

    def read(self, features: Float[Tensor, "n feature"]) -> Int[Tensor, " n"]:
        """Return the likeliest class of each row."""
        return (((features - self.centre) / self.scale) @ self.weight + self.bias).argmax(-1)

    def right(
        self, features: Float[Tensor, "n feature"], label: Int[Tensor, " n"]
    ) -> Bool[np.ndarray, " n"]:
        """Return which rows are read right."""
        return (self.read(features) == label).numpy()


@torch.enable_grad()
def fit_probe(
    features: Float[Tensor, "n feature"],
    label: Int[Tensor, " n"],
    *,
    classes: int,
    ridge: float = 1e-4,
    most: int = 100,
) -> Probe:
    """Return the probe of least cross-entropy plus ``ridge * |weight|^2 / 2``.

    The objective is convex and starts from zero, so the same data give the same probe. ``most``
    bounds the iterations; a constant feature has scale 1 and says nothing.
    """
    centre, spread = features.mean(0), features.std(0, correction=0)
    scale = torch.where(spread > 1e-6, spread, torch.ones_like(spread))
    x = (features - centre) / scale
    weight = nn.Parameter(torch.zeros(x.shape[1], classes))
    bias = nn.Parameter(torch.zeros(classes))
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=most, tolerance_grad=1e-5, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        solver.zero_grad()
        fit = functional.cross_entropy(x @ weight + bias, label)
        total = fit + 0.5 * ridge * weight.square().sum()
        total.backward()
        return total

    solver.step(loss)
    return Probe(centre=centre, scale=scale, weight=weight.detach(), bias=bias.detach())


@dataclass(frozen=True, kw_only=True, slots=True)
class Objects:
    """Every object of a batch of scenes: which scene, which slot, which patch its centre is in."""

    row: Int[np.ndarray, " object"]
    slot: Int[np.ndarray, " object"]
    patch: Int[np.ndarray, " object"]

    @classmethod
    def of(cls, scenes: Scenes, grid: int, *, right: float = 0.0, down: float = 0.0) -> "Objects":
        """Return the objects, the picture shifted by these fractions of its side.

        Where two centres share a patch both are listed: half of that is lost to every reader.
        """
        row, slot = np.nonzero(scenes.exists)
        column = ((scenes.x[row, slot] + right) * grid).astype(np.int64).clip(0, grid - 1)
        line = ((scenes.y[row, slot] + down) * grid).astype(np.int64).clip(0, grid - 1)
        return cls(row=row, slot=slot, patch=line * grid + column)

    def take(self, chosen: Bool[np.ndarray, " object"]) -> "Objects":
        """Return some of them."""
        return Objects(row=self.row[chosen], slot=self.slot[chosen], patch=self.patch[chosen])

    def latents(self, tokens: Float[Tensor, "scene patch width"]) -> Float[Tensor, "object width"]:
        """Return the latent of the patch each object's centre is in, in single precision."""
        return tokens[torch.from_numpy(self.row), torch.from_numpy(self.patch)].float()

    def labels(self, scenes: Scenes, attribute: str) -> Int[Tensor, " object"]:
        """Return each object's value of ``shape``, ``colour`` or ``size``."""
        return torch.from_numpy(getattr(scenes, attribute)[self.row, self.slot])

    def pixels(
        self, images: UInt8[np.ndarray, "scene side side 3"], *, patch: int, window: int
    ) -> Float[Tensor, "object pixel"]:
        """Return the pixels each patch is made from: what a probe gets without latents."""
        around, grid = (window - patch) // 2, images.shape[1] // patch
        padded = functional.pad(pixels(torch.from_numpy(images)), (around,) * 4)
        tiles = padded.unfold(2, window, patch).unfold(3, window, patch)
        row, at = torch.from_numpy(self.row), torch.from_numpy(self.patch)
        return tiles[row, :, at // grid, at % grid].flatten(1)
