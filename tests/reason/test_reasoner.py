"""The reasoner: its cycles are what they say, its gradient reaches as far as it says."""

import pytest
import torch

from nexus.nn.lora import adaptation
from nexus.nn.seeding import seeded, stream
from nexus.reason.reasoner import HALT_BIAS, LEAN, Gradient, Inputs, Mind, Read, Reasoner

WIDTH, ANSWERS = 16, 5


def _reasoner(gradient: Gradient = "cycle", kinds: int = 0) -> Reasoner:
    with seeded(0, "test", "reasoner"):
        made = Reasoner(
            width=WIDTH,
            heads=2,
            answers=ANSWERS,
            kinds=kinds,
            fast_steps=2,
            cycles=3,
            gradient=gradient,
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


def test_a_thought_goes_on_where_the_last_one_ended() -> None:
    reasoner, inputs = _reasoner(), _inputs()
    minds = [mind for mind, _ in reasoner.think(inputs, cycles=9)]
    mind, _ = reasoner(inputs)
    assert torch.equal(minds[2].fast, mind.fast)
    mind, said = reasoner(inputs, mind)
    assert torch.equal(minds[5].fast, mind.fast)
    assert torch.equal(minds[8].slow, reasoner(inputs, mind)[0].slow)
    assert torch.equal(said.answer, reasoner.say(mind).answer)


@pytest.mark.parametrize(
    ("gradient", "calls", "told"), [("step", 2, 1), ("cycle", 3, 1), ("full", 9, 3)]
)
def test_the_gradient_reaches_as_far_as_it_says(gradient: Gradient, calls: int, told: int) -> None:
    reasoner, learned = _reasoner(gradient), []

    def count(_module: object, _given: object, out: torch.Tensor) -> None:
        learned.append(out.requires_grad)

    reasoner.working.register_forward_hook(count)
    reasoner.core.register_forward_hook(count)
    thought = [said for _, said in reasoner.think(_inputs())]
    assert len(learned) == 9
    assert sum(learned) == calls
    assert [said.answer.requires_grad for said in thought] == [False] * (3 - told) + [True] * told
    thought[-1].answer.sum().backward()
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


def test_relations_of_all_rows_are_those_of_each_and_may_differ_by_row() -> None:
    reasoner, inputs = _reasoner(kinds=2), _inputs(kinds=2)
    each = inputs.relations.expand(3, -1, -1, -1)
    _, usual = reasoner(inputs)
    _, said = reasoner(Inputs(tokens=inputs.tokens, relations=each))
    assert torch.allclose(said.answer, usual.answer, atol=1e-5)
    _, said = reasoner(Inputs(tokens=inputs.tokens, relations=torch.stack([*each[:2], ~each[2]])))
    assert torch.allclose(said.answer[:2], usual.answer[:2], atol=1e-5)
    assert not torch.allclose(said.answer[2], usual.answer[2], atol=1e-3)


def test_what_a_group_looks_up_is_what_each_of_it_would() -> None:
    with seeded(0, "test", "reads"):
        reasoner = Reasoner(width=WIDTH, heads=2, answers=ANSWERS, reads=2)
    thoughts = _inputs(rows=6).tokens
    words = torch.randn(6, 4, WIDTH, generator=stream(0, "words"))
    heard = torch.arange(4) < torch.tensor([4, 2, 3, 1, 4, 2])[:, None]
    picture = torch.randn(2, 9, WIDTH, generator=stream(0, "picture"))
    reads = (Read(tokens=words, keep=heard), Read(tokens=picture))
    _, together = reasoner(Inputs(tokens=thoughts, reads=reads))
    for row in range(6):
        own = slice(row, row + 1)
        alone = (
            Read(tokens=words[own][:, heard[row]]),
            Read(tokens=picture[row // 3 : row // 3 + 1]),
        )
        _, said = reasoner(Inputs(tokens=thoughts[own], reads=alone))
        assert torch.allclose(said.answer[0], together.answer[row], atol=1e-5)


def test_attention_starts_by_leaning_on_what_is_related() -> None:
    with seeded(0, "test", "lean"):
        lean = Reasoner(width=WIDTH, heads=4, answers=ANSWERS, kinds=3).core.lean
    assert torch.equal(lean[0], LEAN * torch.eye(4, 3))


def test_nobody_halts_before_anything_was_learned() -> None:
    _, said = _reasoner()(_inputs())
    assert torch.allclose(said.halt, torch.full((3,), HALT_BIAS))


def test_a_task_changes_the_thought_and_leaves_the_reasoner_as_it_was() -> None:
    reasoner, inputs = _reasoner(), _inputs()
    before = {n: p.clone() for n, p in reasoner.state_dict().items()}
    _, plain = reasoner(inputs)
    task = adaptation(reasoner.adaptable, generator=stream(0))
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
