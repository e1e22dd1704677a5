"""The reasoner: its cycles are what they say, its gradient reaches as far as it says."""

import pytest
import torch

from nexus.nn.lora import adaptation
from nexus.nn.seeding import seeded, stream
from nexus.reason.reasoner import HALT_BIAS, Gradient, Inputs, Mind, Reasoner

WIDTH, ANSWERS = 16, 5


def _reasoner(gradient: Gradient = "cycle", kinds: int = 0) -> Reasoner:
    with seeded(0, "test", "reasoner"):
        made = Reasoner(
            width=WIDTH, heads=2, answers=ANSWERS, kinds=kinds, cycles=3, gradient=gradient
        )
    with torch.no_grad():
        made.working.lean.normal_(generator=stream(0, "lean"))
        made.core.lean.normal_(generator=stream(1, "lean"))
    return made


def _inputs(rows: int = 3, tokens: int = 6, kinds: int = 0) -> Inputs:
    generator = stream(0, "inputs")
    relations = torch.rand(kinds, tokens, tokens, generator=generator) < 0.4 if kinds else None
    return Inputs(tokens=torch.randn(rows, tokens, WIDTH, generator=generator), relations=relations)


@pytest.mark.parametrize("gradient", ["step", "cycle", "full"])
def test_the_cycles_are_those_of_the_obvious_twin(gradient: Gradient) -> None:
    reasoner, inputs = _reasoner(gradient, kinds=2), _inputs(kinds=2)
    fast = reasoner.start_fast.expand_as(inputs.tokens)
    slow = reasoner.start_slow.expand_as(inputs.tokens)
    related = inputs.relations.float()
    for _ in range(3):
        for _ in range(2):
            fast = reasoner.working(fast + slow + inputs.tokens, None, related)
        slow = reasoner.core(slow + fast, None, related)
    mind, said = reasoner(inputs)
    assert torch.allclose(mind.fast, fast, atol=1e-5)
    assert torch.allclose(mind.slow, slow, atol=1e-5)
    assert torch.allclose(said.answer, reasoner.answer(fast + slow), atol=1e-5)


def test_segments_go_on_where_the_last_one_ended() -> None:
    reasoner, inputs = _reasoner(), _inputs()
    minds = [mind for mind, _ in reasoner.think(inputs, segments=3)]
    mind, _ = reasoner(inputs)
    mind, _ = reasoner(inputs, mind)
    assert torch.equal(minds[1].fast, mind.fast)
    assert torch.equal(minds[2].slow, reasoner(inputs, mind)[0].slow)


@pytest.mark.parametrize(("gradient", "calls"), [("step", 2), ("cycle", 3), ("full", 9)])
def test_the_gradient_reaches_as_far_as_it_says(gradient: Gradient, calls: int) -> None:
    reasoner, learned = _reasoner(gradient), []

    def count(_module: object, _given: object, out: torch.Tensor) -> None:
        learned.append(out.requires_grad)

    reasoner.working.register_forward_hook(count)
    reasoner.core.register_forward_hook(count)
    _, said = reasoner(_inputs())
    assert len(learned) == 9
    assert sum(learned) == calls
    said.answer.sum().backward()
    assert all(p.grad is not None for p in reasoner.working.blocks.parameters())


def test_rows_do_not_see_each_other_and_padding_is_never_read() -> None:
    reasoner, inputs = _reasoner(), _inputs()
    _, together = reasoner(inputs)
    _, alone = reasoner(Inputs(tokens=inputs.tokens[1:2]))
    assert torch.allclose(together.answer[1], alone.answer[0], atol=1e-5)
    keep = torch.arange(6) < 4
    noisy = torch.where(keep[:, None], inputs.tokens, 100.0)
    _, padded = reasoner(Inputs(tokens=noisy, keep=keep.expand(3, 6)))
    _, short = reasoner(Inputs(tokens=inputs.tokens[:, :4]))
    assert torch.allclose(padded.answer[:, :4], short.answer, atol=1e-4)
    assert torch.allclose(padded.halt, short.halt, atol=1e-4)


def test_thinking_commutes_with_reordering_tokens_and_their_relations() -> None:
    reasoner, inputs = _reasoner(kinds=2), _inputs(kinds=2)
    order = torch.randperm(6, generator=stream(0, "order"))
    moved = Inputs(
        tokens=inputs.tokens[:, order], relations=inputs.relations[:, order][:, :, order]
    )
    _, usual = reasoner(inputs)
    _, said = reasoner(moved)
    assert torch.allclose(said.answer, usual.answer[:, order], atol=1e-4)
    assert torch.allclose(said.halt, usual.halt, atol=1e-4)


def test_nobody_halts_before_anything_was_learned() -> None:
    _, said = _reasoner()(_inputs())
    assert torch.allclose(said.halt, torch.full((3,), HALT_BIAS))


def test_a_task_changes_the_thought_and_leaves_the_reasoner_as_it_was() -> None:
    reasoner, inputs = _reasoner(), _inputs()
    before = {n: p.clone() for n, p in reasoner.state_dict().items()}
    _, plain = reasoner(inputs)
    task = adaptation(reasoner.working, generator=stream(0))
    with torch.no_grad():
        for factor in task.parameters():
            factor.add_(0.5)
    _, other = reasoner(inputs, None, task)
    assert not torch.allclose(other.answer, plain.answer, atol=1e-2)
    assert torch.equal(reasoner(inputs)[1].answer, plain.answer)
    assert all(torch.equal(p, before[n]) for n, p in reasoner.state_dict().items())


def test_a_detached_mind_has_no_history() -> None:
    mind, _ = _reasoner()(_inputs())
    assert mind.fast.requires_grad
    assert not Mind(fast=mind.fast, slow=mind.slow).detach().slow.requires_grad
