"""Blocks stack lawfully, are told truly, and are asked about without a lean to yes or no."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from nexus.base.errors import LanguageError
from nexus.logic.language import parse
from nexus.worlds.blocks import Blocks, Stacks
from nexus.worlds.protocol import Acted, Asked, Known, Seen, Told, World
from nexus.worlds.tabletop.language import split_words

WORLD = Blocks()
SCENES = WORLD.scenes(0, "train", np.arange(200))


def piles(scenes: Stacks, i: int) -> list[list[int]]:
    """The stacks as lists of blocks from the table upwards; fails where one floats."""
    found = []
    for column in range(5):
        pile = sorted(
            (int(scenes.level[i, k]), k)
            for k in range(scenes.count[i])
            if scenes.column[i, k] == column
        )
        assert [level for level, _ in pile] == list(range(len(pile))), "a block floats"
        found.append([k for _, k in pile])
    return found


def test_scenes_are_lawful_and_depend_on_their_index_alone() -> None:
    for i in range(len(SCENES)):
        piles(SCENES, i)
        assert len(set(SCENES.colour[i, : SCENES.count[i]])) == SCENES.count[i]
    alone = WORLD.scenes(0, "train", np.array([7]))
    assert (alone.level[0] == SCENES.level[7]).all()
    assert WORLD.describe(alone)[0] == WORLD.describe(SCENES)[7]
    assert WORLD.ask(alone, per_scene=3)[0] == WORLD.ask(SCENES, per_scene=3)[7]
    assert (WORLD.render(alone, side=64)[0] == WORLD.render(SCENES, side=64)[7]).all()


def test_actions_do_what_moving_lists_about_does() -> None:
    actions = [row[0] for row in WORLD.actions(SCENES, per_scene=1)]
    after = WORLD.step(SCENES, actions)
    for i, action in enumerate(actions):
        expected = piles(SCENES, i)
        verb, *names = action.split()
        k = int(names[0][1:]) - 1
        next(p for p in expected if k in p).remove(k)
        if verb == "stack":
            on = int(names[1][1:]) - 1
            next(p for p in expected if on in p).append(k)
        else:
            olds = zip(expected, piles(SCENES, i), strict=True)
            next(p for p, old in olds if not old).append(k)
        assert piles(after, i) == expected


@pytest.mark.parametrize("action", ["", "stack b1", "stack b1 b1", "unstack b9", "push b1 left"])
def test_impossible_actions_are_refused(action: str) -> None:
    with pytest.raises(LanguageError):
        WORLD.step(SCENES.take([0]), [action])


def test_a_covered_block_stays() -> None:
    i = next(i for i in range(200) if SCENES.level[i].max() > 0)
    low = next(p for p in piles(SCENES, i) if len(p) > 1)[0]
    with pytest.raises(LanguageError, match="lies on"):
        WORLD.step(SCENES.take([i]), [f"unstack b{low + 1}"])


def test_questions_are_well_formed_true_and_balanced() -> None:
    counts: Counter[str] = Counter()
    for i, row in enumerate(WORLD.ask(SCENES, per_scene=6)):
        stacks = piles(SCENES, i)
        colours = [WORLD.vocabulary.attributes["colour"][c] for c in SCENES.colour[i]]
        for q in row:
            assert str(parse(q.query, WORLD.vocabulary)) == q.query
            assert q.answer in WORLD.answers
            assert set(split_words(" ".join((q.text, *q.steps)))) <= WORLD.words()
            counts[q.answer] += 1
            if q.query.startswith("holds on "):
                first, second = (colours.index(q.query.split()[at]) for at in (4, 8))
                true = any((second, first) in pairwise(p) for p in stacks)
                assert q.answer == ("yes" if true else "no")
    assert abs(counts["yes"] / (counts["yes"] + counts["no"]) - 0.5) < 0.06


def test_the_world_declares_every_capability() -> None:
    for capability in (World, Seen, Told, Asked, Known, Acted):
        assert isinstance(WORLD, capability)
