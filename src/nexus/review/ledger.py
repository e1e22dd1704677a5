"""Reading and writing the ledger: every line is verified, and none is written that would fail."""

import secrets
import time
import tomllib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from nexus.base.errors import LedgerError, ReviewError
from nexus.base.overlay import overlay
from nexus.config import Recipe, ReviewConfig
from nexus.review import keys
from nexus.review.book import Book
from nexus.review.entries import Begun, Body, Entry
from nexus.store.journal import Journal, Writing
from nexus.store.objects import sha256
from nexus.store.runs import Run


class Pen:
    """The ledger lent to one writer; what is said is there for others when the lending ends."""

    def __init__(self, book: Book, writing: Writing, machine: keys.Signer, now: int) -> None:
        self.book, self.now = book, now
        self._writing, self._machine = writing, machine

    def say(self, body: Body) -> None:
        """Add a line.

        Raises:
            ReviewError: it may not be said now; nothing is written.
        """
        entry = Entry(
            position=self.book.length, time=self.now, previous=self.book.head, body=body
        ).sealed(self._machine)
        self.book = self.book.say(entry)
        self._writing.append(entry.line())

    def begin(self, recipe: str) -> None:
        """Say the first line, for a run made from ``recipe``."""
        agreed = _review(recipe)
        self.say(
            Begun(
                run=secrets.token_hex(16),
                recipe=sha256(recipe.encode()),
                machine=self._machine.public,
                demo=agreed.demo,
                policy=agreed.policy,
            )
        )


class Ledger:
    """The ledger of one run."""

    def __init__(
        self, folder: Path, journal: Journal, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder, self.journal, self.clock = folder, journal, clock

    def read(self) -> Book:
        """Return what the lines come to; a ledger not begun is an empty book.

        Raises:
            LedgerError: a line is damaged, missing, out of place or not sealed.
        """
        return fold(self.journal.read())

    @contextmanager
    def writing(self) -> Generator[Pen]:
        """Lend the ledger to one writer; an error in the block takes back every line of it.

        Raises:
            LedgerError: it is damaged.
            ReviewError: the clock went back behind its last line.
        """
        begun = bool(self.journal.read())
        machine = keys.machine(self.folder, create=not begun)
        with self.journal.writing() as writing:
            book, now = fold(writing.lines), int(self.clock())
            if now < book.time:
                raise ReviewError(
                    f"the clock says {now}, and the ledger's last line is of {book.time}",
                    hint="set the clock right; nothing was changed",
                )
            if book.begun is not None and book.begun.machine != machine.public:
                raise LedgerError(
                    f"{self.folder / 'machine.key'} is not the key this ledger is sealed with",
                    hint="copy it from a backup of the run",
                )
            yield Pen(book, writing, machine, now)


def journal_of(folder: Path) -> Journal:
    """Return the journal of the run at ``folder``: beside it, or on the server its recipe names.

    Raises:
        CheckpointError: there is no run.
    """
    run = Run.open(folder)
    where = _review(run.recipe).ledger or folder / "ledger.db"
    return Journal(where, book=run.info.created)


def _review(recipe: str) -> ReviewConfig:
    return overlay(Recipe(), tomllib.loads(recipe)).review


def fold(lines: list[str]) -> Book:
    """Return what lines come to.

    Raises:
        LedgerError: one of them may not stand where it does.
    """
    book = Book()
    for line in lines:
        book = book.after(Entry.parse(line))
    return book
