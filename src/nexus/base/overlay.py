"""Changes laid over nested frozen dataclasses, name by name and type by type."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

from nexus.base.errors import ConfigError

T = TypeVar("T")


def overlay(default: T, changes: Mapping[str, Any], path: str = "") -> T:
    """Return ``default`` with a nested mapping of changes laid over it.

    Raises:
        ConfigError: a key is unknown (the nearest one is named) or a value has the wrong type.
    """
    known = {f.name: getattr(default, f.name) for f in fields(default)}  # pyright: ignore[reportArgumentType]
    hints = get_type_hints(type(default))
    new: dict[str, Any] = {}
    for name, value in changes.items():
        where = f"{path}{name}"
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.0)
            raise ConfigError(f"unknown setting {where!r}", hint=f"did you mean {path}{near[0]}?")
        old = known[name]
        if is_dataclass(old):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{where} is a section, got {value!r}")
            new[name] = overlay(old, value, f"{where}.")  # pyright: ignore[reportUnknownArgumentType, reportArgumentType]
        else:
            new[name] = _typed(where, value, old, hints[name])
    return replace(default, **new)  # pyright: ignore[reportArgumentType, reportReturnType]


def _typed(where: str, value: Any, old: Any, hint: Any) -> Any:
    choices = getattr(hint, "__args__", ())
    if choices and value not in choices:
        raise ConfigError(f"{where} must be one of {', '.join(map(str, choices))}, got {value!r}")
    if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(old):
        raise ConfigError(f"{where} must be a {type(old).__name__}, got {value!r}")
    return value
