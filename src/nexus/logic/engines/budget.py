"""How much a derivation may use, and what is said when that was not enough."""

from collections.abc import Sized
from dataclasses import dataclass
from time import monotonic
from typing import Literal, TypeAlias

from nexus.base.errors import ConfigError

BudgetName: TypeAlias = Literal["facts", "steps", "seconds"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How much may be derived. Facts and steps make the same end every time, seconds do not."""

    facts: int = 200_000
    """Most literals, those given included; one list of matches may go beyond."""
    steps: int = 5_000_000
    """Most matches of conditions tried."""
    seconds: float = 20.0
    """Wall time, a net under the other two."""

    def __post_init__(self) -> None:
        for name in ("facts", "steps", "seconds"):
            if (value := getattr(self, name)) <= 0:
                raise ConfigError(f"the budget of {name} must be above 0, got {value}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """A budget was used up before everything was derived: nothing is known to be underivable."""

    budget: BudgetName
    """Which one."""
    facts: int
    """Literals there were by then."""
    steps: int
    """Matches tried by then."""

    def __str__(self) -> str:
        return f"budget of {self.budget} used up after {self.facts} facts and {self.steps} steps"


class Exhausted(Exception):
    """Ends a derivation that has used up a budget."""

    def __init__(self, spent: Spent) -> None:
        super().__init__(str(spent))
        self.spent = spent


class Meter:
    """Counts what a derivation has used, and ends it when that is too much."""

    __slots__ = ("_before", "_budget", "_deadline", "_growing", "_start", "steps")

    def __init__(self, budget: Budget) -> None:
        self._budget, self._deadline = budget, monotonic() + budget.seconds
        self._growing: Sized = ()
        self._before = self._start = self.steps = 0

    @property
    def facts(self) -> int:
        """Literals so far."""
        return self._before + len(self._growing) - self._start

    def watch(self, growing: Sized) -> None:
        """From now on it is these literals that grow."""
        self._before = self.facts
        self._growing, self._start = growing, len(growing)

    def pay(self, steps: int) -> None:
        """Count steps; raise ``Exhausted`` if a budget is used up."""
        self.steps += steps
        if self.facts > self._budget.facts:
            raise self._exhausted("facts")
        if self.steps > self._budget.steps:
            raise self._exhausted("steps")
        if monotonic() > self._deadline:
            raise self._exhausted("seconds")

    def _exhausted(self, budget: BudgetName) -> Exhausted:
        return Exhausted(Spent(budget=budget, facts=self.facts, steps=self.steps))
