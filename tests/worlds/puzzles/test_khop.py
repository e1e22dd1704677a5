"""Chains compose as turning paper triangles does, and no shortcut comes near the answer."""

import re
from collections import Counter, defaultdict
from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from nexus.base.errors import ConfigError, InputError
from nexus.base.randomness import key
from nexus.worlds.puzzles import get, of_band
from nexus.worlds.puzzles.khop import FACTS, HOPS, TILES, Khop, Rules, small, telling, triangle
from nexus.worlds.puzzles.khop.alike import split_of

KHOP = Khop()
BANDS = ("2 hops", "3 hops")
PUZZLES = KHOP.sample(0, "test", np.arange(90))
ASK = 3 * FACTS + 1


def turned(corners: str, how: str) -> str:
    """A triangle of paper, corners named as one reads round, after each act in turn."""
    for act in how.split(" then "):
        one, two, three = corners
        corners = {
            "unchanged": corners,
            "turned left": two + three + one,
            "turned right": three + one + two,
            "flipped": one + three + two,
        }[act]
    return corners


def solve_slowly(text: str) -> str:
    """Read the text and turn paper: no token, no table."""
    how = "|".join(sorted(triangle().relations, key=len, reverse=True))

    def pattern(template: str) -> str:
        filled = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        return filled.format(a=r"(?P<a>\w+)", b=r"(?P<b>\w+)", how=f"(?P<how>{how})")

    *facts, question = re.findall(r"[^.?]+[.?]", text)
    known = defaultdict[str, list[tuple[str, str]]](list)
    for sentence in facts:
        [fact] = [m for t in telling.FACTS if (m := re.fullmatch(pattern(t), sentence.strip()))]
        known[fact["b"]].append((fact["a"], fact["how"]))
    [asked] = [m for t in telling.QUESTIONS if (m := re.fullmatch(pattern(t), question.strip()))]
    seen, front = {asked["b"]: "abc"}, [asked["b"]]
    for tile in front:
        for other, act in known[tile]:
            if other not in seen:
                seen[other] = turned(seen[tile], act)
                front.append(other)
    [answer] = [h for h in triangle().relations if turned("abc", h) == seen[asked["a"]]]
    return answer


def test_the_text_alone_gives_the_answer() -> None:
    for text, answer in zip(KHOP.describe(PUZZLES), PUZZLES.solution[:, ASK], strict=True):
        assert solve_slowly(text) == triangle().relations[answer]
        assert set(re.findall(r"[a-z]+", text.lower())) <= KHOP.words()


def test_the_rules_are_a_group_that_does_not_commute() -> None:
    table = triangle().table
    for a, b, c in product(range(6), repeat=3):
        assert table[table[a, b], c] == table[a, table[b, c]]
    for line in (*table, *table.T):
        assert sorted(line) == list(range(6))
    assert (table != table.T).any()


def test_a_board_is_a_tree_of_facts_with_random_numbers_and_places() -> None:
    for given, band in zip(PUZZLES.given, PUZZLES.band.tolist(), strict=True):
        facts = given[:-3].reshape(FACTS, 3)
        facts = facts[facts[:, 0] > 0]
        tiles = set(facts[:, [0, 2]].reshape(-1).tolist())
        assert HOPS[band] <= len(facts) <= FACTS
        assert len(tiles) == len(facts) + 1
        joined = {given[-1].item()}  # as many facts as tiles less one and connected: a tree
        for _ in facts:
            joined |= {t for a, _, b in facts.tolist() if {a, b} & joined for t in (a, b)}
        assert joined == tiles
    many = KHOP.sample(0, "train", np.arange(300)).given
    for cells, symbols in (([*range(0, 48, 3), 48], 1 + TILES), (range(1, 48, 3), 7)):
        for cell in cells:  # nothing is seen only at test time
            assert len(set(many[:, cell].tolist())) >= symbols - (cell == 48)


@pytest.mark.parametrize("way", [1, -1])
def test_whoever_follows_the_first_fact_at_every_tile_often_goes_astray(way: int) -> None:
    puzzles = KHOP.sample(0, "test", of_band(KHOP, "test", "4 hops", 300))
    arrived = 0
    for given in puzzles.given:
        first = dict[int, int]()
        for a, _, b in (fact[::way] for fact in given[:-3].reshape(FACTS, 3).tolist()):
            first.setdefault(a, b)
        at, goal = given[[-3, -1]].tolist()[::way]
        while at != goal and first.get(at):
            at = first[at]
        arrived += at == goal
    assert arrived < 0.6 * len(puzzles)


def test_train_has_short_chains_only_and_the_test_all() -> None:
    assert set(KHOP.sample(0, "train", np.arange(9)).band.tolist()) == {0, 1, 2}
    assert set(PUZZLES.band.tolist()) == set(range(len(HOPS)))


@pytest.mark.parametrize("k", [2, 4, 10])
def test_answers_are_balanced(k: int) -> None:
    puzzles = KHOP.sample(0, "test", of_band(KHOP, "test", f"{k} hops", 1200))
    share = np.bincount(puzzles.solution[:, ASK], minlength=6) / len(puzzles)
    assert np.abs(share - 1 / 6).max() < 0.04


def best_guess(chains: dict[object, Counter[int]]) -> float:
    """How often the likeliest answer is right, given what is known of each chain."""
    return sum(max(c.values()) for c in chains.values()) / sum(map(Counter.total, chains.values()))


def test_no_shortcut_comes_near() -> None:
    """Exact: the best guess possible from the two end facts, and from the facts without order."""
    rules, right = triangle(), list[float]()
    bags: dict[object, Counter[int]] = {(0,) * 6: Counter({0: 1})}
    for _ in range(1, 11):
        longer = defaultdict[object, Counter[int]](Counter)
        for bag, comes_to in bags.items():
            assert isinstance(bag, tuple)
            for new in range(6):
                more = tuple(n + (r == new) for r, n in enumerate(bag))
                for answer, ways in comes_to.items():
                    longer[more][int(rules.table[answer, new])] += ways
        bags = longer
        right.append(best_guess(bags))
    assert right == sorted(right, reverse=True)
    assert right[1:4] == pytest.approx([0.75, 137 / 216, 0.5463], abs=1e-4)  # k = 2, 3, 4
    assert right[9] < 0.36
    for k in (3, 4):
        for known in ([0], [k - 1], [0, k - 1], list(range(k - 1))):
            seen = defaultdict[object, Counter[int]](Counter)
            for chain in product(range(6), repeat=k):
                seen[tuple(chain[at] for at in known)][rules.compose(list(chain))] += 1
            assert best_guess(seen) == pytest.approx(1 / 6)


def test_a_changed_rule_changes_the_answers_that_use_it() -> None:
    drifted = Khop(triangle().changed(4, 1, 0))
    after = drifted.sample(0, "test", PUZZLES.index)
    assert np.array_equal(after.given, PUZZLES.given)
    changed = after.solution[:, ASK] != PUZZLES.solution[:, ASK]
    assert 0.02 < changed.mean() < 0.5
    for given, old, new in zip(after.given, PUZZLES.solution, after.solution, strict=True):
        assert drifted.violations(given, new) == []
        assert (drifted.violations(given, old) == []) == (old[ASK] == new[ASK])
    assert drifted.name != KHOP.name == Khop(triangle()).name


def test_a_small_puzzle_is_the_same_puzzle_with_fewer_facts() -> None:
    tiny = small()
    assert (tiny.name, tiny.cells, tiny.symbols, tiny.bands) == ("khop-small", 15, 13, BANDS)
    assert get(tiny.name).splits == dict.fromkeys(("train", "val", "test"), (0, 1))
    data = tiny.sample(3, "test", np.arange(60))
    hops = [len(tiny.chain(given)) for given in data.given]
    assert hops == [2, 3] * 30
    guise = tiny.relabel(tiny.explained(data), 5)
    assert (guise.given != data.given).any(1).all()
    for given, right in zip(guise.given, guise.solution, strict=True):
        assert tiny.violations(given, right) == []
        facts, (first, _) = tiny.facts(given)
        direct = {place: r for place, (a, r, _) in facts.items() if a == first}
        assert all(right[3 * place + 2] == r for place, r in direct.items())
    drifted = tiny.under(tiny.rules.changed(4, 1, 0))
    assert (drifted.cells, drifted.hops, drifted.taught) == (15, (2, 3), 2)
    assert drifted.name.startswith("khop-small-")
    changed = (drifted.answered(data).solution != data.solution).any(1)
    assert changed.any()
    assert all("rule:4x1" in tags for tags, c in zip(tiny.tags(data), changed, strict=True) if c)


@pytest.mark.parametrize("puzzle", [small(), KHOP], ids=lambda puzzle: puzzle.name)
def test_no_puzzle_is_in_two_splits_whatever_its_guise(puzzle: Khop) -> None:
    seen = dict[str, str]()
    for seed, split in product((0, 1), puzzle.splits):
        index = np.concatenate([of_band(puzzle, split, band, 400) for band in BANDS])
        data = puzzle.sample(seed, split, index)
        for given in puzzle.relabel(data, key(seed)).given:
            assert seen.setdefault(puzzle.alike(given), split) == split
    assert set(seen.values()) == set(puzzle.splits)


def test_every_split_has_a_third_of_all_relations_and_enough_of_the_few() -> None:
    """Twin: every chain and every bag of distractors of the small puzzle, one by one."""
    share = Counter[str]()
    for k, others in ((2, 0), (2, 1), (2, 2), (3, 0), (3, 1)):
        few = Counter(
            split_of(chain, rest[::-1])
            for chain in product(range(6), repeat=k)
            for rest in combinations_with_replacement(range(6), others)
        )
        assert min(few.values()) >= 8
        share += few
    assert share.total() == 36 + 216 + 756 + 216 + 1296
    assert max(share.values()) - min(share.values()) < 0.05 * share.total()
    asked = small().sample(0, "train", np.arange(1500))
    bare = [
        tuple(small().chain(given))
        for given in asked.given
        if np.count_nonzero(given[:-3]) == 6 and len(small().chain(given)) == 2
    ]
    wanted = {chain for chain in product(range(6), repeat=2) if split_of(chain, []) == "train"}
    assert set(bare) == wanted


def test_an_impossible_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="2 x 2 with entries below 2"):
        Rules(relations=("up", "down"), table=np.array([[0, 1], [1, 2]]))
    with pytest.raises(ConfigError, match="2 x 2"):
        Rules(relations=("up", "down"), table=np.array([[0, 1]]))


def by_hand(*facts: tuple[int, int, int], asked: tuple[int, int]) -> np.ndarray:
    given = np.zeros(KHOP.cells, dtype=np.int64)
    for place, (a, relation, b) in enumerate(facts):
        given[3 * place : 3 * place + 3] = a, 1 + TILES + relation, b
    given[-3:] = asked[0], KHOP.symbols - 1, asked[1]
    return given


def test_mistakes_are_told_in_plain_words() -> None:
    answer = np.zeros(KHOP.cells, dtype=np.int64)
    chain = by_hand((1, 3, 2), (2, 1, 3), asked=(1, 3))
    [wrong] = KHOP.violations(chain, answer)
    assert wrong == (
        "tile 1 is tile 3 'flipped then turned right', not 'unchanged': "
        "1 is 2 flipped, 2 is 3 turned left"
    )
    answer[ASK] = 5
    assert KHOP.violations(chain, answer) == []
    [wrong] = KHOP.violations(by_hand((2, 3, 1), asked=(1, 2)), answer)
    assert wrong == "no chain of facts leads from tile 1 to tile 2"
    twice = by_hand((1, 3, 2), (4, 0, 3), (1, 2, 2), asked=(1, 3))
    assert KHOP.contradiction(twice) == "facts 1 and 3 say different of tiles 1 and 2"
    round_about = by_hand((1, 3, 2), (2, 1, 3), (1, 5, 4), (4, 0, 3), (1, 0, 3), asked=(1, 3))
    assert KHOP.contradiction(round_about) == (
        "two chains differ: 1 is 2 flipped, 2 is 3 turned left but 1 is 3 unchanged"
    )


def test_a_board_with_things_in_the_wrong_place_is_refused() -> None:
    given = PUZZLES.given[0].copy()
    given[-2] = 3
    with pytest.raises(InputError, match=r"the question reads .* 3 "):
        KHOP.contradiction(given)
    given = by_hand((1, 3, 2), asked=(1, 2))
    given[2] = 0
    with pytest.raises(InputError, match=r"fact 1 reads 1 21 0"):
        KHOP.violations(given, given * 0)


def test_another_guise_keeps_the_answer_and_tells_other_facts_first() -> None:
    guise = KHOP.relabel(PUZZLES, key(3))
    assert np.array_equal(guise.solution, PUZZLES.solution)
    told = KHOP.describe(guise)
    assert told != KHOP.describe(PUZZLES)
    for text, answer in zip(told, PUZZLES.solution[:, ASK], strict=True):
        assert solve_slowly(text) == triangle().relations[answer]


def test_steps_are_what_every_chain_of_at_most_four_facts_comes_to() -> None:
    """Twin: walk from the first tile of the question, fact by fact, and compose what was walked."""
    told = KHOP.explained(KHOP.relabel(PUZZLES, key(5)))
    for given, solution, asked in zip(told.given, told.solution, told.asked, strict=True):
        facts = [given[at : at + 3].tolist() for at in range(0, len(given) - 3, 3)]
        expected = {len(given) - 2: KHOP.rules.compose(_walk(facts, given[-3], given[-1]))}
        ways = [(int(given[-3]), [])]
        for tile, chain in ways:
            for place, (a, relation, b) in enumerate(facts):
                if a and a == tile and len(chain) < 4:
                    longer = [*chain, relation - 1 - TILES]
                    expected[3 * place + 2] = KHOP.rules.compose(longer)
                    ways.append((b, longer))
        assert set(np.flatnonzero(asked).tolist()) == set(expected)
        assert all(solution[cell] == answer for cell, answer in expected.items())


def _walk(facts: list[list[int]], start: int, goal: int) -> list[int]:
    """Return the relations of the one chain between two tiles."""
    ways: list[tuple[int, list[int]]] = [(int(start), [])]
    for tile, chain in ways:
        if tile == goal:
            return chain
        ways.extend((b, [*chain, r - 1 - TILES]) for a, r, b in facts if a and a == tile)
    raise AssertionError("the tiles of the question are not joined")
