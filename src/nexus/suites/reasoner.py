"""Suite "reasoner": puzzles with one right answer, doubt that knows itself, and what is strange.

Every board is one no training board is a guise of. Whole boards count: one wrong cell is wrong.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from nexus.config import Recipe
from nexus.evaluate.calibration import paired_bootstrap
from nexus.nn.seeding import seeded
from nexus.nn.weights import module_bytes
from nexus.reason.boards import BoardReasoner
from nexus.suites import doubting, results
from nexus.suites.results import Figure
from nexus.suites.rival_khop import rival_khop
from nexus.suites.rivals import likeliest, solved
from nexus.suites.spoilt import spoilt
from nexus.suites.thoughts import Thoughts, exact, load, think
from nexus.train.adapt import fast_adapt
from nexus.train.parts import Parts
from nexus.worlds import puzzles
from nexus.worlds.puzzles import Khop, Maze, Puzzles, Sudoku, of_band
from nexus.worlds.puzzles.puzzle import Puzzle
from nexus.worlds.puzzles.sudoku import odd
from nexus.worlds.tabletop import Tabletop

EACH: Final = 1000
"""Boards a band."""
EXAMPLES: Final = 200
"""Boards a new way to answer is learned from."""
HELD_OUT: Final = 500
"""Boards a band of split val by which doubt of k-hop and mazes is put in units."""
FEW: Final = 4
"""Calibration where many answers are wrong is measured within this part of the usual cycles."""


def evaluate(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """Measure, store and return the suite's result for the reasoners trained in ``folder``."""
    began = time.process_time()
    figures = sudoku_figures(folder, recipe) | khop_figures(folder, recipe)
    figures |= maze_figures(folder, recipe)
    figures |= doubting.over_tasks(figures, puzzles.NAMES)
    found = results.result(
        "reasoner",
        figures,
        recipe,
        cpu_s=time.process_time() - began,
        transformer=rival_khop(recipe, folder).name,
    )
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
    figures |= doubting.conformal_figures(held_out, thoughts)
    figures |= _doubt_figures(boards, puzzle, recipe, held_out, thoughts)
    with seeded(recipe.seed, "untrained"):
        untrained = Parts(recipe=recipe, world=Tabletop(), vocabulary=1).boards(puzzle).eval()
    figures |= doubting.abstention_figures(
        held_out,
        thoughts,
        [
            think(boards, make(recipe.seed, "test", index).puzzles, cycles=cycles)
            for make in (odd.clashing, odd.dead_end, odd.ambiguous)
        ],
        puzzle,
        untrained,
    )
    return figures | doubting.strangeness_figures(
        held_out,
        thoughts,
        {
            name: think(boards, some, cycles=cycles)
            for name, some in doubting.strange_boards(middle, easy).items()
        },
        puzzle,
    )


def _doubt_figures(
    boards: BoardReasoner,
    puzzle: Puzzle,
    recipe: Recipe,
    held_out: list[Thoughts],
    thoughts: list[Thoughts],
) -> dict[str, Figure]:
    """Return how far doubt is to be trusted: as it thinks, and stopped after a few cycles.

    Then only bands of which there are held-out boards are asked.
    """
    known = len(held_out)
    hasty = doubting.hasty_figures(
        puzzle.name,
        boards,
        doubting.boards_in(held_out),
        doubting.boards_in(thoughts[:known]),
        cycles=max(1, recipe.reasoner.think // FEW),
    )
    return doubting.doubt_figures(puzzle.name, held_out, thoughts) | hasty


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


def _held_out(boards: BoardReasoner, puzzle: Puzzle, recipe: Recipe) -> list[Thoughts]:
    """Return thoughts about boards of split val, band by band."""
    return [
        think(
            boards,
            boards_of(puzzle, recipe, "val", puzzle.bands[band], min(EACH, HELD_OUT)),
            cycles=recipe.reasoner.think,
        )
        for band in puzzle.splits["val"]
    ]


def khop_figures(folder: Path, recipe: Recipe) -> dict[str, Figure]:
    """Return the share of chains composed right, for each number of steps, and what doubt is worth.

    Beside it that of a transformer (see ``rival_khop``); at the longest, also by how much it is
    exceeded.
    """
    puzzle = Khop()
    boards, rival = load(folder, recipe, puzzle.name), rival_khop(recipe, folder)
    figures: dict[str, Figure] = {}
    thoughts: list[Thoughts] = []
    for k, band in enumerate(puzzle.bands, 2):
        some = boards_of(puzzle, recipe, "test", band, EACH)
        thoughts.append(think(boards, some, cycles=recipe.reasoner.think))
        right = thoughts[-1].right
        figures[f"khop{k}_accuracy"] = results.share(right, floor=1 / puzzle.answers)
        other = solved(likeliest(rival.net), some)
        figures[f"khop{k}_transformer_accuracy"] = results.share(other, floor=1 / puzzle.answers)
        if band == puzzle.bands[-1]:
            margin = paired_bootstrap(right.astype(float), other.astype(float))
            figures[f"khop{k}_over_transformer"] = Figure.of(margin, n=len(some), floor=0.0)
    held_out = _held_out(boards, puzzle, recipe)
    return figures | _doubt_figures(boards, puzzle, recipe, held_out, thoughts)


def maze_figures(folder: Path, recipe: Recipe) -> dict[str, Figure]:
    """Return the share of mazes whose shortest way is marked exactly, by length, and of doubt."""
    puzzle = Maze()
    boards = load(folder, recipe, puzzle.name)
    thoughts: list[Thoughts] = []
    figures: dict[str, Figure] = {}
    for name, band in zip(("short", "middle", "long"), puzzle.bands, strict=True):
        some = boards_of(puzzle, recipe, "test", band, EACH // 2)
        thoughts.append(think(boards, some, cycles=recipe.reasoner.think))
        figures[f"maze_{name}_exact"] = results.share(thoughts[-1].right, floor=0.0)
    right = np.concatenate([t.right for t in thoughts])
    held_out = _held_out(boards, puzzle, recipe)
    figures |= _doubt_figures(boards, puzzle, recipe, held_out, thoughts)
    return figures | {"maze_exact": results.share(right, floor=0.0)}
