"""What a person does at the gate of a run: enrol, look, decide, take back, verify."""

import getpass
from dataclasses import dataclass
from pathlib import Path

from nexus.base.errors import LedgerError, ReviewError
from nexus.base.proposals import Proposal, ShadowReport
from nexus.interfaces.service.runs import find
from nexus.review import anchors, keys
from nexus.review.anchors import Anchor
from nexus.review.approved import Approved
from nexus.review.book import Book
from nexus.review.change import Change
from nexus.review.codec import encode
from nexus.review.entries import Ballot, Role
from nexus.review.gate import Gate
from nexus.review.keys import Keyring, Signer
from nexus.review.records import Record, record_of
from nexus.store.files import write_atomically


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A change as a person sees it before deciding."""

    run: Path
    change: Change
    needed: int
    """Persons who must approve it."""
    supplanted: str
    """A later change that put something else in the place of what it changed, or empty."""
    proposal: Proposal
    report: ShadowReport | None
    record: Record
    """How earlier changes of the same proposer turned out."""
    ballots: tuple[Ballot, ...]
    """What would be signed to approve, and to deny."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """A ledger and what it names, found whole."""

    run: Path
    book: Book
    objects: int
    """Stored byte strings checked against their names."""
    mended: bool
    """Whether the pointer was written anew from what the ledger says."""


def gate_of(run: str) -> Gate:
    """Return the gate of a run; an empty name means the newest."""
    return Gate(find(run))


def keyring() -> Keyring:
    """Return the keys of the persons who review on this computer."""
    return Keyring(folder=keys.keys_folder() / "reviewers")


def me() -> str:
    """Return the name of who is logged in, as a reviewer's name."""
    return getpass.getuser().lower()


def unlock(name: str, passphrase: str) -> Signer:
    """Return the signer of a person who has a key on this computer."""
    return keyring().unlock(name, passphrase)


def enroll(run: str, signer: Signer, role: Role, *, voucher: Signer | None) -> tuple[Path, Book]:
    """Let a person decide in a run, and return it and its book.

    Raises:
        ReviewError: someone is enrolled already and nobody vouches, or the name is taken.
    """
    gate = gate_of(run)
    gate.enroll(signer.name, signer.public, role, voucher=voucher)
    return gate.folder, gate.book()


def changes(run: str) -> tuple[Path, Book]:
    """Return a run and its book, after what a crash left is finished and what is over is closed."""
    gate = gate_of(run)
    book = gate.book()
    return gate.folder, gate.settle() if book.begun is not None else book


def shown(run: str, change: str) -> Shown:
    """Return a change with all that a person decides by.

    Raises:
        ReviewError: there is no such change.
        CheckpointError: its proposal or report is missing or damaged.
    """
    gate = gate_of(run)
    book = gate.book()
    found = book.find(change)
    return Shown(
        run=gate.folder,
        change=found,
        needed=found.needs(book.policy),
        supplanted=book.supplanted(found),
        proposal=gate.proposal(found),
        report=gate.report(found) if found.report else None,
        record=record_of(book, found.asked.proposer),
        ballots=(book.ballot("approve", found), book.ballot("deny", found)),
    )


def approve(run: str, ballot: Ballot, signer: Signer) -> Change:
    """Say yes to exactly what a ballot names."""
    return gate_of(run).approve(ballot, signer)


def deny(run: str, change: str, signer: Signer, *, because: str) -> Change:
    """Say no; nothing that thinks is touched."""
    gate = gate_of(run)
    gate.deny(gate.ballot("deny", change, because), signer)
    return gate.book().find(change)


def roll_back(run: str, change: str, signer: Signer, *, because: str) -> Change:
    """Put back the bytes there were before a change."""
    gate = gate_of(run)
    gate.rollback(gate.ballot("rollback", change, because), signer)
    return gate.book().find(change)


def monitor(run: str, change: str, *, figure: str, right: int, n: int) -> Change:
    """Record outcomes seen since a change was applied, and return how it stands then."""
    gate = gate_of(run)
    return gate.observe(change, figure, right=right, n=n)


def verify(run: str, *, anchor: Path | None = None, mend: bool = False) -> Verified:
    """Verify a ledger line by line, and every byte string it names; nothing is written.

    With ``mend`` the pointer is first written anew from what the ledger says, and what a crash left
    is finished.

    Raises:
        LedgerError: the ledger is missing, damaged, cut short, written anew, or does not contain
            the anchor; or the pointer or the recipe is another.
        CheckpointError: an object is missing or damaged.
    """
    gate = gate_of(run)
    if gate.book().begun is None:
        raise LedgerError(
            f"{gate.folder} has no ledger", hint="copy ledger.db from a backup, or train the run"
        )
    if anchor is not None:
        _hold(anchor, gate)
    mended = mend and gate.mend()
    if mend:
        gate.settle()
    book = Approved.open(gate.folder, keys=gate.keys).book
    names = {entry.sha256 for system in book.systems.values() for entry in system.values()}
    names |= {change.asked.proposal for change in book.changes.values()}
    names |= {change.report for change in book.changes.values() if change.report}
    for name in sorted(names):
        gate.objects.get(name)
    return Verified(run=gate.folder, book=book, objects=len(names), mended=mended)


def export_anchor(run: str, out: Path) -> tuple[Path, Anchor]:
    """Write down how far a ledger has come, to be kept where the run is not; return where.

    In a folder it gets a name of its run's own.

    Raises:
        LedgerError: the ledger is damaged, or does not contain the anchor that is there already.
        StorageError: the disk refused.
    """
    gate = gate_of(run)
    anchor = anchors.anchor_of(gate.book())
    if out.is_dir():
        out = out / f"nexus-anchor-{anchor.run[:12]}.json"
    if out.exists():
        _hold(out, gate)
    write_atomically(out, encode(anchor))
    return out, anchor


def _hold(path: Path, gate: Gate) -> None:
    """Refuse a ledger that does not contain the anchor in a file."""
    held, begun = anchors.read(path), gate.book().begun
    if begun is None or held.run != begun.run:
        raise LedgerError(f"{path} is the anchor of another run", hint="name its own run")
    anchors.hold(held, gate.ledger.journal.read(), where=str(path))


def check_reason(because: str) -> str:
    """Return a reason that says something.

    Raises:
        ReviewError: it is empty.
    """
    if not because.strip():
        raise ReviewError("say why", hint='--because "..."; it is kept with the decision')
    return because.strip()
