"""The tables of the store, and how they are opened: SQLite in WAL, so that several processes may write at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reason_tui.errors import StateError
from reason_tui.runs.folders import private_dir, reason

VERSION = 1
_WAIT_S = 60.0
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples (
    run TEXT NOT NULL, node INTEGER NOT NULL, task TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run, node)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS samples_by_task ON samples (task);
CREATE TABLE IF NOT EXISTS heldout (task TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
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
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error
    except OSError as error:
        raise StateError(f"The store of what was learned cannot be used: {path}", why=reason(error)) from error


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    found = int(database.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise StateError(f"{path} was written by a newer reason_tui.", hint="Install the newer version again.")
    if found < VERSION:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(_TABLES)
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("PRAGMA synchronous = NORMAL")


def _unusable(path: Path, error: sqlite3.DatabaseError) -> StateError:
    words = str(error)
    if "locked" in words or "busy" in words:
        hint = "Another process writes it for long: try again when that is done."
    elif "full" in words:
        hint = "Free space on that disk; nothing that was there is lost."
    else:
        hint = "If it is damaged, move it away: `reason-tui pairs collect` makes it again from the runs."
    return StateError(f"The store of what was learned cannot be used: {path}", why=f"{words}.", hint=hint)
