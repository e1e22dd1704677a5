"""The shadow report of small reasoners: the numbers of a plain loop, and nothing is touched."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nexus.base.errors import CheckpointError, DataError
from nexus.config import ReasonerConfig, Recipe
from nexus.nn.seeding import stream
from nexus.nn.weights import from_bytes, module_bytes, to_bytes
from nexus.suites import shadow
from nexus.suites.shadow import Counts, Drift, panel, tags_of
from nexus.suites.thoughts import think
from nexus.train.parts import Parts
from nexus.worlds import puzzles
from nexus.worlds.puzzles import NAMES, Khop
from nexus.worlds.tabletop import Tabletop

RECIPE = Recipe(
    reasoner=ReasonerConfig(width=16, heads=2, cycles=1, segments=1, think=2, boards=16)
)
COUNTS = Counts(asked=30, frozen=45)


def base(task: str) -> bytes:
    boards = Parts(recipe=RECIPE, world=Tabletop(), vocabulary=1).boards(puzzles.get(task))
    return module_bytes(boards)


def noised(data: bytes, size: float = 0.5) -> bytes:
    draw = stream(0, "noised")
    return to_bytes(
        {
            name: weight + size * torch.randn(weight.shape, generator=draw)
            for name, weight in sorted(from_bytes(data, source="base").items())
        }
    )


def test_a_report_from_another_process_is_what_a_loop_counts() -> None:
    old, new = base("khop"), noised(base("khop"))
    found = shadow.shadow(old, new, RECIPE, "khop", change_id="0" * 12, counts=COUNTS)
    asked = panel(RECIPE, "khop", counts=COUNTS)
    was, now = (shadow.load(data, RECIPE, asked.puzzle) for data in (old, new))
    for name, data in (("all", asked.asked[0]), ("frozen", asked.frozen)):
        [one] = [s for s in (*found.slices, found.frozen) if s.name == name]
        for share, boards in ((one.base, was), (one.candidate, now)):
            rows = [think(boards, data.take([row]), cycles=2).right[0] for row in range(len(data))]
            assert share == pytest.approx(np.mean(rows))
    assert {"2 hops", "3 hops", "4 hops"} < {s.name for s in found.slices}
    assert (found.base, found.candidate) == tuple(map(shadow.sha256, (old, new)))
    assert found.n_broken + found.n_mended > 0
    assert {layer.name for layer in found.layers} == set(from_bytes(old, source="base"))


@pytest.mark.parametrize("task", NAMES)
def test_a_candidate_that_is_the_base_flips_nothing(task: str) -> None:
    counts, data = Counts(asked=6, frozen=9), base(task)
    asked = panel(RECIPE, task, counts=counts)
    view = shadow.view(data, RECIPE, asked)
    found = shadow.compare(
        data, data, asked, view, view, change_id="0" * 12, names=("b", "c"), began=0.0
    )
    assert (found.n_mended, found.n_broken) == (0, 0)
    assert all(s.base == s.candidate for s in (*found.slices, found.frozen))
    assert found.ece_base == found.ece_candidate
    assert all(layer.norm == 0 for layer in found.layers)


@pytest.mark.parametrize("task", NAMES)
def test_a_flip_names_a_cell_that_is_answered_differently(task: str) -> None:
    puzzle = puzzles.get(task)
    one = puzzle.sample(0, "val", np.array([5]))
    wrong = one.solution[0].copy()
    cell = int(np.flatnonzero(one.asked[0])[-1])
    wrong[cell] = (wrong[cell] + 1) % puzzle.answers
    flip = shadow.flipped(puzzle, one, one.solution[0], wrong)
    assert flip.base == flip.right != flip.candidate
    assert "val 5" in flip.example


def test_rules_a_chain_uses_are_those_that_composing_it_looks_up() -> None:
    puzzle = Khop()
    data = puzzle.sample(3, "test", np.arange(90))
    for tags, given, solution, asked in zip(
        tags_of(puzzle, data), data.given, data.solution, data.asked, strict=True
    ):
        rules = [tag.removeprefix("rule:").split("x") for tag in tags if tag.startswith("rule:")]
        for first in range(6):
            for second in range(6):
                was = int(puzzle.rules.table[first, second])
                other = puzzle.rules.changed(first, second, (was + 1) % 6)
                chain = puzzle.chain(given)
                assert puzzle.rules.compose(chain) == solution[asked][0]
                if other.compose(chain) != puzzle.rules.compose(chain):
                    assert [str(first), str(second)] in rules


def test_what_has_changed_is_left_out_and_what_was_revealed_is_a_slice() -> None:
    changed = frozenset({"rule:3x5", "rule:0x0"})
    revealed = replace(Khop().sample(9, "val", np.arange(12)), split="revealed")
    drift = Drift(revealed=revealed, changed=changed)
    asked = panel(RECIPE, "khop", drift=drift, counts=COUNTS)
    for data in (asked.asked[0], asked.frozen):
        assert not any(tags & changed for tags in tags_of(asked.puzzle, data))
    assert 0 < len(asked.asked[0]) < COUNTS.asked
    data = base("khop")
    view = shadow.view(data, RECIPE, asked)
    found = shadow.compare(
        data, data, asked, view, view, change_id="0" * 12, names=("b", "c"), began=0.0
    )
    assert next(s.n for s in found.slices if s.name == "revealed") == 12
    every = frozenset(f"rule:{a}x{b}" for a in range(6) for b in range(6))
    with pytest.raises(DataError, match="free of what is said to have changed"):
        panel(RECIPE, "khop", drift=Drift(changed=every), counts=COUNTS)


def test_the_boards_asked_about_are_none_that_are_trained_on_or_measured_by() -> None:
    asked = panel(RECIPE, "khop", counts=COUNTS)
    assert asked.asked[0].seed == asked.frozen.seed != RECIPE.seed
    assert (asked.asked[0].split, asked.frozen.split) == ("val", "test")
    assert set(asked.frozen.band.tolist()) == set(range(9))


def test_what_is_no_such_reasoner_is_refused() -> None:
    with pytest.raises(CheckpointError, match="does not fit"):
        shadow.load(base("maze"), RECIPE, Khop())
