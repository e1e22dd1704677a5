"""Small changes to frozen weights, as values: LoRA and IA3, added when a module is called.

A module is never edited: ``adapted`` gives the weights it would have, ``functional_call`` (of
``torch.func``) uses them for one call, and dropping the value restores the module exactly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Kind = Literal["lora", "ia3"]
SCALE = 2.0
"""``alpha / rank`` of LoRA (arXiv:2106.09685, section 4.1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Adaptation:
    """What one task changes: for each linear layer a low-rank matrix, or a factor a row."""

    kind: Kind
    factors: Mapping[str, Tensor]
    """``"<layer>.down" [rank in]`` and ``"<layer>.up" [out rank]``; for IA3 ``"<layer>" [out]``."""

    def parameters(self) -> Iterator[Tensor]:
        """Yield what learns."""
        yield from self.factors.values()

    def detach(self) -> "Adaptation":
        """Return the same change, which learns no more."""
        factors = {name: factor.detach().clone() for name, factor in self.factors.items()}
        return Adaptation(kind=self.kind, factors=factors)


def layers(module: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    """Yield every linear layer inside a module, with its name."""
    for name, layer in module.named_modules():
        if isinstance(layer, nn.Linear):
            yield name, layer


def adaptation(
    module: nn.Module, *, kind: Kind = "lora", rank: int = 8, generator: torch.Generator
) -> Adaptation:
    """Return an adaptation that changes nothing yet: ``up`` is 0, IA3's factors are 1.

    LoRA is arXiv:2106.09685; IA3 (arXiv:2205.05638) scales outputs, here of every layer.
    """
    factors: dict[str, Tensor] = {}
    for name, layer in layers(module):
        if kind == "ia3":
            factors[name] = torch.ones(layer.out_features)
        else:
            down = torch.randn(rank, layer.in_features, generator=generator)
            factors[f"{name}.down"] = down * layer.in_features**-0.5
            factors[f"{name}.up"] = torch.zeros(layer.out_features, rank)
    for factor in factors.values():
        factor.requires_grad_()
    return Adaptation(kind=kind, factors=factors)


def adapted(module: nn.Module, change: Adaptation) -> dict[str, Tensor]:
    """Return the weights that ``module`` has under ``change``; the others keep theirs.

    LoRA: ``W + SCALE up down``. IA3: each output times its factor, bias included.
    """
    weights: dict[str, Tensor] = {}
    for name, layer in layers(module):
        prefix = f"{name}." if name else ""
        if change.kind == "lora":
            up, down = change.factors[f"{name}.up"], change.factors[f"{name}.down"]
            weights[f"{prefix}weight"] = layer.weight + SCALE * up @ down
            continue
        factor = change.factors[name]
        weights[f"{prefix}weight"] = factor[:, None] * layer.weight
        if layer.bias is not None:  # pyright: ignore[reportUnnecessaryComparison]
            weights[f"{prefix}bias"] = factor * layer.bias
    return weights
