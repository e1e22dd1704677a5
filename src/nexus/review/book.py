"""The ledger read: who may decide, what may think, how each change stands.

``Book.after`` is the one place that says what may follow what. Writing goes through it and so does
verifying, so no line that a reader would refuse is ever written, and a state is never stored: it is
what the lines come to. Rules: section 2.3 of the gate's design, see ``docs/review.md``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from nexus.base.errors import LedgerError, ReviewError
from nexus.base.proposals import Policy
from nexus.review.change import LIVE, OPEN, Change, Outcome, Reviewer, State
from nexus.review.codec import hash_of
from nexus.review.entries import (
    Applied,
    Applying,
    Approved,
    Ballot,
    Begun,
    Confirmed,
    Denied,
    Enrolled,
    Entry,
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
from nexus.review.keys import NAME, signed
from nexus.store.manifest import Artefact, system_hash

START: Final = "0" * 64
"""The hash before the first line."""
MONITOR: Final = "monitor"
"""Who rolls back when what was agreed on beforehand says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """What the lines so far come to; ``Book()`` is the book before its first line."""

    begun: Begun | None = None
    length: int = 0
    head: str = START
    time: int = 0
    reviewers: Mapping[str, Reviewer] = field(default_factory=dict[str, Reviewer])
    changes: Mapping[str, Change] = field(default_factory=dict[str, Change])
    systems: Mapping[str, Mapping[str, Artefact]] = field(
        default_factory=lambda: {system_hash({}): dict[str, Artefact]()}
    )
    """Every system that ever might think, by its hash."""
    current: str = field(default_factory=lambda: system_hash({}))
    """Hash of the system that may think."""
    moving: str = ""
    """While the pointer moves: the hash of the system it moves to."""
    mover: str = ""
    """While the pointer moves: the change it moves for."""
    applied: tuple[str, ...] = ()
    """Changes that think, in the order in which they were applied."""
    moved_from: str = ""
    """After a line that moves the pointer at once, as founding does: where it moved from."""

    @property
    def artefacts(self) -> Mapping[str, Artefact]:
        """What may think, by name."""
        return self.systems[self.current]

    @property
    def pointers(self) -> tuple[str, ...]:
        """Where the pointer may be found: one place, or two while it moves."""
        return tuple(h for h in (self.current, self.moving, self.moved_from) if h)

    @property
    def policy(self) -> Policy:
        """What was agreed on."""
        return Policy() if self.begun is None else self.begun.policy

    def find(self, change: str) -> Change:
        """Return a change.

        Raises:
            ReviewError: there is none of that id.
        """
        if (found := self.changes.get(change)) is None:
            waiting = ", ".join(c.change for c in self.changes.values() if c.state in OPEN)
            raise ReviewError(
                f"there is no change {change[:40]!r}",
                hint=f"waiting: {waiting or 'none'}; `nexus review list` shows all",
            )
        return found

    def ballot(self, decision: str, change: Change, reason: str = "") -> Ballot:
        """Return what a person signs to decide about a change as it stands."""
        assert self.begun is not None, "a book with changes has begun"
        return Ballot(
            decision=decision,
            run=self.begun.run,
            change=change.change,
            base=change.asked.base,
            candidate=change.asked.candidate,
            report=change.report,
            policy=hash_of(self.policy),
            reason=reason,
        )

    def enrolment(self, name: str, key: str, role: Role, *, demo: bool) -> Ballot:
        """Return what a reviewer signs to vouch for another."""
        assert self.begun is not None, "a book has begun before anyone is enrolled"
        what = f"{name} {key} {role} {'demo' if demo else 'person'}"
        return Ballot(decision="enroll", run=self.begun.run, change=what)

    def supplanted(self, change: Change) -> str:
        """Return the later change that put something else in the place of an applied one, or ""."""
        if change.change not in self.applied:
            return ""
        names = set(change.asked.artefacts)
        later = self.applied[self.applied.index(change.change) + 1 :]
        return next((c for c in later if names & set(self.changes[c].asked.artefacts)), "")

    def undone(self, change: Change) -> Mapping[str, Artefact]:
        """Return what would think without a change that was applied: the bytes there were before.

        Raises:
            ReviewError: a later change put something else in the same place.
        """
        if other := self.supplanted(change):
            again = sorted(set(change.asked.artefacts) & set(self.changes[other].asked.artefacts))
            raise ReviewError(
                f"{', '.join(again)} was changed again by {other}", hint=f"roll {other} back first"
            )
        base = self.systems[change.asked.base]
        return {**self.artefacts, **{name: base[name] for name in change.asked.artefacts}}

    def after(self, entry: Entry) -> "Book":
        """Return the book with one more line, as it was found.

        Raises:
            LedgerError: the line is not the next, not sealed, or says what may not be said now.
        """
        self._sealed(entry)
        try:
            return self.say(entry)
        except ReviewError as error:
            raise LedgerError(
                f"line {entry.position} of the ledger may not stand there: {error.message}",
                hint="copy the ledger from a backup of the run",
            ) from None

    def say(self, entry: Entry) -> "Book":
        """Return the book with one more line, about to be written.

        Raises:
            ReviewError: the line says what may not be said now.
        """
        book = self._say(entry)
        return replace(book, length=self.length + 1, head=entry.hash, time=entry.time)

    def _sealed(self, entry: Entry) -> None:
        """Refuse a line that is not the next of this chain, or not under the machine's seal."""
        key = entry.body.machine if isinstance(entry.body, Begun) else None
        key = key if self.begun is None else self.begun.machine
        wrong = ""
        if entry.position != self.length or entry.previous != self.head:
            wrong = "does not follow the one before"
        elif entry.time < self.time:
            wrong = f"is of {entry.time}, before the one before it ({self.time})"
        elif key is None:
            wrong = "comes before the first"
        elif not signed(key, entry.signature, bytes.fromhex(entry.hash)):
            wrong = "is not sealed by this run's machine"
        if wrong:
            raise LedgerError(
                f"line {entry.position} of the ledger {wrong}",
                hint="someone edited it: copy the ledger from a backup of the run",
            )

    def _say(self, entry: Entry) -> "Book":
        """Return the book after a line's body, or refuse it."""
        body = replace(self, moved_from="")  # whoever writes has settled what moved before
        said = entry.body
        if self.moving and not isinstance(said, Applied | Failed | RolledBack):
            raise ReviewError("a change is being applied", hint="`nexus review list` finishes it")
        match said:
            case Begun():
                if self.begun is not None:
                    raise ReviewError("it has begun already")
                return replace(body, begun=said)
            case Founded():
                return body._found(said)
            case Enrolled():
                return body._enroll(said)
            case Proposed():
                return body._propose(said, entry.time)
            case Shadowed():
                change = body._in(said.change, "draft")
                return body._set(change, "shadowed", report=said.report, flags=said.flags)
            case Submitted():
                return body._set(body._in(said.change, "shadowed"), "pending")
            case Approved():
                return body._approve(said, entry.time)
            case Denied():
                change = body._in(said.change, "draft", "shadowed", "pending", "approved")
                body._voted(said.by, said.signature, body.ballot("deny", change, said.reason))
                return body._set(change, "denied", note=said.reason, decided=(said.by,))
            case Applying():
                change = body._in(said.change, "approved")
                body._fresh(change)
                return replace(
                    body._set(change, "applying", decided=change.approvals),
                    moving=change.asked.candidate,
                    mover=said.change,
                )
            case Applied():
                change = body._in(said.change, "applying")
                done = body._set(change, "applied")._moved(body.moving)
                return replace(done, applied=(*body.applied, said.change))
            case Failed():
                change = body._in(said.change, "applying")
                return body._set(change, "failed", note=said.reason)._moved(body.current)
            case Observed():
                return body._observe(said)
            case Confirmed():
                change = body._in(said.change, "monitoring")
                if not change.proven(body.policy):
                    raise ReviewError("it is not proven yet")
                return body._set(change, "confirmed")
            case RollingBack():
                return body._roll_back(said)
            case RolledBack():
                change = body._in(said.change, *LIVE)
                if body.mover != said.change:
                    raise ReviewError("it is not being rolled back")
                done = body._set(change, "rolled_back")._moved(body.moving)
                return replace(done, applied=tuple(c for c in body.applied if c != said.change))
            case Expired():
                change = body._in(said.change, *OPEN)
                if entry.time < change.asked.expires:
                    raise ReviewError("its time is not over")
                return body._set(change, "expired")
            case Superseded():
                change = body._in(said.change, *OPEN)
                if change.asked.base == body.current:
                    raise ReviewError("its base still thinks")
                return body._set(change, "superseded")

    def _found(self, said: Founded) -> "Book":
        again = sorted(set(said.artefacts) & set(self.artefacts))
        if self.begun is None or again:
            raise ReviewError(f"{', '.join(again) or 'nothing'} is there already")
        after = {**self.artefacts, **said.artefacts}
        name = system_hash(after)
        systems = {**self.systems, name: after}
        return replace(self, systems=systems, current=name, moved_from=self.current)

    def _enroll(self, said: Enrolled) -> "Book":
        if self.begun is None or said.key == self.begun.machine:
            raise ReviewError("the machine's own key never decides")
        if said.demo and not self.begun.demo:
            raise ReviewError("keys made for a demo decide in demo runs only")
        if not re.fullmatch(NAME, said.name) or not re.fullmatch(r"[0-9a-f]{64}", said.key):
            raise ReviewError("a reviewer has a name of a-z, 0-9, - and _, and a key of 64 digits")
        if said.name in self.reviewers or said.name in (MONITOR, "machine", "reflection"):
            raise ReviewError(f"the name {said.name} is taken")
        if said.key in {r.key for r in self.reviewers.values()}:
            raise ReviewError("that key is enrolled under another name")
        persons = [r for r in self.reviewers.values() if not r.demo]
        if persons or (said.demo and self.reviewers):
            if not said.by:
                raise ReviewError(
                    "someone is enrolled here already", hint="`--voucher NAME` of a lead"
                )
            ballot = self.enrolment(said.name, said.key, said.role, demo=said.demo)
            self._voted(said.by, said.signature, ballot)
            if self.reviewers[said.by].role != "lead":
                raise ReviewError(f"{said.by} may vouch for nobody", hint="a lead may")
        elif said.role != "lead":
            raise ReviewError("the first to be enrolled is the lead")
        reviewer = Reviewer(name=said.name, key=said.key, role=said.role, demo=said.demo)
        return replace(self, reviewers={**self.reviewers, said.name: reviewer})

    def _propose(self, said: Proposed, time: int) -> "Book":
        if said.change in self.changes:
            raise ReviewError(f"change {said.change} is there already")
        if not re.fullmatch(r"[0-9a-f]{12}", said.change):
            raise ReviewError(f"{said.change[:40]!r} is no change id: 12 digits, 0-9 and a-f")
        if not said.proposer.strip() or not said.effects:
            raise ReviewError("it must say who proposes it and promise at least one effect")
        for effect in said.effects:
            if not (0 <= effect.expected <= 1 and 0 <= effect.tolerance <= 1):
                raise ReviewError(f"what it promises of {effect.figure} is no accuracy")
        if said.base != self.current:
            raise ReviewError("its base is not what thinks now")
        if unknown := sorted(set(said.artefacts) - set(self.artefacts)):
            raise ReviewError(f"it would replace {', '.join(unknown)}, which is not there")
        if any(entry.kind != self.artefacts[n].kind for n, entry in said.artefacts.items()):
            raise ReviewError("it would make an artefact another kind of thing")
        after = {**self.artefacts, **said.artefacts}
        if system_hash(after) != said.candidate or said.candidate == said.base:
            raise ReviewError("its candidate is not what its artefacts come to")
        if not time < said.expires <= time + self.policy.expires_s:
            raise ReviewError(f"it must expire within {self.policy.expires_s} s")
        systems = {**self.systems, said.candidate: after}
        change = Change(asked=said, state="draft")
        return replace(self, systems=systems, changes={**self.changes, said.change: change})

    def _approve(self, said: Approved, time: int) -> "Book":
        change = self._in(said.change, "pending")
        self._fresh(change)
        if time >= change.asked.expires:
            raise ReviewError("it has expired")
        if said.by == change.asked.proposer:
            raise ReviewError(f"{said.by} proposed it, and who proposes never approves")
        if said.by in change.approvals:
            raise ReviewError(f"{said.by} has approved it already")
        self._voted(said.by, said.signature, self.ballot("approve", change))
        # what it calls itself and what it touches: a wrong name opens no other door
        kinds = {change.asked.kind, *(entry.kind for entry in change.asked.artefacts.values())}
        reserved = sorted(kinds & set(self.policy.lead_only.split()))
        if reserved and self.reviewers[said.by].role != "lead":
            raise ReviewError(f"only a lead may approve a change of kind {reserved[0]}")
        demo = self.reviewers[said.by].demo  # what demo keys said before a person came is void
        before = [by for by in change.approvals if self.reviewers[by].demo == demo]
        approvals = (*before, said.by)
        enough = len(approvals) >= change.needs(self.policy)
        return self._set(change, "approved" if enough else "pending", approvals=approvals)

    def _observe(self, said: Observed) -> "Book":
        change = self._in(said.change, *LIVE)
        self.undone(change)  # what is observed now is of this change, and of no later one
        if not 0 <= said.right <= said.n or said.n < 1:
            raise ReviewError(f"{said.right} of {said.n} outcomes is no count")
        if said.figure not in {effect.figure for effect in change.asked.effects}:
            raise ReviewError(f"nothing was promised of {said.figure}")
        seen = change.observed.get(said.figure, Outcome())
        more = Outcome(right=seen.right + said.right, n=seen.n + said.n)
        state: State = "confirmed" if change.state == "confirmed" else "monitoring"
        return self._set(change, state, observed={**change.observed, said.figure: more})

    def _roll_back(self, said: RollingBack) -> "Book":
        change = self._in(said.change, *LIVE)
        after = self.undone(change)
        if said.by == MONITOR:
            if said.reason != change.fallen(self.policy) or not said.reason:
                raise ReviewError("nothing observed asks for it")
        else:
            ballot = self.ballot("rollback", change, said.reason)
            self._voted(said.by, said.signature, ballot)
        decided = (*change.decided, said.by)
        noted = self._set(change, change.state, note=said.reason, decided=decided)
        name = system_hash(after)
        systems = {**self.systems, name: after}
        return replace(noted, systems=systems, moving=name, mover=said.change)

    def _moved(self, system: str) -> "Book":
        return replace(self, current=system, moving="", mover="")

    def _voted(self, by: str, signature: str, ballot: Ballot) -> None:
        """Refuse a decision that does not bear the signature of an enrolled reviewer."""
        if (reviewer := self.reviewers.get(by)) is None:
            raise ReviewError(
                f"{by[:40]!r} is not enrolled here", hint=f"`nexus review enroll {by[:40]}`"
            )
        if not signed(reviewer.key, signature, ballot.message):
            raise ReviewError(f"the signature is not {by}'s over exactly this decision")
        if reviewer.demo and not all(r.demo for r in self.reviewers.values()):
            raise ReviewError(f"{by} is a demo's key, and persons are enrolled: they decide")

    def _fresh(self, change: Change) -> None:
        if change.asked.base != self.current:
            raise ReviewError(
                f"change {change.change} is stale: what it starts from thinks no more",
                hint="build it again from what thinks now",
            )

    def _in(self, change: str, *states: State) -> Change:
        found = self.find(change)
        if found.state not in states:
            raise ReviewError(
                f"change {change} is {found.state}", hint=f"it must be {' or '.join(states)}"
            )
        return found

    def _set(self, change: Change, state: State, **more: object) -> "Book":
        new = replace(change, state=state, **more)  # pyright: ignore[reportArgumentType]
        return replace(self, changes={**self.changes, change.change: new})
