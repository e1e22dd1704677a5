"""The phases on frozen latents: pure functions of their step, and each learns beyond its floor."""

import numpy as np
import pytest
import torch
from torch import nn

from nexus.config import EncodeConfig, PhaseConfig, ReasonConfig, TextConfig, VisionConfig
from nexus.encode.joint import Encoder, build
from nexus.nn.seeding import seeded
from nexus.predict.ask import AskPredictor
from nexus.predict.dynamics import LatentDynamics
from nexus.reason.fast import END, FastReasoner
from nexus.reason.grounding import Grounding
from nexus.train.dynamics import LONGEST, DynamicsPhase, change_loss
from nexus.train.fast import Asker, FastPhase, calibrate_fast, hypothetical, step_ids
from nexus.train.grounding import GroundingPhase, calibrate, cell_targets
from nexus.train.latent_cache import LatentCache, cache
from nexus.train.phase import Losses, Phase
from nexus.worlds.tabletop import LOOK_ANSWERS, Tabletop
from nexus.worlds.tokenizer import Tokenizer

WORLD, SIDE, WIDTH, GRID = Tabletop(), 32, 32, 4
PHASE = PhaseConfig(steps=30, batch=16, per_scene=6, rate=3e-3, muon_rate=0.02)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(sorted(WORLD.words()), size=400)


@pytest.fixture(scope="module")
def encoder(tokenizer: Tokenizer) -> Encoder:
    config = EncodeConfig(
        vision=VisionConfig(width=WIDTH, depth=1, heads=2, stem=64),
        text=TextConfig(width=WIDTH, depth=1, heads=2),
        joint=16,
    )
    with seeded(0, "test", "encoder"):
        return build(config, side=SIDE, vocabulary=tokenizer.size).eval()


@pytest.fixture(scope="module")
def scenes(encoder: Encoder) -> LatentCache:
    return cache(encoder, WORLD, seed=0, split="train", count=67, side=SIDE)


@pytest.fixture(scope="module")
def unseen(encoder: Encoder) -> LatentCache:
    return cache(encoder, WORLD, seed=0, split="val", count=61, side=SIDE)


def _grounding() -> Grounding:
    with seeded(0, "test", "grounding"):
        return Grounding(width=WIDTH, heads=2, grid=GRID, vocabulary=WORLD.vocabulary, certain=0.9)


def _dynamics() -> LatentDynamics:
    with seeded(0, "test", "dynamics"):
        return LatentDynamics(
            width=WIDTH,
            depth=1,
            heads=2,
            symbols=len(WORLD.vocabulary.symbols),
            longest=LONGEST,
        )


def _fast() -> FastReasoner:
    with seeded(0, "test", "fast"):
        return FastReasoner(
            ReasonConfig(width=WIDTH, cycles=1, heads=2),
            picture=WIDTH,
            words=WIDTH,
            grid=GRID,
            answers=len(WORLD.answers),
            symbols=len(WORLD.vocabulary.symbols),
        )


def _asker(encoder: Encoder, tokenizer: Tokenizer) -> Asker:
    def tokenize(texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        ids, padding = tokenizer.encode_batch(texts, 96)
        return torch.from_numpy(ids), torch.from_numpy(padding)

    with seeded(0, "test", "asker"):
        perceive = AskPredictor(
            width=WIDTH, joint=16, depth=1, heads=2, grid=GRID, answers=len(LOOK_ANSWERS)
        )
    return Asker((encoder, perceive), _dynamics(), WORLD, tokenize, longest=40)


def _phases(encoder: Encoder, tokenizer: Tokenizer, scenes: LatentCache) -> dict[str, Phase]:
    return {
        "grounding": GroundingPhase(_grounding(), scenes, PHASE, seed=0),
        "dynamics": DynamicsPhase(_dynamics(), encoder, WORLD, scenes, PHASE, seed=0, side=SIDE),
        "fast": FastPhase(_fast(), _asker(encoder, tokenizer), scenes, PHASE, seed=0),
    }


def _train(phase: Phase, held_out: object) -> tuple[float, float]:
    """Return the loss of a batch never trained on, before and after training."""
    module, optimizer = phase.module, phase.optimizer()

    def loss() -> float:
        with torch.no_grad():
            return float(module(held_out).total)

    before = loss()
    for step in range(1, phase.steps + 1):
        losses: Losses = module(phase.batch(step, 0, 1))
        optimizer.zero_grad()
        losses.total.backward()
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        phase.after_step(step)
    return before, loss()


def _flat(batch: object) -> list[torch.Tensor]:
    """Return every tensor of a batch record, in field order."""
    if isinstance(batch, torch.Tensor):
        return [batch]
    if isinstance(batch, dict):
        return [t for value in batch.values() for t in _flat(value)]
    names = getattr(batch, "__slots__", ())
    return [t for name in names for t in _flat(getattr(batch, name))]


def test_a_cache_is_the_same_every_time_and_any_part_of_it_alone(
    encoder: Encoder, scenes: LatentCache
) -> None:
    again = cache(encoder, WORLD, seed=0, split="train", count=67, side=SIDE)
    assert torch.equal(again.tokens, scenes.tokens)
    assert torch.equal(again.pooled, scenes.pooled)
    first = cache(encoder, WORLD, seed=0, split="train", count=64, side=SIDE)
    assert torch.equal(first.tokens, scenes.tokens[:64])


def test_an_epoch_visits_every_scene_once_and_the_next_in_another_order(
    scenes: LatentCache,
) -> None:
    steps = [scenes.rows(0, "grounding", step, 16) for step in range(1, 10)]
    visits = np.concatenate(steps)
    first, second = visits[:67], visits[67:134]
    assert sorted(first) == sorted(second) == list(range(67))
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("name", ["grounding", "dynamics", "fast"])
def test_a_batch_is_a_pure_function_of_its_step(
    name: str, encoder: Encoder, tokenizer: Tokenizer, scenes: LatentCache
) -> None:
    phases = [_phases(encoder, tokenizer, scenes)[name] for _ in range(2)]
    phases[0].batch(2, 0, 1)
    a, b = (_flat(phase.batch(7, 0, 1)) for phase in phases)
    other = _flat(phases[0].batch(8, 0, 1))
    assert len(a) == len(b) > 0
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    assert any(x.shape != y.shape or not torch.equal(x, y) for x, y in zip(a, other, strict=True))


@pytest.mark.parametrize(("name", "least"), [("grounding", 0.7), ("dynamics", 0.9), ("fast", 0.85)])
def test_each_phase_learns_what_holds_beyond_its_scenes(
    name: str,
    least: float,
    encoder: Encoder,
    tokenizer: Tokenizer,
    scenes: LatentCache,
    unseen: LatentCache,
) -> None:
    held_out = _phases(encoder, tokenizer, unseen)[name].batch(1, 0, 1)
    before, after = _train(_phases(encoder, tokenizer, scenes)[name], held_out)
    assert after < least * before


def test_untrained_dynamics_imagine_that_nothing_changes(scenes: LatentCache) -> None:
    tokens = scenes.batch(np.arange(5))
    action = torch.randint(1, 9, (5, LONGEST), generator=torch.Generator().manual_seed(0))
    imagined = _dynamics().imagine(tokens, [action, action])
    assert torch.equal(imagined.steps, torch.stack([tokens, tokens]))


def test_actions_and_steps_are_numbered_alike_and_end_where_they_end() -> None:
    asked = [q for qs in WORLD.ask(WORLD.scenes(0, "val", np.arange(20)), per_scene=6) for q in qs]
    queries = [q.query for q in asked]
    symbols = ("", *WORLD.vocabulary.symbols)
    for query, row in zip(queries, step_ids(queries, WORLD.vocabulary, 40).tolist(), strict=True):
        length = row.index(END)
        assert " ".join(symbols[k] for k in row[:length]) == query
        assert set(row[length:]) == {END}
    assert step_ids(queries, WORLD.vocabulary, 3).shape == (len(queries), 3)
    assert any(hypothetical(q) for q in asked)


def test_temperatures_fitted_on_held_out_scenes_lower_their_loss(
    encoder: Encoder, tokenizer: Tokenizer, unseen: LatentCache
) -> None:
    grounding, fast = _grounding(), _fast()
    calibrate(grounding, unseen)
    calibrate_fast(fast, _asker(encoder, tokenizer), unseen)
    logits = grounding(unseen.tokens.float())
    target = cell_targets(unseen.scenes, GRID, grounding.factors)
    for name in grounding.factors:
        x, y = logits.attributes[name][target.near], target.attributes[name][target.near]
        plain = nn.functional.cross_entropy(x, y)
        assert nn.functional.cross_entropy(x / grounding.temperature(name), y) <= plain + 1e-5
    assert (grounding.error >= 1e-3).all()
    assert float(fast.temperature) != 1.0


def test_change_counts_what_moved_and_as_many_of_the_worst_that_did_not() -> None:
    g = torch.Generator().manual_seed(0)
    before = torch.randn(2, 6, 4, generator=g)
    true = before.clone()
    true[0, 1] += 2.0
    true[1, 3] -= 2.0
    imagined = true + 0.1 * torch.randn(2, 6, 4, generator=g)
    each = torch.nn.functional.smooth_l1_loss(imagined, true, reduction="none").mean(-1)
    moved = [float(each[0, 1]), float(each[1, 3])]
    rest = sorted(
        float(each[i, j]) for i in range(2) for j in range(6) if (i, j) not in ((0, 1), (1, 3))
    )
    slow = 0.5 * (sum(moved) / 2 + sum(rest[-2:]) / 2)
    assert float(change_loss(imagined, true, before)) == pytest.approx(slow, rel=1e-5)
    assert float(change_loss(before, before, before)) == 0.0
