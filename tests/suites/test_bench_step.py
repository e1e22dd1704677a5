"""Both contenders take the step they claim to take, and differ only where the bench says so."""

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from nexus.config import recipe
from nexus.nn.attention import Block
from nexus.nn.seeding import stream
from nexus.suites import bench_step, briefly
from nexus.suites.bench_step import Jepa, PlainEncoder, PlainPredictor

SMALL = recipe("smoke")
ROWS = 5


def copied(blocks: nn.ModuleList, norm: nn.LayerNorm, layers: nn.TransformerEncoder) -> None:
    """Give PyTorch's layers the weights of ours."""
    for block, layer in zip(blocks, layers.layers, strict=True):
        assert isinstance(block, Block)
        pairs = [
            (block.qkv.weight, layer.self_attn.in_proj_weight),
            (block.qkv.bias, layer.self_attn.in_proj_bias),
        ]
        for ours, theirs in (
            (block.out, layer.self_attn.out_proj),
            (block.mlp[0], layer.linear1),
            (block.mlp[2], layer.linear2),
            (block.norm_attention, layer.norm1),
            (block.norm_mlp, layer.norm2),
        ):
            pairs += [(ours.weight, theirs.weight), (ours.bias, theirs.bias)]
        for ours, theirs in pairs:
            theirs.copy_(ours)
    layers.norm.load_state_dict(norm.state_dict())


@pytest.mark.parametrize("learning", [True, False], ids=["context", "target"])
def test_after_the_patches_both_encoders_compute_the_same(learning: bool) -> None:
    """Also on the target's pass, where PyTorch takes a path of its own."""
    ours, theirs = bench_step.ours(SMALL).encoder, bench_step.peer(SMALL).encoder
    assert isinstance(theirs, PlainEncoder)
    with torch.no_grad():
        copied(ours.blocks, ours.norm, theirs.blocks)
    x = torch.randn(ROWS, 64, SMALL.encode.vision.width, generator=stream(0, "x"))
    theirs.train(learning)
    with torch.set_grad_enabled(learning):
        mine = x
        for block in ours.blocks:
            mine = block(mine)
        assert_close(theirs.blocks(x), ours.norm(mine), rtol=1e-5, atol=1e-5)


def test_our_step_is_the_loss_of_training() -> None:
    phase = briefly.phase(SMALL, briefly.words(SMALL))
    batch = phase.batch(SMALL.objective.jepa_every, 0, 1)
    mask = batch.image_mask
    assert mask is not None
    wanted = phase.module.eval()(batch).parts["image"]
    jepa = Jepa(phase.module.encoder.vision, phase.module.image)
    image = bench_step.pixels(batch.images[: len(mask.context)])
    assert_close(bench_step.loss(jepa, image, mask, SMALL), wanted)


def test_the_plain_encoder_sees_patches_one_by_one() -> None:
    """A patch cut out by hand gets the latent of its place, before patches read each other."""
    encoder = bench_step.peer(SMALL).encoder
    assert isinstance(encoder, PlainEncoder)
    encoder.blocks = nn.Identity()
    image, size = bench_step.pictures(SMALL, 2), SMALL.encode.vision.patch
    row, column = 3, 5
    cut = image[:, :, row * size : (row + 1) * size, column * size : (column + 1) * size]
    place = row * (SMALL.world.side // size) + column
    latent = encoder.embed(cut.flatten(1)) + encoder.position[place]
    context = torch.tensor([[1, place]] * 2)
    assert_close(encoder(image)[:, place], latent)
    assert_close(encoder(image, context)[:, 1], latent)


def test_the_plain_predictor_lets_hidden_tokens_read_each_other_and_ours_does_not() -> None:
    visible = torch.randn(1, 2, SMALL.encode.vision.width, generator=stream(0, "visible"))
    context = torch.tensor([[0, 9]])

    def first(jepa: Jepa, others: list[int]) -> Tensor:
        with torch.no_grad():
            jepa.predictor.mask.normal_(generator=stream(0, "mask"))
        return jepa.predictor(visible, context, torch.tensor([[5, *others]]))[:, 0]

    peer, ours = bench_step.peer(SMALL), bench_step.ours(SMALL)
    assert isinstance(peer.predictor, PlainPredictor)
    assert not torch.allclose(first(peer, [20]), first(peer, [40]))
    assert_close(first(ours, [20]), first(ours, [40]))


@pytest.mark.parametrize("make", [bench_step.ours, bench_step.peer])
def test_a_step_moves_everything_that_has_a_gradient_and_the_target_follows(make) -> None:
    jepa = make(SMALL)
    image, mask = bench_step.pictures(SMALL, ROWS), bench_step.masks(SMALL, ROWS)
    before = {name: p.clone() for name, p in jepa.named_parameters()}
    optimizer = bench_step.plain_adamw(jepa, SMALL.train.perception)
    for _ in range(2):  # a mask token of zeros may hide a gradient in the first
        times = bench_step.step(jepa, optimizer, image, mask, SMALL)
    assert tuple(times.cpu) == tuple(times.wall) == bench_step.PARTS
    unmoved = {n for n, p in jepa.named_parameters() if torch.equal(p, before[n])}
    assert all(".pool." in name for name in unmoved)  # it pools latents for other losses


def test_the_result_has_the_agreed_form() -> None:
    found = bench_step.bench_step(SMALL, rounds=2)
    assert found["suite"] == "step"
    for name in ("step_x", "step_wall_x", "forward_x", "gradient_x"):
        figure = found["figures"][name]
        assert 0 < figure["low"] <= figure["value"] <= figure["high"]
        assert figure["n"] == 2
    for times in (*found["cpu_ms"].values(), *found["wall_ms"].values()):
        assert set(times) == {*bench_step.PARTS, "step"}
    assert found["shapes"]["context"] == [8, SMALL.predict.mask.image_context]


def test_a_ratio_above_one_means_ours_is_faster() -> None:
    times = {"peer": [{"a": 2.0, "b": 4.0}] * 3, "ours": [{"a": 1.0, "b": 1.0}] * 3}
    assert bench_step._ratio(times, ("a", "b")).value == 3.0
    assert bench_step._ratio(times, ("a",)).value == 2.0


def test_a_batch_has_the_recipes_masked_rows_or_as_many_as_patches_allow() -> None:
    assert bench_step.rows_of(recipe("tiny")) == 32
    assert bench_step.rows_of(recipe("lite")) == 2048 // 14**2
