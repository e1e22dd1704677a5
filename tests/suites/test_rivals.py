"""Rivals are as large as the reasoner, see the same boards, and do what they are said to do."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import torch
from torch import nn
from torch.testing import assert_close

from nexus.config import PhaseConfig, ReasonerConfig, Recipe, TrainConfig
from nexus.nn.seeding import seeded, stream
from nexus.review.approved import Approved
from nexus.store.runs import Run
from nexus.suites import briefly, rival_khop, tiny
from nexus.suites.rival_khop import SHAPES
from nexus.suites.rivals import (
    Flat,
    Recurrent,
    RivalPhase,
    flat,
    likeliest,
    parameters,
    recurrent,
    sized,
    solved,
)
from nexus.train.optimizer import build
from nexus.train.parts import Parts
from nexus.train.reasoner import BoardPhase
from nexus.worlds.puzzles import Khop, Puzzle, Sudoku, get
from nexus.worlds.tabletop import Tabletop

QUICK = PhaseConfig(steps=3, batch=4, warmup=1)
RECIPE = Recipe(
    reasoner=ReasonerConfig(
        width=24, heads=2, working_depth=1, core_depth=1, cycles=1, segments=2, think=2, boards=16
    ),
    train=TrainConfig(sudoku6=QUICK, khop=QUICK, maze=QUICK, checkpoint_every=1),
)
PARTS = Parts(recipe=RECIPE, world=Tabletop(), vocabulary=1)


def lessons(puzzle: Puzzle, *, config: PhaseConfig = QUICK, count: int = 12) -> BoardPhase:
    """Return the reasoner's phase, a batch a step."""
    data = puzzle.sample(0, "train", np.arange(count))
    return BoardPhase("x", PARTS.boards(puzzle), puzzle, data, config, segments=1, seed=0)


@pytest.mark.parametrize("task", ["sudoku6", "khop"])
def test_rivals_are_as_large_as_the_reasoner(task: str) -> None:
    puzzle = get(task)
    like = PARTS.boards(puzzle)
    nets = [flat(RECIPE, puzzle, like), flat(RECIPE, puzzle, like, related=False)]
    nets += [recurrent(RECIPE, puzzle, like)]
    nets += [tiny.tiny(RECIPE, puzzle, like, kind=kind) for kind in ("attention", "mixer")]
    for net in nets:
        assert parameters(net) == pytest.approx(parameters(like), rel=0.08)


def test_sized_takes_the_nearest_width() -> None:
    """Every width is tried, the slow way."""
    for wanted in (1, 30, 65, 400):
        with seeded(0, "sized"):
            like = nn.Linear(wanted, 1, bias=False)
            found = sized(lambda w: nn.Linear(w, w, bias=False), like=like, step=2)
        sizes = {w: abs(w * w - wanted) for w in range(2, 40, 2)}
        assert sizes[found.in_features] == min(sizes.values())


def test_what_is_related_is_read_and_the_unrelated_differ_by_nothing_else() -> None:
    puzzle = Sudoku()
    with seeded(0, "flat"):
        told = Flat(puzzle, width=8, heads=2, depth=2, related=True)
    with seeded(0, "flat"):
        untold = Flat(puzzle, width=8, heads=2, depth=2, related=False)
    given = torch.from_numpy(puzzle.sample(0, "train", np.arange(3)).given)
    with torch.no_grad():
        told.layers.lean.zero_()
        names = untold.state_dict().keys()
        untold.load_state_dict(told.state_dict() | {"layers.lean": untold.layers.lean})
        assert "layers.lean" in names
        assert_close(told(given), untold(given))
        told.layers.lean.fill_(1.0)
        assert not torch.allclose(told(given), untold(given))


def test_the_recurrent_net_reads_in_both_directions() -> None:
    puzzle = Khop()
    with seeded(0, "gru"):
        net = Recurrent(puzzle, width=6)
    given = torch.from_numpy(puzzle.sample(0, "train", np.arange(1)).given)
    embedded = net.symbol(given).detach().requires_grad_()
    net.symbol.forward = lambda _: embedded  # type: ignore[method-assign]
    net(given)[0, 25].sum().backward()
    assert embedded.grad is not None
    assert (embedded.grad[0].abs().sum(-1) > 0).all()


def test_a_rival_is_taught_the_reasoners_boards_and_learns_them() -> None:
    puzzle = Khop()
    config = replace(QUICK, steps=60, batch=12, rate=0.01, muon_rate=0.05)
    ours = lessons(puzzle, config=config)
    net = flat(RECIPE, puzzle, ours.learner.boards)
    phase = RivalPhase("rival", net, ours, config)
    for step in (1, 2, 5):
        assert torch.equal(phase.batch(step, 0, 1).given, ours.batch(step, 0, 1).given)
    batch = ours.batch(1, 0, 1)
    before = float(phase.module(batch).total.detach())
    briefly.drive(phase, config, last=60)
    after = phase.module.eval()(batch)
    assert float(after.total.detach()) < before / 2
    asked = batch.asked
    wanted = -net(batch.given).log_softmax(-1)[asked, batch.solution[asked]].mean()
    assert_close(after.total, wanted)


def test_solved_counts_whole_boards() -> None:
    data = Sudoku().sample(0, "val", np.arange(5))
    solution = torch.from_numpy(data.solution)
    rows = {tuple(g): s for g, s in zip(data.given.tolist(), solution, strict=True)}

    def knowing(given: torch.Tensor) -> torch.Tensor:
        said = torch.stack([rows[tuple(g)].clone() for g in given.tolist()])
        said[1, int(np.flatnonzero(data.asked[1])[0])] = 0  # one cell wrong
        said[2, int(np.flatnonzero(~data.asked[2])[0])] = 0  # not asked
        return said

    assert solved(knowing, data).tolist() == [True, False, True, True, True]


@pytest.mark.parametrize("kind", ["attention", "related", "mixer"])
def test_the_package_is_taught_our_boards_within_its_time(
    kind: tiny.Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = list[float]()

    class Watched(tiny.Clocked):
        """Notes the rate that the optimiser has by then."""

        def step(self) -> None:
            if self.taken:
                rates.append(self.optimizer.param_groups[0]["lr"])
            super().step()

    monkeypatch.setattr(tiny, "Clocked", Watched)
    puzzle = Sudoku()
    ours = lessons(puzzle)
    model = tiny.tiny(RECIPE, puzzle, ours.learner.boards, kind=kind)
    before = {name: x.clone() for name, x in model.named_parameters()}
    held_out = puzzle.sample(0, "val", np.arange(4))
    taught = tiny.teach(model, ours, held_out, recipe=RECIPE, cpu_s=0.2)
    assert taught.steps >= 1
    assert 0.2 <= taught.cpu_s < 10
    assert rates[0] == max(rates) > 0
    assert rates[-1] < 0.5 * rates[0]
    moved = [not torch.equal(before[name], x) for name, x in model.named_parameters()]
    assert sum(moved) > len(moved) / 2
    said = taught.solver(torch.from_numpy(held_out.given))
    assert said.shape == held_out.given.shape
    assert not model.training


def test_the_packages_network_is_the_reasoners_stack_on_places_told_as_much() -> None:
    puzzle = Sudoku()
    with seeded(0, "network"):
        network = tiny.Network(puzzle, width=8, heads=2, related=True)
    given = torch.from_numpy(puzzle.sample(0, "train", np.arange(2)).given)
    told = PARTS.boards(puzzle).related(given)
    x = torch.randn(2, 36, 8, generator=stream(0, "x"))
    assert told is not None
    with torch.no_grad():
        network.layers.lean.fill_(0.5)
        network.look(given)
        wanted = network.layers(x + network.place, None, told.float())
        assert_close(network(x), wanted)
        network.look(given.flip(1))
        assert not torch.allclose(network(x), wanted)


def test_the_related_package_looks_at_the_boards_it_thinks_about() -> None:
    puzzle = Sudoku()
    model = tiny.tiny(RECIPE, puzzle, PARTS.boards(puzzle), kind="related")
    for start in (0, 4):
        given = torch.from_numpy(puzzle.sample(0, "val", np.arange(start, start + 3)).given)
        model.predict(given, 2.0, 1)
        told = PARTS.boards(puzzle).related(given)
        assert told is not None
        assert torch.equal(model.network.relations, told.float())


def test_muon_moves_as_much_of_the_mixer_as_of_the_reasoner() -> None:
    puzzle = Sudoku()
    like = PARTS.boards(puzzle)
    mixer = tiny.tiny(RECIPE, puzzle, like, kind="mixer")
    shares = list[float]()
    for net in (like, mixer):
        groups = build(net, QUICK).param_groups
        by_muon = sum(p.numel() for g in groups if g.get("muon") for p in g["params"])
        shares.append(by_muon / parameters(net))
    assert shares[1] >= 0.9 * shares[0] > 0.5


def test_the_packages_rates_rise_in_steps_and_fall_with_the_time_to_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    past = [0.0]
    monkeypatch.setattr(tiny.time, "process_time", lambda: past[-1])
    config = replace(QUICK, warmup=4, decay_from=0.5, optimizer="adamw", rate=0.25)
    with seeded(0, "rates"):
        optimizer = build(nn.Linear(2, 2), config)
    clocked, found = tiny.Clocked(optimizer, config, cpu_s=8.0), list[float]()
    for now in (0.0, 1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0):
        past.append(now)
        found.append(optimizer.param_groups[0]["lr"] / 0.25)
        clocked.step()
    found.append(optimizer.param_groups[0]["lr"] / 0.25)
    wanted = [0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert found == pytest.approx(wanted, abs=0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = tomli_w.dumps(asdict(RECIPE))
    Run.create(tmp_path, recipe=text, config_hash=RECIPE.hash, seed=RECIPE.seed)
    return tmp_path


def test_the_rival_of_a_run_is_trained_once_and_kept(folder: Path) -> None:
    first = rival_khop.rival_khop(RECIPE, folder)
    kept = dict(Approved.open(folder).artefacts)
    assert list(kept) == [first.name]
    lines = Run.open(folder).metrics.read_text()
    again = rival_khop.rival_khop(RECIPE, folder)
    assert dict(Approved.open(folder).artefacts) == kept
    assert Run.open(folder).metrics.read_text() == lines
    given = torch.from_numpy(Khop().sample(0, "test", np.arange(3)).given)
    assert torch.equal(likeliest(first.net)(given), likeliest(again.net)(given))
    assert not any(p.requires_grad for p in again.net.parameters())


def test_the_rival_is_the_best_on_held_out_boards_after_a_part_of_its_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driven = dict[str, int]()
    monkeypatch.setattr(rival_khop, "equal_steps", lambda *_: dict.fromkeys(SHAPES, 8))
    monkeypatch.setattr(
        briefly, "drive", lambda phase, _, *, last: driven.update({phase.name: last})
    )
    rights = iter([0.2, 0.4, 0.9, 0.3])
    monkeypatch.setattr(rival_khop, "solved", lambda *_: np.array([next(rights)]))
    assert rival_khop.rival_khop(RECIPE, folder).name == list(SHAPES)[2]
    assert driven == dict.fromkeys(SHAPES, 2)  # together as much as the one that is kept


def test_shapes_are_as_large_as_the_reasoner_and_the_tied_one_is_used_over_again() -> None:
    puzzle = Khop()
    like = PARTS.boards(puzzle)
    given = torch.from_numpy(puzzle.sample(0, "train", np.arange(2)).given)
    for shape in SHAPES.values():
        net = flat(RECIPE, puzzle, like, depth=shape.layers, times=shape.times)
        assert isinstance(net, Flat)
        assert parameters(net) == pytest.approx(parameters(like), rel=0.15)
        assert len(net.layers.blocks) == shape.layers
        passes = list[None]()
        net.layers.register_forward_hook(lambda *_, passes=passes: passes.append(None))
        net(given)
        assert len(passes) == shape.times


def test_an_interrupted_rival_goes_on_with_the_steps_it_began_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rival_khop, "equal_steps", lambda *_: dict.fromkeys(SHAPES, 5))

    class Impatient:
        """Progress that stops training after its second step."""

        def begin(self, *_: object) -> None: ...
        def note(self, *_: object) -> None: ...
        def advance(self, step: int, *_: object) -> None:
            if step == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rival_khop.rival_khop(RECIPE, folder, Impatient())
    monkeypatch.setattr(rival_khop, "equal_steps", lambda *_: dict.fromkeys(SHAPES, 9))
    name = rival_khop.rival_khop(RECIPE, folder).name
    assert (Run.open(folder).checkpoints(name) / "step_00005").is_dir()


def test_equal_steps_are_more_where_the_rival_is_cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    paces = {"reasoner-khop": 3.0, **dict(zip(SHAPES, (1.5, 3.0, 6.0, 1.0), strict=True))}
    monkeypatch.setattr(briefly, "pace", lambda phase, _: paces[phase.name])
    data = Khop().sample(0, "train", np.arange(8))
    found = rival_khop.equal_steps(RECIPE, data)
    assert list(found.values()) == [6, 3, 2, 9]
    assert QUICK.steps == 3
