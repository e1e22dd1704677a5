"""Planning problems by the number: blocks worlds and logistics, with a plan or known to have none.

They are problems, not pictures or texts; ``nexus.worlds.blocks`` is the blocks world that is seen.
"""

from dataclasses import dataclass

from nexus.logic.planning import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Posed:
    """A problem, and what is known of it because of how it was made."""

    problem: Problem
    family: str
    reason: str
    """Why there is no plan, in one word; empty where there is one."""

    @property
    def solvable(self) -> bool:
        """True where there is a plan."""
        return not self.reason
