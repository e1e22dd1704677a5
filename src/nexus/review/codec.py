"""Records as canonical JSON: equal records, equal bytes; what is not a record is refused by name.

Keys are sorted, nothing is spaced, and no number is a float: 0.05 is written "0.05", with nine
significant digits, so that no two programs can write one record as different bytes.
"""

import json
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from nexus.base.errors import ConfigError, ReviewError

T = TypeVar("T")
LARGEST = 1 << 20
"""Most bytes of one record."""


def encode(record: object) -> bytes:
    """Return a record as the bytes that are hashed and signed.

    Raises:
        ReviewError: a number is not finite, a text is no Unicode, or it is too large.
    """
    name = type(record).__name__
    try:
        data = json.dumps(
            _plain(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ReviewError(f"a {name} cannot be written: {error}", hint="correct it") from None
    _small(name, data)
    return data


def hash_of(record: object) -> str:
    """Return the hash by which a record is named."""
    return sha256(encode(record)).hexdigest()


def decode(kind: type[T], data: bytes) -> T:
    """Return the record of type ``kind`` that ``data`` holds.

    Raises:
        ReviewError: it is too large, no JSON, lacks a field, has one too many or one of another
            type, or is not written canonically; the field is named.
    """
    name = kind.__name__
    _small(name, data)
    try:
        record = _parsed(kind, json.loads(data.decode()), name)
    except (ValueError, RecursionError) as error:
        raise ReviewError(f"a {name} is no JSON: {error}", hint="write it anew") from None
    if encode(record) != data:
        raise ReviewError(
            f"a {name} is not written canonically", hint="sorted keys, no spaces, no floats"
        )
    return record


def checked(record: T) -> T:
    """Return a record as whoever reads it will find it, or refuse it now rather than then.

    Raises:
        ReviewError: a field is not of its type.
    """
    return decode(type(record), encode(record))


def _small(name: str, data: bytes) -> None:
    if len(data) > LARGEST:
        raise ReviewError(
            f"a {name} of {len(data)} bytes is too large", hint=f"at most {LARGEST} bytes"
        )


def _plain(value: object) -> object:
    """Return a record as JSON types without floats."""
    if is_dataclass(value) and not isinstance(value, type):
        kinds = _kinds(type(value))
        return {
            name: _plain(float(v) if kind is float and type(v) is int else v)
            for name, kind in kinds.items()
            for v in (getattr(value, name),)
        }
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}  # pyright: ignore
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]  # pyright: ignore
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ReviewError(f"{value} is no number to decide by", hint="look for NaN upstream")
        return f"{value:.9g}"
    return value


def _parsed(kind: Any, value: Any, at: str) -> Any:
    """Return ``value`` as ``kind``; ``at`` says where it stands."""
    if is_dataclass(kind):
        return _record(kind, value, at)
    match get_origin(kind), get_args(kind):
        case (None, ()):
            return _scalar(kind, value, at)
        case (origin, choices) if origin is Literal:
            if value not in choices:
                raise _wrong(at, " or ".join(choices), value)
            return value
        case (types.UnionType, kinds):
            if type(value) not in kinds:
                raise _wrong(at, " or ".join(k.__name__ for k in kinds), value)
            return value
        case (origin, (item, more)) if origin is tuple and more is Ellipsis:
            return tuple(_parsed(item, v, f"{at}[{i}]") for i, v in enumerate(_list(value, at)))
        case (origin, kinds) if origin is tuple:
            items = _list(value, at)
            if len(items) != len(kinds):
                raise _wrong(at, f"{len(kinds)} entries", value)
            return tuple(_parsed(k, v, at) for k, v in zip(kinds, items, strict=True))
        case (_, (_, item)):
            if not isinstance(value, dict):
                raise _wrong(at, "an object", value)
            found: dict[str, Any] = value
            return {name: _parsed(item, v, f"{at}.{name}") for name, v in found.items()}
        case _:
            raise TypeError(f"{at}: no codec for {kind}")


def _record(kind: Any, value: Any, at: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(at, "an object", value)
    given: dict[str, Any] = value
    kinds = _kinds(kind)
    for name in kinds:
        if name not in given:
            raise ReviewError(f"{at} lacks {name!r}", hint=f"its fields are {', '.join(kinds)}")
    for name in given:
        if name not in kinds:
            raise ReviewError(
                f"{at} has an unknown field {name[:40]!r}", hint=f"they are {', '.join(kinds)}"
            )
    values = {name: _parsed(k, given[name], f"{at}.{name}") for name, k in kinds.items()}
    try:
        return kind(**values)
    except ConfigError as error:
        raise ReviewError(f"{at}: {error.message}", hint="correct that field") from None


@cache
def _kinds(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind)}


def _scalar(kind: Any, value: Any, at: str) -> Any:
    if kind is float:
        try:
            number = float(value) if isinstance(value, str) else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise _wrong(at, 'a number as text, such as "0.05"', value)
        return number
    if type(value) is not kind:
        raise _wrong(at, {"str": "text", "int": "a whole number"}.get(kind.__name__, kind), value)
    return value


def _list(value: Any, at: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(at, "a list", value)
    return value  # pyright: ignore[reportUnknownVariableType]


def _wrong(at: str, wanted: object, value: object) -> ReviewError:
    return ReviewError(f"{at} must be {wanted}, got {str(value)[:40]!r}", hint="correct that field")
