"""A run's journal: append-only, one event a line, on disk before anyone else sees the event.

`<state_dir>/runs/<run id>/journal.jsonl`, folders for the user alone. A journal is fsynced where something is won (a
program that passes) and at its end. A torn last line (a crash while it was written) is dropped on reading; reading
changes nothing, and whoever goes on writing cuts it off first.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from reason_tui.errors import JournalError
from reason_tui.runs import lines
from reason_tui.runs.blobs import Store
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import JOURNAL, arriving, private_dir, reason, unwritable
from reason_tui.runs.upgrade import NewerSchemaError, Upgrade
from reason_tui.search.events import Event, NodeJudged, RunFinished
from reason_tui.search.rules import OutOfPlaceError, Rules


class JournalWriter:
    """The one writer of a journal. Every method raises JournalError where the disk refuses."""

    def __init__(self, folder: Path, *, new: bool = True) -> None:
        """Begin a journal, refused where there is one; `reopen` goes on with one that is there."""
        self._folder = folder
        self._path = folder / JOURNAL
        self._store = Store(folder)
        self._seq = 0
        self._size = 0
        self._torn = not new
        """Whether something may stand behind the last whole line."""
        try:
            if new:
                private_dir(folder)
            self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | (os.O_CREAT if new else 0), 0o600)
        except OSError as error:
            raise unwritable(folder, error) from error
        try:
            self._claim()
            if new and os.fstat(self._file).st_size:
                raise JournalError(f"The run {folder.name} is already there.", hint="Start a new run.")
        except JournalError:
            self.close()
            raise

    @classmethod
    def reopen(cls, folder: Path) -> tuple[JournalWriter, list[Event]]:
        """Go on with a journal; the writer, and the events that are there. Nothing is changed before `append`.

        Raises JournalError where another process writes it, or it is damaged.
        """
        writer = cls(folder, new=False)
        try:
            events = list(read_events(folder))
            writer._seq = len(events)
            writer._size = writer._path.read_bytes().rfind(b"\n") + 1
        except OSError as error:
            writer.close()
            raise unwritable(folder, error) from error
        except JournalError:
            writer.close()
            raise
        return writer, events

    def _claim(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalError(
                f"Another process writes the run {self._folder.name}.",
                hint="Wait for it to end, or start a new run.",
            ) from None
        except OSError as error:
            raise unwritable(self._path, error) from error

    def append(self, event: Event) -> int:
        """Write `event` and return its number, from 0. A failed write leaves the journal as it was."""
        try:
            line = lines.encode(self._seq, event, self._store)
            self._write(line, durable=_is_won(event))
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._size += len(line)
        self._seq += 1
        return self._seq - 1

    def _write(self, line: bytes, *, durable: bool) -> None:
        left = memoryview(line)
        try:
            if self._torn:
                os.ftruncate(self._file, self._size)
                self._torn = False
            while left:
                left = left[os.write(self._file, left) :]
            if durable:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise

    def close(self) -> None:
        """Give the lock back. Calling it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _is_won(event: Event) -> bool:
    return isinstance(event, RunFinished) or (isinstance(event, NodeJudged) and event.status == "passed")


def write_journal(folder: Path, events: Iterable[Event]) -> None:
    """Make a journal of these events: it is there whole or not at all. Raises JournalError."""
    try:
        with arriving(folder) as place:
            writer = JournalWriter(place)
            try:
                for event in events:
                    writer.append(event)
            finally:
                writer.close()
    except OSError as error:
        raise unwritable(folder, error) from error


def read_events(folder: Path) -> Iterator[Event]:
    """The events of a journal, in order.

    Raises JournalError at the first line that is damaged, of a newer format or out of place, after the good ones before
    it were given; a torn last line is left out.
    """
    return read_file(folder / JOURNAL, Store(folder))


def read_file(path: Path, store: Store) -> Iterator[Event]:
    """`read_events` of a journal that lies anywhere, its long texts in `store`."""
    rules, upgrade = Rules(), Upgrade()
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(lines.LONGEST), b"")):
                if len(line) == lines.LONGEST:
                    raise _damaged(path, number, "it has no end")
                if not line.endswith(b"\n"):
                    return
                yield _decode(path, number, line, store, rules, upgrade)
    except OSError as error:
        raise JournalError(f"The journal {path} cannot be read.", why=reason(error)) from error


def _decode(path: Path, number: int, line: bytes, store: Store, rules: Rules, upgrade: Upgrade) -> Event:
    try:
        event = lines.decode(line, number, store, upgrade)
        rules.apply(event)
    except NewerSchemaError as error:
        raise JournalError(
            f"{path} was written by a newer reason_tui.",
            why=f"The journal cannot be read: {error}.",
            hint="Install the newer version again; the file was not changed.",
        ) from error
    except (lines.DamagedLineError, OutOfPlaceError) as error:
        raise _damaged(path, number, str(error)) from error
    return event


def _damaged(path: Path, number: int, why: str) -> JournalError:
    return JournalError(
        f"{path} is damaged.",
        why=f"Line {number + 1}: {why}.",
        hint="What stands before that line is intact; the file was not changed.",
    )


def load(folder: Path) -> tuple[RunView, JournalError | None]:
    """The run as far as its journal is good, and what stopped the reading, if anything did."""
    view = RunView()
    try:
        for event in read_events(folder):
            view.apply(event)
    except JournalError as error:
        return view, error
    return view, None
