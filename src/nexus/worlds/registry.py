"""Finding worlds by name: any installed package can add one by entry point ``nexus.worlds``."""

from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from nexus.base.errors import ConfigError
from nexus.worlds.protocol import World


def names() -> tuple[str, ...]:
    """Return the name of every installed world, sorted."""
    return tuple(sorted(_installed()))


def get(name: str) -> World[Any]:
    """Return the world of this name.

    Raises:
        ConfigError: there is none, or what is registered under the name is not a world.
    """
    found = _installed()
    if name not in found:
        near = get_close_matches(name, found, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "one of " + ", ".join(sorted(found))
        raise ConfigError(f"there is no world {name!r}", hint=hint)
    world = found[name].load()()
    if not isinstance(world, World):
        raise ConfigError(
            f"entry point {found[name].value!r} is not a world",
            hint="it needs name, version, vocabulary, scenes() and words()",
        )
    return world


def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="nexus.worlds")}
