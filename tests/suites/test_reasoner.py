"""Suite "reasoner": every figure is measured, and an untrained reasoner is at its floors."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import torch

from nexus.config import PhaseConfig, ReasonerConfig, Recipe, TrainConfig
from nexus.review.approved import Approved
from nexus.store.runs import Run
from nexus.suites import doubting, reasoner
from nexus.suites.rival_khop import rival_khop
from nexus.suites.thoughts import Thoughts, exact, load, think
from nexus.train.puzzles import train_puzzle
from nexus.worlds.puzzles import NAMES, Khop, Puzzles, Sudoku
from nexus.worlds.puzzles.sudoku.solver import solutions

QUICK = PhaseConfig(steps=2, batch=8)
RECIPE = Recipe(
    reasoner=ReasonerConfig(
        width=16, heads=2, working_depth=1, core_depth=1, cycles=1, segments=2, think=2, boards=16
    ),
    train=TrainConfig(sudoku6=QUICK, khop=QUICK, maze=QUICK),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reasoner")
    text = tomli_w.dumps(asdict(RECIPE))
    Run.create(folder, recipe=text, config_hash=RECIPE.hash, seed=RECIPE.seed)
    for task in NAMES:
        train_puzzle(RECIPE, folder, task)
    return folder


def test_every_figure_is_measured_and_nothing_untrained_solves_a_board(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasoner, "EACH", 72)
    figures = reasoner.evaluate(folder, RECIPE)["figures"]
    for name in ("sudoku6_exact", "sudoku6_hard_exact", "khop10_accuracy", "maze_exact", "ece"):
        assert figures[name]["value"] is not None, name
    for name in ("sudoku6_exact", "sudoku6_hard_exact", "maze_exact"):
        assert figures[name]["value"] == 0
    assert 0.5 <= figures["conformal_coverage"]["value"] <= 1
    assert figures["unsolvable_abstained_system"]["value"] == 1
    assert figures["unsolvable_abstained_system"]["floor"] == 1  # the checker's, whatever the net
    assert figures["false_abstention_system"]["floor"] == 1
    for name, pick in (("ece", max), ("ece_few_cycles", max)):
        each = [figures[f"{name}_{task}"]["value"] for task in NAMES]
        assert figures[name]["value"] == pick(each), name
    for name in ("ood_far_auroc", "ood_near_auroc", "unsolvable_abstained_neural"):
        assert 0 <= figures[name]["value"] <= 1


def test_the_lead_over_the_transformer_is_the_difference_on_the_same_boards(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasoner, "EACH", 72)
    figures, puzzle = reasoner.khop_figures(folder, RECIPE), Khop()
    some = reasoner.boards_of(puzzle, RECIPE, "test", puzzle.bands[-1], 72)
    with torch.no_grad():
        said = rival_khop(RECIPE, folder).net(torch.from_numpy(some.given)).argmax(-1).numpy()
    theirs = np.mean([(said[i] == some.solution[i])[some.asked[i]].all() for i in range(72)])
    lead = figures["khop10_over_transformer"]
    ours = figures["khop10_accuracy"].value
    assert ours is not None
    assert lead.value == pytest.approx(ours - theirs)
    assert figures["khop10_transformer_accuracy"].value == pytest.approx(theirs)
    assert lead.n == 72


def said_of(right: np.ndarray, halt: np.ndarray) -> Thoughts:
    """Return thoughts about a board of one cell each, of this outcome and doubt."""
    n = len(right)
    probability = np.full((n, 1, 2), 0.5)
    probability[:, 0, 0] += 1e-9  # 0 is said
    data = Puzzles(
        given=np.zeros((n, 1), dtype=np.int64),
        solution=np.where(right, 0, 1)[:, None],
        asked=np.ones((n, 1), dtype=bool),
        band=np.zeros(n, dtype=np.int64),
        index=np.arange(n),
        seed=0,
        split="test",
    )
    return Thoughts(data=data, probability=probability, halt=halt, latent=torch.zeros(n, 1))


def test_calling_all_certain_is_the_floor_of_ece_and_the_worst_task_counts() -> None:
    rng = np.random.default_rng(0)
    figures = {}
    for task, noise in (("good", 0.1), ("bad", 3.0)):
        halt = rng.normal(3, 2, 4000)
        right = rng.random(4000) < 1 / (1 + np.exp(-halt))
        told = np.where(np.arange(4000) % 2, halt, halt + rng.normal(0, noise, 4000))
        known, asked = said_of(right[1::2], told[1::2]), said_of(right[::2], told[::2])
        made = doubting.doubt_figures(task, [known], [asked])
        assert made[f"ece_{task}"].floor == pytest.approx(1 - asked.right.mean())
        figures |= made | {
            n.replace("_", "_few_cycles_", 1)
            if n.startswith("ece")
            else n.replace("auroc_", "auroc_few_cycles_"): f
            for n, f in made.items()
        }
    worst = doubting.over_tasks(figures, ("good", "bad"))
    assert worst["ece"] == figures["ece_bad"]
    assert worst["doubt_auroc"] == figures["doubt_auroc_bad"]
    good = figures["ece_good"]
    assert (good.value or 1.0) < 0.03 < (good.floor or 0.0)


def test_the_few_cycles_are_those_after_which_many_are_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards, data = load(folder, RECIPE, "khop"), Khop().sample(0, "val", np.arange(60))
    shares = [think(boards, data, cycles=c).right.mean() for c in (1, 2, 3)]
    for wanted in shares:
        monkeypatch.setattr(doubting, "HASTY", wanted)
        found = doubting.hasty_figures("khop", boards, data, data, cycles=3)
        assert found["few_cycles_khop_exact"].value == wanted


def test_strange_boards_are_told_from_quiet_ones_by_no_clash_and_have_no_one_solution() -> None:
    puzzle = Sudoku()
    middle, easy = (
        reasoner.boards_of(puzzle, RECIPE, "test", band, 60) for band in puzzle.bands[1:]
    )
    strange = doubting.strange_boards(middle, easy)
    clash = {
        name: np.array([bool(puzzle.contradiction(given)) for given in some.given])
        for name, some in strange.items()
    }
    assert clash["far"].mean() > 0.9
    assert 0.2 < clash["near"].mean() < 0.95
    for name in ("far_quiet", "near_quiet"):
        assert not clash[name].any()
        assert len(strange[name]) >= 10
        assert all(len(solutions(given.tolist(), 2)) != 1 for given in strange[name].given)
    rows = [easy.index.tolist().index(i) for i in strange["far_quiet"].index]
    kept = (strange["far_quiet"].given > 0) <= (easy.given[rows] > 0)
    assert kept.all()  # no more is given than was


def test_what_a_clash_or_doubt_tells_is_the_floor_of_what_is_strange() -> None:
    puzzle, rng = Sudoku(), np.random.default_rng(0)
    data = puzzle.sample(0, "test", np.arange(300))
    strange = doubting.strange_boards(data.take(slice(0, 100)), data.take(slice(100, 200)))

    def thought(some: Puzzles, halt: float, shift: float) -> Thoughts:
        latent = rng.normal(0, 1, (len(some), 4))
        latent[:, 0] += shift
        return Thoughts(
            data=some,
            probability=np.full((len(some), 36, 7), 1 / 7),
            halt=rng.normal(halt, 1, len(some)),
            latent=torch.from_numpy(latent).float(),
        )

    usual, held_out = [thought(data, 3.0, 9.0)], [thought(data, 3.0, 9.0)]
    odd = {name: thought(some, -3.0, 0.0) for name, some in strange.items()}
    found = doubting.strangeness_figures(held_out, usual, odd, puzzle)
    floors = {name: found[f"ood_{name}_auroc"].floor for name in odd}
    share = np.mean([bool(puzzle.contradiction(given)) for given in strange["near"].given])
    assert floors["near"] == pytest.approx(0.5 + share / 2)  # the rest is a coin
    assert floors["far_quiet"] == floors["near_quiet"] == 0.5
    for name in odd:
        doubt = found[f"ood_{name}_auroc"]
        assert doubt.value is not None
        assert doubt.value > 0.95
        assert found[f"ood_{name}_auroc_familiarity"].floor == max(doubt.value, floors[name] or 0)


def test_what_was_trained_is_not_trained_again_and_a_resumed_run_has_the_same_weights(
    folder: Path, tmp_path: Path
) -> None:
    before = dict(Approved.open(folder).artefacts)
    train_puzzle(RECIPE, folder, "khop")
    assert dict(Approved.open(folder).artefacts) == before
    text = tomli_w.dumps(asdict(RECIPE))
    Run.create(tmp_path / "again", recipe=text, config_hash=RECIPE.hash, seed=RECIPE.seed)
    train_puzzle(RECIPE, tmp_path / "again", "khop")
    again = Approved.open(tmp_path / "again").artefacts["reasoner-khop"]
    assert again.sha256 == before["reasoner-khop"].sha256


def test_exact_counts_whole_boards_and_ends_where_thoughts_do(folder: Path) -> None:
    boards, data = load(folder, RECIPE, "sudoku6"), Sudoku().sample(0, "val", np.arange(10))
    found, thoughts = exact(boards, data, cycles=2), think(boards, data, cycles=2)
    assert found.shape == (2, 10)
    assert (found[1] == thoughts.right).all()
    assert np.allclose(thoughts.probability.sum(-1), 1)
    right = torch.from_numpy(thoughts.data.solution)
    said = boards.solve(torch.from_numpy(data.given), cycles=2)[-1].answer.argmax(-1)
    for row in range(10):
        asked = data.asked[row]
        assert found[1][row] == bool((said[row][asked] == right[row][asked]).all())
