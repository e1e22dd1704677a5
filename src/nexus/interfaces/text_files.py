"""Small text files that people name, read whole or refused with what to do."""

from pathlib import Path

from nexus.base.errors import InputError


def read_small(path: Path, most: int, *, less: str, plain: str) -> str:
    """Return the text of a file of at most ``most`` bytes.

    Args:
        path: the file.
        most: see above.
        less: what to do where it is larger.
        plain: what to do where it is no text.

    Raises:
        InputError: there is no such file, it cannot be read, or it is no small text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="check the path") from None
    except (OSError, ValueError) as error:  # a folder, a NUL byte, a file closed to us
        raise InputError(f"cannot read {str(path)!r}: {error}", hint="check the path") from None
    return decoded(path, data, most, less=less, plain=plain)


def decoded(path: Path, data: bytes, most: int, *, less: str, plain: str) -> str:
    """Return bytes that came of ``path`` as text; see ``read_small``.

    Raises:
        InputError: they are more than ``most``, or no text.
    """
    if len(data) > most:
        raise InputError(f"{path} has more than {most} bytes", hint=less)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text", hint=plain) from None
