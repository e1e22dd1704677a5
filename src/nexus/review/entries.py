"""What the ledger says, line by line: who did what to which system, chained and signed.

The hash of a line covers everything in it but its signature, and the hash of the line before; the
machine signs each hash. A person's decision carries that person's signature beside it, over exactly
what was decided about: see ``Ballot``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from nexus.base.errors import LedgerError, ReviewError
from nexus.base.proposals import Effect, Policy
from nexus.review import codec
from nexus.review.keys import Signer
from nexus.store.manifest import Artefact

Role = Literal["reviewer", "lead"]
"""A lead may vouch for others, and approve what the policy leaves to leads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """The first line: which run this is, whose machine seals it, and what was agreed on."""

    run: str
    """32 hexadecimal digits drawn at random."""
    recipe: str
    """Hash of the recipe, thresholds and all."""
    machine: str
    """The machine's public key."""
    demo: bool
    """Whether keys made for an unattended demo may decide here."""
    policy: Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Founded:
    """Training made something that there was not: the system gains it and loses nothing."""

    artefacts: Mapping[str, Artefact]


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolled:
    """A person may decide from here on; the first is taken on trust, later ones on a signature."""

    name: str
    key: str
    role: Role
    demo: bool
    by: str
    """Who vouches; empty for the first."""
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """A candidate was built and is asked for: state draft."""

    change: str
    proposal: str
    """Hash of the stored proposal."""
    kind: str
    proposer: str
    artefacts: Mapping[str, Artefact]
    """What it would put in place of what bears those names now."""
    base: str
    candidate: str
    effects: tuple[Effect, ...]
    expires: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shadowed:
    """The candidate was measured: state shadowed."""

    change: str
    report: str
    """Hash of the stored shadow report."""
    flags: tuple[str, ...]
    """What in it speaks against the change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """It waits for a person: state pending."""

    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Approved:
    """A person says yes; with enough of them: state approved."""

    change: str
    by: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Denied:
    """A person says no: state denied."""

    change: str
    by: str
    reason: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Applying:
    """The pointer is about to move from base to candidate: state applying."""

    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """The pointer has moved: state applied."""

    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """The pointer could not be moved; the base thinks on: state failed."""

    change: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """Outcomes seen since it was applied: state monitoring."""

    change: str
    figure: str
    right: int
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """Enough was observed, and it is as promised: state confirmed."""

    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RollingBack:
    """The pointer is about to move back to the base."""

    change: str
    by: str
    """A reviewer, or ``monitor`` where what was observed has fallen below what was agreed."""
    reason: str
    signature: str
    """Empty for the monitor, whose reason anyone can recompute from the ledger."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolledBack:
    """The pointer is back: state rolled_back."""

    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """Nobody decided in time: state expired."""

    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Superseded:
    """The system it starts from thinks no more: state superseded."""

    change: str


Body = (
    Begun
    | Founded
    | Enrolled
    | Proposed
    | Shadowed
    | Submitted
    | Approved
    | Denied
    | Applying
    | Applied
    | Failed
    | Observed
    | Confirmed
    | RollingBack
    | RolledBack
    | Expired
    | Superseded
)
BODIES: Final[Mapping[str, type[Body]]] = {kind.__name__: kind for kind in Body.__args__}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ballot:
    """What a person signs: one decision about one change, naming all that it rests on."""

    decision: str
    """approve, deny, rollback or enroll."""
    run: str
    change: str
    """A change id; for an enrolment the name and the key of who is vouched for."""
    base: str = ""
    candidate: str = ""
    report: str = ""
    policy: str = ""
    reason: str = ""

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return b"nexus ballot\n" + codec.encode(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of the ledger."""

    position: int
    time: int
    """UTC, in whole seconds since 1970."""
    previous: str
    """Hash of the line before; 64 zeros at the start."""
    body: Body
    signature: str = ""

    @property
    def hash(self) -> str:
        """The hash that the next line names and the machine signs."""
        return sha256(self._line()).hexdigest()

    def sealed(self, machine: Signer) -> "Entry":
        """Return the entry with the machine's signature."""
        return Entry(
            position=self.position,
            time=self.time,
            previous=self.previous,
            body=self.body,
            signature=machine.sign(bytes.fromhex(self.hash)),
        )

    def line(self) -> str:
        """Return the entry as it is kept."""
        return self._line(signature=self.signature).decode()

    @classmethod
    def parse(cls, line: str) -> "Entry":
        """Return the entry that was kept as ``line``.

        Raises:
            LedgerError: it is no such line, to the byte.
        """
        try:
            whole = json.loads(line)
            body = codec.decode(
                BODIES[whole["kind"]],
                json.dumps(
                    whole["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
                ).encode(),
            )
            entry = cls(
                position=whole["position"],
                time=whole["time"],
                previous=whole["previous"],
                body=body,
                signature=whole["signature"],
            )
            kinds = [type(whole[name]) for name in ("position", "time", "previous", "signature")]
            if kinds != [int, int, str, str]:
                raise ValueError("a field is of another kind")
            if entry.line() != line:
                raise ValueError("it is not written canonically")
        except (ValueError, KeyError, TypeError, ReviewError, RecursionError) as error:
            raise LedgerError(
                f"a line of the ledger is damaged: {error}", hint="copy it from a backup of the run"
            ) from None
        return entry

    def _line(self, **more: str) -> bytes:
        whole = {
            "position": self.position,
            "time": self.time,
            "previous": self.previous,
            "kind": type(self.body).__name__,
            "body": json.loads(codec.encode(self.body)),
            **more,
        }
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
