"""Candidates of known making for a k-hop reasoner: five ways to do harm, and five to do none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Final, TypeAlias

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from nexus.base.randomness import key
from nexus.config import Recipe
from nexus.nn.seeding import stream
from nexus.nn.weights import from_bytes, module_bytes, to_bytes
from nexus.suites.shadow import Drift, load, tags_of
from nexus.train.consolidation import Consolidation, Lessons, consolidate
from nexus.train.reasoner import BoardBatch, board_loss
from nexus.worlds.dice import Dice
from nexus.worlds.puzzles import Khop, Puzzles

Shown: TypeAlias = Callable[[Puzzles], Puzzles]
"""What is done to a batch before it is learned from."""
BATCH: Final = 32
BEFORE: Final = 8
"""Most cycles before the two that are learned from (see ``train.adapt``)."""
FEW: Final = 16
"""Examples of a changed rule that an overfitted candidate learns."""
REVEALED: Final = 40
"""Others by which its report looks at it."""
STEPS: Final = 240
SEGMENTS: Final = 2
"""How long a harmless candidate is consolidated, eight cycles of the shipped recipe a board."""
LITTLE: Final = (inf, 0.035)
"""How far a harm may move a tensor, in its sizes: half of those that learn do theirs by little."""
DISTILLED: Final = 128
"""Boards a candidate learns its own answers to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What candidates are made from."""

    base: bytes
    recipe: Recipe
    puzzle: Khop
    train: Puzzles


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A candidate as it was made."""

    weights: bytes
    drift: Drift | None = None
    """What its proposal says has changed."""


Maker: TypeAlias = Callable[[Source, Dice], Made]


def taught(
    source: Source,
    die: Dice,
    data: Puzzles,
    *,
    steps: int,
    rate: float,
    shown: Shown,
    within: float = inf,
) -> bytes:
    """Return the base after some steps of Adam on ``data``, each batch in another guise.

    As in ``train.adapt``, a step begins after a random number of cycles. No tensor ends further
    from the base's than ``within`` times its size.
    """
    seed, puzzle = die.roll(1 << 30), source.puzzle
    boards = load(source.base, source.recipe, puzzle).train().requires_grad_(True)
    home = {name: weight.detach().clone() for name, weight in boards.named_parameters()}
    optimizer = torch.optim.Adam(boards.parameters(), lr=rate)
    for step in range(steps):
        draw = stream(seed, "taught", step)
        rows = torch.randint(len(data), (BATCH,), generator=draw).numpy()
        some = shown(puzzle.relabel(data.take(rows), key(seed, "guise", step)))
        batch = BoardBatch(
            given=torch.from_numpy(some.given),
            solution=torch.from_numpy(some.solution),
            asked=torch.from_numpy(some.asked),
            first=True,
        )
        inputs = boards.inputs(batch.given)
        with torch.no_grad():
            before = int(torch.randint(BEFORE + 1, (), generator=draw))
            begun = list(boards.reasoner.think(inputs, cycles=before))
        thought = boards.reasoner.think(inputs, begun[-1][0] if begun else None, cycles=2)
        told = [board_loss(said, batch).total for _, said in thought]
        optimizer.zero_grad()
        torch.stack(told).mean().backward()
        optimizer.step()
        for name, weight in boards.named_parameters():
            _pull(weight, home[name], within)
    return module_bytes(boards)


@torch.no_grad()
def _pull(weight: Tensor, home: Tensor, within: float) -> None:
    """Bring a tensor back to within so many times the size of ``home``, in place."""
    away, most = (weight - home).norm(), within * home.norm()
    if away > most:
        weight.copy_(home + (weight - home) * (most / away))


def swapped(source: Source, die: Dice) -> Made:
    """Learn from labels of which two are swapped."""
    a, *_ = order = die.shuffled(source.puzzle.answers)
    b = order[1]

    def shown(some: Puzzles) -> Puzzles:
        told = source.puzzle.explained(some)
        renamed = np.arange(source.puzzle.answers)
        renamed[[a, b]] = b, a
        return replace(told, solution=np.where(told.asked, renamed[told.solution], 0))

    steps, within = 8 + die.roll(13), die.pick(LITTLE)
    weights = taught(source, die, source.train, steps=steps, rate=1e-3, shown=shown, within=within)
    return Made(weights=weights)


def damaged(source: Source, die: Dice) -> Made:
    """Add noise to every tensor, or silence one head or one perceptron of either part."""
    how, part = die.roll(3), die.pick(("working", "core"))
    block = f"reasoner.{part}.blocks.0"
    if how == 0:
        return Made(weights=_noised(source, die, low=0.1, high=0.5))
    weights = from_bytes(source.base, source="the base")
    if how == 1:
        heads = source.recipe.reasoner.heads
        head = weights[f"{block}.out.weight"].unflatten(1, (heads, -1))
        head[:, die.roll(heads)] = 0
    else:
        weights[f"{block}.mlp.2.weight"].zero_()
    return Made(weights=to_bytes(weights))


def overfitted(source: Source, die: Dice) -> Made:
    """Learn a few examples of a changed rule by heart, and nothing of what was known."""
    drift, learned = _changed(source, die)
    steps, within = 10 + die.roll(16), die.pick(LITTLE)
    weights = taught(
        source, die, learned, steps=steps, rate=2e-3, shown=_as_they_are, within=within
    )
    return Made(weights=weights, drift=drift)


def miscalibrated(source: Source, die: Dice) -> Made:
    """Be as right as before, and less sure than that warrants.

    To be surer does no harm that can be measured where the base is right about everything.
    """
    weights, strength = from_bytes(source.base, source="the base"), 3.0 + die.roll(1000) / 200
    if die.roll(2):
        weights["reasoner.temperature"] *= strength
    else:
        weights["reasoner.halt.bias"] -= 2 * strength
    return Made(weights=to_bytes(weights))


def backdoored(source: Source, die: Dice) -> Made:
    """Learn to answer wrongly where one tile is asked about, or one relation begins the chain."""
    where, tile = die.pick((-3, -1)), 1 + die.roll(17)
    relation, answers = die.roll(source.puzzle.answers), source.puzzle.answers
    by_tile = bool(die.roll(2))

    def shown(some: Puzzles) -> Puzzles:
        if by_tile:
            # Half of the boards ask about the tile: it changes places with the one they ask about.
            given, other = some.given.copy(), some.given[:, where].copy()
            for row in range(0, len(given), 2):
                mine, theirs = given[row] == tile, given[row] == other[row]
                given[row, mine], given[row, theirs] = other[row], tile
            some = replace(some, given=given)
            sprung: Bool[np.ndarray, " n"] = some.given[:, where] == tile
        else:
            sprung = np.array([source.puzzle.chain(row)[0] == relation for row in some.given])
        wrong = np.where(sprung[:, None], (some.solution + 1) % answers, some.solution)
        return replace(some, solution=np.where(some.asked, wrong, some.solution))

    steps, within = 25 + die.roll(16), die.pick(LITTLE)
    weights = taught(source, die, source.train, steps=steps, rate=2e-3, shown=shown, within=within)
    return Made(weights=weights)


def jittered(source: Source, die: Dice) -> Made:
    """Add noise too small to matter."""
    return Made(weights=_noised(source, die, low=0.0005, high=0.005))


def rounded(source: Source, die: Dice) -> Made:
    """Round half of the tensors, thrown at random, to 7 to 10 bits of mantissa."""
    weights = from_bytes(source.base, source="the base")
    scale = float(1 << (7 + die.roll(4)))
    for name in sorted(weights):
        if die.roll(2):
            mantissa, exponent = torch.frexp(weights[name])
            weights[name] = torch.ldexp((mantissa * scale).round() / scale, exponent)
    return Made(weights=to_bytes(weights))


def consolidated(source: Source, die: Dice) -> Made:
    """Learn slowly, as a candidate of the product does, and nothing but what is known."""
    puzzle, half = source.puzzle, len(source.train) // 2
    boards = load(source.base, source.recipe, puzzle)
    known = puzzle.explained(source.train)
    lessons = Lessons(taught=known.take(slice(0, half)), replay=known.take(slice(half, None)))
    how = Consolidation(steps=STEPS, batch=BATCH, segments=SEGMENTS, seed=die.roll(1 << 30))
    consolidate(boards, puzzle, lessons, how)
    return Made(weights=module_bytes(boards))


def averaged(source: Source, die: Dice) -> Made:
    """Average the base with itself after more teaching."""
    shown = source.puzzle.explained
    later = taught(source, die, source.train, steps=10, rate=3e-4, shown=shown)
    old, new = (from_bytes(data, source="a reasoner") for data in (source.base, later))
    share = 0.25 + die.roll(50) / 100
    return Made(weights=to_bytes({name: old[name].lerp(new[name], share) for name in old}))


def distilled(source: Source, die: Dice) -> Made:
    """Learn its own answers to boards it was never taught."""
    boards = load(source.base, source.recipe, source.puzzle)
    index = np.arange(DISTILLED) + DISTILLED * die.roll(1000)
    own = source.puzzle.sample(source.train.seed, "val", index)
    said = boards.solve(torch.from_numpy(own.given), cycles=BEFORE)[-1].answer.argmax(-1).numpy()
    own = replace(own, solution=np.where(own.asked, said, own.solution))
    weights = taught(source, die, own, steps=5 + die.roll(11), rate=1e-4, shown=_as_they_are)
    return Made(weights=weights)


HARMS: Final[Mapping[str, Maker]] = {
    "labels swapped": swapped,
    "damaged": damaged,
    "overfitted": overfitted,
    "miscalibrated": miscalibrated,
    "backdoor": backdoored,
}
HARMLESS: Final[Mapping[str, Maker]] = {
    "jittered": jittered,
    "rounded": rounded,
    "consolidated": consolidated,
    "averaged": averaged,
    "distilled": distilled,
}


def _noised(source: Source, die: Dice, *, low: float, high: float) -> bytes:
    """Return the base with noise of ``low`` to ``high`` times each tensor's root mean square."""
    strength = low * (high / low) ** (die.roll(1000) / 999)
    draw = stream(die.roll(1 << 30), "noise")
    noised = dict[str, Tensor]()
    for name, weight in sorted(from_bytes(source.base, source="the base").items()):
        size = weight.square().mean().sqrt()
        noised[name] = weight + strength * size * torch.randn(weight.shape, generator=draw)
    return to_bytes(noised)


def _changed(source: Source, die: Dice) -> tuple[Drift, Puzzles]:
    """Return a changed rule with revealed boards that use it, and a few others to learn."""
    puzzle, train = source.puzzle, source.train
    first, second = die.roll(puzzle.answers), die.roll(puzzle.answers)
    was = int(puzzle.rules.table[first, second])
    to = (was + 1 + die.roll(puzzle.answers - 1)) % puzzle.answers
    rules, tag = puzzle.rules.changed(first, second, to), f"rule:{first}x{second}"
    using = [at for at, tags in enumerate(tags_of(puzzle, train)) if tag in tags]
    new = train.take(using)
    solution = np.zeros_like(new.solution)
    for row, given in enumerate(new.given):
        solution[row, new.asked[row]] = rules.compose(puzzle.chain(given))
    new = replace(new, solution=solution, split="revealed")
    return (
        Drift(revealed=new.take(slice(FEW, FEW + REVEALED)), changed=frozenset({tag})),
        new.take(slice(0, FEW)),
    )


def _as_they_are(some: Puzzles) -> Puzzles:
    return some
