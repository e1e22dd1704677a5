"""Content-addressed bytes: a name is the hash of what it names, so nothing can change unseen."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from nexus.base.errors import CheckpointError
from nexus.store.files import write_atomically


def sha256(data: bytes) -> str:
    """Return the name under which ``data`` is stored: 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Objects:
    """A folder of immutable byte strings, ``<folder>/<sha256>``."""

    folder: Path

    def put(self, data: bytes) -> str:
        """Store ``data`` and return its name; storing it again heals a damaged copy."""
        name = sha256(data)
        path = self.path(name)
        if not path.is_file() or sha256(path.read_bytes()) != name:
            write_atomically(path, data)
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes called ``name``, checked against it.

        Raises:
            CheckpointError: there is no such object, or its bytes have changed.
        """
        path = self.path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CheckpointError(
                f"cannot read {path}: {error.strerror}",
                hint="copy the file from a backup of the run, or train the run again",
            ) from error
        if (found := sha256(data)) != name:
            raise CheckpointError(
                f"{path} is damaged: its bytes hash to {found[:12]}..., not to its name",
                hint="delete it and copy it from a backup of the run, or train the run again",
            )
        return data

    def path(self, name: str) -> Path:
        """Return where ``name`` lives; anything but a hash is refused, so no name leaves it."""
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            raise CheckpointError(
                f"{name!r} is not the name of an object in {self.folder}",
                hint="an object is named by the 64 hexadecimal digits of its SHA-256",
            )
        return self.folder / name
