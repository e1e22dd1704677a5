"""Which k-hop puzzles are one puzzle: the same but for the numbers of tiles and the order of facts.

Facts that make a tree are told from the first tile of the question on: a tree has one such telling
(Aho, Hopcroft and Ullman, 1974, example 3.2). Others, and facts out of reach, are one puzzle only
where they are the same as they stand.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

from nexus.worlds.dice import Dice

SPLITS: Final = ("train", "val", "test")
Fact = tuple[int, int, int]
"""A tile, a relation, a tile."""


def telling(facts: Iterable[Fact], a: int, b: int) -> str:
    """Return what tells this puzzle, which asks what ``a`` is to ``b``, from others."""
    left, edges = sorted(set(facts)), dict[int, list[tuple[int, str]]]()
    for x, relation, y in left:
        edges.setdefault(x, []).append((y, f">{relation}"))
        edges.setdefault(y, []).append((x, f"<{relation}"))
    seen = {a}

    def told(tile: int) -> str:
        branches = list[str]()
        for other, how in edges.get(tile, []):
            if other not in seen:
                seen.add(other)
                branches.append(how + told(other))
        return "(" + "?" * (tile == b) + "".join(sorted(branches)) + ")"

    words = told(a)
    tree = len(left) == len(seen) - 1 and set(edges) <= seen
    return words if tree else f"{left} {a} {b}"


def split_of(chain: Sequence[int], others: Sequence[int]) -> str:
    """Return the one split whose puzzles have these relations: a third of all are in each.

    Those of the chain count in their order, those of the other facts in none. So all guises of a
    puzzle are in one split, and with them all that hang the same distractors elsewhere.
    """
    return SPLITS[Dice(crc32(bytes([len(chain), *chain, *sorted(others)]))).roll(len(SPLITS))]
