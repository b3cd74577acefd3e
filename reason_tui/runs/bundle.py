"""A run as one file: its journal with the long texts in their lines (`runs export --as journal`), and back again."""

from __future__ import annotations

import os
import re
from pathlib import Path

from reason_tui.errors import JournalError, UsageError
from reason_tui.runs.blobs import Store
from reason_tui.runs.folders import new_run_id, reason, runs_dir
from reason_tui.runs.journal import read_file, write_journal
from reason_tui.search.events import RunStarted

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def import_run(state_dir: Path, file: Path) -> str:
    """Take the run in `file` into the library under the name it had; its name.

    A name that cannot be a folder's is replaced. Raises UsageError where the file cannot be read or the run is there
    already, JournalError where it is damaged or cut off: nothing is imported by halves.
    """
    _check_whole(file)
    events = list(read_file(file, Store(file.parent)))
    started = events[0]
    assert isinstance(started, RunStarted), "every journal begins so"
    run = started.run if _NAME.fullmatch(started.run) else new_run_id(started.task)
    folder = runs_dir(state_dir) / run
    if folder.exists():
        raise UsageError(f"The run {run} is already there.", hint="See it: reason-tui runs show " + run)
    write_journal(folder, [started.model_copy(update={"run": run}), *events[1:]])
    return run


def _check_whole(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - 1))
            end = stream.read(1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read.", why=reason(error)) from error
    if end != b"\n":
        raise JournalError(f"{file} is not whole.", why="It ends in the middle of a line." if size else "It is empty.")
