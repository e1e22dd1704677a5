"""What planning comes to: a plan, a proof that there is none, or a budget that ran out.

A proof is a set that contains everything that can come to be and that no action leads out of; the
goal is not in it. Nothing in it needs to be believed: ``nexus.verify.plans`` checks it again.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from nexus.base.errors import ConfigError
from nexus.base.records import Atom
from nexus.logic.theory import Literal

Step: TypeAlias = Atom
"""An action and what it is done to: ``("stack", "a", "b")``."""
STATES: Final = 100_000
"""Most states of a proof that lists them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How much may be spent on a problem; only ``seconds`` depend on the machine."""

    states: int = STATES
    """States looked at, in each search."""
    seconds: float = 60.0
    bindings: int = 2_000_000
    """Ways tried to bind parameters while grounding; an action that is possible counts as ten."""
    conflicts: int = 200_000
    """Of clingo, when a shorter plan is looked for; 0 takes the first plan found."""

    def __post_init__(self) -> None:
        for name in ("states", "seconds", "bindings", "conflicts"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"budget.{name} must be at least 0, got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Relaxed:
    """Even if nothing ever got in the way of anything, the goal could not be reached.

    Closed under every action: only the atoms in ``true`` can ever hold, and of those that hold at
    first only the ones in ``false`` can ever cease to.
    """

    true: frozenset[Atom]
    false: frozenset[Atom]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutexes:
    """Two literals of the goal are never true at once.

    No pair is true at first, and no action makes one true where none was. A pair of one literal
    twice is a literal that is never true. ``relaxed`` says what can hold at all.
    """

    relaxed: Relaxed
    pairs: frozenset[frozenset[Literal]]


@dataclass(frozen=True, kw_only=True, slots=True)
class StateSet:
    """Every state that can be reached is listed, and the goal is true in none.

    Bit i of a state says whether ``atoms[i]`` holds; every other atom stays as it is at first.
    """

    atoms: tuple[Atom, ...]
    states: frozenset[int]


Impossible: TypeAlias = Relaxed | Mutexes | StateSet
"""A certificate that there is no plan."""
KINDS: Final[dict[type, str]] = {Relaxed: "relaxed", Mutexes: "mutexes", StateSet: "states"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A plan: steps that lead from the beginning to the goal."""

    steps: tuple[Step, ...]
    optimal: bool
    """True where it is known that no plan has fewer steps."""
    states: int
    """States looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsolvable:
    """There is no plan, and why."""

    certificate: Impossible
    states: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """The budget ran out: whether there is a plan is not known."""

    reason: str
    """What ran out: states, seconds or bindings."""
    states: int


Outcome: TypeAlias = Planned | Unsolvable | Spent
