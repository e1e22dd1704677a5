"""The gate: the only way from one system that thinks to another.

A change is proposed, shadowed, submitted, approved by persons, applied by moving one pointer, and
watched; at any time before that it can be denied, at any time after rolled back. The ledger leads
and the pointer, ``manifest.json``, follows: a line that says where it moves is on the disk before
it does, so whoever comes after a crash finds the pointer at one of two places and finishes.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nexus.base.errors import LedgerError, ReviewError, StorageError
from nexus.base.proposals import Effect, Evidence, Proposal, ShadowReport
from nexus.review import anchors, codec
from nexus.review import keys as keyrings
from nexus.review.book import MONITOR, Book
from nexus.review.change import LIVE, OPEN, Change
from nexus.review.entries import (
    Applied,
    Applying,
    Approved,
    Ballot,
    Body,
    Confirmed,
    Denied,
    Enrolled,
    Expired,
    Failed,
    Founded,
    Observed,
    Proposed,
    Role,
    RolledBack,
    RollingBack,
    Shadowed,
    Submitted,
    Superseded,
)
from nexus.review.keys import Signer
from nexus.review.ledger import Ledger, Pen, journal_of
from nexus.store.files import write_atomically
from nexus.store.manifest import Artefact, manifest_bytes, system_hash
from nexus.store.objects import Objects, sha256
from nexus.store.runs import Run

MOST_REASON: Final = 2_000
"""Longest reason of a decision, in characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A candidate and why it is asked for; the gate makes the ``Proposal`` of it."""

    change_id: str
    kind: str
    artefacts: Mapping[str, bytes]
    """Name -> the bytes it would put in place."""
    proposer: str
    rationale: str
    evidence: Evidence
    effects: tuple[Effect, ...]
    replay: bytes
    data: Mapping[str, str | int]
    lasts_s: int
    """How long it may wait for a decision."""


def _on(_: str) -> None:
    """Pass a step; what tests of crashes put in its place does not."""


class Gate:
    """The gate of one run."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        keys: Path | None = None,
        step: Callable[[str], None] = _on,
    ) -> None:
        """Open the gate of the run at ``folder``.

        ``keys`` is where anchors are left, and ``step`` is called with the name of each step that
        was taken.

        Raises:
            CheckpointError: there is no run.
        """
        self.folder, self.objects = folder, Objects(folder / "objects")
        self.ledger = Ledger(folder, journal_of(folder), clock=clock)
        self.keys = keys or keyrings.keys_folder()
        self.step = step

    @property
    def pointer(self) -> Path:
        """Where it is written what may think."""
        return self.folder / "manifest.json"

    def book(self) -> Book:
        """Return what the ledger comes to, every line of it verified."""
        return self.ledger.read()

    def found(self, name: str, data: bytes, *, kind: str) -> str:
        """Let what training made think, and return its hash; again the same changes nothing.

        Raises:
            ReviewError: it would replace something; that is a change, and asks for a person.
        """
        made = Artefact(sha256=self.objects.put(data), kind=kind)
        self.step("found.1 object stored")
        with self._writing() as pen:
            there = pen.book.artefacts.get(name, made)
            if there != made:
                raise ReviewError(
                    f"{name} thinks already, and these are other bytes",
                    hint="propose a change, or train another run",
                )
            if name not in pen.book.artefacts:
                pen.say(Founded(artefacts={name: made}))
        self.step("found.2 said")
        book = self.book()
        if self._pointed() != book.current:
            self._move_pointer(book, book.current)
        self.step("found.3 pointer moved")
        return made.sha256

    def enroll(
        self, name: str, key: str, role: Role, *, demo: bool = False, voucher: Signer | None = None
    ) -> None:
        """Let a person decide from here on.

        Raises:
            ReviewError: someone is enrolled already and nobody vouches, or the name is taken.
        """
        with self._writing() as pen:
            ballot = pen.book.enrolment(name, key, role, demo=demo)
            pen.say(
                Enrolled(
                    name=name,
                    key=key,
                    role=role,
                    demo=demo,
                    by="" if voucher is None else voucher.name,
                    signature="" if voucher is None else voucher.sign(ballot.message),
                )
            )
        self._anchor(demo=demo)

    def propose(self, draft: Draft) -> Proposal:
        """Record that a change is asked for, and return the proposal; nothing changes.

        Raises:
            ReviewError: the draft is malformed, or its base thinks no more.
        """
        if not draft.rationale.strip() or not draft.effects:
            raise ReviewError(
                f"change {draft.change_id} says not why, or promises nothing",
                hint="give a rationale and at least one expected effect",
            )
        made = {name: self.objects.put(data) for name, data in draft.artefacts.items()}
        replay = self.objects.put(draft.replay)
        self.step("propose.1 objects stored")
        with self._writing() as pen:
            book = pen.book
            if unknown := sorted(set(made) - set(book.artefacts)):
                raise ReviewError(f"there is no {', '.join(unknown)} to change")
            artefacts = {
                name: Artefact(sha256=sha, kind=book.artefacts[name].kind)
                for name, sha in made.items()
            }
            proposal = Proposal(
                change_id=draft.change_id,
                kind=draft.kind,
                proposer=draft.proposer,
                rationale=draft.rationale,
                evidence=draft.evidence,
                expected_effects=draft.effects,
                revert_plan=_plan(draft.change_id, {n: book.artefacts[n] for n in made}),
                base=book.current,
                candidate=system_hash({**book.artefacts, **artefacts}),
                replay=replay,
                policy=codec.hash_of(book.policy),
                data=draft.data,
                created=pen.now,
                expires=pen.now + draft.lasts_s,
            )
            pen.say(
                Proposed(
                    change=proposal.change_id,
                    proposal=self.objects.put(codec.encode(proposal)),
                    kind=proposal.kind,
                    proposer=proposal.proposer,
                    artefacts=artefacts,
                    base=proposal.base,
                    candidate=proposal.candidate,
                    effects=proposal.expected_effects,
                    expires=proposal.expires,
                )
            )
        return proposal

    def shadow(self, report: ShadowReport, *, flags: tuple[str, ...]) -> None:
        """Record what a candidate was seen to do."""
        stored = self.objects.put(codec.encode(report))
        with self._writing() as pen:
            asked = pen.book.find(report.change_id).asked
            if (report.base, report.candidate) != (asked.base, asked.candidate):
                raise ReviewError(
                    f"the report is not about change {report.change_id} as it was proposed",
                    hint="measure the candidate that was proposed",
                )
            pen.say(Shadowed(change=report.change_id, report=stored, flags=flags))

    def submit(self, change: str) -> None:
        """Let a change wait for persons."""
        with self._writing() as pen:
            pen.say(Submitted(change=change))

    def ballot(self, decision: str, change: str, reason: str = "") -> Ballot:
        """Return what a person signs to decide about a change as it stands now."""
        if len(reason) > MOST_REASON:
            raise ReviewError(
                f"a reason of {len(reason)} characters", hint=f"{MOST_REASON} at most"
            )
        book = self.book()
        return book.ballot(decision, book.find(change), reason)

    def approve(self, ballot: Ballot, signer: Signer) -> Change:
        """Say yes to what ``ballot`` names; with enough persons it is applied at once.

        Raises:
            ReviewError: it has changed since the person looked, or may not be approved by them.
            StorageError: the disk refused; what thinks is as it was.
        """
        with self._writing() as pen:
            change = self._unchanged(pen, "approve", ballot)
            self.proposal(change)
            self.report(change)
            self._whole(pen.book, change)
            self.step("approve.1 objects checked")
            signature = signer.sign(ballot.message)
            pen.say(Approved(change=ballot.change, by=signer.name, signature=signature))
        self.step("approve.2 said")
        self._anchor(demo=self._is_demo(signer))
        if self.book().find(ballot.change).state == "approved":
            self.apply(ballot.change)
        return self.book().find(ballot.change)

    def deny(self, ballot: Ballot, signer: Signer) -> None:
        """Say no; no byte of what thinks is touched."""
        with self._writing() as pen:
            self._unchanged(pen, "deny", ballot)
            pen.say(
                Denied(
                    change=ballot.change,
                    by=signer.name,
                    reason=ballot.reason,
                    signature=signer.sign(ballot.message),
                )
            )
        self._anchor(demo=self._is_demo(signer))

    def apply(self, change: str) -> None:
        """Move the pointer to an approved candidate; doing it again does nothing.

        Raises:
            ReviewError: it is not approved, or its base thinks no more.
            StorageError: the disk refused; the base thinks on and the change has failed.
        """
        with self._writing() as pen:
            found = pen.book.find(change)
            if found.state in LIVE:
                return
            self._whole(pen.book, found)
            self.step("apply.1 objects checked")
            pen.say(Applying(change=change))
        self.step("apply.2 intent said")
        self._move(change)

    def rollback(self, ballot: Ballot, signer: Signer) -> None:
        """Put back the bytes there were before a change."""
        with self._writing() as pen:
            self._unchanged(pen, "rollback", ballot)
            pen.say(
                RollingBack(
                    change=ballot.change,
                    by=signer.name,
                    reason=ballot.reason,
                    signature=signer.sign(ballot.message),
                )
            )
        self.step("rollback.1 intent said")
        self._move(ballot.change)
        self._anchor(demo=self._is_demo(signer))

    def observe(self, change: str, figure: str, *, right: int, n: int) -> Change:
        """Record outcomes since a change was applied; it is confirmed or rolled back by them."""
        with self._writing() as pen:
            pen.say(Observed(change=change, figure=figure, right=right, n=n))
            found = pen.book.find(change)
            if reason := found.fallen(pen.book.policy):
                pen.say(RollingBack(change=change, by=MONITOR, reason=reason, signature=""))
            elif found.state == "monitoring" and found.proven(pen.book.policy):
                pen.say(Confirmed(change=change))
        self.step("observe.1 said")
        self._move(change)
        return self.book().find(change)

    def settle(self) -> Book:
        """Finish what a crash left, close what is over, and return the book."""
        with self._writing() as pen:
            return pen.book

    def proposal(self, change: Change) -> Proposal:
        """Return the stored proposal of a change."""
        return codec.decode(Proposal, self.objects.get(change.asked.proposal))

    def report(self, change: Change) -> ShadowReport:
        """Return the stored shadow report of a change."""
        return codec.decode(ShadowReport, self.objects.get(change.report))

    @contextmanager
    def _writing(self) -> Generator[Pen]:
        """Lend the ledger, begun and settled, to one writer."""
        with self.ledger.writing() as pen:
            if pen.book.begun is None:
                pen.begin(Run.open(self.folder).recipe)
            self._finish(pen)
            for change in pen.book.changes.values():
                if change.state in OPEN and pen.now >= change.asked.expires:
                    pen.say(Expired(change=change.change))
                elif change.state in OPEN and change.asked.base != pen.book.current:
                    pen.say(Superseded(change=change.change))
            yield pen

    def _finish(self, pen: Pen) -> None:
        """Bring pointer and ledger together, from wherever a crash left them."""
        book = pen.book
        there = self._pointed()
        if there not in book.pointers:
            raise LedgerError(
                f"{self.pointer} is not what the ledger says may think",
                hint="someone changed it: `nexus review verify --mend` puts it right",
            )
        if book.moving:
            self._move_pointer(book, book.moving)
            change = next(c for c in book.changes.values() if _moves(c, book))
            pen.say(_moved(change))
        elif there != book.current:
            self._move_pointer(book, book.current)

    def _move(self, change: str) -> None:
        """Move the pointer where the ledger says it moves, and say that it has."""
        book = self.book()
        if not book.moving:
            return
        try:
            self._move_pointer(book, book.moving)
        except StorageError as error:
            with self.ledger.writing() as pen:
                if pen.book.find(change).state == "applying":
                    pen.say(Failed(change=change, reason=error.message))
            raise
        self.step("move.1 pointer moved")
        with self._writing():
            pass
        self.step("move.2 said")

    def _move_pointer(self, book: Book, system: str) -> None:
        write_atomically(self.pointer, manifest_bytes(book.systems[system]))

    def _pointed(self) -> str:
        """Return the hash of the system the pointer names; of nothing where there is none."""
        try:
            return sha256(self.pointer.read_bytes())
        except FileNotFoundError:
            return system_hash({})
        except OSError as error:
            raise LedgerError(
                f"cannot read {self.pointer}: {error.strerror}", hint="check the disk"
            ) from error

    def _unchanged(self, pen: Pen, decision: str, ballot: Ballot) -> Change:
        """Return the change a ballot is about, if it is as it was when the ballot was made."""
        change = pen.book.find(ballot.change)
        if ballot != pen.book.ballot(decision, change, ballot.reason):
            raise ReviewError(
                f"change {ballot.change} is not what it was when you looked",
                hint=f"`nexus review show {ballot.change}`, then decide again",
            )
        return change

    def _whole(self, book: Book, change: Change) -> None:
        """Refuse a change of which bytes are missing or damaged, on either side of it."""
        for system in (change.asked.base, change.asked.candidate):
            for name in change.asked.artefacts:
                self.objects.get(book.systems[system][name].sha256)

    def _is_demo(self, signer: Signer) -> bool:
        return self.book().reviewers[signer.name].demo

    def _anchor(self, *, demo: bool) -> None:
        if not demo:
            anchors.leave(self.keys, self.folder, self.book())


def _plan(change: str, before: Mapping[str, Artefact]) -> str:
    """Return in words how a change is undone."""
    what = "; ".join(f"{name} is again {entry.sha256[:12]}" for name, entry in before.items())
    return f"`nexus review rollback {change}` puts the stored bytes back: {what}"


def _moves(change: Change, book: Book) -> bool:
    """Return whether it is this change that the pointer moves for."""
    if change.state == "applying":
        return True
    moved = change.state in LIVE and all(
        book.artefacts[name] == entry for name, entry in change.asked.artefacts.items()
    )
    return moved and system_hash(book.undone(change)) == book.moving


def _moved(change: Change) -> Body:
    kind = Applied if change.state == "applying" else RolledBack
    return kind(change=change.change)
