"""The fast route: what it says of a question owes nothing to its neighbours, and it can learn."""

import pytest
import torch
from torch.nn import functional

from nexus.config import ReasonConfig
from nexus.nn.records import Latents, TextLatents, Thought
from nexus.nn.seeding import seeded, stream
from nexus.predict.ask import AskPredictor
from nexus.reason.fast import END, FastReasoner, first_impression, step_symbols

WIDTH, GRID, ANSWERS, SYMBOLS = 32, 3, 5, 7
CONFIG = ReasonConfig(width=WIDTH, depth=1, cycles=2, heads=2, query_symbols=11)


def _fast() -> FastReasoner:
    with seeded(0, "test", "fast"):
        return FastReasoner(
            CONFIG, picture=13, words=17, grid=GRID, answers=ANSWERS, symbols=SYMBOLS
        ).eval()


def _inputs(pictures: int, questions: int) -> tuple[torch.Tensor, TextLatents]:
    generator = stream(0, "test", "fast", pictures, questions)
    padding = torch.arange(6) >= torch.randint(2, 7, (questions, 1), generator=generator)
    question = TextLatents(
        tokens=torch.randn(questions, 6, 17, generator=generator),
        padding=padding,
        pooled=torch.zeros(questions, 3),
    )
    return torch.randn(pictures, GRID**2, 13, generator=generator), question


def _impression(questions: int) -> torch.Tensor:
    return torch.randn(questions, ANSWERS, generator=stream(0, "test", "impression"))


def _rows(question: TextLatents, rows: list[int]) -> TextLatents:
    return TextLatents(
        tokens=question.tokens[rows], padding=question.padding[rows], pooled=question.pooled[rows]
    )


@torch.no_grad()
def test_questions_that_share_a_picture_are_answered_as_if_alone() -> None:
    fast = _fast()
    picture, question = _inputs(3, 12)
    first = _impression(12)
    together = fast(picture, question, first)
    for row in range(12):
        alone = fast(picture[row // 4 : row // 4 + 1], _rows(question, [row]), first[[row]])
        assert torch.allclose(alone.answer[0], together.answer[row], atol=1e-5)
        assert torch.allclose(alone.steps[0], together.steps[row], atol=1e-5)


@torch.no_grad()
def test_padding_is_never_read_and_fewer_positions_are_the_first_ones() -> None:
    fast = _fast()
    picture, question = _inputs(5, 5)
    noise = torch.where(question.padding[..., None], 100.0, question.tokens)
    noisy = TextLatents(tokens=noise, padding=question.padding, pooled=question.pooled)
    first = _impression(5)
    full = fast(picture, question, first)
    assert torch.allclose(full.answer, fast(picture, noisy, first).answer, atol=1e-5)
    fewer = fast(picture, question, first, positions=4, every=2)
    assert torch.allclose(full.steps[::2, :4], fewer.steps, atol=1e-5)
    assert torch.equal(full.answer, fewer.answer)


@torch.no_grad()
def test_a_first_impression_is_what_the_asker_says_of_each_picture() -> None:
    with seeded(0, "test", "asker"):
        asker = AskPredictor(width=16, joint=8, depth=1, heads=2, grid=GRID, answers=9).eval()
    asker.answers.copy_(
        functional.normalize(torch.randn(9, 8, generator=stream(0, "said")), dim=-1)
    )
    picture = torch.randn(3, GRID**2, 16, generator=stream(0, "seen"))
    question = torch.randn(12, 8, generator=stream(0, "asked"))
    said = first_impression(asker, picture, question, (7, 2))
    for row in range(12):
        alone = asker.logits(question[row].view(1, 1, 8), picture[row // 4][None])[0, 0]
        assert torch.allclose(said[row], alone[[7, 2]], atol=1e-5)


@torch.no_grad()
def test_a_first_impression_counts_as_far_as_it_is_trusted_and_at_first_not_at_all() -> None:
    fast = _fast()
    picture, question = _inputs(5, 5)
    first = 30 * functional.one_hot(torch.arange(5), ANSWERS).float()
    blind = fast(picture, question, torch.zeros_like(first)).answer
    assert torch.equal(fast(picture, question, first).answer, blind)
    fast.trust.fill_(1.0)
    assert torch.allclose(fast(picture, question, first).answer, blind + first, atol=1e-5)


def test_a_thought_is_calibrated_by_its_temperature() -> None:
    fast = _fast()
    picture, question = _inputs(5, 5)
    latents = Latents(
        tokens=picture,
        pooled=torch.zeros(5, 3),
        question=question,
        recalled=torch.zeros(5, 3),
        surprise=torch.zeros(5),
    )
    sharp = fast.reason(latents, _impression(5))
    fast.temperature.fill_(4.0)
    soft = fast.reason(latents, _impression(5))
    assert torch.equal(sharp.answer.argmax(-1), soft.answer.argmax(-1))
    assert (soft.confidence < sharp.confidence).all()
    assert torch.allclose(soft.answer.sum(-1), torch.ones(5))
    assert torch.allclose(soft.steps.sum(-1), torch.ones(5, CONFIG.query_symbols))


@pytest.mark.parametrize("length", [0, 2, 3])
def test_steps_end_at_the_first_end_or_at_the_last_position(length: int) -> None:
    said = torch.tensor([[1, 2, 1, 2][:length] + [END] * (3 - length)])
    thought = Thought(
        answer=torch.ones(1, 1),
        steps=functional.one_hot(said, 3).float(),
        confidence=torch.ones(1),
    )
    assert step_symbols(thought, 0, ("count", "objects")) == ("count", "objects", "count")[:length]


def test_it_learns_where_to_look() -> None:
    """Word k asks what the patch in cell k shows; guessing is right one time in five."""
    fast = _fast().train()
    optimizer = torch.optim.AdamW(fast.parameters(), lr=5e-3)
    table = torch.randn(GRID**2, 17, generator=stream(0, "words"))
    looks = torch.randn(ANSWERS, 13, generator=stream(0, "looks"))

    def sample(step: int) -> tuple[torch.Tensor, TextLatents, torch.Tensor]:
        generator = stream(1, "scene", step)
        shown = torch.randint(ANSWERS, (32, GRID**2), generator=generator)
        cell = torch.randint(GRID**2, (32, 4), generator=generator)
        tokens = table[cell.flatten()][:, None]
        question = TextLatents(
            tokens=tokens,
            padding=torch.zeros(128, 1, dtype=torch.bool),
            pooled=torch.zeros(128, 3),
        )
        return looks[shown], question, shown.gather(1, cell).flatten()

    nothing = torch.zeros(128, ANSWERS)
    for step in range(80):
        picture, question, answer = sample(step)
        said = fast(picture, question, nothing, positions=1)
        loss = functional.cross_entropy(said.answer, answer)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    picture, question, answer = sample(10_007)
    with torch.no_grad():
        said = fast(picture, question, nothing, positions=1)
        right = (said.answer.argmax(-1) == answer).float().mean()
    assert right > 0.4
