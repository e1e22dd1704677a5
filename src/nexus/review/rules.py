"""The rules a run may prove with: the set that persons have approved, and no other."""

from typing import Final

from nexus.base.errors import LedgerError
from nexus.logic.rule_sets import NONE, read_rules
from nexus.logic.theory import Rule
from nexus.review.approved import Approved
from nexus.review.change import LIVE
from nexus.store.objects import sha256

NAME: Final = "rules"
"""Of the artefact."""
KIND: Final = "rule"


def approved_rules(approved: Approved) -> tuple[Rule, ...]:
    """Return the approved rules of a run; none where nobody has approved any.

    The set that a run begins with is empty. Any other was put in place by a change that persons
    approved and nobody took back: a set that got there without one is refused.

    Raises:
        LedgerError: there is a set that nobody approved.
        LanguageError: its bytes are no set of rules.
        CheckpointError: its bytes are missing or damaged.
    """
    entry = approved.artefacts.get(NAME)
    if entry is None or entry.sha256 == sha256(NONE):
        return ()
    asked = (x for x in approved.book.changes.values() if x.state in (*LIVE, "applying"))
    if not any(x.asked.artefacts.get(NAME) == entry for x in asked):
        raise LedgerError(
            f"nobody approved the rules of {approved.folder}",
            hint="only a change that is approved may put rules in place: see `nexus review list`",
        )
    return read_rules(approved.artefact(NAME))
