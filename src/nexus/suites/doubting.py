"""How well a reasoner knows what it does not know: doubt, giving up, and what is strange to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64

from nexus.base.randomness import integers, key
from nexus.evaluate.calibration import reliability
from nexus.evaluate.ranking import auroc
from nexus.reason import conformal, disagreement, familiarity
from nexus.reason.boards import BoardReasoner
from nexus.reason.familiarity import Familiarity
from nexus.suites import results
from nexus.suites.results import Figure
from nexus.suites.thoughts import Thoughts, exact, think
from nexus.worlds.dice import Dice, dice
from nexus.worlds.puzzles import Puzzles, Sudoku
from nexus.worlds.puzzles.puzzle import Puzzle
from nexus.worlds.puzzles.sudoku.solver import PEERS, SIDE, solutions

ALPHA: Final = 0.1
"""Share of conformal sets that may miss."""
FALSE_ABSTENTION: Final = 0.1
"""Share of solvable boards that may be given up, by the threshold set on split val."""
HASTY: Final = 0.7
"""Share of boards that is right where calibration is measured on many that are wrong."""


def joined(thoughts: list[Thoughts]) -> tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Return the doubt about all boards, and which are right."""
    return (
        np.concatenate([t.doubt for t in thoughts]),
        np.concatenate([t.right for t in thoughts]),
    )


def boards_in(thoughts: list[Thoughts]) -> Puzzles:
    """Return the boards of several bands side by side."""
    first, parts = thoughts[0].data, ("given", "solution", "asked", "band", "index")
    return replace(
        first, **{name: np.concatenate([getattr(t.data, name) for t in thoughts]) for name in parts}
    )


def doubt_figures(
    task: str, held_out: list[Thoughts], thoughts: list[Thoughts]
) -> dict[str, Figure]:
    """Return how far doubt about whole boards is to be trusted, and how it tells wrong from right.

    The floor of ``ece`` is that of calling every answer certain.
    """
    sign, right = joined(held_out)
    map_ = disagreement.fit(torch.from_numpy(sign), torch.from_numpy(~right))
    doubt, right = joined(thoughts)
    sure = 1 - map_.probability(torch.from_numpy(doubt)).numpy()
    certain = reliability(np.ones(len(right)), right).ece
    return {
        f"ece_{task}": Figure(value=reliability(sure, right).ece, floor=certain, n=len(right)),
        f"doubt_auroc_{task}": Figure(value=auroc(doubt, ~right), floor=0.5, n=len(right))
        if 0 < right.sum() < len(right)
        else results.NOT_MEASURED,
    }


def hasty_figures(
    task: str, boards: BoardReasoner, held_out: Puzzles, some: Puzzles, *, cycles: int
) -> dict[str, Figure]:
    """Return the same where many answers are wrong: the reasoner is stopped after a few cycles.

    Of the first ``cycles`` those count after which, on ``held_out``, nearest to 7 in 10 are right.
    """
    shares = exact(boards, held_out, cycles=cycles).mean(1)
    few = 1 + int(np.abs(shares - HASTY).argmin())
    known, asked = (think(boards, each, cycles=few) for each in (held_out, some))
    return {
        f"few_cycles_{task}_exact": results.share(asked.right, floor=0.0),
        **doubt_figures(f"few_cycles_{task}", [known], [asked]),
    }


def over_tasks(figures: Mapping[str, Figure], tasks: Sequence[str]) -> dict[str, Figure]:
    """Return the worst calibration error and the worst AUROC of doubt of several tasks."""
    worst = dict[str, Figure]()
    for few in ("", "few_cycles_"):
        for name, pick in (("ece", max), ("doubt_auroc", min)):
            each = [figures[f"{name}_{few}{task}"] for task in tasks]
            known = [figure for figure in each if figure.value is not None]
            worst[f"{name}_{few}".rstrip("_")] = (
                pick(known, key=lambda figure: figure.value or 0.0)
                if known
                else results.NOT_MEASURED
            )
    return worst


def conformal_figures(held_out: list[Thoughts], thoughts: list[Thoughts]) -> dict[str, Figure]:
    """Return the coverage of conformal sets of cells."""
    sets = conformal.fit(*_one_cell(held_out), alpha=ALPHA)
    probability, label = _one_cell(thoughts)
    inside = sets.sets(probability)[np.arange(len(label)), label]
    return {
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
    held_out: list[Thoughts],
    thoughts: list[Thoughts],
    wrong: list[Thoughts],
    puzzle: Puzzle,
    untrained: BoardReasoner,
) -> dict[str, Figure]:
    """Return the share of boards without exactly one solution that are given up.

    The network alone gives up where its doubt exceeds a threshold set on split val. The system
    also asks the exact checker whether the answer is one, and the solver whether it is the only:
    ``untrained`` shows what of this is theirs, for the checker refuses whatever is no answer.
    """
    sign, _ = joined(held_out)
    limit = float(np.quantile(sign, 1 - 0.8 * FALSE_ABSTENTION))
    given_up = np.concatenate([t.doubt > limit for t in wrong])
    kept, _ = joined(thoughts)
    refused = np.concatenate([_refused(t, puzzle) for t in wrong])
    good = np.concatenate([_refused(t, puzzle) for t in thoughts])
    floors = [
        np.concatenate([_refused(think(untrained, t.data, cycles=1), puzzle) for t in some])
        for some in (wrong, thoughts)
    ]
    of_wrong, of_good = (float(floor.mean()) for floor in floors)
    return {
        "unsolvable_abstained_neural": results.share(given_up, floor=0.8 * FALSE_ABSTENTION),
        "false_abstention_neural": results.share(kept > limit),
        "unsolvable_abstained_system": results.share(refused, floor=of_wrong),
        "false_abstention_system": results.share(good, floor=of_good),
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


def strange_boards(middle: Puzzles, easy: Puzzles) -> dict[str, Puzzles]:
    """Return boards unlike any trained on: digits at random (far), boxes turned round (near).

    Transposing a board turns its 2 x 3 boxes into 3 x 2 ones; its rows and columns stay rows and
    columns. On quiet boards no two givens clash, so that no rule of thumb tells them: random digits
    are thrown cell by cell among those still free, and of turned boards those that clash are left
    out. Whatever has exactly one solution is no strange board and left out as well.
    """
    n = len(easy)
    noise = 1 + integers(key(0, "far"), np.arange(n), easy.given.shape[1], 6)
    far = replace(easy, given=np.where(easy.given > 0, noise, 0))
    turned = middle.given.reshape(n, 6, 6).transpose(0, 2, 1).reshape(n, -1)
    near = replace(middle, given=turned)
    throws = dice(key(0, "far", "quiet"), np.arange(n))
    free = [_free(given, die) for given, [die] in zip(easy.given, throws, strict=True)]
    return {
        "far": far,
        "near": near,
        "far_quiet": _quiet(replace(easy, given=np.array(free))),
        "near_quiet": _quiet(near),
    }


def _free(given: Int64[np.ndarray, " cell"], die: Dice) -> list[int]:
    """Return random digits in the cells that are given, each unlike all those it sees."""
    digits = [0] * len(given)
    for cell in die.shuffled(len(given)):
        seen = {digits[peer] for peer in PEERS[cell]}
        if given[cell] and (left := [d for d in range(1, SIDE + 1) if d not in seen]):
            digits[cell] = die.pick(left)
    return digits


def _quiet(boards: Puzzles) -> Puzzles:
    """Return those of some boards on which no givens clash, but for proper ones."""
    told = [
        not Sudoku().contradiction(given) and len(solutions(given.tolist(), 2)) != 1
        for given in boards.given
    ]
    return boards.take(np.flatnonzero(told))


def strangeness_figures(
    held_out: list[Thoughts],
    thoughts: list[Thoughts],
    strange: Mapping[str, Thoughts],
    puzzle: Puzzle,
) -> dict[str, Figure]:
    """Return how well strange boards are told from familiar ones: by doubt, and by the latents.

    Doubt is what counts: no join with what is unfamiliar about the core's latents told more. Its
    floor is to look for givens that clash. Each score of the latents stands beside it, and
    ``familiarity``, the higher of them; their floor is the better of that look and of doubt.
    """
    known = torch.cat([t.latent for t in held_out])
    half = torch.arange(len(known)) % 2 == 0
    familiar = familiarity.fit(known[half], known[~half])
    usual = _scores(thoughts, familiar, puzzle)
    figures: dict[str, Figure] = {}
    for name, some in strange.items():
        odd = _scores([some], familiar, puzzle)
        telling = {kind: _told_apart(odd[kind], usual[kind]) for kind in usual}
        clash, doubt = telling.pop("clash"), telling.pop("doubt")
        n = len(some) + sum(map(len, thoughts))
        figures[f"ood_{name}_auroc"] = Figure(value=doubt, floor=clash, n=n)
        for kind, value in telling.items():
            floor = max(clash, doubt)
            figures[f"ood_{name}_auroc_{kind}"] = Figure(value=value, floor=floor, n=n)
    return figures


def _scores(
    thoughts: list[Thoughts], familiar: Familiarity, puzzle: Puzzle
) -> dict[str, Float[np.ndarray, " n"]]:
    """Return how strange each board is by every sign there is."""
    score = familiar.score(torch.cat([t.latent for t in thoughts]))
    given = np.concatenate([t.data.given for t in thoughts])
    return {
        "clash": np.array([bool(puzzle.contradiction(board)) for board in given], dtype=float),
        "doubt": joined(thoughts)[0],
        "neighbours": score.neighbours.numpy(),
        "mahalanobis": score.mahalanobis.numpy(),
        "familiarity": torch.maximum(score.neighbours, score.mahalanobis).numpy(),
    }


def _told_apart(strange: Float[np.ndarray, " n"], usual: Float[np.ndarray, " m"]) -> float:
    """Return the area under the ROC curve; nothing is told where nothing is strange."""
    if not len(strange):
        return 0.5
    score = np.concatenate([usual, strange])
    return auroc(score, np.arange(len(score)) >= len(usual))
