"""An append-only list of lines in a database: SQLite beside the run, or PostgreSQL by its URL.

One table, ``nexus_ledger(book, position, line)``, with (book, position) for its key: of two writers
who append at one place the database lets one. What the lines mean is for their reader.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import Connection, Engine

from nexus.base import network
from nexus.base.errors import ConfigError, LedgerError, StorageError
from nexus.store.files import make_folder

_PATIENCE_S: Final = 30
"""How long a writer waits for another."""
_TABLE: Final = sa.Table(
    "nexus_ledger",
    sa.MetaData(),
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Text, nullable=False),
    sqlite_strict=True,
)
_SQLITE: Final = {
    "journal_mode": "WAL",
    "synchronous": "FULL",  # NORMAL may lose what was committed when the power goes
    "busy_timeout": str(1000 * _PATIENCE_S),
    "trusted_schema": "OFF",
}
_SERVER: Final = {"connect_timeout": _PATIENCE_S, "client_encoding": "utf8", "hostaddr": ""}
"""Of PostgreSQL; what is said here, PGHOSTADDR and its like cannot say otherwise."""
_LOCK: Final = 0x6E65787573
"""Of PostgreSQL: the number, "nexus" in ASCII, under which its writers wait for each other."""
_REFUSED: Final = (
    "disk is full",
    "readonly",
    "read-only",
    "disk I/O",
    "No space left",
    "unable to open",
)
"""What databases say when it is the disk that refuses."""
_BUSY: Final = ("is locked", "lock timeout")
"""What they say when another writer takes longer than one waits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """A journal lent to one writer."""

    lines: list[str]
    """What it holds; ``append`` adds to it."""
    book: str
    connection: Connection

    def append(self, line: str) -> None:
        """Add a line; it is there for others when the block ends, with all others or none."""
        row = {"book": self.book, "position": len(self.lines), "line": line}
        self.connection.execute(sa.insert(_TABLE), row)
        self.lines.append(line)


class Journal:
    """The lines of one book."""

    def __init__(self, where: Path | str, *, book: str) -> None:
        self.where, self.book = where, book
        self._made: Engine | None = None

    @property
    def shown(self) -> str:
        """Return where it is, without a password."""
        return str(self.where) if isinstance(self.where, Path) else str(sa.make_url(self.where))

    def exists(self) -> bool:
        """Return whether there is a database to read; of a server one finds out by reading."""
        return not isinstance(self.where, Path) or self.where.is_file()

    def read(self) -> list[str]:
        """Return all lines, in order; none of a book not begun.

        Raises:
            LedgerError: the database is damaged, or out of reach.
        """
        if not self.exists():
            return []
        with self._explained():
            try:
                return self._read(self._engine())
            except exc.OperationalError:
                if not isinstance(self.where, Path) or _unfinished(self.where):
                    raise
                still = sa.create_engine(_sqlite(self.where, still=True))
                try:  # a folder that may only be read takes no write-ahead log
                    return self._read(still)
                finally:
                    still.dispose()

    @contextmanager
    def writing(self) -> Generator[Writing]:
        """Be the only writer while the block lasts; an error in it takes back every line.

        Raises:
            LedgerError: the database is damaged, or out of reach.
            StorageError: the disk refused; nothing is written.
        """
        if isinstance(self.where, Path):
            make_folder(self.where.parent)
        with self._explained(), self._engine().connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:  # a lock of the whole table is no lock before there is a table
                wait = f"SET LOCAL lock_timeout = '{_PATIENCE_S}s'"
                connection.exec_driver_sql(wait)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            _TABLE.create(connection, checkfirst=True)
            lines = self._lines(connection)
            yield Writing(lines=lines, book=self.book, connection=connection)
            connection.commit()

    def close(self) -> None:
        """Let go of the database."""
        if self._made is not None:
            self._made.dispose()
            self._made = None

    def _read(self, engine: Engine) -> list[str]:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(_TABLE.name):
                return []
            return self._lines(connection)

    def _lines(self, connection: Connection) -> list[str]:
        rows = connection.execute(
            sa.select(_TABLE.c.position, _TABLE.c.line)
            .where(_TABLE.c.book == self.book)
            .order_by(_TABLE.c.position)
        ).all()
        if [row.position for row in rows] != list(range(len(rows))):
            raise LedgerError(
                f"{self.shown} has lost lines: {len(rows)} are there, the last is number "
                f"{rows[-1].position}",
                hint="copy it from a backup of the run",
            )
        return [row.line for row in rows]

    def _engine(self) -> Engine:
        if self._made is None:
            self._made = _engine(self.where)
        return self._made

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except exc.IntegrityError:
            raise LedgerError(
                f"another writer was faster at {self.shown}", hint="look again, then decide"
            ) from None
        except exc.DBAPIError as error:
            said = str(error.orig).strip().splitlines()[0]
            if any(words in said for words in _REFUSED):
                raise StorageError(
                    f"cannot write {self.shown}: {said}", hint="check the disk and the folder"
                ) from None
            if any(words in said for words in _BUSY):
                raise LedgerError(
                    f"another process is writing to {self.shown}", hint="wait for it, or end it"
                ) from None
            raise LedgerError(
                f"the ledger {self.shown} cannot be read: {said}",
                hint="copy it from a backup of the run, or check that its server is up",
            ) from None


def _engine(where: Path | str) -> Engine:
    if isinstance(where, Path):
        engine = sa.create_engine(_sqlite(where), poolclass=sa.pool.NullPool)
        event.listen(engine, "connect", _settings)
        return engine
    try:
        url = sa.make_url(where)
        host = url.host or str(url.query.get("host", ""))
        if url.get_backend_name() != "postgresql" or not host:
            raise exc.ArgumentError(f"{url} names no PostgreSQL server")
        network.admit(host, "the server of the ledger")
        return sa.create_engine(
            url,
            poolclass=sa.pool.NullPool,
            isolation_level="READ COMMITTED",
            connect_args=_SERVER,
        )
    except (exc.ArgumentError, ImportError) as error:
        raise ConfigError(
            f"review.ledger cannot be used: {error}",
            hint="postgresql+psycopg://host/database, with the extra [postgres], or nothing",
        ) from None


def _unfinished(path: Path) -> bool:
    """Return whether lines may lie in the write-ahead log alone."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _settings(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # when a transaction begins is said by ``writing``
    for name, value in _SQLITE.items():
        connection.execute(f"PRAGMA {name} = {value}")


def _sqlite(path: Path, *, still: bool = False) -> sa.URL:
    """Return the URL of a file, whatever its name; one that is still is read without a lock."""
    if not still:
        return sa.URL.create("sqlite", database=str(path.resolve()))
    options = {"mode": "ro", "immutable": "1", "uri": "true"}
    return sa.URL.create("sqlite", database=f"file:{quote(str(path.resolve()))}", query=options)
