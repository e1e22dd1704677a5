"""A text means the same beside any other text, however long that one is."""

import torch
from torch.testing import assert_close

from nexus.config import TextConfig
from nexus.encode.text import TextEncoder
from nexus.nn.seeding import seeded


def encoder() -> TextEncoder:
    with seeded(0, "text"):
        return TextEncoder(
            TextConfig(width=12, depth=2, heads=3, words=13), vocabulary=29, joint=7
        ).eval()


def test_padding_changes_nothing() -> None:
    model, ids = encoder(), torch.tensor([[3, 5, 7, 0, 0], [11, 13, 17, 19, 23]])
    padding = torch.tensor([[False] * 3 + [True] * 2, [False] * 5])
    together, alone = model(ids, padding), model(ids[:1, :3], padding[:1, :3])
    assert_close(together.pooled[:1], alone.pooled)
    assert_close(together.tokens[:1, :3], alone.tokens)


def test_what_padding_hides_is_not_read() -> None:
    model, padding = encoder(), torch.tensor([[False, False, True, True]])
    a = model(torch.tensor([[3, 5, 7, 11]]), padding).pooled
    b = model(torch.tensor([[3, 5, 13, 17]]), padding).pooled
    assert_close(a, b)


def test_word_order_matters() -> None:
    model, padding = encoder(), torch.zeros(1, 3, dtype=torch.bool)
    a = model(torch.tensor([[3, 5, 7]]), padding).pooled
    b = model(torch.tensor([[7, 5, 3]]), padding).pooled
    assert (a - b).norm() > 1e-2 * a.norm()
