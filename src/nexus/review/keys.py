"""Who may sign: persons, with keys under a passphrase; the machine, whose word approves nothing.

Ed25519 throughout. A person's key lies in their own folder, not in the run, sealed with
ChaCha20-Poly1305 under a key that scrypt makes of the passphrase; five wrong passphrases close it
for a while, and ever longer. The machine's key lies open in the run: it seals the ledger's order.
"""

import fcntl
import json
import os
import pwd
import re
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nexus.base.errors import ConfigError, LedgerError, ReviewError
from nexus.store.files import explained, make_folder, write_atomically, write_json

SHORTEST: Final = 8
"""Least characters of a passphrase."""
FREE: Final = 5
"""Wrong passphrases before one has to wait."""
WAIT_S: Final = 30
"""The first wait, in seconds; each further wrong passphrase doubles it, up to a day."""
NAME: Final = r"[a-z0-9_-]{1,40}"
"""Of a reviewer."""
_COST: Final = 1 << 15
"""Of scrypt (RFC 7914): 32 MiB and about a tenth of a second for each try."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """An unlocked key, with the name it signs in."""

    name: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """Return the public key: 64 hexadecimal digits."""
        return self.key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> str:
        """Return the signature: 128 hexadecimal digits."""
        return self.key.sign(message).hex()


def signed(public: str, signature: str, message: bytes) -> bool:
    """Return whether ``signature`` is that key's over ``message``; nonsense never is."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def machine(folder: Path, *, create: bool = False) -> Signer:
    """Return the machine's signer of a run.

    Raises:
        LedgerError: there is no key, or it is damaged.
    """
    return _open_key(folder, "machine", create=create)


def demo(folder: Path, name: str) -> Signer:
    """Return a signer for an unattended demo, made if there is none; its key lies open in the run.

    Whoever enrols it must mark it: the ledger of a run that is no demo refuses it.

    Raises:
        LedgerError: the key is damaged.
    """
    return _open_key(folder, name, create=True)


def _open_key(folder: Path, name: str, *, create: bool) -> Signer:
    """Return the signer of a key that lies open in a run."""
    path = folder / f"{name}.key"
    if create and not path.exists():
        write_atomically(path, Ed25519PrivateKey.generate().private_bytes_raw())
        with explained(path):
            path.chmod(0o600)
    try:
        key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LedgerError(
            f"the key {path} cannot be used: {error}",
            hint="copy it from a backup of the run; without it nothing can be recorded",
        ) from None
    return Signer(name=name, key=key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Keyring:
    """The keys of the persons who review on this computer."""

    folder: Path
    now: Callable[[], float] = time.time

    def create(self, name: str, passphrase: str) -> Signer:
        """Make a key for ``name`` and return it unlocked.

        Raises:
            ReviewError: the name is no name or has a key, or the passphrase is too short.
        """
        path = self._path(name)
        if path.exists():
            raise ReviewError(f"{name} has a key already", hint=f"it is {path}")
        if len(passphrase) < SHORTEST:
            raise ReviewError(
                f"a passphrase of {len(passphrase)} characters is too short",
                hint=f"at least {SHORTEST}; four words that do not belong together are good",
            )
        signer = Signer(name=name, key=Ed25519PrivateKey.generate())
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        sealed = _cipher(passphrase, salt).encrypt(
            nonce, signer.key.private_bytes_raw(), name.encode()
        )
        make_folder(self.folder)
        write_json(
            path,
            {
                "name": name,
                "public": signer.public,
                "salt": salt.hex(),
                "nonce": nonce.hex(),
                "sealed": sealed.hex(),
            },
        )
        with explained(path):
            path.chmod(0o600)
        return signer

    def unlock(self, name: str, passphrase: str) -> Signer:
        """Return the signer of ``name``.

        Raises:
            ReviewError: there is no such key, the passphrase is wrong, or there were too many
                wrong ones lately.
        """
        path = self._path(name)
        try:
            held = json.loads(path.read_bytes())
            salt, nonce, sealed = (bytes.fromhex(held[k]) for k in ("salt", "nonce", "sealed"))
        except FileNotFoundError:
            known = ", ".join(self.names()) or "nobody yet"
            raise ReviewError(
                f"{name} has no key here; there are keys of: {known}",
                hint=f"make one: `nexus review enroll {name}`",
            ) from None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise _damaged(path, error) from None
        tried = self._admit(name)
        try:
            raw = _cipher(passphrase, salt).decrypt(nonce, sealed, name.encode())
        except InvalidTag:
            left = max(0, FREE - tried)
            more = f"{left} more tries" if left else "you have to wait before the next try"
            raise ReviewError(f"that is not the passphrase of {name}", hint=more) from None
        except ValueError as error:
            raise _damaged(path, error) from None
        with explained(path):
            self._tries(name).unlink(missing_ok=True)
        return Signer(name=name, key=Ed25519PrivateKey.from_private_bytes(raw))

    def names(self) -> list[str]:
        """Return who has a key here."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def _path(self, name: str) -> Path:
        if not re.fullmatch(NAME, name) or name == "machine":
            raise ReviewError(
                f"{name[:40]!r} cannot be a reviewer's name",
                hint="1 to 40 of a-z, 0-9, - and _; machine is nobody",
            )
        return self.folder / f"{name}.json"

    def _tries(self, name: str) -> Path:
        return self.folder / f".{name}.tries"

    def _admit(self, name: str) -> int:
        """Count one more try, before it is made, and return how many there were without success."""
        with self._alone():
            count, last = self._read_tries(name)
            if count >= FREE:
                wait = min(86_400, WAIT_S << min(count - FREE, 12))
                rest = min(wait, last + wait - self.now())  # a clock put back closes none for ever
                if rest > 0:
                    raise ReviewError(
                        f"{count} wrong passphrases for {name}: wait {rest:.0f} s",
                        hint="nothing was signed; if you did not try, see who else is here",
                    )
            write_json(self._tries(name), [count + 1, self.now()])
        return count + 1

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Be the only one who counts tries, so that many at once are counted one by one."""
        with explained(self.folder):
            handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _read_tries(self, name: str) -> tuple[int, float]:
        try:
            count, last = json.loads(self._tries(name).read_bytes())
            return int(count), float(last)
        except (OSError, ValueError, TypeError):
            return 0, 0.0


def keys_folder() -> Path:
    """Return where this person's keys and anchors lie; no variable of the environment moves it.

    Raises:
        ConfigError: the system's user database does not know this user.
    """
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        raise ConfigError(
            f"user {os.getuid()} has no home: the system's user database does not name it",
            hint="add the user (useradd, or a line of /etc/passwd), or run as another",
        ) from None
    return Path(home) / ".config" / "nexus"


def _damaged(path: Path, error: Exception) -> ReviewError:
    return ReviewError(f"the key {path} is damaged: {error}", hint="copy it from a backup")


def _cipher(passphrase: str, salt: bytes) -> ChaCha20Poly1305:
    scrypt = Scrypt(salt=salt, length=32, n=_COST, r=8, p=1)
    return ChaCha20Poly1305(scrypt.derive(passphrase.encode("utf-8", "surrogateescape")))
