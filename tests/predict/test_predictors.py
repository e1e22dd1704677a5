"""Predictors read what they are told to, where they are told to, and nothing else."""

import torch
from torch.testing import assert_close

from nexus.nn.positions import sincos_2d
from nexus.nn.seeding import seeded, stream
from nexus.predict.ask import AskPredictor
from nexus.predict.dynamics import LatentDynamics
from nexus.predict.predictor import LatentPredictor


def predictor() -> LatentPredictor:
    with seeded(0, "predictor"):
        return LatentPredictor(source=11, width=12, depth=2, heads=3, position=sincos_2d(5, 12))


def test_the_order_of_visible_latents_does_not_matter_but_their_place_does() -> None:
    g = stream(0, "visible")
    visible, context = torch.randn(2, 4, 11, generator=g), torch.tensor([[3, 7, 11, 19]] * 2)
    target, order = torch.tensor([[0, 13, 24]] * 2), torch.tensor([2, 0, 3, 1])
    model = predictor()
    said = model(visible, context, target)
    assert_close(model(visible[:, order], context[:, order], target), said)
    assert not torch.allclose(model(visible[:, order], context, target), said)


def test_predictions_differ_by_target_position() -> None:
    visible = torch.randn(1, 3, 11, generator=stream(0, "visible"))
    said = predictor()(visible, torch.tensor([[1, 2, 3]]), torch.tensor([[4, 5, 6]]))
    assert (said[0, 0] - said[0, 1]).norm() > 1e-3


def test_latents_that_may_not_be_read_are_not() -> None:
    g = stream(0, "visible")
    visible, keep = torch.randn(1, 4, 11, generator=g), torch.tensor([[True, True, False, True]])
    other = visible.clone()
    other[:, 2] = 99.0
    at, target = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[0, 7]])
    model = predictor()
    assert_close(model(visible, at, target, keep), model(other, at, target, keep))


def test_queries_about_one_picture_do_not_see_each_other() -> None:
    with seeded(0, "ask"):
        ask = AskPredictor(width=12, joint=7, depth=2, heads=3, grid=5, answers=4)
    g = stream(0, "queries")
    query, picture = torch.randn(2, 5, 7, generator=g), torch.randn(2, 25, 12, generator=g)
    assert_close(ask(query, picture)[:, 3:4], ask(query[:, 3:4], picture))


def dynamics() -> LatentDynamics:
    with seeded(0, "dynamics"):
        return LatentDynamics(width=12, depth=2, heads=3, symbols=17, longest=8)


def test_untrained_dynamics_imagine_that_nothing_changes() -> None:
    picture = torch.randn(3, 25, 12, generator=stream(0, "picture"))
    actions = [torch.tensor([[5, 7, 0, 0]] * 3), torch.tensor([[3, 2, 1, 0]] * 3)]
    imagined = dynamics().imagine(picture, actions)
    assert imagined.steps.shape == (2, 3, 25, 12)
    assert_close(imagined.last, picture)


def test_a_roll_out_is_one_step_after_another() -> None:
    model, g = dynamics(), stream(0, "picture")
    with torch.no_grad():
        model.change.weight.copy_(torch.randn(12, 12, generator=g))
    picture = torch.randn(2, 25, 12, generator=g)
    first, second = torch.tensor([[5, 7, 0]] * 2), torch.tensor([[1, 2, 3]] * 2)
    imagined = model.imagine(picture, [first, second])
    assert_close(imagined.steps[0], model(picture, first))
    assert_close(imagined.last, model(model(picture, first), second))
    swapped = model.imagine(picture, [second, first])
    assert not torch.allclose(imagined.last, swapped.last)


def test_padding_of_an_action_changes_nothing() -> None:
    model, g = dynamics(), stream(0, "picture")
    with torch.no_grad():
        model.change.weight.copy_(torch.randn(12, 12, generator=g))
    picture = torch.randn(1, 25, 12, generator=g)
    short, padded = torch.tensor([[5, 7]]), torch.tensor([[5, 7, 0, 0]])
    assert_close(model(picture, short), model(picture, padded))
