"""The tables of the store, and how they are opened: SQLite in WAL, so that several processes may write at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reason_tui.errors import StateError
from reason_tui.runs.folders import private_dir, reason
from reason_tui.runs.locks import alone

VERSION = 2
_WAIT_S = 60.0
_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
DAMAGED = (
    "Move it away: `reason-tui pairs collect` makes it again from the runs. What `collect` searched, what was imported "
    "or dropped, and which tasks are held out was known to this file alone."
)
"""What to do about a store that cannot be read any more, and what that costs."""
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples (
    run TEXT NOT NULL, node INTEGER NOT NULL, task TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run, node)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS samples_by_task ON samples (task);
CREATE TABLE IF NOT EXISTS heldout (task TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heldout_words (task TEXT PRIMARY KEY, words TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dropped (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS imported (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, task TEXT NOT NULL, data TEXT NOT NULL
) WITHOUT ROWID;
"""


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """The store for one reading or change, all of it or nothing. Raises StateError; waits for other writers."""
    try:
        private_dir(path.parent)
        with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as database:
            path.chmod(0o600)
            _prepare(database, path)
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                if database.in_transaction:  # a full disk has rolled it back already
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error
    except OSError as error:
        raise StateError(f"The store of what was learned cannot be used: {path}", why=reason(error)) from error


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    if (found := _version(database)) > VERSION:
        raise StateError(f"{path} was written by a newer reason_tui.", hint="Install the newer version again.")
    if found < VERSION:
        with alone(path.with_suffix(".lock")):  # for a change of the journal's mode SQLite waits for nobody
            if _version(database) < VERSION:
                database.execute("PRAGMA journal_mode = WAL")
                database.executescript(_TABLES)
                database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("PRAGMA synchronous = NORMAL")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _unusable(path: Path, error: sqlite3.DatabaseError) -> StateError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more of the same
    hint = DAMAGED
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        hint = "Another process writes it for long: try again when that is done."
    elif code in _DISK:
        hint = "See whether that disk is full or cannot be written; nothing that was there is lost."
    return StateError(f"The store of what was learned cannot be used: {path}", why=f"{error}.", hint=hint)
