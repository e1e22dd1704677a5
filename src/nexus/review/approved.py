"""What may think, for whoever loads it: the system the ledger names and no other, byte for byte."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nexus.base.errors import CheckpointError, LedgerError
from nexus.review import keys as keyrings
from nexus.review.book import Book
from nexus.review.ledger import Ledger, journal_of
from nexus.store.manifest import Artefact, pointed, pointer_of
from nexus.store.objects import Objects, sha256
from nexus.store.runs import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Approved:
    """The system of one run that may think."""

    folder: Path
    book: Book
    artefacts: Mapping[str, Artefact]
    """Empty while nothing is trained."""

    @classmethod
    def open(cls, folder: Path, *, keys: Path | None = None) -> "Approved":
        """Return what may think in the run at ``folder``, its ledger verified line by line.

        Raises:
            LedgerError: the ledger is missing, damaged, cut short or written anew, or the manifest
                beside it says something else.
        """
        ledger = Ledger(folder, journal_of(folder), keys=keys or keyrings.keys_folder())
        book, there = ledger.read(), pointed(folder)
        while there not in book.pointers:  # unless someone moves it just now, it was changed
            book, before = ledger.read(), book
            if book.head == before.head:
                break
            there = pointed(folder)
        if book.begun is not None and sha256(Run.open(folder).recipe.encode()) != book.begun.recipe:
            raise LedgerError(
                f"{folder / 'recipe.toml'} is not the recipe this run began with",
                hint="copy it from a backup of the run; another recipe is another run",
            )
        if there not in book.pointers:
            if book.begun is None:
                raise LedgerError(
                    f"{folder} has no ledger that says what may think there",
                    hint="copy ledger.db from a backup of the run, or train another run",
                )
            raise LedgerError(
                f"{pointer_of(folder)} is not what the ledger says may think",
                hint="someone changed it: `nexus review verify --mend` puts it right",
            )
        return cls(folder=folder, book=book, artefacts=book.systems[there])

    def artefact(self, name: str) -> bytes:
        """Return the bytes of one artefact, checked against their hash.

        Raises:
            CheckpointError: there is none of that name, or its bytes have changed.
        """
        if (entry := self.artefacts.get(name)) is None:
            known = ", ".join(sorted(self.artefacts)) or "nothing yet"
            raise CheckpointError(
                f"{self.folder} has no {name!r} to think with; it has {known}",
                hint="run the training phase that makes it: see `nexus train --help`",
            )
        return Objects(self.folder / "objects").get(entry.sha256)
