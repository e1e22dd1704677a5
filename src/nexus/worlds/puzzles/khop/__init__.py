"""k-hop composition: what is one tile to another, when facts in any order lead there in k steps?

A fact takes three cells: a tile, a relation, a tile. After the places for facts, sixteen unless it
is said otherwise, some blank, comes the question: a tile, the question mark, a tile. The answer
belongs to the question mark.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from nexus.base.errors import InputError
from nexus.base.randomness import key, uniform
from nexus.worlds.dice import Dice, dice
from nexus.worlds.puzzles.khop import telling
from nexus.worlds.puzzles.khop.alike import SPLITS, split_of
from nexus.worlds.puzzles.khop.alike import telling as telling_of
from nexus.worlds.puzzles.khop.rules import Rules, triangle
from nexus.worlds.puzzles.puzzle import Puzzles, band_of, board

__all__ = ["FACTS", "HOPS", "TILES", "Khop", "Rules", "small", "triangle"]

HOPS: Final = tuple(range(2, 11))
"""Steps from one tile of the question to the other, by band; only 2 to 4 are for training."""
FACTS: Final = 16
"""Most facts a puzzle has."""
TILES: Final = FACTS + 1
"""Most tiles: the facts join them into a tree. Tile ``t`` is symbol ``t``, counted from 1."""
_UNKNOWN, _HERE = -2, -1
"""What is known of a tile no fact has led to yet, and of the tile it starts from."""


class Khop:
    """The puzzle under some rules.

    The facts of a puzzle make a tree, so exactly one chain joins the tiles of the question; all
    others are distractors that branch off it. There are k to ``most`` facts, each number as likely,
    in places thrown at random, and tiles are numbered at random: only length is new at k = 10.
    No puzzle is in two splits, whatever its guise (see ``khop.alike``).
    """

    version = 2
    kinds: tuple[str, ...] = ("fact", "place")
    named = True

    def __init__(
        self,
        rules: Rules | None = None,
        tiles: Sequence[str] = (),
        *,
        most: int = FACTS,
        hops: Sequence[int] = HOPS,
        taught: int = 3,
        called: str = "khop",
    ) -> None:
        """Make the puzzle; other sizes than the usual ones ask for another name.

        Args:
            rules: what two relations come to.
            tiles: what tile 1, 2, ... is called where something is told of it.
            most: most facts a puzzle has, no fewer than hops.
            hops: steps from one tile of the question to the other, by band.
            taught: how many of the bands, from the first on, are for training.
            called: the name under the usual rules.
        """
        self.rules, self.called = rules or triangle(), called
        self.most, self.hops, self.taught = most, tuple(hops), taught
        self.top = most + 1
        """Most tiles."""
        self.tiles = tuple(tiles) or tuple(str(tile) for tile in range(1, self.top + 1))
        self.cells = 3 * most + 3
        self.asks = 3 * most + 1
        """The cell of the question mark."""
        self.bands = tuple(f"{k} hops" for k in self.hops)
        known = tuple(range(taught))
        self.splits: Mapping[str, tuple[int, ...]] = dict.fromkeys(SPLITS, known) | {
            "test": tuple(range(len(self.hops)))
        }

    def under(self, rules: Rules) -> "Khop":
        """Return the puzzle of these sizes under other rules."""
        return Khop(
            rules,
            self.tiles,
            most=self.most,
            hops=self.hops,
            taught=self.taught,
            called=self.called,
        )

    @property
    def name(self) -> str:
        """Return what it is called, and which rules if not the usual ones."""
        usual = self.rules.mark == triangle().mark
        return self.called if usual else f"{self.called}-{self.rules.mark}"

    @property
    def answers(self) -> int:
        """Return how many relations there are."""
        return len(self.rules.relations)

    @property
    def symbols(self) -> int:
        """Return how many symbols there are: blank, tiles, relations, the question mark."""
        return 1 + self.top + self.answers + 1

    def relations(self) -> Bool[np.ndarray, "kind cell cell"]:
        """Return which cells are of one fact (or the question), and which have the same place."""
        cell = np.arange(self.cells)
        return np.stack([a[:, None] == a for a in (cell // 3, cell % 3)])

    def sample(self, seed: int, split: str, index: Int64[np.ndarray, " n"]) -> Puzzles:
        """Return the puzzles of ``split`` with these indices; the boards are those of any rules."""
        band = band_of(self, split, index)
        index = np.asarray(index, dtype=np.int64).reshape(-1)
        given = np.zeros((len(index), self.cells), dtype=np.int64)
        solution, asked = np.zeros_like(given), np.zeros(given.shape, dtype=bool)
        throws = dice(key(seed, self.called, split, "board"), index)
        for i, (b, [die]) in enumerate(zip(band.tolist(), throws, strict=True)):
            chain = self._pose(given[i], self.hops[b], split, die)
            solution[i, self.asks] = self.rules.compose(chain)
        asked[:, self.asks] = True
        return Puzzles(
            given=given,
            solution=solution,
            asked=asked,
            band=band,
            index=index,
            seed=seed,
            split=split,
        )

    def _pose(self, cells: Int64[np.ndarray, " cell"], k: int, split: str, die: Dice) -> list[int]:
        """Write a puzzle of ``k`` hops into ``cells`` and return the relations of its chain."""
        chain, others = self._relations(k, die)
        while split_of(chain, others) != split:
            chain, others = self._relations(k, die)
        tile = [t + 1 for t in die.shuffled(self.top)]
        facts = [(tile[at], chain[at], tile[at + 1]) for at in range(k)]
        for new, relation in enumerate(others, k + 1):
            ends = [tile[new], tile[die.roll(new)]]
            turned = die.roll(2)
            facts.append((ends[turned], relation, ends[1 - turned]))
        for place, (a, relation, b) in zip(die.shuffled(self.most), facts, strict=False):
            cells[3 * place : 3 * place + 3] = a, 1 + self.top + relation, b
        cells[-3:] = tile[0], self.symbols - 1, tile[k]
        return chain

    def _relations(self, k: int, die: Dice) -> tuple[list[int], list[int]]:
        """Return the relations of a chain of ``k`` facts, and of the facts beside it."""
        others = die.roll(self.most - k + 1)
        return [die.roll(self.answers) for _ in range(k)], [
            die.roll(self.answers) for _ in range(others)
        ]

    def violations(
        self, given: Int64[np.ndarray, " cell"], answer: Int64[np.ndarray, " cell"]
    ) -> list[str]:
        """Return what is wrong with the answer at the question mark, and the chain that says so."""
        facts, (a, b) = self.facts(given)
        said = board(self, "answer", answer, self.answers)[self.asks]
        chains = list(_chains(facts, a, b))
        if not chains:
            return [f"no chain of facts leads from tile {self._tile(a)} to tile {self._tile(b)}"]
        name = self.rules.relations
        return [
            f"tile {self._tile(a)} is tile {self._tile(b)} {name[comes_to]!r}, not {name[said]!r}: "
            + self._told(facts, chain)
            for chain in chains
            if (comes_to := self._composed(facts, chain)) != said
        ]

    def chain(self, given: Int64[np.ndarray, " cell"]) -> list[int]:
        """Return the relations of the first chain that is asked for; none where there is none.

        Raises:
            InputError: a cell holds something that does not belong there.
        """
        facts, (a, b) = self.facts(given)
        return [facts[place][1] for place in next(_chains(facts, a, b), ())]

    def way(self, given: Int64[np.ndarray, " cell"]) -> int | None:
        """Return what the first chain from tile to tile comes to; None where there is none.

        Raises:
            InputError: a cell holds something that does not belong there.
        """
        chain = self.chain(given)
        return self.rules.compose(chain) if chain else None

    def contradiction(self, given: Int64[np.ndarray, " cell"]) -> str:
        """Return which facts contradict each other: two of one pair, or two chains that differ."""
        facts, (a, b) = self.facts(given)
        for number, (place, (x, relation, y)) in enumerate(facts.items()):
            for other, (x2, relation2, y2) in list(facts.items())[:number]:
                if (x, y) == (x2, y2) and relation != relation2:
                    pair = f"{self._tile(x)} and {self._tile(y)}"
                    return f"facts {other + 1} and {place + 1} say different of tiles {pair}"
        chains = list(_chains(facts, a, b))
        for chain in chains[1:]:
            if self._composed(facts, chain) != self._composed(facts, chains[0]):
                return "two chains differ: " + " but ".join(
                    self._told(facts, each) for each in (chains[0], chain)
                )
        return ""

    def alike(self, given: Int64[np.ndarray, " cell"]) -> str:
        """Return what is the same of all guises of a puzzle (see ``khop.alike``)."""
        facts, (a, b) = self.facts(given)
        return telling_of(facts.values(), a, b)

    def relabel(self, puzzles: Puzzles, stream: int) -> Puzzles:
        """Return the puzzles with tiles renumbered and facts in other places, answers with them."""
        n = len(puzzles)
        rows = np.arange(n)[:, None]
        renamed = np.tile(np.arange(self.symbols), (n, 1))
        renamed[:, 1 : self.top + 1] = 1 + np.argsort(
            uniform(key(stream, "tiles"), puzzles.index, self.top), axis=1
        )
        order = np.argsort(uniform(key(stream, "places"), puzzles.index, self.most), axis=1)
        cells = 3 * order[:, :, None] + np.arange(3)
        cells = np.concatenate(
            [cells.reshape(n, -1), np.tile(np.arange(self.asks - 1, self.asks + 2), (n, 1))], axis=1
        )
        return replace(
            puzzles,
            given=renamed[rows, puzzles.given][rows, cells],
            solution=puzzles.solution[rows, cells],
            asked=puzzles.asked[rows, cells],
        )

    def explained(self, puzzles: Puzzles) -> Puzzles:
        """Return the puzzles with every tile asked that at most four facts lead to from the first.

        What the first tile is to it is the answer of its cell in the fact that leads there.
        """
        first, relation, second = (puzzles.given[:, part:-3:3] for part in range(3))
        n, relation = len(puzzles), np.maximum(relation - 1 - self.top, 0)
        rows, known = np.arange(n)[:, None], np.full((n, self.symbols), _UNKNOWN)
        known[rows[:, 0], puzzles.given[:, -3]] = _HERE
        step = np.full(first.shape, _UNKNOWN)
        for _ in range(self.hops[self.taught - 1]):
            before = known[rows, first]
            after = np.where(before >= 0, self.rules.table[before, relation], relation)
            new = (before != _UNKNOWN) & (known[rows, second] == _UNKNOWN) & (first > 0)
            step = np.where(new, after, step)
            known[np.nonzero(new)[0], second[new]] = after[new]
        solution, asked = puzzles.solution.copy(), puzzles.asked.copy()
        told = step != _UNKNOWN
        solution[:, 2:-3:3][told], asked[:, 2:-3:3][told] = step[told], True
        return replace(puzzles, solution=solution, asked=asked)

    def answered(self, puzzles: Puzzles) -> Puzzles:
        """Return the puzzles with the answers they have under these rules, whoever made them."""
        solution = puzzles.solution.copy()
        for row, given in zip(solution, puzzles.given, strict=True):
            row[self.asks] = self.rules.compose(self.chain(given))
        return replace(puzzles, solution=solution)

    def tags(self, puzzles: Puzzles) -> list[frozenset[str]]:
        """Return what each puzzle is about: its hops, and the rules its chain goes through.

        ``rule:3x5`` says that relation 5 is composed after something that came to 3. These are read
        off what is given, under these rules; under others they hold up to the first rule changed.
        """
        chains = [self.chain(given) for given in puzzles.given]
        return [
            frozenset({f"hops:{len(c)}", *(f"rule:{a}x{b}" for a, b in self.rules.used(c))})
            for c in chains
        ]

    def describe(self, puzzles: Puzzles) -> list[str]:
        """Return each puzzle as text: its facts, blank places left out, and its question."""
        throws = dice(key(puzzles.seed, self.called, puzzles.split, "telling"), puzzles.index)
        texts = list[str]()
        for given, [die] in zip(puzzles.given, throws, strict=True):
            name = ["", *telling.names(self.top, die)]
            facts, (a, b) = self.facts(given)
            told = [
                telling.fact(name[x], name[y], self.rules.relations[r], die)
                for x, r, y in facts.values()
            ]
            texts.append(" ".join([*told, telling.question(name[a], name[b], die)]))
        return texts

    def words(self) -> frozenset[str]:
        """Return every lower-case word ``describe`` can use."""
        return telling.words(self.rules.relations)

    def facts(
        self, given: Int64[np.ndarray, " cell"]
    ) -> tuple[dict[int, tuple[int, int, int]], tuple[int, int]]:
        """Return the facts by place, and the tiles of the question.

        Raises:
            InputError: a cell holds something that does not belong there.
        """
        cells = board(self, "board", given, self.symbols)
        tiles = range(1, self.top + 1)
        relations = range(self.top + 1, self.symbols - 1)
        facts = dict[int, tuple[int, int, int]]()
        for place in range(self.most):
            a, relation, b = cells[3 * place : 3 * place + 3]
            if a in tiles and relation in relations and b in tiles:
                facts[place] = (a, relation - relations.start, b)
            elif a or relation or b:
                raise InputError(
                    f"fact {place + 1} reads {a} {relation} {b}",
                    hint=f"a tile (1 to {self.top}), a relation ({relations.start} to "
                    f"{relations.stop - 1}), a tile; or three times 0",
                )
        a, mark, b = cells[-3:]
        if a not in tiles or b not in tiles or mark != self.symbols - 1:
            raise InputError(
                f"the question reads {a} {mark} {b}",
                hint=f"a tile (1 to {self.top}), {self.symbols - 1}, a tile",
            )
        return facts, (a, b)

    def _composed(self, facts: Mapping[int, tuple[int, int, int]], chain: Sequence[int]) -> int:
        return self.rules.compose([facts[place][1] for place in chain])

    def _told(self, facts: Mapping[int, tuple[int, int, int]], chain: Sequence[int]) -> str:
        """Return a chain in words, step by step."""
        return ", ".join(self.told(*facts[place]) for place in chain)

    def told(self, a: int, relation: int, b: int) -> str:
        """Return a fact in words: tile ``a`` is tile ``b`` under this relation."""
        return f"{self._tile(a)} is {self._tile(b)} {self.rules.relations[relation]}"

    def _tile(self, tile: int) -> str:
        return self.tiles[tile - 1]


def small() -> Khop:
    """Return a puzzle of 2 or 3 hops in at most 4 facts: a core learns it in seconds."""
    return Khop(most=4, hops=(2, 3), taught=2, called="khop-small")


def _chains(
    facts: Mapping[int, tuple[int, int, int]], a: int, b: int, seen: tuple[int, ...] = ()
) -> Iterator[tuple[int, ...]]:
    """Yield the places of the facts of every chain from ``a`` to ``b`` that meets no tile twice."""
    for place, (x, _, y) in facts.items():
        if x != a or y in (*seen, a):
            continue
        if y == b:
            yield (place,)
        else:
            yield from ((place, *rest) for rest in _chains(facts, y, b, (*seen, a)))
