"""Suite "reasoner": puzzles with one right answer, doubt that knows itself, and what is strange.

Every board is one no training board is a guise of. Whole boards count: one wrong cell is wrong.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Bool, Float

from nexus.base.randomness import integers, key
from nexus.config import Recipe
from nexus.evaluate.calibration import paired_bootstrap, reliability
from nexus.evaluate.ranking import auroc
from nexus.nn.weights import module_bytes
from nexus.reason import conformal, disagreement, familiarity
from nexus.reason.boards import BoardReasoner
from nexus.suites import results
from nexus.suites.results import Figure
from nexus.suites.rival_khop import rival_khop
from nexus.suites.rivals import likeliest, solved
from nexus.suites.spoilt import spoilt
from nexus.suites.thoughts import Thoughts, exact, load, think
from nexus.train.adapt import fast_adapt
from nexus.worlds.puzzles import Khop, Maze, Puzzles, Sudoku, of_band
from nexus.worlds.puzzles.puzzle import Puzzle
from nexus.worlds.puzzles.sudoku import odd
from nexus.worlds.puzzles.sudoku.solver import solutions

EACH: Final = 1000
"""Boards a band."""
ALPHA: Final = 0.1
"""Share of conformal sets that may miss."""
EXAMPLES: Final = 200
"""Boards a new way to answer is learned from."""
FALSE_ABSTENTION: Final = 0.1
"""Share of solvable boards that may be given up, by the threshold set on split val."""


def evaluate(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """Measure, store and return the suite's result for the reasoners trained in ``folder``."""
    began = time.process_time()
    figures = sudoku_figures(folder, recipe) | khop_figures(folder, recipe)
    figures |= maze_figures(folder, recipe)
    found = results.result("reasoner", figures, recipe, cpu_s=time.process_time() - began)
    results.store(folder, found)
    return found


def boards_of(puzzle: Puzzle, recipe: Recipe, split: str, band: str, count: int) -> Puzzles:
    """Return boards of one band of a split."""
    return puzzle.sample(recipe.seed, split, of_band(puzzle, split, band, count))


def sudoku_figures(folder: Path, recipe: Recipe) -> dict[str, Figure]:
    """Return how many boards are solved, band by band, and how well doubt is founded."""
    puzzle, cycles = Sudoku(), recipe.reasoner.think
    boards = load(folder, recipe, puzzle.name)
    hard, middle, easy = (boards_of(puzzle, recipe, "test", band, EACH) for band in puzzle.bands)
    thoughts = [think(boards, some, cycles=cycles) for some in (hard, middle, easy)]
    figures = {
        "sudoku6_exact": results.share(thoughts[2].right, floor=0.0),
        "sudoku6_middle_exact": results.share(thoughts[1].right, floor=0.0),
        "sudoku6_hard_exact": results.share(thoughts[0].right, floor=0.0),
    }
    loops = exact(boards, hard, cycles=2 * cycles)
    for cycle in (1, cycles // 2, 2 * cycles):
        figures[f"sudoku6_hard_exact_{cycle}_cycles"] = results.share(loops[cycle - 1])
    index = np.arange(EACH)
    one_blank = odd.one_blank(recipe.seed, "test", index).puzzles
    figures["one_blank_exact"] = results.share(
        think(boards, one_blank, cycles=cycles).right, floor=1 / 6
    )
    kept = replace(easy, given=easy.solution, asked=np.ones_like(easy.asked))
    figures["solution_kept"] = results.share(think(boards, kept, cycles=cycles).right)
    figures |= adaptation_figures(boards, puzzle, recipe, easy)
    for part in ("symbol", "working", "core"):
        with spoilt(boards, part, seed=recipe.seed):
            noisy = think(boards, easy, cycles=cycles).right
        figures[f"sudoku6_exact_noisy_{part}"] = results.share(noisy, floor=0.0)
    held_out = [
        think(boards, boards_of(puzzle, recipe, "val", band, EACH), cycles=cycles)
        for band in puzzle.bands
    ]
    figures |= doubt_figures(held_out, thoughts)
    figures |= abstention_figures(
        held_out,
        thoughts,
        [
            think(boards, make(recipe.seed, "test", index).puzzles, cycles=cycles)
            for make in (odd.clashing, odd.dead_end, odd.ambiguous)
        ],
        puzzle,
    )
    return figures | strangeness_figures(
        held_out,
        thoughts,
        [think(boards, some, cycles=cycles) for some in strange_boards(middle, easy)],
    )


def adaptation_figures(
    boards: BoardReasoner, puzzle: Puzzle, recipe: Recipe, easy: Puzzles
) -> dict[str, Figure]:
    """Return how many boards are answered in other digits after 200 examples of them.

    Working memory alone learns; ``floor`` is without it. What is usual is then solved as before.
    """
    shown = boards_of(puzzle, recipe, "train", puzzle.bands[-1], EXAMPLES)
    cycles, before = recipe.reasoner.think, module_bytes(boards)
    usual = exact(boards, easy, cycles=cycles)[-1]
    began = time.process_time()
    task = fast_adapt(boards, _renamed(shown), seed=recipe.seed)
    spent = time.process_time() - began
    untold = exact(boards, _renamed(easy), cycles=cycles)[-1]
    told = exact(boards, _renamed(easy), cycles=cycles, task=task)[-1]
    again = exact(boards, easy, cycles=cycles)[-1]
    same = module_bytes(boards) == before and np.array_equal(usual, again)
    return {
        "adapted_exact": results.share(told, floor=float(untold.mean())),
        "adapted_cpu_s": Figure(value=spent, n=EXAMPLES),
        "adapted_restored": Figure(value=float(same), n=len(easy)),
    }


def _renamed(boards: Puzzles) -> Puzzles:
    """Return boards whose answers are each the next digit, and 1 for 6; givens stay."""
    return replace(boards, solution=boards.solution % 6 + 1)


def joined(thoughts: list[Thoughts]) -> tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Return the doubt about all boards, and which are right."""
    return (
        np.concatenate([t.doubt for t in thoughts]),
        np.concatenate([t.right for t in thoughts]),
    )


def doubt_figures(held_out: list[Thoughts], thoughts: list[Thoughts]) -> dict[str, Figure]:
    """Return the calibration error of whole boards, and the coverage of conformal sets of cells."""
    sign, right = joined(held_out)
    map_ = disagreement.fit(torch.from_numpy(sign), torch.from_numpy(~right))
    doubt, right = joined(thoughts)
    sure = 1 - map_.probability(torch.from_numpy(doubt)).numpy()
    sets = conformal.fit(*_one_cell(held_out), alpha=ALPHA)
    probability, label = _one_cell(thoughts)
    inside = sets.sets(probability)[np.arange(len(label)), label]
    return {
        "ece": Figure(
            value=reliability(sure, right).ece, floor=float(1 - right.mean()), n=len(right)
        ),
        "doubt_auroc": Figure(value=auroc(doubt, ~right), floor=0.5, n=len(right))
        if 0 < right.sum() < len(right)
        else results.NOT_MEASURED,
        "conformal_coverage": results.share(inside),
        "conformal_coverage_error": Figure(
            value=abs(float(inside.mean()) - (1 - ALPHA)), n=len(inside)
        ),
    }


def _one_cell(
    thoughts: list[Thoughts],
) -> tuple[Float[np.ndarray, "n answer"], Any]:
    """Return what is said of one asked cell a board, drawn at random, and its right answer.

    Cells of one board stand or fall together; one of each keeps rows exchangeable.
    """
    rows: list[np.ndarray] = []
    labels: list[int] = []
    for some in thoughts:
        draws = integers(key(0, "one cell"), np.arange(len(some)), 1, 1 << 30)[:, 0]
        for row, draw in enumerate(draws.tolist()):
            asked = np.flatnonzero(some.data.asked[row])
            cell = asked[draw % len(asked)]
            rows.append(some.probability[row, cell])
            labels.append(int(some.data.solution[row, cell]))
    return np.array(rows), np.array(labels)


def abstention_figures(
    held_out: list[Thoughts], thoughts: list[Thoughts], wrong: list[Thoughts], puzzle: Puzzle
) -> dict[str, Figure]:
    """Return the share of boards without exactly one solution that are given up.

    The network alone gives up where its doubt exceeds a threshold set on split val. The system
    also asks the exact checker whether the answer is one, and the solver whether it is the only.
    """
    sign, _ = joined(held_out)
    limit = float(np.quantile(sign, 1 - 0.8 * FALSE_ABSTENTION))
    given_up = np.concatenate([t.doubt > limit for t in wrong])
    kept, _ = joined(thoughts)
    refused = np.concatenate([_refused(t, puzzle) for t in wrong])
    good = np.concatenate([_refused(t, puzzle) for t in thoughts])
    return {
        "unsolvable_abstained_neural": results.share(given_up, floor=0.8 * FALSE_ABSTENTION),
        "false_abstention_neural": results.share(kept > limit),
        "unsolvable_abstained_system": results.share(refused),
        "false_abstention_system": results.share(good),
    }


def _refused(thoughts: Thoughts, puzzle: Puzzle) -> Bool[np.ndarray, " board"]:
    """Return which answers the checker finds wrong, or the solver not to be the only ones."""
    said = np.where(thoughts.data.given > 0, thoughts.data.given, thoughts.answer)
    return np.array(
        [
            bool(puzzle.violations(given, answer)) or len(solutions(given.tolist(), 2)) > 1
            for given, answer in zip(thoughts.data.given, said, strict=True)
        ]
    )


def strange_boards(middle: Puzzles, easy: Puzzles) -> tuple[Puzzles, Puzzles]:
    """Return boards unlike any trained on: digits at random (far), boxes turned round (near).

    Transposing a board turns its 2 x 3 boxes into 3 x 2 ones; its rows and columns stay rows and
    columns.
    """
    n = len(easy)
    noise = 1 + integers(key(0, "far"), np.arange(n), easy.given.shape[1], 6)
    far = replace(easy, given=np.where(easy.given > 0, noise, 0))
    turned = middle.given.reshape(n, 6, 6).transpose(0, 2, 1).reshape(n, -1)
    return far, replace(middle, given=turned)


def strangeness_figures(
    held_out: list[Thoughts], thoughts: list[Thoughts], strange: list[Thoughts]
) -> dict[str, Figure]:
    """Return how well strange boards are told from familiar ones by the core's latents.

    Both scores have the same unit, and the higher one counts: either may see what is strange.
    """
    known = torch.cat([t.latent for t in held_out])
    half = torch.arange(len(known)) % 2 == 0
    familiar = familiarity.fit(known[half], known[~half])
    usual = familiar.score(torch.cat([t.latent for t in thoughts]))
    figures: dict[str, Figure] = {}
    for name, some in zip(("far", "near"), strange, strict=True):
        other = familiar.score(some.latent)
        kinds = {
            "neighbours": (usual.neighbours, other.neighbours),
            "mahalanobis": (usual.mahalanobis, other.mahalanobis),
        }
        either = [torch.maximum(*(pair[side] for pair in kinds.values())) for side in (0, 1)]
        for kind, pair in {**kinds, "": tuple(either)}.items():
            score = torch.cat(list(pair)).numpy()
            positive = np.arange(len(score)) >= len(pair[0])
            figures[f"ood_{name}_auroc{'_' * bool(kind)}{kind}"] = Figure(
                value=auroc(score, positive), floor=0.5, n=len(score)
            )
    return figures


def khop_figures(folder: Path, recipe: Recipe) -> dict[str, Figure]:
    """Return the share of chains composed right, for each number of steps.

    At the longest, also by how much it exceeds that of a transformer (see ``rival_khop``).
    """
    puzzle = Khop()
    boards, rival = load(folder, recipe, puzzle.name), rival_khop(recipe, folder)
    figures: dict[str, Figure] = {}
    for k, band in enumerate(puzzle.bands, 2):
        some = boards_of(puzzle, recipe, "test", band, EACH)
        right = think(boards, some, cycles=recipe.reasoner.think).right
        figures[f"khop{k}_accuracy"] = results.share(right, floor=1 / puzzle.answers)
        if band == puzzle.bands[-1]:
            other = solved(likeliest(rival), some)
            margin = paired_bootstrap(right.astype(float), other.astype(float))
            figures[f"khop{k}_over_transformer"] = Figure.of(margin, n=len(some), floor=0.0)
    return figures


def maze_figures(folder: Path, recipe: Recipe) -> dict[str, Figure]:
    """Return the share of mazes whose shortest way is marked exactly, and by length."""
    puzzle = Maze()
    boards = load(folder, recipe, puzzle.name)
    right: list[np.ndarray] = []
    figures: dict[str, Figure] = {}
    for name, band in zip(("short", "middle", "long"), puzzle.bands, strict=True):
        some = boards_of(puzzle, recipe, "test", band, EACH // 2)
        right.append(think(boards, some, cycles=recipe.reasoner.think).right)
        figures[f"maze_{name}_exact"] = results.share(right[-1], floor=0.0)
    return figures | {"maze_exact": results.share(np.concatenate(right), floor=0.0)}
