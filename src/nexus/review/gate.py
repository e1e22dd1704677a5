"""The gate: the only way from one system that thinks to another.

A change is proposed, shadowed, submitted, approved by persons, applied by moving one pointer, and
watched; at any time before that it can be denied, at any time after rolled back. The ledger leads
and the pointer, ``manifest.json``, follows: a line that says where it moves is on the disk before
it does, so whoever comes after a crash finds the pointer at one of two places and finishes. To do
the same again after a crash is to do it once.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nexus.base.errors import LedgerError, ReviewError, StorageError
from nexus.base.proposals import Proposal, ShadowReport
from nexus.review import anchors, codec, drafts
from nexus.review import keys as keyrings
from nexus.review.book import MONITOR, Book
from nexus.review.change import LIVE, OPEN, Change, Reviewer
from nexus.review.drafts import Draft
from nexus.review.entries import (
    Applied,
    Applying,
    Approved,
    Ballot,
    Confirmed,
    Denied,
    Enrolled,
    Expired,
    Failed,
    Founded,
    Observed,
    Role,
    RolledBack,
    RollingBack,
    Shadowed,
    Submitted,
    Superseded,
)
from nexus.review.flags import flags as flags_of
from nexus.review.keys import Signer
from nexus.review.ledger import Ledger, Pen, journal_of
from nexus.store.files import write_atomically
from nexus.store.manifest import Artefact, manifest_bytes, pointed, pointer_of
from nexus.store.objects import Objects
from nexus.store.runs import Run

__all__ = ["Draft", "Gate"]

MOST_REASON: Final = 2_000
"""Longest reason of a decision, in characters."""


def _on(_: str) -> None:
    """Pass a step; what tests of crashes put in its place does not."""


def _against(report: ShadowReport, change: Change, book: Book) -> tuple[str, ...]:
    """Return what in a report speaks against a change, by what was agreed on and promised."""
    return tuple(flag.sentence for flag in flags_of(report, book.policy, change.asked.effects))


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
        self.keys = keys or keyrings.keys_folder()
        self.ledger = Ledger(folder, journal_of(folder), keys=self.keys, clock=clock, step=step)
        self.step = step

    @property
    def pointer(self) -> Path:
        """Where it is written what may think."""
        return pointer_of(self.folder)

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
        self._move()
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
            enrolled = Reviewer(name=name, key=key, role=role, demo=demo)
            if pen.book.reviewers.get(name) != enrolled:
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
        self._anchor(name)

    def propose(self, draft: Draft) -> Proposal:
        """Record that a change is asked for, and return the proposal; nothing changes.

        Raises:
            ReviewError: the draft is malformed, or its base thinks no more.
        """
        made = {name: self.objects.put(data) for name, data in draft.artefacts.items()}
        replay = self.objects.put(draft.replay)
        self.step("propose.1 objects stored")
        with self._writing() as pen:
            there = pen.book.changes.get(draft.change_id)
            old = None if there is None else self.proposal(there)
            now = pen.now if old is None else old.created
            proposal = drafts.propose(draft, pen.book, made, replay=replay, now=now)
            if proposal != old:
                stored = self.objects.put(codec.encode(proposal))
                pen.say(drafts.said(proposal, drafts.replaced(pen.book, made), stored=stored))
        self.step("propose.2 said")
        return proposal

    def shadow(self, report: ShadowReport) -> None:
        """Record what a candidate was seen to do, and what of it speaks against the change.

        Raises:
            ReviewError: it is about something else, malformed, or there is another report.
        """
        report = codec.checked(report)
        stored = self.objects.put(codec.encode(report))
        self.step("shadow.1 report stored")
        with self._writing() as pen:
            change = pen.book.find(report.change_id)
            if (report.base, report.candidate) != (change.asked.base, change.asked.candidate):
                raise ReviewError(
                    f"the report is not about change {report.change_id} as it was proposed",
                    hint="measure the candidate that was proposed",
                )
            if not (change.state in OPEN and change.report == stored):
                flags = _against(report, change, pen.book)
                pen.say(Shadowed(change=report.change_id, report=stored, flags=flags))

    def submit(self, change: str) -> None:
        """Let a change wait for persons."""
        with self._writing() as pen:
            if pen.book.find(change).state != "pending":
                pen.say(Submitted(change=change))

    def ballot(self, decision: str, change: str, reason: str = "") -> Ballot:
        """Return what a person signs to decide about a change as it stands now."""
        if len(reason) > MOST_REASON or (reason and decision == "approve"):
            raise ReviewError(
                f"a reason of {len(reason)} characters to {decision}",
                hint=f"{MOST_REASON} at most; an approval gives none",
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
            said = change.state in ("pending", "approved", *LIVE)
            if not (said and signer.name in change.approvals):
                self.proposal(change)
                against = _against(self.report(change), change, pen.book) if change.report else ()
                if against != change.flags:
                    raise ReviewError(
                        f"change {change.change} is not flagged as its shadow report asks for",
                        hint="propose it again; nothing was signed",
                    )
                self._whole(pen.book, change, "base", "candidate")
                self.step("approve.1 objects checked")
                signature = signer.sign(ballot.message)
                pen.say(Approved(change=ballot.change, by=signer.name, signature=signature))
            if pen.book.find(ballot.change).state == "approved":  # nobody comes in between
                pen.say(Applying(change=ballot.change))
        self.step("approve.2 said")
        self._anchor(signer.name)
        self._move()
        return self.book().find(ballot.change)

    def deny(self, ballot: Ballot, signer: Signer) -> None:
        """Say no; no byte of what thinks is touched."""
        with self._writing() as pen:
            change = self._unchanged(pen, "deny", ballot)
            if (change.state, change.decided, change.note) != (
                "denied",
                (signer.name,),
                ballot.reason,
            ):
                pen.say(
                    Denied(
                        change=ballot.change,
                        by=signer.name,
                        reason=ballot.reason,
                        signature=signer.sign(ballot.message),
                    )
                )
        self._anchor(signer.name)

    def rollback(self, ballot: Ballot, signer: Signer) -> None:
        """Put back the bytes there were before a change."""
        with self._writing() as pen:
            change = self._unchanged(pen, "rollback", ballot)
            over = change.state == "rolled_back" and change.note == ballot.reason
            if not (over and signer.name == change.decided[-1]):
                self._whole(pen.book, change, "base")
                pen.say(
                    RollingBack(
                        change=ballot.change,
                        by=signer.name,
                        reason=ballot.reason,
                        signature=signer.sign(ballot.message),
                    )
                )
        self.step("rollback.1 intent said")
        self._anchor(signer.name)
        self._move()

    def observe(self, change: str, figure: str, *, right: int, n: int) -> Change:
        """Record outcomes since a change was applied; it is confirmed or rolled back by them."""
        with self._writing() as pen:
            pen.say(Observed(change=change, figure=figure, right=right, n=n))
            found = pen.book.find(change)
            if reason := found.fallen(pen.book.policy):
                self._whole(pen.book, found, "base")
                pen.say(RollingBack(change=change, by=MONITOR, reason=reason, signature=""))
            elif found.state == "monitoring" and found.proven(pen.book.policy):
                pen.say(Confirmed(change=change))
        self.step("observe.1 said")
        self._move()
        return self.book().find(change)

    def settle(self) -> Book:
        """Finish what a crash left, close what is over, and return the book."""
        with self._writing() as pen:
            return pen.book

    def mend(self) -> bool:
        """Write the pointer as the ledger says, and return whether it said something else."""
        with self.ledger.writing() as pen:
            wrong = pointed(self.folder) not in pen.book.pointers
            if wrong:
                write_atomically(self.pointer, manifest_bytes(pen.book.artefacts))
        return wrong

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
            self._settle(pen)
            yield pen

    def _settle(self, pen: Pen) -> StorageError | None:
        """Begin the ledger, bring it and the pointer together, close what is over.

        Returns why the pointer could not be moved to a change that was approved: it has failed.
        """
        if pen.book.begun is None:
            pen.begin(Run.open(self.folder).recipe)
        refused = self._finish(pen)
        for change in pen.book.changes.values():
            if change.state in OPEN and pen.now >= change.asked.expires:
                pen.say(Expired(change=change.change))
            elif change.state in OPEN and change.asked.base != pen.book.current:
                pen.say(Superseded(change=change.change))
        return refused

    def _finish(self, pen: Pen) -> StorageError | None:
        """Move the pointer where the ledger says, and say that it has moved.

        That it is to move is anchored first, whoever moves it: what it moved from comes not back.
        """
        book, there = pen.book, pointed(self.folder)
        if there not in book.pointers:
            raise LedgerError(
                f"{self.pointer} is not what the ledger says may think",
                hint="someone changed it: `nexus review verify --mend` puts it right",
            )
        applying = book.moving and book.changes[book.mover].state == "applying"
        try:
            if there != (book.moving or book.current):
                self._leave(book)
                self.step("move.1 before moving the pointer")
                write_atomically(
                    self.pointer, manifest_bytes(book.systems[book.moving or book.current])
                )
                self.step("move.2 pointer moved")
        except StorageError as error:
            if not applying or pointed(self.folder) != book.current:
                raise  # whoever comes next finishes
            pen.say(Failed(change=book.mover, reason=error.message))
            return error
        if book.moving:
            kind = Applied if applying else RolledBack
            pen.say(kind(change=book.mover))
        return None

    def _move(self) -> None:
        """Finish what was just said, alone with the ledger."""
        with self.ledger.writing() as pen:
            refused = self._settle(pen)
        if refused is not None:
            raise refused
        self._anchor()

    def _unchanged(self, pen: Pen, decision: str, ballot: Ballot) -> Change:
        """Return the change a ballot is about, if it is as it was when the ballot was made."""
        change = pen.book.find(ballot.change)
        if ballot != pen.book.ballot(decision, change, ballot.reason):
            raise ReviewError(
                f"change {ballot.change[:40]} is not what it was when you looked",
                hint=f"`nexus review show {ballot.change[:40]}`, then decide again",
            )
        return change

    def _whole(self, book: Book, change: Change, *sides: str) -> None:
        """Refuse a change of which bytes are missing or damaged."""
        for side in sides:
            for name in change.asked.artefacts:
                self.objects.get(book.systems[getattr(change.asked, side)][name].sha256)

    def _anchor(self, person: str = "") -> None:
        """Leave an anchor, alone with the ledger: no slower process puts an older one over it."""
        with self.ledger.writing() as pen:
            self._leave(pen.book, person)

    def _leave(self, book: Book, person: str = "") -> None:
        """Leave an anchor where a person decided; once there is one, it follows the pointer."""
        if anchors.left(self.keys, self.folder) or (person and not book.reviewers[person].demo):
            anchors.leave(self.keys, self.folder, book)
            self.step("anchor.1 left")
