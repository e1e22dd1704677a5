"""Numbers that are none, found where they come up and not in what is made of them."""

from torch import Tensor

from nexus.base.errors import ThoughtError


def check_finite(what: str, **tensors: Tensor) -> None:
    """Return if every number of these tensors, whose first axis is the batch, is finite.

    Raises:
        ThoughtError: one is NaN or infinite; its tensor and row are named.
    """
    for name, tensor in tensors.items():
        fine = tensor.isfinite().reshape(len(tensor), -1).all(1)
        if not fine.all():
            row = int(fine.int().argmin())
            value = tensor[row][~tensor[row].isfinite()].flatten()[0]
            raise ThoughtError(
                f"{what}: the {name} of row {row} hold {float(value)}",
                hint="its weights are of no use: go back to a run whose training stayed healthy",
            )
