"""Blocks to be restacked by one hand: the blocks world of four actions, 3 to 10 blocks."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Int64

from nexus.base.errors import ConfigError
from nexus.base.randomness import key
from nexus.base.records import Atom
from nexus.logic.planning import Action, Domain, Predicate, Problem, Typed, literals
from nexus.logic.theory import Literal
from nexus.worlds.dice import Dice, dice
from nexus.worlds.planning import Posed

_X, _Y = Typed("?x", "block"), Typed("?y", "block")
DOMAIN: Final = Domain(
    name="blocksworld",
    types=(Typed("block"),),
    predicates=(
        Predicate(name="on", types=("block", "block")),
        Predicate(name="on_table", types=("block",)),
        Predicate(name="clear", types=("block",)),
        Predicate(name="holding", types=("block",)),
        Predicate(name="hand_empty"),
    ),
    actions=(
        Action(
            name="pick_up",
            parameters=(_X,),
            condition=literals("clear ?x", "on_table ?x", "hand_empty"),
            effect=literals("holding ?x", "-on_table ?x", "-clear ?x", "-hand_empty"),
        ),
        Action(
            name="put_down",
            parameters=(_X,),
            condition=literals("holding ?x"),
            effect=literals("on_table ?x", "clear ?x", "hand_empty", "-holding ?x"),
        ),
        Action(
            name="stack",
            parameters=(_X, _Y),
            condition=literals("holding ?x", "clear ?y"),
            effect=literals("on ?x ?y", "clear ?x", "hand_empty", "-holding ?x", "-clear ?y"),
        ),
        Action(
            name="unstack",
            parameters=(_X, _Y),
            condition=literals("on ?x ?y", "clear ?x", "hand_empty"),
            effect=literals("holding ?x", "clear ?y", "-on ?x ?y", "-clear ?x", "-hand_empty"),
        ),
    ),
)
REASONS: Final = ("swapped", "crowded", "forked", "covered", "itself", "no_hand", "circle")
"""swapped: a on b and b on a. crowded: two blocks on one. forked: one block on two. covered: on a
block that is to be clear. itself: a block on itself. no_hand: the hand is gone. circle: three
blocks in a circle, which no two of the goals tell."""


def sample(
    seed: int,
    split: str,
    index: Int64[np.ndarray, " n"],
    *,
    sizes: Sequence[int] = range(3, 11),
    unsolvable: bool = False,
) -> list[Posed]:
    """Return the problems with these indices: restack what lies about, or what cannot be.

    Raises:
        ConfigError: a size is not 3 to 10.
    """
    if not sizes or min(sizes) < 3 or max(sizes) > 10:
        raise ConfigError(f"blocks are 3 to 10, got {list(sizes)}")
    stream = key(seed, "blocksworld", split, "unsolvable" if unsolvable else "solvable")
    return [_posed(die, die.pick(sizes), unsolvable) for [die] in dice(stream, index)]


def _posed(die: Dice, size: int, unsolvable: bool) -> Posed:
    blocks = [f"b{number}" for number in range(1, size + 1)]
    initial = {*_said(_stacks(blocks, die)), ("hand_empty",)}
    wanted = _said(_stacks(blocks, die))
    goal = [Literal(atom) for atom in wanted if atom[0] == "on" or die.roll(4) == 0]
    reason = ""
    if unsolvable:
        reason = die.pick(REASONS)
        a, b, c = (blocks[at] for at in die.shuffled(size)[:3])
        impossible = {
            "swapped": literals(f"on {a} {b}", f"on {b} {a}"),
            "crowded": literals(f"on {a} {c}", f"on {b} {c}"),
            "forked": literals(f"on {a} {b}", f"on {a} {c}"),
            "covered": literals(f"on {a} {b}", f"clear {b}"),
            "itself": literals(f"on {a} {a}"),
            "no_hand": literals(f"on {a} {b}"),
            "circle": literals(f"on {a} {b}", f"on {b} {c}", f"on {c} {a}"),
        }[reason]
        if reason == "no_hand":
            initial.remove(("hand_empty",))
            if ("on", a, b) in initial:  # it must not be so from the beginning
                initial -= {("on", a, b)}
                initial |= {("on_table", a), ("clear", b)}
        goal = [*impossible, *(x for x in goal if die.roll(2) and x not in impossible)]
    if not goal:
        goal = [Literal(wanted[0])]
    problem = Problem(
        domain=DOMAIN,
        objects=tuple(Typed(name, "block") for name in blocks),
        initial=frozenset(initial),
        goal=tuple(goal),
    )
    return Posed(problem=problem, family="blocksworld", reason=reason)


def _stacks(blocks: Sequence[str], die: Dice) -> list[list[str]]:
    """Return the blocks in stacks, bottom first; each is put on the table or on a stack at hand."""
    stacks: list[list[str]] = []
    for at in die.shuffled(len(blocks)):
        place = die.roll(len(stacks) + 1)
        if place == len(stacks):
            stacks.append([])
        stacks[place].append(blocks[at])
    return stacks


def _said(stacks: Sequence[Sequence[str]]) -> list[Atom]:
    said = list[Atom]()
    for stack in stacks:
        said.append(("on_table", stack[0]))
        said += [("on", upper, lower) for lower, upper in pairwise(stack)]
        said.append(("clear", stack[-1]))
    return said
