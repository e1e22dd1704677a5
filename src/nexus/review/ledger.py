"""Reading and writing the ledger: every line is verified, and none is written that would fail."""

import secrets
import time
import tomllib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from nexus.base.errors import LedgerError, ReviewError
from nexus.base.overlay import overlay
from nexus.config import Recipe, ReviewConfig
from nexus.review import anchors, codec
from nexus.review import keys as keyrings
from nexus.review.book import Book
from nexus.review.entries import Begun, Body, Entry
from nexus.store.journal import Journal, Writing
from nexus.store.manifest import pointer_of
from nexus.store.objects import sha256
from nexus.store.runs import Run


class Pen:
    """The ledger lent to one writer; what is said is there for others when the lending ends."""

    def __init__(
        self,
        book: Book,
        writing: Writing,
        machine: keyrings.Signer,
        now: int,
        step: Callable[[str], None],
    ) -> None:
        self.book, self.now = book, now
        self._writing, self._machine, self._step = writing, machine, step

    def say(self, body: Body) -> None:
        """Add a line.

        Raises:
            ReviewError: it may not be said now; nothing is written.
        """
        entry = Entry(
            position=self.book.length,
            time=self.now,
            previous=self.book.head,
            body=codec.checked(body),
        ).sealed(self._machine)
        self.book = self.book.say(entry)
        self._step("ledger.1 before appending")
        self._writing.append(entry.line())
        self._step("ledger.2 appended")

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
        self,
        folder: Path,
        journal: Journal,
        *,
        keys: Path,
        clock: Callable[[], float] = time.time,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Read and write ``journal``; ``keys`` is where anchors of it are left."""
        self.folder, self.journal, self.keys = folder, journal, keys
        self.clock, self.step = clock, step
        self._known: tuple[list[str], Book] = ([], Book())

    def read(self) -> Book:
        """Return what the lines come to; a ledger not begun is an empty book.

        Raises:
            LedgerError: a line is damaged, missing, out of place or not sealed, or one is gone
                that was there when a person decided.
        """
        anchored = anchors.left(self.keys, self.folder)
        return self._fold(self.journal.read(), anchored)

    @contextmanager
    def writing(self) -> Generator[Pen]:
        """Lend the ledger to one writer; an error in the block takes back every line of it.

        Raises:
            LedgerError: it is damaged.
            ReviewError: the clock went back behind its last line.
        """
        anchored = anchors.left(self.keys, self.folder)
        with self.journal.writing() as writing:
            book, now = self._fold(writing.lines, anchored), int(self.clock())
            if book.begun is None and pointer_of(self.folder).exists():
                raise LedgerError(
                    f"{self.folder} has lost the ledger that says what may think there",
                    hint="copy ledger.db from a backup of the run, or train another run",
                )
            if now < book.time:
                raise ReviewError(
                    f"the clock says {now}, and the ledger's last line is of {book.time}",
                    hint="set the clock right; nothing was changed",
                )
            machine = keyrings.machine(self.folder, create=book.begun is None)
            if book.begun is not None and book.begun.machine != machine.public:
                raise LedgerError(
                    f"{self.folder / 'machine.key'} is not the key this ledger is sealed with",
                    hint="copy it from a backup of the run",
                )
            yield Pen(book, writing, machine, now, self.step)
            self.step("ledger.3 before committing")
        self.step("ledger.4 committed")

    def _fold(self, lines: list[str], anchored: Mapping[str, anchors.Anchor]) -> Book:
        """Return what lines come to, of which those read before need not be verified again."""
        before, book = self._known
        if lines[: len(before)] != before:
            before, book = [], Book()
        book = fold(lines[len(before) :], book)
        for where, anchor in anchored.items():
            anchors.hold(anchor, lines, where=where)
        self._known = list(lines), book
        return book


def journal_of(folder: Path) -> Journal:
    """Return the journal of the run at ``folder``: beside it, or on the server its recipe names.

    Raises:
        CheckpointError: there is no run.
    """
    run = Run.open(folder)
    where = _review(run.recipe).ledger or folder / "ledger.db"
    return Journal(where, book=run.info.created)


def _review(recipe: str) -> ReviewConfig:
    try:
        return overlay(Recipe(), tomllib.loads(recipe)).review
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(
            f"recipe.toml is damaged: {error}", hint="copy it from a backup of the run"
        ) from None


def fold(lines: Sequence[str], book: Book | None = None) -> Book:
    """Return what lines come to, after those that came to ``book``.

    Raises:
        LedgerError: one of them may not stand where it does.
    """
    book = book or Book()
    for line in lines:
        book = book.after(Entry.parse(line))
    return book
