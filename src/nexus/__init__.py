"""NEXUS: a world model you can train on your own computer, question, plan with and correct.

Importing it is cheap: torch comes in with the first stage you use. Start reading at ``system.py``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexus.base.records import Decision, Observation
    from nexus.config import Recipe, recipe
    from nexus.system import System

__version__ = "0.1.0"

_HOMES = {
    "Decision": "nexus.base.records",
    "Observation": "nexus.base.records",
    "Recipe": "nexus.config",
    "System": "nexus.system",
    "recipe": "nexus.config",
}

__all__ = ["Decision", "Observation", "Recipe", "System", "recipe"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nexus' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
