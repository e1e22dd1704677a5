"""Changes and the ledger in words, for the terminal."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from nexus.base.proposals import Slice
from nexus.interfaces.service.reviewing import Shown, Verified
from nexus.review.book import Book
from nexus.review.change import OPEN, Change
from nexus.review.records import habits

MEANING: Mapping[str, str] = {
    "draft": "proposed, not measured yet",
    "shadowed": "measured, not submitted yet",
    "pending": "waits for a person",
    "approved": "approved, about to be applied",
    "applying": "being applied",
    "applied": "thinks; nothing observed yet",
    "monitoring": "thinks, and is watched",
    "confirmed": "thinks; what was promised was seen",
    "denied": "denied",
    "expired": "nobody decided in time",
    "superseded": "what it starts from thinks no more",
    "failed": "could not be applied",
    "rolled_back": "taken back",
}


_MOVED = 8
"""Slices shown beside all and the frozen set: those that changed most."""


def flagged(change: Change) -> str:
    """Return how many things speak against a change."""
    return "1 flag" if len(change.flags) == 1 else f"{len(change.flags)} flags"


def meaning(change: Change, supplanted: str) -> str:
    """Return what a state means, for a change that a later one may have supplanted."""
    return f"supplanted by {supplanted}" if supplanted else MEANING[change.state]


def list_lines(book: Book) -> list[str]:
    """Return one line a change, the newest first, and one a reviewer."""
    lines = [f"What thinks: system {book.current[:12]}, {len(book.artefacts)} artefacts"]
    for change in reversed([*book.changes.values()]):
        flags = f", {flagged(change)}" if change.flags else ""
        asked = change.asked
        what, means = f"{asked.kind} by {asked.proposer}", meaning(change, book.supplanted(change))
        lines.append(f"{change.change}  {change.state:<11} {what}{flags}: {means}")
    if not book.changes:
        lines.append("No change was ever proposed.")
    for habit in habits(book):
        reviewer = book.reviewers[habit.name]
        kind = f"{reviewer.role}, demo key" if reviewer.demo else reviewer.role
        lines.append(f"{habit.name} ({kind}): {habit.approved} approved, {habit.denied} denied")
    if not book.reviewers:
        lines.append("Nobody is enrolled to decide: `nexus review enroll NAME`")
    return lines


def list_json(book: Book) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "system": book.current,
        "artefacts": {name: entry.sha256 for name, entry in book.artefacts.items()},
        "changes": [
            {**change_json(change), "supplanted": book.supplanted(change)}
            for change in book.changes.values()
        ],
        "reviewers": [
            {**asdict(habit), "role": book.reviewers[habit.name].role} for habit in habits(book)
        ],
    }


def change_json(change: Change) -> dict[str, Any]:
    """Return how a change stands, for programs."""
    return {
        "change": change.change,
        "state": change.state,
        "kind": change.asked.kind,
        "proposer": change.asked.proposer,
        "base": change.asked.base,
        "candidate": change.asked.candidate,
        "report": change.report,
        "flags": list(change.flags),
        "approvals": list(change.approvals),
        "decided": list(change.decided),
        "observed": {name: asdict(seen) for name, seen in change.observed.items()},
        "note": change.note,
    }


def show_lines(shown: Shown) -> list[str]:
    """Return all that a person decides by; flags first."""
    change, proposal = shown.change, shown.proposal
    until = datetime.fromtimestamp(proposal.expires, UTC)
    means = meaning(change, shown.supplanted)
    lines = [
        f"Change {change.change} of {proposal.kind}: {change.state}, {means}",
        *(f"  ! {flag}" for flag in change.flags),
        "",
        f"Why:      {proposal.rationale}",
        f"Cause:    {proposal.evidence.cause}",
        f"Rests on: {_rests(shown)}",
        f"Promises: {'; '.join(_effects(shown))}",
        f"Undoing:  {proposal.revert_plan}",
        f"By:       {proposal.proposer}, {_record(shown)}",
    ]
    if shown.report is not None:
        report = shown.report
        moved = sorted(report.slices[1:], key=lambda row: -abs(row.candidate - row.base))
        rows = [report.slices[0], report.frozen, *moved[:_MOVED]]
        wide = max(len(row.name) for row in rows)
        lines += ["", "On the same examples, before -> after (95 % of the difference):"]
        lines += [f"  {_slice(row, wide)}" for row in rows]
        if len(moved) > _MOVED:
            lines.append(f"  and {len(moved) - _MOVED} slices that changed less")
        lines.append(
            f"  {report.n_mended} mended, {report.n_broken} broken;"
            f" ECE {report.ece_base:.3f} -> {report.ece_candidate:.3f}"
        )
    approve, _ = shown.ballots
    lines += ["", "You would sign:"]
    for name in ("base", "candidate", "report", "policy"):
        lines.append(f"  {name:<10} {getattr(approve, name) or 'not there yet'}")
    if change.state in OPEN:
        lines += [
            "",
            f"{shown.needed - len(change.approvals)} more must approve by {until:%F %H:%M} UTC:",
            f"  nexus review approve {change.change}",
            f'  nexus review deny {change.change} --because "..."',
        ]
    return lines


def show_json(shown: Shown) -> dict[str, Any]:
    """Return the same for programs."""
    report = None if shown.report is None else asdict(shown.report)
    return {
        **change_json(shown.change),
        "needed": shown.needed,
        "supplanted": shown.supplanted,
        "proposal": asdict(shown.proposal),
        "shadow_report": report,
        "record": asdict(shown.record),
        "signed_by_approving": asdict(shown.ballots[0]),
    }


def verified_lines(verified: Verified) -> list[str]:
    """Return what was found whole."""
    book = verified.book
    mended = ["The pointer was put right."] if verified.mended else []
    return [
        *mended,
        f"{book.length} lines, each sealed and allowed where it stands; head {book.head[:12]}",
        f"{verified.objects} stored objects are what their names say",
        f"What thinks: system {book.current[:12]}, {len(book.artefacts)} artefacts",
    ]


def _rests(shown: Shown) -> str:
    evidence = shown.proposal.evidence
    parts = [f"{len(evidence.traces)} thoughts"]
    if evidence.corrections or evidence.doubted:
        parts.append(f"{len(evidence.corrections)} corrections, {len(evidence.doubted)} doubted")
    parts += [f"{name} {count}" for name, count in evidence.counts.items()]
    return ", ".join(parts)


def _effects(shown: Shown) -> list[str]:
    return [
        f"{effect.figure} at least {effect.expected - effect.tolerance:.3f}"
        for effect in shown.proposal.expected_effects
    ]


def _record(shown: Shown) -> str:
    record = shown.record
    kept = sum(promise.kept for promise in record.promises)
    return (
        f"{record.proposed} proposed so far, {record.applied} applied, {record.rolled_back} taken"
        f" back; {kept} of {len(record.promises)} promises kept"
    )


def _slice(row: Slice, wide: int) -> str:
    return (
        f"{row.name:<{wide}}  {row.base:.3f} -> {row.candidate:.3f}"
        f"  ({row.low:+.3f} to {row.high:+.3f}, n = {row.n}, sees {row.detectable:.3f})"
    )
