"""`<state_dir>/library.sqlite`: what the journals say of their runs, so that a list need not read them again.

A cache and nothing else: a row counts as long as its journal has the size and the time of change noted with it. An
index that is damaged, of another version or gone is made again; one that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from reason_tui import __version__
from reason_tui.runs.summary import RunSummary

NAME = "library.sqlite"
_LAYOUT = f"1 {__version__}"
"""Another version may read journals that this one does not."""
_BUSY_S = 2.0
_OTHERS_FAULT = (
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
)
"""Errors that making the index again would not mend."""
_COLUMNS = ("id", "title", "state", "outcome", "strategy", "nodes", "tokens", "seconds", "started_at")

T = TypeVar("T")


class Stamp(NamedTuple):
    """By which a change of a journal is noticed."""

    changed_ns: int
    size: int


class Indexed(NamedTuple):
    """A row: what the journal said when it had this stamp."""

    stamp: Stamp
    told: RunSummary


def read(state_dir: Path) -> dict[str, Indexed]:
    """Every row, by the run's name; nothing where there is no index that can be read."""
    path = state_dir / NAME
    return _careful(path, _rows, {}) if path.exists() else {}


def update(state_dir: Path, rows: Iterable[Indexed], gone: Iterable[str]) -> None:
    """Write these rows and drop those of runs that are gone. Where the index cannot be written nothing happens."""
    fresh, old = list(rows), list(gone)

    def write(database: sqlite3.Connection) -> None:
        for row in fresh:
            _put(database, row)
        database.executemany("DELETE FROM runs WHERE id = ?", [(run,) for run in old])

    if (fresh or old) and state_dir.is_dir():
        _careful(state_dir / NAME, write, None)


def forget(state_dir: Path) -> None:
    """Drop the whole index, so that the next list makes it again."""
    with contextlib.suppress(OSError):
        _drop(state_dir / NAME)


def _careful(path: Path, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
    """The result of `work` on the index at `path`; `otherwise` where it is busy, damaged or cannot be written."""
    try:
        with _opened(path) as database, database:
            return work(database)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _OTHERS_FAULT:
            forget(path.parent)
    except ValueError:
        forget(path.parent)
    except OSError:
        pass  # it is done without
    return otherwise


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    database = sqlite3.connect(path, timeout=_BUSY_S)
    try:
        _prepare(database)
        yield database
    finally:
        database.close()


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables, unless they are there and of this version."""
    with database:
        database.execute("CREATE TABLE IF NOT EXISTS layout (name TEXT)")
        if database.execute("SELECT name FROM layout").fetchall() == [(_LAYOUT,)]:
            return
        database.execute("DELETE FROM layout")
        database.execute("INSERT INTO layout VALUES (?)", (_LAYOUT,))
        database.execute("DROP TABLE IF EXISTS runs")
        database.execute(
            "CREATE TABLE runs (id TEXT PRIMARY KEY, title TEXT, state TEXT, outcome TEXT, strategy TEXT, "
            "nodes INTEGER, tokens INTEGER, seconds REAL, started_at REAL, "
            "changed_ns INTEGER, size INTEGER, crc INTEGER)"
        )


def _put(database: sqlite3.Connection, row: Indexed) -> None:
    values = [*(getattr(row.told, name) for name in _COLUMNS), *row.stamp]
    values.append(_crc(values))
    with contextlib.suppress(UnicodeEncodeError, OverflowError):  # a folder's name in bytes: read each time
        database.execute(f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * len(values))})", values)


def _rows(database: sqlite3.Connection) -> dict[str, Indexed]:
    """Raises ValueError for a row that is none."""
    found = {}
    for *values, crc in database.execute("SELECT * FROM runs"):
        if crc != _crc(values):
            raise ValueError("a row is not what was written")
        *told, changed_ns, size = values
        summary = RunSummary.model_validate(dict(zip(_COLUMNS, told, strict=True)))
        found[summary.id] = Indexed(Stamp(changed_ns, size), summary)
    return found


def _crc(values: list[object]) -> int:
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


def _drop(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}-journal")):
        name.unlink(missing_ok=True)
