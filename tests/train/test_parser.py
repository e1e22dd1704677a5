"""Parser training: learns to read what it was shown, from the words alone; steps are pure."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from nexus.base.records import Question
from nexus.config import PhaseConfig, ReasonConfig, TrainConfig
from nexus.nn.seeding import seeded, stream
from nexus.reason import parser
from nexus.reason.parser import Parser
from nexus.reason.parser.network import UNKNOWN, ParserNetwork
from nexus.store.runs import Run
from nexus.train.loop import run_phase
from nexus.train.parser import NONE, ParserPhase, calibrate_parser, fitted_temperature
from nexus.train.trainer import LoopSettings
from nexus.worlds.tabletop import Tabletop
from nexus.worlds.tabletop.scene import Scenes

CONFIG = ReasonConfig(parser_width=48, parser_depth=1, parser_heads=4)
PHASE = PhaseConfig(steps=160, batch=64, rate=5e-3, per_scene=3, warmup=10)


class Brief(Tabletop):
    """The table, asked only what takes at most six symbols: one set, described by one word."""

    def ask(self, scenes: Scenes, *, per_scene: int, draw: int = 0) -> list[list[Question]]:
        asked = super().ask(scenes, per_scene=2 * per_scene, draw=draw)
        return [[q for q in row if len(q.query.split()) <= 6] for row in asked]


def network(world: Tabletop, seed: int = 0) -> ParserNetwork:
    with seeded(seed, "test", "parser"):
        return parser.build(CONFIG, world.vocabulary, world.words())


def phase(world: Tabletop, scenes: int = 31) -> ParserPhase:
    return ParserPhase(network(world), world, PHASE, seed=0, scenes=scenes)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> ParserNetwork:
    """Return a small network trained on brief questions by the real loop."""
    lessons = phase(Brief(), scenes=500)
    folder: Path = tmp_path_factory.mktemp("run")
    run = Run.create(folder / "run", recipe="", config_hash="parser", seed=0)
    assert run_phase(lessons, run, LoopSettings.of(TrainConfig(), PHASE)).status == "finished"
    calibrate_parser(lessons.network.eval(), Brief(), seed=0, scenes=64)
    return lessons.network


def held_out() -> list[Question]:
    world = Brief()
    return [
        q for row in world.ask(world.scenes(0, "test", np.arange(150)), per_scene=3) for q in row
    ]


def exact(network: ParserNetwork, texts: Sequence[str], meant: Sequence[str]) -> float:
    readings = Parser(network, Tabletop().words(), certain=0.0).parse_batch(texts)
    return float(np.mean([str(r.query) == m for r, m in zip(readings, meant, strict=True)]))


def test_reads_questions_it_never_met_and_only_by_their_words(taught: ParserNetwork) -> None:
    """Other questions' words in place of a question's own give the floor."""
    questions = held_out()
    texts, meant = [q.text for q in questions], [q.query for q in questions]
    floor = Counter(meant).most_common(1)[0][1] / len(meant)
    assert floor < 0.1
    assert exact(taught, texts, meant) > 0.9
    order = torch.randperm(len(texts), generator=stream(0, "noise")).tolist()
    assert exact(taught, [texts[i] for i in order], meant) < floor + 0.05


def test_what_it_was_not_taught_it_mostly_refuses_to_read(taught: ParserNetwork) -> None:
    """Taught on one set a question, it is asked about relations and suppositions."""
    world = Tabletop()
    asked = world.ask(world.scenes(0, "test", np.arange(60)), per_scene=6)
    longer = [q for row in asked for q in row if q.kind in ("relation", "hypothetical")]
    readings = Parser(taught, world.words()).parse_batch([q.text for q in longer])
    wrong = [
        r for r, q in zip(readings, longer, strict=True) if r.query and str(r.query) != q.query
    ]
    assert len(longer) > 80
    assert len(wrong) < 0.2 * len(longer)


def test_ranks_share_the_batch_of_a_step_and_steps_are_pure() -> None:
    one, other = phase(Tabletop()), phase(Tabletop())
    for step in (1, 2, 7):
        whole, again = one.batch(step, 0, 1), other.batch(step, 0, 1)
        assert torch.equal(whole.words, again.words)
        parts = [one.batch(step, rank, 3) for rank in range(3)]
        for rank, part in enumerate(parts):
            assert torch.equal(part.words, whole.words[rank::3])
            assert torch.equal(part.keep, whole.keep[rank::3])
            assert torch.equal(part.query, whole.query[rank::3])
        mean = sum(one.module(part).total * len(part.words) for part in parts) / len(whole.words)
        assert_close(mean, one.module(whole).total)


def test_an_epoch_meets_no_question_twice() -> None:
    lessons = phase(Tabletop(), scenes=67)
    batches = len(lessons.lessons) // PHASE.batch
    rows = lessons._ordered(0)
    assert len(rows) == len(set(rows.tolist())) == batches * PHASE.batch
    assert not np.array_equal(rows, lessons._ordered(1))


def test_words_are_hidden_in_about_half_of_the_questions_and_meanings_never() -> None:
    lessons = phase(Tabletop(), scenes=67)
    batches = [lessons.batch(step, 0, 1) for step in range(1, 6)]
    hidden = torch.cat([((b.words == UNKNOWN) & b.keep).any(1) for b in batches])
    assert 0.4 < hidden.float().mean() < 0.6
    symbols = len(lessons.network.grammar.symbols)
    assert all(((b.query == NONE) | ((b.query >= 0) & (b.query < symbols))).all() for b in batches)


def test_the_network_notes_the_words_it_met() -> None:
    lessons = phase(Brief())
    assert not lessons.network.trained.any()
    lessons.after_step(1)
    met = {word for row in lessons.lessons.words for word in row}
    assert set(lessons.network.trained.nonzero()[:, 0].tolist()) == met


def test_what_the_words_of_the_table_say_is_found_by_counting() -> None:
    lessons, world = phase(Tabletop(), scenes=300), Tabletop()
    lessons.after_step(1)
    words, symbols = ["", *sorted(world.words())], lessons.network.grammar.symbols
    pairs = lessons.network.says.nonzero().tolist()
    said = {symbols[s]: {words[w] for w, t in pairs if t == s} for _, s in pairs}
    assert said["purple"] == {"purple", "violet"}
    assert said["circle"] == {"circle", "circles", "disc", "discs"}
    assert said["small"] == {"small", "little", "tiny"}
    assert said.keys().isdisjoint({"left", "objects", "filter", "colour"})  # no one word says them


def test_temperature_undoes_overconfidence_and_never_adds_any() -> None:
    g = stream(0, "temperature")
    logits = 2 * torch.randn(5000, 7, generator=g)
    gold = torch.multinomial(logits.softmax(-1), 1, generator=g)[:, 0]
    assert fitted_temperature(3 * logits, gold) == pytest.approx(3.0, rel=0.1)
    assert fitted_temperature(0.3 * logits, gold) == 1.0
