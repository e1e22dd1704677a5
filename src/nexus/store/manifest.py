"""The system manifest: every artefact that may think, by name; its hash names the whole system."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nexus.base.errors import LedgerError
from nexus.store.files import json_bytes
from nexus.store.objects import sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class Artefact:
    """One thing that ``think`` may load."""

    sha256: str
    kind: str
    """One of ``base.proposals.KINDS``."""


def manifest_bytes(artefacts: Mapping[str, Artefact]) -> bytes:
    """Return a system as the bytes of its manifest."""
    return json_bytes({name: asdict(entry) for name, entry in artefacts.items()})


def system_hash(artefacts: Mapping[str, Artefact]) -> str:
    """Return the hash that names a system."""
    return sha256(manifest_bytes(artefacts))


def pointer_of(folder: Path) -> Path:
    """Return where it is written what may think in the run at ``folder``."""
    return folder / "manifest.json"


def pointed(folder: Path) -> str:
    """Return the hash of the system the pointer names; of an empty one where there is none.

    Raises:
        LedgerError: the pointer is there and cannot be read.
    """
    path = pointer_of(folder)
    try:
        return sha256(path.read_bytes())
    except FileNotFoundError:
        return system_hash({})
    except OSError as error:
        raise LedgerError(
            f"cannot read {path}: {error.strerror}", hint="check the disk and the folder"
        ) from error
