"""Writing that a crash, a full disk or a pulled plug cannot leave half done.

One recipe for files and folders alike: write beside the target, fsync, rename, fsync the parent.
Names that start with a dot and end in ``.new``, ``.old`` or ``.gone`` are unfinished business;
``settle`` clears them up.
"""

import errno
import itertools
import json
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from nexus.base.errors import StorageError

_counter = itertools.count()

_REFUSALS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "free some space, or use a folder on another disk"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or use a folder on another disk"),
    errno.EROFS: ("the folder is read-only", "use a folder that may be written to"),
    errno.EACCES: ("permission denied", "check the owner and mode, or use another folder"),
    errno.EPERM: ("permission denied", "check the owner and mode, or use another folder"),
}


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turn what the disk refuses into a ``StorageError`` that names ``path`` and the way out."""
    try:
        yield
    except OSError as error:
        usual = (error.strerror or str(error), "check the path and the disk")
        what, hint = _REFUSALS.get(error.errno or 0, usual)
        raise StorageError(f"cannot write {path}: {what}", hint=hint) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: whoever reads finds all of it or what was there before.

    Raises:
        StorageError: the disk refused; ``path`` is as it was and nothing is left beside it.
    """
    temporary = _beside(path)
    with explained(path):
        make_folder(path.parent)
        try:
            _write(temporary, data)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)


def write_json(path: Path, value: object) -> None:
    """Put ``value`` at ``path`` as readable JSON with sorted keys: equal values, equal bytes."""
    write_atomically(path, json_bytes(value))


def json_bytes(value: object) -> bytes:
    """Return ``value`` as JSON for people and for hashing: sorted, indented, newline at the end."""
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Make ``path`` a folder holding exactly ``files``, all at once.

    Raises:
        StorageError: the disk refused; an older folder at ``path`` is untouched.
    """
    temporary = _beside(path)
    with explained(path):
        make_folder(path.parent)
        try:
            temporary.mkdir()
            for name, data in files.items():
                _write(temporary / name, data)
            sync_folder(temporary)
            replace_folder(temporary, path)
        except BaseException:
            with suppress(OSError):
                shutil.rmtree(temporary)
            raise


def replace_folder(temporary: Path, final: Path) -> None:
    """Rename the finished folder ``temporary`` to ``final``, in place of what was there.

    No rename replaces a full folder, so the old one steps aside first; should the process die
    right then, ``settle`` or the next replacement puts it back.
    """
    with explained(final):
        aside = _put_back(final)
        replaced = final.exists()
        if replaced:
            final.replace(aside)
        try:
            temporary.replace(final)
        except OSError:
            if replaced:
                aside.replace(final)
            raise
        sync_folder(final.parent)
        if replaced:
            shutil.rmtree(aside)


def _put_back(final: Path) -> Path:
    """Return where a folder steps aside to; what a killed process left there is settled."""
    aside = final.with_name(f".{final.name}.old")
    if aside.exists():
        if final.exists():
            shutil.rmtree(aside)
        else:
            aside.replace(final)
    return aside


def remove_folder(path: Path) -> None:
    """Delete a folder so that it is never seen half deleted."""
    with explained(path):
        gone = path.with_name(f".{path.name}.gone")
        if gone.exists():  # of a process that died while deleting
            shutil.rmtree(gone)
        path.replace(gone)
        shutil.rmtree(gone)


def settle(parent: Path) -> None:
    """Finish or undo what a killed process left in ``parent``; only its sole writer may call it."""
    if not parent.is_dir():
        return
    with explained(parent):
        for item in sorted(parent.iterdir()):
            if not item.name.startswith(".") or item.suffix not in (".new", ".old", ".gone"):
                continue
            if item.suffix == ".new" and _being_written(item):
                continue
            final = parent / item.stem[1:]
            if item.suffix == ".old" and not final.exists():
                item.replace(final)
            elif item.is_dir():
                shutil.rmtree(item)
            else:
                item.unlink()


def _being_written(temporary: Path) -> bool:
    """Return whether another process that is alive is writing this file, as ranks do that start."""
    writer = temporary.stem.rsplit(".", 1)[-1].split("-")[0]
    if not writer.isdigit() or int(writer) == os.getpid():
        return False
    try:
        os.kill(int(writer), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def make_folder(path: Path) -> None:
    """Make ``path`` and its missing parents, durably."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with explained(path):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in ``path`` durable: a rename alone may be lost with the power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path) -> Path:
    """Return a name next to ``path`` that no other writer uses."""
    return path.with_name(f".{path.name}.{os.getpid()}-{next(_counter)}.new")


def _write(path: Path, data: bytes) -> None:
    """Create ``path`` with ``data``, on the disk and not only in its cache."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
