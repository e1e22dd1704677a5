"""What sentences of planning can say beside what any sentence can: a few relations and actions.

They are those of the two shipped domains, blocks world and logistics. Their predicates begin with
``RELATION``, which no name of a person can: so that a block *is clear* is not that a sky is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RELATION: Final = "p__"
"""What the predicate of a relation begins with; words are joined by one "_", never by two."""
RELATIONS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "on": 2,
        "on_table": 1,
        "clear": 1,
        "holding": 1,
        "hand_empty": 0,
        "at": 2,
        "inside": 2,
        "in_city": 2,
    }
)
"""Relation -> of how many things it is said."""
ACTIONS: Final = ("pick_up", "put_down", "stack", "unstack", "load", "unload", "drive", "fly")
"""Actions that can be called by another word."""


def kind_of(meant: str) -> str:
    """Return what kind of word may stand for a relation or an action, as ``linear.symbol`` says it.

    >>> [kind_of(x) for x in ("on", "clear", "stack")]
    ['does', 'is', 'does']
    """
    return "does" if RELATIONS.get(meant, 2) == 2 else "is"
