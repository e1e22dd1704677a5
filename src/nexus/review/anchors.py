"""Anchors: how far a ledger had come, kept where whoever edits the run does not reach.

A chain alone cannot tell that its end was cut off, or that all of it was written anew. An anchor
can: a ledger must still have that line there. One is left beside a person's keys at each of their
decisions, and ``nexus review export-anchor`` makes one to keep elsewhere.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from nexus.base.errors import LedgerError, NexusError
from nexus.review import codec
from nexus.review.book import Book
from nexus.review.entries import Entry
from nexus.store.files import write_atomically


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """A place in a ledger."""

    run: str
    length: int
    """Lines there were."""
    head: str
    """Hash of the last of them."""


def anchor_of(book: Book) -> Anchor:
    """Return where a ledger stands now."""
    if book.begun is None:
        raise LedgerError("the ledger has not begun", hint="train the run first")
    return Anchor(run=book.begun.run, length=book.length, head=book.head)


def leave(keys: Path, folder: Path, book: Book) -> None:
    """Keep an anchor of the run at ``folder`` beside a person's keys."""
    for path in places(keys, folder):
        write_atomically(path, codec.encode(anchor_of(book)))


def read(path: Path) -> Anchor:
    """Return the anchor in a file.

    Raises:
        LedgerError: the file cannot be read, or holds none.
    """
    try:
        return codec.decode(Anchor, path.read_bytes().strip())
    except (OSError, NexusError) as error:
        raise LedgerError(
            f"{path} is no anchor: {error}", hint="take the one you exported"
        ) from None


def hold(anchor: Anchor, lines: list[str], *, where: str) -> None:
    """Refuse a ledger that does not contain ``anchor``.

    Raises:
        LedgerError: it is another run's, was cut short, or was written anew.
    """
    wrong = ""
    if len(lines) < anchor.length:
        wrong = f"has {len(lines)} lines, and once had {anchor.length}: its end was cut off"
    elif Entry.parse(lines[anchor.length - 1]).hash != anchor.head:
        wrong = f"has another line {anchor.length - 1} than it once had: it was written anew"
    if wrong:
        raise LedgerError(
            f"the ledger {wrong}",
            hint=f"copy it from a backup; if you made this run anew yourself, delete {where}",
        )


def left(keys: Path, folder: Path) -> Mapping[str, Anchor]:
    """Return the anchors of the run at ``folder``, by file.

    They are to be read before the lines that must hold them: a line may come in between.
    """
    return {str(path): read(path) for path in places(keys, folder) if path.exists()}


def places(keys: Path, folder: Path) -> tuple[Path, ...]:
    """Return where anchors of the run at ``folder`` are kept.

    One by its name and one by where links lead, so that a link in its stead hides nothing.
    """
    names = sorted({os.path.abspath(folder), str(folder.resolve())})  # noqa: PTH100
    return tuple(keys / "anchors" / f"{sha256(n.encode()).hexdigest()[:32]}.json" for n in names)
