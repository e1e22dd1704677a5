"""The report of a run, the changes that wait for a person first."""

from pathlib import Path

from nexus.interfaces.report.change import change_section
from nexus.interfaces.report.html import Html
from nexus.interfaces.report.page import write_report
from nexus.interfaces.service.runs import find
from nexus.review.flags import flags
from nexus.review.gate import Gate
from nexus.review.records import record_of


def report(run: str) -> Path:
    """Write the report of a run and return its path; an empty name means the newest.

    Raises:
        CheckpointError: there is no run, or a proposal or its report is missing or damaged.
        DataError: one of its result files is damaged.
        LedgerError: the ledger is damaged.
        StorageError: the disk refused; an older report is untouched.
    """
    folder = find(run)
    return write_report(folder, waiting=waiting(folder))


def waiting(folder: Path) -> list[Html]:
    """Return the pages of the changes that wait for a person, the oldest first."""
    gate = Gate(folder)
    book = gate.book()
    sections: list[Html] = []
    for change in book.changes.values():
        if change.state != "pending":
            continue
        proposal, seen = gate.proposal(change), gate.report(change)
        against = flags(seen, book.policy, proposal.expected_effects)
        sections.append(change_section(proposal, seen, against, record_of(book, proposal.proposer)))
    return sections
