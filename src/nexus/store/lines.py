"""Files of JSON lines that several processes write: a line is there whole, or not at all.

What a crash cut short is no line to any reader, and the next writer takes it away.
"""

import fcntl
import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from nexus.base.errors import DataError, NexusError
from nexus.store.files import explained, make_folder

T = TypeVar("T")
_BLOCK: Final = 1 << 16


@contextmanager
def locked(path: Path) -> Generator[int]:
    """Lend the file to one writer, open and ending in a whole line."""
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.ftruncate(handle, _end_of_last_line(handle))
        yield handle
    finally:
        os.close(handle)


def append(handle: int, record: object) -> int:
    """Add one line to a file that is ``locked`` and return its length in bytes.

    Raises:
        OSError: the disk refused; the file is as it was.
    """
    line = (json.dumps(record, sort_keys=True, ensure_ascii=False) + "\n").encode()
    before = os.fstat(handle).st_size
    try:
        if os.write(handle, line) != len(line):
            raise OSError(28, "No space left on device")
    except OSError:
        os.ftruncate(handle, before)
        raise
    return len(line)


def append_line(path: Path, record: object) -> None:
    """Add one line to the file at ``path``.

    Raises:
        StorageError: the disk refused; the file is as it was.
    """
    with explained(path), locked(path) as handle:
        append(handle, record)


def read_lines(path: Path, parse: Callable[[Any], T]) -> list[T]:
    """Return what ``parse`` makes of each whole line, in order; nothing of a file that is not.

    Raises:
        DataError: a line is no JSON, or not what ``parse`` takes; it is named.
    """
    found = list[T]()
    for number, line in enumerate(whole_lines(path), start=1):
        try:
            found.append(parse(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError, NexusError) as error:
            raise DataError(
                f"line {number} of {path} is damaged: {error}", hint="delete that line"
            ) from None
    return found


def whole_lines(path: Path, start: int = 0) -> list[bytes]:
    """Return the whole lines from byte ``start`` on; what a crash cut short is left out."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return []


def _end_of_last_line(handle: int) -> int:
    """Return where the last whole line of an open file ends; 0 where there is none."""
    end = os.fstat(handle).st_size
    while end:
        begin = max(0, end - _BLOCK)
        at = os.pread(handle, end - begin, begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return 0
