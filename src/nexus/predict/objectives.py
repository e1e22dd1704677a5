"""What makes a prediction good: near its target latent, or nearer to it than to any other."""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from nexus.nn.distributed import gather_rows, global_mean

Kind = Literal["mse", "cosine", "smooth_l1"]


def distance(
    prediction: Float[Tensor, "*rows width"],
    target: Float[Tensor, "*rows width"],
    kind: Kind,
    keep: Bool[Tensor, "*rows"] | None = None,
) -> Float[Tensor, ""]:
    """Return the mean distance of predictions from layer-normed targets without gradient.

    ``mse`` and ``smooth_l1`` (beta 1) average over channels; ``cosine`` is ``1 - cos``, in [0, 2].
    Rows whose ``keep`` is False do not count. Normalised targets are those of I-JEPA
    (arXiv:2301.08243): without them the scale of the target drifts. The mean is over all processes.
    """
    target = F.layer_norm(target.detach(), target.shape[-1:])
    match kind:
        case "mse":
            rows = (prediction - target).square().mean(-1)
        case "smooth_l1":
            rows = F.smooth_l1_loss(prediction, target, reduction="none").mean(-1)
        case "cosine":
            rows = 1 - F.cosine_similarity(prediction, target, dim=-1)
    return global_mean(rows, keep)


def contrastive(
    image: Float[Tensor, "batch joint"],
    text: Float[Tensor, "batch joint"],
    temperature: float | Float[Tensor, ""],
    *,
    text_id: Int[Tensor, " batch"] | None = None,
) -> Float[Tensor, ""]:
    """Return symmetric InfoNCE over the global batch: row i of each side belongs together.

    ``mean_i -log softmax_j(cos(image_i, text_j) / temperature)[i]``, and the same with the sides
    exchanged, averaged (CLIP, arXiv:2103.00020, Fig. 3). Chance is ``log N`` for N rows.

    Args:
        image: latents of pictures; normalised here.
        text: latents of the texts that belong to them.
        temperature: above 0; small is strict.
        text_id: equal for equal texts. Two rows that say the same are not each other's negatives;
            without this, a batch with repeated captions punishes being right.
    """
    image, text = (gather_rows(F.normalize(x, dim=-1)) for x in (image, text))
    logits = image @ text.T / temperature
    if text_id is not None:
        ids = gather_rows(text_id)
        same = (ids[:, None] == ids) & ~torch.eye(len(ids), dtype=torch.bool, device=ids.device)
        logits = logits.masked_fill(same, float("-inf"))
    own = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
