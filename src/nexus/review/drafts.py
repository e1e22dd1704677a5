"""What is asked for, before the gate has made a proposal of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from nexus.base.errors import ReviewError
from nexus.base.proposals import Effect, Evidence, Proposal
from nexus.review import codec
from nexus.review.book import Book
from nexus.review.entries import Proposed
from nexus.store.manifest import Artefact, system_hash


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A candidate and why it is asked for; the gate makes the ``Proposal`` of it."""

    change_id: str
    kind: str
    base: str
    """Hash of the system it was built from."""
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


def propose(
    draft: Draft, book: Book, made: Mapping[str, str], *, replay: str, now: int
) -> Proposal:
    """Return the proposal to put the objects ``made``, name -> hash, in place of what thinks.

    Raises:
        ReviewError: it says not why, there is nothing of a name to change, or what it was built
            from thinks no more.
    """
    if not draft.rationale.strip() or not draft.effects:
        raise ReviewError(
            f"change {draft.change_id[:40]!r} says not why, or promises nothing",
            hint="give a rationale and at least one expected effect",
        )
    artefacts = replaced(book, made)
    if draft.base != book.current:
        raise ReviewError(
            f"change {draft.change_id[:40]!r} was built from what thinks no more",
            hint="build it again from what thinks now",
        )
    return codec.checked(
        Proposal(
            change_id=draft.change_id,
            kind=draft.kind,
            proposer=draft.proposer,
            rationale=draft.rationale,
            evidence=draft.evidence,
            expected_effects=draft.effects,
            revert_plan=_plan(draft.change_id, {n: book.artefacts[n] for n in made}),
            base=draft.base,
            candidate=system_hash({**book.artefacts, **artefacts}),
            replay=replay,
            policy=codec.hash_of(book.policy),
            data=draft.data,
            created=now,
            expires=now + draft.lasts_s,
        )
    )


def replaced(book: Book, made: Mapping[str, str]) -> Mapping[str, Artefact]:
    """Return what objects would be in place of what bears their names now.

    Raises:
        ReviewError: nothing bears such a name.
    """
    if unknown := sorted(set(made) - set(book.artefacts)):
        raise ReviewError(f"there is no {', '.join(unknown)[:80]} to change")
    return {n: Artefact(sha256=sha, kind=book.artefacts[n].kind) for n, sha in made.items()}


def said(proposal: Proposal, artefacts: Mapping[str, Artefact], *, stored: str) -> Proposed:
    """Return the line of the ledger about a proposal stored under the hash ``stored``."""
    return Proposed(
        change=proposal.change_id,
        proposal=stored,
        kind=proposal.kind,
        proposer=proposal.proposer,
        artefacts=artefacts,
        base=proposal.base,
        candidate=proposal.candidate,
        effects=proposal.expected_effects,
        expires=proposal.expires,
    )


def _plan(change: str, before: Mapping[str, Artefact]) -> str:
    """Return in words how a change is undone."""
    what = "; ".join(f"{name} is again {entry.sha256[:12]}" for name, entry in before.items())
    return f"`nexus review rollback {change}` puts the stored bytes back: {what}"
