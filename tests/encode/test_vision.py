"""Hidden patches must be hidden: no pixel of theirs may reach a context latent."""

import torch
from torch.testing import assert_close

from nexus.config import VisionConfig
from nexus.encode.vision import VisionEncoder, pixels
from nexus.nn.seeding import seeded, stream


def encoder() -> VisionEncoder:
    config = VisionConfig(width=24, depth=2, heads=3, patch=8, window=16, stem=17)
    with seeded(0, "vision"):
        return VisionEncoder(config, side=40, joint=11).eval()


def test_context_latents_do_not_depend_on_hidden_pixels() -> None:
    g = stream(0, "pictures")
    image = torch.randn(3, 3, 40, 40, generator=g)
    context = torch.tensor([[0, 7, 13], [24, 3, 12], [5, 6, 11]])
    other = torch.randn(3, 3, 40, 40, generator=g)
    for row, kept in enumerate(context.tolist()):
        for place in kept:
            y, x = place // 5 * 8, place % 5 * 8
            other[row, :, y : y + 8, x : x + 8] = image[row, :, y : y + 8, x : x + 8]
    model = encoder()
    assert_close(model(image, context), model(other, context))
    assert not torch.allclose(model(image), model(other))


def test_all_patches_in_order_are_the_whole_picture() -> None:
    image = torch.randn(2, 3, 40, 40, generator=stream(0, "pictures"))
    everything = torch.arange(25).expand(2, -1)
    model = encoder()
    assert_close(model(image, everything), model(image))


def test_rows_do_not_see_each_other() -> None:
    image = torch.randn(4, 3, 40, 40, generator=stream(0, "pictures"))
    model = encoder()
    assert_close(model(image)[2:3], model(image[2:3]), rtol=1e-5, atol=1e-5)


def test_pixels_are_centred_and_channel_first() -> None:
    white = torch.full((1, 2, 3, 3), 255, dtype=torch.uint8)
    white[..., 1] = 0
    got = pixels(white)
    assert got.shape == (1, 3, 2, 3)
    assert_close(got[0, 0], torch.full((2, 3), 2.1))
    assert_close(got[0, 1], torch.full((2, 3), -0.9))
