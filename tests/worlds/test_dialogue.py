"""Longer texts are true of their scenes: trees, games that end in the right guess, chains."""

import numpy as np
from tests.worlds.tabletop.twin import members, objects_of

from nexus.logic.language import parse
from nexus.worlds.dialogue import chains, dialogues, found, provenance, trees
from nexus.worlds.tabletop import VOCABULARY, Tabletop
from nexus.worlds.tabletop.state import tables

WORLD = Tabletop()
SCENES = WORLD.scenes(0, "train", np.arange(80))


def test_trees_tell_every_object_down_to_its_attributes() -> None:
    for i, tree in enumerate(trees(SCENES)):
        world = objects_of(SCENES, i)
        assert len(tree.parts) == 1 + len(world)
        for part, o in zip(tree.parts[1:], world, strict=True):
            assert part.answer == f"{o['size']} {o['colour']} {o['shape']}"
            assert [leaf.answer for leaf in part.parts[:3]] == part.answer.split()
        assert tree.lines()[0].startswith("tell what is in the picture: ")


def test_games_narrow_down_and_end() -> None:
    for game in dialogues(SCENES):
        told = [t.text for t in game.turns if t.speaker == "answerer"]
        left = [int(text.split()[1]) for text in told if text.endswith(" left.")]
        assert left == sorted(left, reverse=True)
        assert len(set(left)) == len(left), "every question must rule something out"
        assert game.turns[-1].text == "right."
        assert game.turns[-2].text.startswith("it is the ") == (not left or left[-1] == 1)
    assert dialogues(SCENES.take([5]))[0] == dialogues(SCENES)[5]
    assert dialogues(SCENES)[5].provenance == provenance(SCENES, 5)


def test_chains_count_what_an_obvious_reading_counts() -> None:
    asked = WORLD.ask(SCENES, per_scene=3)
    for i, row in enumerate(chains(SCENES, per_scene=3)):
        world, table = objects_of(SCENES, i), tables(SCENES)[i]
        for text, question in zip(row, asked[i], strict=True):
            assert text.startswith(question.text)
            assert text.endswith(f"so {question.answer}.")
            for node in parse(question.query, VOCABULARY).walk():
                if node.op in ("objects", "filter") and "related" not in str(node):
                    if "place" in str(node):
                        continue  # the twin rightly refuses places too near a border
                    slots = [o["name"] for o in members(node, world)]
                    assert found(table, node) == sum(1 << k for k in slots)
